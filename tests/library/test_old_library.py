"""A library that the first version wrote opens, and says of everything in it what that version said.

`version_1/` is a data folder made with that version's own commands: analyses of three files with four presets, edits,
jobs that succeeded, failed and were cancelled, and markers sent to two timelines of a simulated Resolve, where the user
had renamed, deleted and moved some.  `expected.json` is what its `analyses list`, `analyses show`, and `jobs list`
printed with --json.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from cuemark.cli.daemon.jobs import job_object
from cuemark.cli.library.show import full_analysis_object, summary_object
from cuemark.core.analysis import MomentEdit
from cuemark.core.errors import CuemarkError
from cuemark.core.jobs import JobState
from cuemark.core.serialise import encode
from cuemark.library.migrations import MIGRATIONS
from cuemark.library.store import Library

OLD = Path(__file__).parent / "version_1"
EXPECTED: dict[str, Any] = json.loads((OLD / "expected.json").read_text("utf-8"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the old data folder."""
    return Path(shutil.copytree(OLD, tmp_path / "data"))


@pytest.fixture
def file(data: Path) -> Path:
    return data / "library.sqlite"


def test_the_fixture_is_of_the_first_version() -> None:
    with sqlite3.connect(f"file:{OLD / 'library.sqlite'}?mode=ro", uri=True) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()
    assert len(MIGRATIONS) > 1


def test_analyses_are_kept_with_their_edits(library: Library) -> None:
    found, _ = library.analyses.page()
    listed = [summary_object(summary) for summary in found]
    assert [[warning["code"] for warning in each.pop("warnings")] for each in listed] == [["sample_models"]] * len(
        found
    )
    assert listed == EXPECTED["analyses"]
    shown = {summary.id: full_analysis_object(library.analyses.get(summary.id)) for summary in found}
    assert shown == EXPECTED["shown"]
    assert any(moment["edited"] for each in shown.values() for moment in each["moments"])
    assert any(chapter["edited"] for each in shown.values() for chapter in each["chapters"])


def test_jobs_are_kept_with_their_events(library: Library) -> None:
    found, _ = library.jobs.page()
    assert [job_object(job) for job in found] == EXPECTED["jobs"]
    assert {job.state for job in found} == {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}
    for job in found:
        told = [event.job for event in library.jobs.events_after(job.id, 0) if event.job is not None]
        assert told[0].state is JobState.QUEUED and told[0].spec == job.spec
        assert told[-1].state is job.state and told[-1].error == job.error
        assert job.error is None or type(job.error.error()) is CuemarkError


def test_sent_markers_are_kept(library: Library) -> None:
    records = [json.loads(path.read_text("utf-8")) for path in sorted((OLD / "sent").iterdir())]
    assert len(records) == 2 and all(record["markers"] for record in records)
    for record in records:
        found = library.sent_markers.load(record["host"], record["project"], record["timeline"])
        kept = [
            {name: encode(marker)[name] for name in old} for marker, old in zip(found, record["markers"], strict=True)
        ]
        assert kept == record["markers"], "fields that came later have their defaults"


def test_what_is_done_afterwards_is_kept_beside_it(library: Library, data: Path) -> None:
    newest = EXPECTED["analyses"][0]["id"]
    moment = EXPECTED["shown"][newest]["moments"][0]["id"]
    library.analyses.edit(newest, MomentEdit(moment, caption="Later words"))
    library.jobs.retry(next(job["id"] for job in EXPECTED["jobs"] if job["state"] == "failed"))
    again = Library(data / "library.sqlite")
    assert "Later words" in {each.caption for each in again.analyses.get(newest).moments}
    assert again.jobs.count(JobState.QUEUED) == 1
    again.close()


def test_a_record_of_sent_markers_that_cannot_be_read_is_left_out(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    torn = min((data / "sent").iterdir())
    record = json.loads(torn.read_text("utf-8"))
    torn.write_bytes(torn.read_bytes()[:100])
    library = Library(data / "library.sqlite")
    assert library.sent_markers.load(record["host"], record["project"], record["timeline"]) == ()
    assert torn.name in caplog.text
    library.close()
