"""What a stranger types and sees: empty words, folders with other things in them, narrow terminals, details."""

from __future__ import annotations

import io
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cuemark.cli import output
from cuemark.cli.analyze.progress import Details, PlainView
from cuemark.core.progress import DECODED_ON
from cuemark.setup.doctor.finding import without_home

if TYPE_CHECKING:
    from tests.cli.conftest import Shell, VideoMaker

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
EMPTY = """
analyze @|analyze a.mp4 @|analyze a.mp4 --preset @|analyze a.mp4 --clip @|analyze a.mp4 --set @|analyze a.mp4 --vlm @
export @ -f csv|export a.mp4 -f @|export a.mp4 -f csv -o @|export a.mp4 -f csv --fps @|export a.mp4 -f edl --start-tc @
analyses list @|analyses show @|analyses rm @|analyses edit @ m1 --title x|analyses edit a @ --title x
analyses edit a m1 --title @|jobs watch @|jobs cancel @|jobs retry @|models pull @|models rm @|cache prune --max-size @
resolve analyze --timeline @|resolve send @|resolve goto @|demo @|bench @|eval @|library restore @
"""


@pytest.mark.parametrize("line", [line for row in EMPTY.split("\n") for line in row.split("|") if line])
def test_an_empty_word_is_an_error_and_never_everything(cuemark: Shell, line: str) -> None:
    ran = cuemark(*("" if word == "@" else word for word in line.split()))
    assert ran.code == 2 and "It is empty" in ran.err and ran.out == ""
    assert not cuemark.home.exists()


def test_an_empty_path_does_not_stand_for_the_folder_one_is_in(cuemark: Shell, make_video: VideoMaker) -> None:
    make_video(cuemark.cwd / "mine.mp4")
    assert cuemark("analyze", "", "--detach").code == 2
    assert "mine.mp4" not in cuemark("jobs", "list").out


@pytest.mark.slow
def test_a_folder_with_other_things_in_it(busy: Shell, make_video: VideoMaker, tmp_path: Path) -> None:
    make_video(tmp_path / "a.mp4")
    for name in ("src/index.ts", "src/util.mts", "src/go.mod"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("export const x = 1\n")
    for name in ("A001.braw", "B002.R3D", "VID.insv", "GS.360"):
        (tmp_path / name).write_bytes(b"x")
    ran = busy("analyze", tmp_path, "--preset", "fast")
    assert ran.code == 0 and "error" not in ran.err, ran.err
    (line,) = (line for line in ran.err.splitlines() if "footage_passed_over" in line)
    assert all(name in line for name in ("A001.braw", "B002.R3D", "VID.insv", "GS.360"))
    assert DECODED_ON not in ran.err
    make_video(tmp_path / "b.mp4")
    told = busy("analyze", tmp_path / "b.mp4", "--preset", "fast", "--verbose")
    assert told.err.count(DECODED_ON) == 1


def test_details_are_shown_on_request_and_once(capsys: pytest.CaptureFixture[str]) -> None:
    from cuemark.core.jobs import JobEvent

    detail = f"{DECODED_ON} cpu: cuda cannot be opened."
    for wanted, times in ((False, 0), (True, 1)):
        details = Details(wanted)
        for label in ("a.mp4", "b.mp4"):
            with PlainView(label, details) as view:
                view.show(JobEvent(1, NOW, note=detail))
                view.show(JobEvent(2, NOW, note="news"))
        shown = capsys.readouterr().err
        assert shown.count(detail) == times and shown.count("news") == 2


ID = "0123456789ab"


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_ids_and_times_are_never_split(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    caption = "A yellow dog runs after a red ball on the beach"
    row = [ID, "00:00:01.225", "00:00:06.000", "37-180", f"{caption}\nx", "0.979"]
    rows = [row] * 3
    output.table(["id", "start", "end", "frames", "moment", "score"], rows, right=["score"])
    shown = screen.getvalue()
    for word in (ID, "00:00:01.225", "00:00:06.000", "37-180", "0.979"):
        assert shown.count(word) == 3, shown
    assert "\\n" in shown


@pytest.mark.parametrize(
    "text, shown",
    [
        ("in /home/al.", "in ~."), ("/home/al/x", "~/x"), ("/home/al", "~"), ("/home/alice/x", "/home/alice/x"),
        ("/home/al-bak/x", "/home/al-bak/x"), ("/home/al.old/x", "/home/al.old/x"), ("'/home/al'", "'~'"),
        ("/mnt/home/al/x", "/mnt/home/al/x"), ("at /home/al (full)", "at ~ (full)"), ("/home/al\n/home/al/", "~\n~/"),
        ("PATH=/home/al:/bin", "PATH=~:/bin"), ("/home/al2", "/home/al2"), ("/home/alä", "/home/alä"),
    ],
)  # fmt: skip
def test_only_the_home_itself_is_hidden(text: str, shown: str) -> None:
    assert without_home(text, Path("/home/al")) == shown
    assert without_home(text, Path("/home/al/")) == shown


def test_a_home_that_is_the_root_hides_nothing() -> None:
    assert without_home("/etc/x", Path("/")) == "/etc/x"


def test_json_is_valid_and_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    import json

    hostile: dict[str, Any] = {"a": "\x1b]0;x\x07\x9b31m\u2028\u202e\x7f\r\n\t"}
    output.say_json(hostile)
    written = capsys.readouterr().out
    assert json.loads(written) == hostile
    assert all(character.isprintable() or character == "\n" for character in written)
