"""Rows that cannot be read: each says so under its own id, and none hides the others or ends who reads them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.errors import OptionError
from cuemark.core.jobs import AnalyzeSpec, JobProgress, JobState, PullSpec
from cuemark.library.store import Library
from cuemark.rpc.contract.tables import to_message
from cuemark.rpc.v1 import jobs_pb2

DAMAGE: dict[str, list[Any]] = {
    "spec": ["", "[]", "{", '{"kind":"nothing"}', '{"kind":"analyze"}', '{"kind":"analyze","path":5}', "9" * 6000,
             "[" * 5000, '{"kind":"analyze","path":"/a","options":{"sample_rate":"1/0"}}', b"\xff\xfe"],
    "state": ["paused", "", None],
    "attempt": ["many", 2**40, None],
    "counters": ["", "[]", "[1]", '{"a":"b"}', '{"a":1e400}', f'{{"a":{10**30}}}', "null", "[" * 5000],
    "warnings": ["{}}", "[5]", "7", ""],
    "progress": ["{}", "[", f'{{"stage":"x","done":{10**30},"total":1,"unit":"y"}}'],
    "error": ["{}", "7"],
    "created_at": [2**62, -(2**62), "yesterday", None, b"\0"],
    "started_at": [2**62, "now"],
    "finished_at": [-(2**62)],
}  # fmt: skip
CASES = [(column, value) for column, values in DAMAGE.items() for value in values]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


@pytest.fixture
def library(file: Path) -> Iterator[Library]:
    opened = Library(file)
    yield opened
    opened.close()


def harm(file: Path, statement: str, *values: Any) -> None:
    """A hand in the file: what the schema forbids, too."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints=ON")
    connection.execute("PRAGMA writable_schema=ON")
    connection.execute("UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE type = 'table'")
    connection.close()
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute(statement, values)
    connection.close()


@pytest.mark.parametrize(("column", "value"), CASES, ids=lambda value: str(value)[:20])
def test_a_job_that_cannot_be_read_is_told_by_its_id_and_the_others_run(file: Path, column: str, value: Any) -> None:
    library = Library(file)
    bad = library.jobs.submit("bad", PullSpec("light"))
    good = library.jobs.submit("good", AnalyzeSpec(Path("/good.mp4")))
    library.close()
    harm(file, f"UPDATE jobs SET {column} = ? WHERE id = ?", value, bad.id)

    library = Library(file)
    library.jobs.recover("me")
    listed, _ = library.jobs.page()
    for job in listed:
        to_message(jobs_pb2.Job, job)  # and it travels
    assert [job.id for job in listed] == [good.id, bad.id]
    assert listed[1].state is JobState.FAILED and listed[1].error is not None
    assert listed[1].error.code == "job_damaged" and bad.id in listed[1].error.message
    claimed = library.jobs.claim(("pull_model", "analyze"), "me")
    assert claimed is not None and claimed.id == good.id
    assert library.jobs.claim(("pull_model", "analyze"), "me") is None
    assert library.jobs.count(JobState.QUEUED) == 0
    assert library.jobs.get(bad.id).state is JobState.FAILED
    assert list(library.jobs.events_after(bad.id, 0)) is not None
    with pytest.raises(OptionError) as refused:
        library.jobs.retry(bad.id)
    assert refused.value.code == "job_not_retryable"
    assert library.jobs.finish(good.id, "me", JobState.SUCCEEDED)
    library.close()


def test_a_job_that_was_at_work_and_cannot_be_read_is_not_taken_up(library: Library, file: Path) -> None:
    job = library.jobs.submit("r", PullSpec("light"))
    assert library.jobs.claim(("pull_model",), "before") is not None
    harm(file, "UPDATE jobs SET spec = 'nothing', attempt = 'x' WHERE id = ?", job.id)
    assert library.jobs.recover("now") == 0
    assert library.jobs.get(job.id).state is JobState.FAILED
    assert library.jobs.count(JobState.RUNNING) == 0


def test_damage_while_a_job_is_at_work_does_not_end_it(library: Library, file: Path) -> None:
    job = library.jobs.submit("r", PullSpec("light"))
    assert library.jobs.claim(("pull_model",), "me") is not None
    harm(file, "UPDATE jobs SET counters = '[', progress = '7', created_at = 'x' WHERE id = ?", job.id)
    library.jobs.report(job.id, "me", JobProgress("features", 1, 2, "frames"), {"frames": 3})
    library.jobs.note(job.id, "me", "still here")
    assert library.jobs.finish(job.id, "me", JobState.SUCCEEDED)
    assert [event.note for event in library.jobs.events_after(job.id, 0) if event.note] == ["still here"]


def test_an_event_that_cannot_be_read_is_a_gap(library: Library, file: Path) -> None:
    job = library.jobs.submit("r", PullSpec("light"))
    assert library.jobs.claim(("pull_model",), "me") is not None
    library.jobs.note(job.id, "me", "one")
    library.jobs.note(job.id, "me", "two")
    harm(file, "UPDATE job_events SET body = '{' WHERE body = ?", json.dumps("one"))
    harm(file, "UPDATE job_events SET at = ? WHERE sequence = 1", 2**62)
    told = library.jobs.events_after(job.id, 0)
    assert [event.note for event in told if event.note] == ["two"]
    assert [event.sequence for event in told] == [2, 4]
