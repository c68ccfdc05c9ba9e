"""What came of jobs whose result is no analysis: kept with the job, the newest of them, both or none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cuemark.core.errors import NotFoundError, StoreError
from cuemark.core.jobs import JobState, TranscribeSpec
from cuemark.library import job_results
from cuemark.library.store import Library

OWNER = "daemon"


def ended(library: Library, number: int) -> str:
    """A job that gave its number as its result."""
    library.jobs.submit(f"r{number}", TranscribeSpec(Path(f"/footage/{number}.wav")))
    job = library.jobs.claim([TranscribeSpec.kind], OWNER)
    assert job is not None and library.finish_with_result(job.id, OWNER, {"number": number})
    assert library.jobs.get(job.id).state is JobState.SUCCEEDED
    return job.id


def test_the_newest_results_are_kept(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_results, "KEPT", 2)
    first, *others = (ended(library, number) for number in range(3))
    assert [library.results.get(each) for each in others] == [{"number": 1}, {"number": 2}]
    with pytest.raises(NotFoundError) as error:
        library.results.get(first)
    assert error.value.code == "result_not_found"
    assert library.jobs.get(first).state is JobState.SUCCEEDED, "the job itself stays"


def test_a_job_of_somebody_else_leaves_no_result(library: Library) -> None:
    library.jobs.submit("r", TranscribeSpec(Path("/footage/a.wav")))
    job = library.jobs.claim([TranscribeSpec.kind], OWNER)
    assert job is not None and not library.finish_with_result(job.id, "another", {})
    with pytest.raises(NotFoundError):
        library.results.get(job.id)


def test_a_damaged_result_is_said(library: Library, file: Path) -> None:
    job = ended(library, 1)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE job_results SET body = '{'")
    connection.close()
    with pytest.raises(StoreError) as error:
        library.results.get(job)
    assert error.value.code == "result_damaged" and job in str(error.value)
