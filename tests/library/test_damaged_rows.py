"""Rows that cannot be read: each says so under its own id, and none hides the others or ends who reads them."""

from __future__ import annotations

import json
import os
import sqlite3
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.analysis import Analysis, Chapter, ModelUse, Moment, MomentEdit, SplitEdit
from cuemark.core.errors import OptionError, StoreError
from cuemark.core.jobs import AnalyzeSpec, JobProgress, JobState, PullSpec
from cuemark.core.markers import HostMarker
from cuemark.core.media import MediaInfo
from cuemark.library.store import Library
from cuemark.markers.sent import SentMarker
from cuemark.rpc.contract.tables import to_message
from cuemark.rpc.v1 import analyses_pb2, jobs_pb2

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


BODIES: list[Any] = ["", "[]", "{", "{}", '{"media":{}}', "[" * 5000, b"\xff", None]
COLUMNS: dict[str, list[Any]] = {
    "duration": ["", "1/0", "long", None],
    "created_at": [2**62, "today", None],
    "moments": ["many", -1, 2**40],
    "preset": [None],
    "body": BODIES,
}  # fmt: skip


def analysis(path: Path = Path("/a.mp4"), content: str = "content") -> Analysis:
    """Two moments, one chapter."""
    media = MediaInfo(
        path, content, 10**6, "mov", "h264", 2, 1920, 1080, 0, Fraction(1), Fraction(25), False,
        Fraction(100), None, Fraction(0), None,
    )  # fmt: skip
    moments = (
        Moment("", Fraction(0), Fraction(60), "a cat", 0.5),
        Moment("", Fraction(60), Fraction(99), "a dog", 0.5),
    )
    models = {role: ModelUse("sample", role, "cpu") for role in ("clip", "lm")}
    chapters = (Chapter(Fraction(0), Fraction(100), "All"),)
    return Analysis("", media, models, {"preset": "fast"}, moments, chapters)


def kept(library: Library, name: str) -> str:
    """An analysis with two edits; its id."""
    found = library.analyses.add(analysis(Path(f"/{name}.mp4"), name))
    library.analyses.edit(found.id, MomentEdit("m1", caption="a bird"))
    library.analyses.edit(found.id, MomentEdit("m2", caption="a fish"))
    return found.id


@pytest.mark.parametrize(
    ("column", "value"),
    [(column, value) for column, values in COLUMNS.items() for value in values],
    ids=lambda value: str(value)[:20],
)
def test_an_analysis_that_cannot_be_read_hides_no_other(library: Library, file: Path, column: str, value: Any) -> None:
    bad, good = kept(library, "bad"), kept(library, "good")
    harm(file, f"UPDATE analyses SET {column} = ? WHERE id = ?", value, bad)
    listed, _ = library.analyses.page()
    assert [summary.id for summary in listed] == [good, bad]
    for summary in listed:
        to_message(analyses_pb2.AnalysisSummary, summary)
    assert not listed[0].damaged
    assert listed[1].damaged or column == "preset" or value in ("{}", '{"media":{}}')
    assert [moment.caption for moment in library.analyses.get(good).moments] == ["a bird", "a fish"]
    if column == "body":
        with pytest.raises(StoreError) as told:
            library.analyses.get(bad)
        assert told.value.code == "analysis_damaged" and bad in told.value.message
        assert f"cuemark analyses rm {bad}" in told.value.next_step
    else:
        assert library.analyses.get(bad).moments
    library.analyses.delete(bad)
    assert [summary.id for summary in library.analyses.page()[0]] == [good]


@pytest.mark.parametrize("harmed", ["DELETE FROM media WHERE path = ?", "UPDATE media SET path = 5 WHERE path = ?"])
def test_an_analysis_whose_media_is_lost_is_there(library: Library, file: Path, harmed: str) -> None:
    bad, good = kept(library, "bad"), kept(library, "good")
    harm(file, "PRAGMA foreign_keys=OFF")
    harm(file, harmed, os.fsencode("/bad.mp4"))
    assert [summary.id for summary in library.analyses.page()[0]] == [good, bad]
    assert library.analyses.get(bad).media.path == Path("/bad.mp4")


@pytest.mark.parametrize("change", ["", "{}", '{"kind":"moment"}', '{"kind":"of tomorrow","item":1}', "[" * 5000, None])
def test_an_edit_that_cannot_be_read_is_left_out_and_said(library: Library, file: Path, change: str | None) -> None:
    found = kept(library, "one")
    harm(file, "UPDATE edits SET change = ? WHERE number = (SELECT min(number) FROM edits)", change)
    analysis = library.analyses.get(found)
    assert [moment.caption for moment in analysis.moments] == ["a cat", "a fish"]
    assert "edits_unreadable" in [notice.code for notice in analysis.warnings]
    assert library.analyses.edit(found, MomentEdit("m1", caption="a horse")).moments[0].caption == "a horse"
    assert [moment.caption for moment in library.analyses.get(found).moments] == ["a horse", "a fish"]
    assert library.analyses.undo(found, "m2").moments[1].caption == "a dog"


def test_what_builds_on_an_edit_that_cannot_be_read_is_left_out_too(library: Library, file: Path) -> None:
    found = library.analyses.add(analysis()).id
    library.analyses.edit(found, SplitEdit("m1", Fraction(50)))
    made = [moment.id for moment in library.analyses.get(found).moments if moment.id not in ("m1", "m2")]
    library.analyses.edit(found, MomentEdit(made[0], caption="a bird"))
    harm(file, "UPDATE edits SET change = '7' WHERE number = (SELECT min(number) FROM edits)")
    left = library.analyses.get(found)
    assert [moment.caption for moment in left.moments] == ["a cat", "a dog"]
    assert any("2 edits" in notice.message for notice in left.warnings if notice.code == "edits_unreadable")


@pytest.mark.parametrize("harmed", ["7", '{"a":1}', "null", "[]]"])
def test_a_sent_marker_that_cannot_be_read_hides_no_other(library: Library, file: Path, harmed: str) -> None:
    shown = HostMarker(5, 1, "Blue", "a cat", "", "cuemark:aa:m1")
    marker = SentMarker(shown, shown, "moment")
    library.sent_markers.save("resolve", "p", "t", [marker])
    library.sent_markers.save("resolve", "p", "other", [marker])
    (text,) = sqlite3.connect(file).execute("SELECT markers FROM sent_markers WHERE timeline = 't'").fetchone()
    harm(file, "UPDATE sent_markers SET markers = ? WHERE timeline = 't'", f"{text[:-1]},{harmed}]")
    assert library.sent_markers.load("resolve", "p", "t") == (() if harmed == "[]]" else (marker,))
    assert library.sent_markers.load("resolve", "p", "other") == (marker,)
