"""Plain output: nothing cut, nothing interpreted, JSON that any reader takes."""

from __future__ import annotations

import io
import json
import os
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.cli import output, streams
from cuemark.cli.analyze.progress import PlainView, progress_line
from cuemark.core.jobs import JobEvent, JobProgress

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


def event(stage: str, done: int, total: int = 100) -> JobEvent:
    return JobEvent(1, NOW, progress=JobProgress(stage, done, total, "frames", 40.0, 2.0))


def test_plain_tables_are_aligned_and_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(["name", "n"], [["x" * 200, "1"], ["[red]b[/red] :smile:", "22"]], right=["n"])
    lines = capsys.readouterr().out.splitlines()
    assert "x" * 200 in lines[1]
    assert lines[2].startswith("[red]b[/red] :smile:")
    assert {len(line) for line in lines} == {204}


@given(st.binary(max_size=30))
def test_json_takes_any_name_and_gives_it_back(name: bytes) -> None:
    written = output.json_text({"path": os.fsdecode(name)})
    assert os.fsencode(json.loads(written.encode("utf-8"))["path"]) == name


def test_printing_cannot_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setattr("sys.stderr", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    streams.prepare()
    output.say("café 🎬 " + os.fsdecode(b"\xff"))
    assert stream.buffer.getvalue() == b"caf\\xe9 \\U0001f3ac \\xff\n"
    assert json.loads(output.json_text({"a": "é🎬"})) == {"a": "é🎬"}
    assert output.json_text("é").isascii()


def test_plain_progress_says_each_stage_once_at_start_and_end(capsys: pytest.CaptureFixture[str]) -> None:
    with PlainView("clip.mp4") as view:
        view.show(event("probe", 0, 1))
        view.show(event("probe", 1, 1))
        for done in (0, 10, 50, 100, 100):
            view.show(event("features", done))
        view.show(event("moments", 0, 0))
        view.show(JobEvent(2, NOW))
        view.show(JobEvent(3, NOW, note="features come from the cache"))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "clip.mp4: probe",
        "clip.mp4: features: 0/100 frames, 40 frames/s, about 2 s left",
        "clip.mp4: features: 100/100 frames, 40 frames/s",
        "clip.mp4: moments: 0 frames, 40 frames/s",
        "clip.mp4: features come from the cache",
    ]


def test_bytes_are_shown_as_sizes() -> None:
    line = progress_line(JobProgress("download", 5_000_000, 600_000_000, "bytes", 2_000_000, 300))
    assert line == "download: 5.0 MB of 600 MB, 2.0 MB/s, about 5 min 00 s left"


def test_seconds_of_footage_are_beside_those_it_plays() -> None:
    line = progress_line(JobProgress("speech", 61, 206, "seconds", 4.15, 35))
    assert line == "speech: 61/206 seconds, 4.15 times as fast as it plays, about 35 s left"
