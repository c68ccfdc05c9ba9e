"""The demo as a stranger meets it, and the command on a terminal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Shell, VideoMaker


def test_the_demo_finds_most_events_and_writes_files(busy: Shell, tmp_path: Path) -> None:
    ran = busy("demo", tmp_path / "demo", "--preset", "fast")
    assert ran.code == 0, ran.err
    summary = re.search(r"Found (\d+) of (\d+) events .*subject right in (\d+), place right in (\d+)", ran.out)
    assert summary, ran.out
    found, events, subjects, places = map(int, summary.groups())
    assert events >= 4 and 2 * found > events, ran.out
    assert 2 * subjects > events and 2 * places > events, ran.out
    assert "do not understand real footage" in ran.out
    assert "cuemark analyze" in ran.out
    real = ran.out.partition("a real film")[2]
    assert "confidence" in real and "tags: " in real
    assert re.search(r"A [a-z ]*bottle ", real), "the bottles on the table are named"
    written = {path.name for path in (tmp_path / "demo").iterdir()}
    assert {"cuemark-demo.mp4", "cuemark-demo-real.mp4"} <= written
    assert len([name for name in written if name in ran.out]) >= 8
    again = busy("demo", tmp_path / "demo", "--preset", "fast", "--json")
    assert again.code == 0, "a second demo replaces the first"
    assert sum(event["found"] for event in again.json["events"]) == found
    shown = again.json["real"]["analysis"]
    assert {model["name"] for model in shown["models"].values()} == {"pocket"}
    assert shown["moments"] and all(0 <= moment["score"] <= 1 for moment in shown["moments"])


def test_the_demo_leaves_a_users_folder_alone(busy: Shell, tmp_path: Path) -> None:
    (tmp_path / "holiday.mov").touch()
    ran = busy("demo", tmp_path)
    assert ran.code == 4 and "holiday.mov" in ran.err
    assert os.listdir(tmp_path) == ["holiday.mov"]


def test_hints_are_spelled_as_the_user_called_us(cuemark: Shell) -> None:
    ran = cuemark("daemon", "status", CUEMARK_COMMAND="python3 installer/bootstrap.py run --")
    assert "`python3 installer/bootstrap.py run -- daemon start`" in ran.out


@pytest.mark.skipif(os.name == "nt", reason="no pty on Windows")
def test_a_terminal_gets_bars_and_takes_names_literally(busy: Shell, tmp_path: Path, make_video: VideoMaker) -> None:
    import pty

    video = make_video(tmp_path / "[red]x[blink] :smile: \x1b[31m.mp4")
    controller, terminal = pty.openpty()
    arguments = ["analyze", str(video), "--preset", "fast", "--moments", "1"]

    process = subprocess.Popen(
        [sys.executable, "-m", "cuemark.cli.main", *arguments],
        env=busy.environment(TERM="xterm-256color"),
        cwd=busy.cwd,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            block = os.read(controller, 65536)
        except OSError:  # Linux says so at the end
            break
        if not block:
            break
        shown += block
    os.close(controller)
    assert process.wait(60) == 0, shown.decode()
    text = shown.decode()
    assert "[red]x[blink] :smile: \\x1b[31m.mp4" in text
    assert "\x1b[31m.mp4" not in text
    assert "━" in text, "a bar was drawn"
    assert "Traceback" not in text
