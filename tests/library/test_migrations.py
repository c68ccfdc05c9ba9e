"""Libraries of older versions: what their rows become, and that nothing of them gets lost on the way."""

from __future__ import annotations

import json
import sqlite3
from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.core import serialise
from cuemark.core.analysis import ModelUse, MomentEdit, Notice
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError, StoreError
from cuemark.core.jobs import AnalyzeSpec, PullSpec
from cuemark.core.media import MediaInfo
from cuemark.library import migrations
from cuemark.library.store import Library

ODD_FOLDER = "/models/\udcff"
INFO = {
    "path": "/f/\udcff.mp4", "fingerprint": "content", "size": 5, "container": "mov", "codec": "h264",
    "stream_index": 0, "width": 2, "height": 2, "rotation": 0, "pixel_aspect": "1/1", "rate": "25/1",
    "variable_rate": False, "duration": "10/1", "frame_count": 250, "start_time": "0/1", "start_timecode": None,
    "warnings": [["very_short", "short"]],
}  # fmt: skip
BODY = {
    "id": "aa11", "media": INFO, "options": {"preset": "fast"},
    "clip": {"name": ODD_FOLDER, "id": "c" * 8, "device": "CPU", "reason": "no GPU"},
    "lm": {"name": "light", "id": "l" * 8, "device": "cpu", "reason": ODD_FOLDER},
    "moments": [{"id": "m1", "start": "1/3", "end": "2/1", "caption": "a cat", "score": 0.1}],
    "chapters": [{"start": "0/1", "end": "10/1", "title": "All", "id": "c1", "edited": False}],
    "warnings": [{"code": "sample_models", "message": "…"}],
}  # fmt: skip

REQUESTS = {
    "analyze": {
        "path": "/f/\udcff.mp4",
        "options": {"moments": 3, "preset": None, "clip": ODD_FOLDER, "lm": None, "sample_rate": "5/2", "gentle": True},
    },
    "pull_model": {"name": "light", "offline": True},
}


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    """A library as the first version wrote it."""
    path = tmp_path / "library.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    first = migrations.MIGRATIONS[0]
    assert isinstance(first, str)
    connection.executescript(first + "PRAGMA user_version=1;")
    connection.execute(
        "INSERT INTO media (fingerprint, path, info, seen_at) VALUES ('content', ?, ?, 7)",
        (b"/f/\xff.mp4", json.dumps(INFO)),
    )
    connection.execute(
        "INSERT INTO analyses"
        " (number, id, fingerprint, created_at, preset, clip, lm, moments, chapters, duration, body)"
        " VALUES (41, 'aa11', 'content', 1000000, 'fast', ?, 'light', 1, 1, '10/1', ?)",
        (ODD_FOLDER.encode("utf-8", "backslashreplace").decode(), json.dumps(BODY)),
    )
    change = json.dumps(["moment", {"moment_id": "m1", "caption": "a dog", "start": None, "end": None}])
    connection.execute("INSERT INTO edits (analysis_id, change, at) VALUES ('aa11', ?, 9)", (change,))
    for number, (kind, spec) in enumerate(REQUESTS.items()):
        values = (f"bb{number}", f"r{number}", kind, json.dumps(spec))
        connection.execute("INSERT INTO jobs (id, request_id, kind, spec, state, created_at) VALUES"
                           " (?, ?, ?, ?, 'failed', 5)", values)  # fmt: skip
        error = {"code": "media_unreadable", "message": "What.", "next_step": ""}
        job = {"id": f"bb{number}", "request_id": f"r{number}", "spec": spec, "state": "failed", "attempt": 1,
               "created_at": "2026-01-02T03:04:05+00:00", "error": error}  # fmt: skip
        body = json.dumps({"kind": kind, "job": job})
        connection.execute("INSERT INTO job_events VALUES (?, 1, 6, 'job', ?)", (f"bb{number}", body))
        connection.execute("INSERT INTO job_events VALUES (?, 2, 7, 'note', ?)", (f"bb{number}", json.dumps("Said.")))
    connection.close()
    return path


def test_models_move_from_columns_to_a_table_by_role(version_1: Path) -> None:
    library = Library(version_1)
    found = library.analyses.get("aa11")
    assert found.models == {
        "clip": ModelUse(ODD_FOLDER, "c" * 8, "CPU", "no GPU"),
        "lm": ModelUse("light", "l" * 8, "cpu", ODD_FOLDER),
    }
    assert found.created_at is not None and found.created_at.isoformat() == "1970-01-01T00:00:01+00:00"
    (summary,), _ = library.analyses.page()
    assert summary.models == {"clip": "/models/\\udcff", "lm": "light"} and summary.created_at == found.created_at
    library.close()


def test_warnings_of_media_become_notices(version_1: Path) -> None:
    library = Library(version_1)
    expected = (Notice("very_short", "short"),)
    assert library.analyses.get("aa11").media.warnings == expected
    library.close()
    with sqlite3.connect(version_1) as connection:
        (info,) = connection.execute("SELECT info FROM media").fetchone()
    connection.close()
    assert serialise.loads(MediaInfo, info).warnings == expected


def test_edits_stay_and_go_with_their_analysis(version_1: Path) -> None:
    library = Library(version_1)
    assert [moment.caption for moment in library.analyses.get("aa11").moments] == ["a dog"]
    library.analyses.edit("aa11", MomentEdit("m1", caption="a bird"))
    library.close()
    library = Library(version_1)
    assert [moment.caption for moment in library.analyses.get("aa11").moments] == ["a bird"]
    library.analyses.delete("aa11")
    library.close()
    with sqlite3.connect(version_1) as connection:
        for table in ("analyses", "analysis_models", "edits"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def test_requests_keep_what_was_asked_for_in_rows_and_in_events(version_1: Path) -> None:
    library = Library(version_1)
    options = AnalysisOptions(moments=3, models={"clip": ODD_FOLDER}, sample_rate=Fraction(5, 2), gentle=True)
    specs = [AnalyzeSpec(Path("/f/\udcff.mp4"), options), PullSpec("light", offline=True)]
    for number, spec in enumerate(specs):
        assert library.jobs.get(f"bb{number}").spec == spec
        failed, said = library.jobs.events_after(f"bb{number}", 0)
        assert failed.job is not None and failed.job.spec == spec and said.note == "Said."
        assert failed.job.error is not None and type(failed.job.error.error()) is CuemarkError
    library.close()


def test_a_step_that_fails_leaves_the_version_before_it(version_1: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _everything(version_1)

    def broken(connection: sqlite3.Connection, folder: Path) -> None:
        connection.execute("DELETE FROM edits")
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("cuemark.library.database.MIGRATIONS", (migrations.MIGRATIONS[0], broken))
    with pytest.raises(StoreError) as refused:
        Library(version_1)
    assert refused.value.code == "disk_full"
    assert _everything(version_1) == before


def test_a_row_that_makes_no_sense_stays_as_it_is_and_keeps_no_other_back(
    version_1: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite3.connect(version_1) as connection:
        connection.execute(
            "INSERT INTO analyses (number, id, fingerprint, created_at, preset, clip, lm, moments, chapters, duration,"
            " body) SELECT 42, 'aa12', fingerprint, 7, preset, clip, lm, 1, 1, duration, '{' FROM analyses"
        )
        connection.execute("UPDATE edits SET change = '7'")
        connection.execute("UPDATE jobs SET spec = '[]' WHERE id = 'bb0'")
        connection.execute("UPDATE job_events SET body = '[' WHERE job_id = 'bb0' AND sequence = 1")
    connection.close()
    library = Library(version_1)
    assert [(each.id, each.damaged) for each in library.analyses.page()[0]] == [("aa12", True), ("aa11", False)]
    assert [moment.caption for moment in library.analyses.get("aa11").moments] == ["a cat"]
    assert library.jobs.get("bb1").spec == PullSpec("light", offline=True)
    assert library.jobs.get("bb0").error is not None and len(library.jobs.events_after("bb0", 0)) == 1
    library.close()
    kept = "\n".join(_everything(version_1))
    assert "'{'" in kept and "'[]'" in kept
    for what in ("analysis aa12", "job bb0", "edit 1"):
        assert f"{what} cannot be read" in caplog.text


def _everything(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    lines = [*connection.iterdump(), str(connection.execute("PRAGMA user_version").fetchone())]
    connection.close()
    return lines
