"""Rows of the queue read back as jobs and events.

A row that cannot be read (a damaged page, a hand in the file, a clock beyond all years) is a failed job that says so:
one of them never hides the others, and never ends who reads it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from cuemark.core import serialise
from cuemark.core.analysis import Notice
from cuemark.core.errors import StoreError
from cuemark.core.jobs import AnalyzeSpec, Job, JobError, JobEvent, JobProgress, JobSpec, JobState, PullSpec
from cuemark.core.serialise import UNREADABLE
from cuemark.library.database import EPOCH, time_of

DAMAGED = "job_damaged"
_UNKNOWN = "(cannot be read)"
_INT32, _INT64 = 2**31, 2**63


def job_of(row: sqlite3.Row) -> Job:
    """The job of a row; a failed one with the error `job_damaged` where the row cannot be read."""
    try:
        return _whole(row)
    except UNREADABLE as error:
        return _damaged(row, error)


def is_damaged(job: Job) -> bool:
    """Whether `job_of` could not read its row."""
    return job.error is not None and job.error.code == DAMAGED


def events_of(rows: Iterable[sqlite3.Row]) -> Iterator[JobEvent]:
    """The events of rows, those that cannot be read left out: to who watches, that is a gap like any other."""
    for row in rows:
        try:
            at = time_of(row["at"])
            if row["kind"] == "note":
                yield JobEvent(row["sequence"], at, note=str(json.loads(row["body"])))
            else:
                yield JobEvent(row["sequence"], at, job=serialise.loads(Job, row["body"]))
        except UNREADABLE:
            continue


def progress_of(row: sqlite3.Row) -> JobProgress | None:
    """The newest progress in a job's row; None where there is none that can be read."""
    try:
        return None if row["progress"] is None else serialise.loads(JobProgress, row["progress"])
    except UNREADABLE:
        return None


def counters_of(row: sqlite3.Row) -> dict[str, int]:
    """The counters in a job's row; what cannot be read counts from nothing."""
    try:
        return _counters(row["counters"])
    except UNREADABLE:
        return {}


def _whole(row: sqlite3.Row) -> Job:
    started, finished = row["started_at"], row["finished_at"]
    job = Job(
        id=row["id"],
        request_id=row["request_id"],
        spec=serialise.loads(JobSpec, row["spec"]),
        state=JobState(row["state"]),
        attempt=_within(_INT32, row["attempt"]),
        created_at=time_of(row["created_at"]),
        started_at=None if started is None else time_of(started),
        finished_at=None if finished is None else time_of(finished),
        progress=None if row["progress"] is None else serialise.loads(JobProgress, row["progress"]),
        error=None if row["error"] is None else serialise.loads(JobError, row["error"]),
        counters=_counters(row["counters"]),
        warnings=serialise.loads(tuple[Notice, ...], row["warnings"]),
        analysis_id=row["analysis_id"],
    )
    for number in () if job.progress is None else (job.progress.done, job.progress.total):
        _within(_INT64, number)
    return job


def _counters(text: str) -> dict[str, int]:
    counters = json.loads(text)
    return {str(name): _within(_INT64, amount) for name, amount in counters.items()}


def _within(bound: int, number: object) -> int:
    """A whole number as the contract can carry it; raises ValueError."""
    if not isinstance(number, int) or not -bound <= number < bound:
        raise ValueError(f"{number!r} is no number of that size")
    return number


def _damaged(row: sqlite3.Row, error: Exception) -> Job:
    job_id = str(row["id"])
    reason = f"{type(error).__name__}: {error}"[:200]
    message = f"The library's row of job {job_id} cannot be read ({reason})."
    step = "Start the same again; the other jobs are not touched."
    told = JobError.of(StoreError(DAMAGED, message, step))
    return Job(
        id=job_id,
        request_id=str(row["request_id"]),
        spec=_spec(row),
        state=JobState.FAILED,
        attempt=0,
        created_at=_time(row["created_at"]),
        error=told,
    )


def _spec(row: sqlite3.Row) -> JobSpec:
    """What was asked, where at least that can be read."""
    try:
        found: JobSpec = serialise.loads(JobSpec, row["spec"])
    except UNREADABLE:
        return PullSpec(_UNKNOWN) if row["kind"] == PullSpec.kind else AnalyzeSpec(Path(_UNKNOWN))
    return found


def _time(stamp: object) -> datetime:
    try:
        return time_of(stamp)  # type: ignore[arg-type]
    except UNREADABLE:
        return EPOCH
