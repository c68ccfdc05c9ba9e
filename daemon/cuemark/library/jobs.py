"""The job queue: one row a job, one row an event worth keeping.

A running job belongs to one daemon (`owner`, its instance id); what a daemon of before left running is taken up again
by `recover`.  Progress takes a sequence number like every event but only the newest is kept, so a long job costs no
space; numbers never fall back, not even over a crash, because each one handed out is in the file first.

A job that has ended while the library could not be written (a full disk, a lock of another program) has ended all the
same: its end is kept here, told to whoever asks, and written as soon as it can be (`write_ends`).
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cuemark.core import serialise
from cuemark.core.analysis import Notice
from cuemark.core.errors import OptionError, StoreError, WorkerError
from cuemark.core.jobs import IndexSpec, Job, JobError, JobEvent, JobProgress, JobSpec, JobState
from cuemark.library.database import Database, new_id, now, page_bounds, resolve_id, time_of
from cuemark.library.job_rows import counters_of, events_of, is_damaged, job_of, progress_of

log = logging.getLogger("cuemark.library")

MAX_ATTEMPTS = 3
EVENTS_AT_ONCE = 64
GAVE_UP = WorkerError(
    "worker_crashed",
    f"The job was interrupted by a crash {MAX_ATTEMPTS} times and is not tried again.",
    "See cuemark daemon logs; cuemark jobs retry starts it once more.",
)


@dataclass(frozen=True)
class _End:
    """How a job ended, until it is written."""

    state: JobState
    error: JobError | None
    at: int


class JobStore:
    """The jobs of the library."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unwritten: dict[str, _End] = {}

    def submit(self, request_id: str, spec: JobSpec) -> Job:
        """The job of this request: a new queued one, or the one made the first time.

        Raises OptionError `request_id` where that is empty or too long.
        """
        if not 0 < len(request_id) <= 200:
            raise OptionError("request_id", "The request_id is empty or over 200 characters.", "Send a fresh UUID.")
        known = self._database.row("SELECT id FROM jobs WHERE request_id = ?", (request_id,))
        if known is not None:
            return self.get(known["id"])
        job_id = new_id()
        values = (job_id, request_id, spec.kind, serialise.dumps(spec), JobState.QUEUED.value, now())
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO jobs (id, request_id, kind, spec, state, created_at) VALUES (?, ?, ?, ?, ?, ?)", values
            )
            _log_state(connection, job_id)
        return self.get(job_id)

    def get(self, job_id: str) -> Job:
        """Raises NotFoundError `job_not_found`; a prefix that only one job has will do."""
        whole = resolve_id(self._database, "jobs", "job", job_id)
        row = self._database.row("SELECT * FROM jobs WHERE id = ?", (whole,))
        assert row is not None
        return self._told(row)

    def _told(self, row: sqlite3.Row) -> Job:
        """The job of a row, with its end where that is not written yet."""
        job = job_of(row)
        end = self._unwritten.get(job.id)
        if end is None or job.state.ended:
            return job
        return replace(job, state=end.state, error=end.error, finished_at=time_of(end.at))

    def page(
        self, states: Iterable[JobState] = (), page_size: int = 0, page_token: str = ""
    ) -> tuple[tuple[Job, ...], str]:
        """A page of jobs, newest first, and the token of the next page ("" at the end)."""
        size, below = page_bounds(page_size, page_token)
        wanted = [state.value for state in states]
        of_state = f"AND state IN ({', '.join('?' for _ in wanted)})" if wanted else ""
        rows = self._database.rows(
            f"SELECT * FROM jobs WHERE number < ? {of_state} ORDER BY number DESC LIMIT ?", (below, *wanted, size)
        )
        return tuple(map(self._told, rows)), str(rows[-1]["number"]) if len(rows) == size else ""

    def count(self, state: JobState) -> int:
        """How many jobs are in this state, by the library; one whose end is not written yet has ended."""
        ended = tuple(self._unwritten)
        row = self._database.row(
            f"SELECT count(*) AS n FROM jobs WHERE state = ? AND id NOT IN ({', '.join('?' for _ in ended)})",
            (state.value, *ended),
        )
        return int(row["n"]) if row is not None else 0

    def claim(self, kinds: Iterable[str], owner: str) -> Job | None:
        """The oldest queued job of these kinds, now running under `owner`; None where there is none.

        Files that are to be indexed come after all others.
        Those before it whose rows cannot be read fail with `job_damaged`.
        """
        self.write_ends()
        kinds = tuple(kinds)
        with self._database.write() as connection:
            row = self._next(connection, kinds)
            if row is None:
                return None
            connection.execute(
                "UPDATE jobs SET state = 'running', attempt = attempt + 1, owner = ?, error = NULL, finished_at = NULL,"
                " started_at = coalesce(started_at, ?) WHERE id = ?",
                (owner, now(), row["id"]),
            )
            _log_state(connection, row["id"])
            return job_of(connection.execute("SELECT * FROM jobs WHERE id = ?", (row["id"],)).fetchone())

    def _next(self, connection: sqlite3.Connection, kinds: tuple[str, ...]) -> sqlite3.Row | None:
        marks = ", ".join("?" for _ in kinds)
        # Thousands of files may be waiting to be indexed: who asks for anything else does not wait for all of them.
        oldest = (
            f"SELECT * FROM jobs WHERE state = 'queued' AND kind IN ({marks})"
            f" ORDER BY kind = '{IndexSpec.kind}', number LIMIT 1"
        )
        while True:
            row: sqlite3.Row | None = connection.execute(oldest, kinds).fetchone()
            if row is None or not self._ended_as_damaged(connection, row):
                return row

    def _ended_as_damaged(self, connection: sqlite3.Connection, row: sqlite3.Row) -> bool:
        """Fails the job of a row that cannot be read; whether it is one."""
        job = job_of(row)
        if not is_damaged(job):
            return False
        log.warning("job %s cannot be read and is not run: %s", job.id, "" if job.error is None else job.error.message)
        self._end(connection, row["id"], JobState.FAILED, job.error, None)
        return True

    def report(
        self, job_id: str, owner: str, progress: JobProgress | None, counters: Mapping[str, int] | None = None
    ) -> None:
        """Keeps the newest progress of a running job and adds to its counters."""
        with self._database.write() as connection:
            row = _running(connection, job_id, owner)
            if row is None:
                return
            if counters:
                total = counters_of(row)
                for name, amount in counters.items():
                    total[name] = total.get(name, 0) + amount
                connection.execute("UPDATE jobs SET counters = ? WHERE id = ?", (json.dumps(total), job_id))
            if progress is not None:
                connection.execute(
                    "UPDATE jobs SET last_sequence = last_sequence + 1, progress = ?, progress_at = ?,"
                    " progress_sequence = last_sequence + 1 WHERE id = ?",
                    (serialise.dumps(progress), now(), job_id),
                )

    def note(self, job_id: str, owner: str, text: str) -> None:
        """Leaves one line in the events of a running job."""
        with self._database.write() as connection:
            if _running(connection, job_id, owner) is not None:
                _log(connection, job_id, "note", json.dumps(text))

    def warn(self, job_id: str, owner: str, notices: Iterable[Notice]) -> None:
        """Sets the warnings of a running job."""
        with self._database.write() as connection:
            if _running(connection, job_id, owner) is not None:
                body = serialise.dumps(tuple(notices))
                connection.execute("UPDATE jobs SET warnings = ? WHERE id = ?", (body, job_id))

    def belongs_to(self, job_id: str, owner: str) -> bool:
        """Whether the job is running under this owner."""
        statement = "SELECT 1 FROM jobs WHERE id = ? AND state = 'running' AND owner = ?"
        return self._database.row(statement, (job_id, owner)) is not None

    def finish(
        self,
        job_id: str,
        owner: str,
        state: JobState,
        *,
        error: JobError | None = None,
        analysis_id: str | None = None,
    ) -> bool:
        """Ends a running job; False where it is not this owner's any more (then nothing is written)."""
        with self._database.write() as connection:
            if _running(connection, job_id, owner) is None:
                return False
            self._end(connection, job_id, state, error, analysis_id)
        return True

    def end(self, job_id: str, owner: str, state: JobState, error: JobError | None = None) -> None:
        """`finish`, also where the library cannot be written now: the job has ended; `write_ends` writes its row."""
        try:
            self.finish(job_id, owner, state, error=error)
        except StoreError as refused:
            self._write_later(job_id, _End(state, error, now()), refused)

    def _write_later(self, job_id: str, end: _End, refused: StoreError) -> None:
        log.error("job %s is %s, which cannot be written yet: %s", job_id, end.state.value, refused)
        self._unwritten[job_id] = end

    @property
    def has_unwritten_ends(self) -> bool:
        """Whether `write_ends` has anything to write."""
        return bool(self._unwritten)

    def write_ends(self) -> None:
        """Writes the ends that could not be written when they came; raises StoreError where that is still so."""
        for job_id, end in list(self._unwritten.items()):
            with self._database.write() as connection:
                row = connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
                if row is not None and row["state"] in (JobState.QUEUED.value, JobState.RUNNING.value):
                    self._end(connection, job_id, end.state, end.error, None, end.at)
            del self._unwritten[job_id]
            log.info("job %s %s, written late", job_id, end.state.value)

    def requeue(self, job_id: str, owner: str, *, crashed: bool) -> Job:
        """Puts a running job back: after a crash that costs an attempt (the third one fails it), else none."""
        with self._database.write() as connection:
            row = _running(connection, job_id, owner)
            if row is not None:
                self._put_back(connection, row, crashed)
        return self.get(job_id)

    def recover(self, owner: str) -> int:
        """Takes up what a daemon that is gone left running; the number of jobs.

        Rows that cannot be read, of jobs that wait or ran, fail with `job_damaged`.
        """
        with self._database.write() as connection:
            rows = connection.execute(
                "SELECT * FROM jobs WHERE state IN ('queued', 'running') AND owner IS NOT ? ORDER BY number", (owner,)
            ).fetchall()
            whole = [row for row in rows if not self._ended_as_damaged(connection, row)]
            left = [row for row in whole if row["state"] == JobState.RUNNING.value]
            for row in left:
                _log(connection, row["id"], "note", json.dumps("The daemon had stopped in the middle of this job."))
                self._put_back(connection, row, crashed=True)
        return len(left)

    def cancel_queued(self, job_id: str) -> bool:
        """Cancels a job that has not begun, also where the library cannot be written now; False where it has begun."""
        if self.get(job_id).state is not JobState.QUEUED:
            return False
        try:
            with self._database.write() as connection:
                self._end(connection, job_id, JobState.CANCELLED, None, None)
        except StoreError as refused:
            self._write_later(job_id, _End(JobState.CANCELLED, None, now()), refused)
        return True

    def retry(self, job_id: str) -> Job:
        """Queues a failed or cancelled job again; raises OptionError `job_not_retryable` for any other."""
        self.write_ends()
        job = self.get(job_id)
        if is_damaged(job):
            message = f"Job {job.id} cannot be retried: its row in the library cannot be read."
            raise OptionError("job_not_retryable", message, "Start the same again.")
        if job.state not in (JobState.FAILED, JobState.CANCELLED):
            message = f"Job {job.id} is {job.state.value}; only a failed or cancelled job can be retried."
            raise OptionError("job_not_retryable", message, "See cuemark jobs list.")
        with self._database.write() as connection:
            connection.execute(
                "UPDATE jobs SET state = 'queued', attempt = 0, owner = NULL, error = NULL, finished_at = NULL"
                " WHERE id = ?",
                (job.id,),
            )
            _log_state(connection, job.id)
        return self.get(job.id)

    def events_after(self, job_id: str, sequence: int) -> list[JobEvent]:
        """The next kept events after `sequence` in order, the newest progress in its place among them.

        At most `EVENTS_AT_ONCE`, so that who reads slowly holds no more; none where there are no more.
        """
        events, is_full = self._kept_after(job_id, sequence)
        if is_full:  # what is newer comes when these were told
            return events
        row = self._database.row("SELECT * FROM jobs WHERE id = ?", (job_id,))
        if row is None:
            return events
        progress = progress_of(row)
        if progress is not None and row["progress_sequence"] > sequence:
            events.append(JobEvent(row["progress_sequence"], time_of(row["progress_at"]), progress=progress))
        end, last = self._unwritten.get(job_id), row["last_sequence"]
        if end is not None and last >= sequence:
            # The number it will have when it is written: nothing else is told of the job until then.
            events.append(JobEvent(last + 1, time_of(end.at), job=self._told(row)))
        return sorted(events, key=lambda event: event.sequence)

    def _kept_after(self, job_id: str, sequence: int) -> tuple[list[JobEvent], bool]:
        """The next events that can be read, at most `EVENTS_AT_ONCE`; whether there may be more."""
        statement = "SELECT * FROM job_events WHERE job_id = ? AND sequence > ? ORDER BY sequence LIMIT ?"
        while True:
            rows = self._database.rows(statement, (job_id, sequence, EVENTS_AT_ONCE))
            events, is_full = list(events_of(rows)), len(rows) == EVENTS_AT_ONCE
            if events or not is_full:
                return events, is_full
            sequence = rows[-1]["sequence"]

    def _end(
        self,
        connection: sqlite3.Connection,
        job_id: str,
        state: JobState,
        error: JobError | None,
        analysis_id: str | None,
        at: int | None = None,
    ) -> None:
        stamp = now() if at is None else at
        connection.execute(
            "UPDATE jobs SET state = ?, owner = NULL, error = ?, analysis_id = ?, finished_at = ? WHERE id = ?",
            (state.value, None if error is None else serialise.dumps(error), analysis_id, stamp, job_id),
        )
        _log_state(connection, job_id)

    def _put_back(self, connection: sqlite3.Connection, row: sqlite3.Row, crashed: bool) -> None:
        if crashed and row["attempt"] >= MAX_ATTEMPTS:
            self._end(connection, row["id"], JobState.FAILED, JobError.of(GAVE_UP), None)
            return
        refund = 0 if crashed else 1
        connection.execute(
            "UPDATE jobs SET state = 'queued', owner = NULL, attempt = attempt - ? WHERE id = ?", (refund, row["id"])
        )
        _log_state(connection, row["id"])


def _running(connection: sqlite3.Connection, job_id: str, owner: str) -> sqlite3.Row | None:
    """The row of a job while it is this owner's; every later write is fenced by it."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM jobs WHERE id = ? AND state = 'running' AND owner = ?", (job_id, owner)
    ).fetchone()
    return row


def _log(connection: sqlite3.Connection, job_id: str, kind: str, body: str) -> None:
    connection.execute("UPDATE jobs SET last_sequence = last_sequence + 1 WHERE id = ?", (job_id,))
    connection.execute(
        "INSERT INTO job_events (job_id, sequence, at, kind, body)"
        " SELECT id, last_sequence, ?, ?, ? FROM jobs WHERE id = ?",
        (now(), kind, body, job_id),
    )


def _log_state(connection: sqlite3.Connection, job_id: str) -> None:
    row = connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
    _log(connection, job_id, "job", serialise.dumps(job_of(row)))
