"""Names that attack a terminal: whatever files, folders, titles, models and options are called, nothing prints it raw.

The real command runs in a pseudo-terminal, 80 and 40 columns wide, with footage, a home, a model folder, edits and
words that hold escape sequences, control characters, directions of writing, foreign line breaks and forged lines.  What
comes out may hold rich's own sequences and nothing else that a terminal would obey.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.export_formats import EXPORT_FORMATS
from cuemark.core.own_process import python_command
from cuemark.core.text import terminal_safe

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="a pseudo-terminal")]
FORGED = "2026-01-01 00:00:00,000 CRITICAL cuemark.daemon [1] FORGED"
PAYLOADS = {
    "colour": "\x1b[5;31;7mRED",
    "title of the window": "\x1b]0;OWNED\x07",
    "clear": "\x1b[2J\x1b[1;1H",
    "answerback": "\x1b[c\x1b[6n",
    "device control": "\x1bP+q544e\x1b\\",
    "one byte control": "\x9b31mC1\x9d0;OWNED\x9c\x90\x85",
    "over the line": "\rerror: FORGED [forged]",
    "line": f"\n{FORGED}\n",
    "backspaces": "\b\b\bFORGED\x7f\x07\x0b\x0c",
    "directions": "\u202egpj\u202c\u2066x\u2069",
    "separators": "a\u2028FORGED\u2029",
    "markup": "[bold red]x[/] :bomb:",
}
ALL = "".join(PAYLOADS.values()).replace("/", "|")
_OURS = re.compile(r"\x1b\[(?!5;31;7m)[\d;]*m|\x1b\[\?25[lh]|\x1b\[[12]?[KA]|\x1b\[\d*A")
"""Styles, the cursor's hiding, and the redrawing of a bar: what rich writes."""
_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_IN_DATA = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Terminal:
    """Runs `cuemark` in a pseudo-terminal, and checks all that it prints."""

    def __init__(self, home: Path, cwd: Path) -> None:
        self.home, self.cwd = home, cwd
        self.ran = 0

    def __call__(self, *words: str | bytes | Path, columns: int = 80, data: bool = False, **extra: str) -> str:
        """What the command showed; nothing in it may be obeyed by a terminal but rich's own sequences.

        With `data` it is a file's content, in which tabs, ends of lines and directions of writing have their place.
        """
        shown = self._shown([*python_command("cuemark.cli.main"), *map(os.fsdecode, words)], columns, extra)
        self.ran += 1
        # A bar is drawn over itself from the beginning of its line.
        told = _OURS.sub("", re.sub(r"\r(?=\x1b\[(?:2K|1A))", "\n", re.sub("\r+\n", "\n", shown)))
        found = (_IN_DATA if data else _OBEYED).search(told)
        assert found is None, f"cuemark {words}: {told[max(0, found.start() - 60) : found.start() + 60]!r}"
        assert data or not re.search(r"^(FORGED|error: FORGED|2026-01-01 .*FORGED)", told, re.M), (words, told)
        assert "internal_error" not in told and "Traceback" not in told, told
        return told

    def json(self, *words: str | bytes | Path, **extra: str) -> Any:
        """The JSON a command prints into a pipe: whole, and with nothing in it that a terminal would obey."""
        command = [*python_command("cuemark.cli.main"), *map(os.fsdecode, words), "--json"]
        done = subprocess.run(command, cwd=self.cwd, env=self._environment(extra), capture_output=True, check=False)
        text = done.stdout.decode()
        assert _OBEYED.search(text) is None, text
        return json.loads(text)

    def _environment(self, extra: dict[str, str]) -> dict[str, str]:
        known = {**os.environ, "CUEMARK_HOME": str(self.home), "TERM": "xterm-256color", "OMP_NUM_THREADS": "1"}
        return {**known, "CI": "1", **extra}

    def _shown(self, command: list[str], columns: int, extra: dict[str, str]) -> str:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        environ = {**self._environment(extra), "COLUMNS": str(columns)}
        process = subprocess.Popen(command, cwd=self.cwd, env=environ, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        output, deadline = b"", time.monotonic() + 170
        while time.monotonic() < deadline:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    output += os.read(ours, 65536)
                except OSError:  # the other end was closed
                    break
            elif process.poll() is not None:
                break
        process.kill()
        process.wait()
        os.close(ours)
        return output.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A home, a working folder and footage with hostile names, analysed once."""
    root = tmp_path_factory.mktemp("names") / f"in {PAYLOADS['colour']}"
    here = root / f"here {PAYLOADS['line']}"
    here.mkdir(parents=True)
    made = Terminal(root / "home", here)
    yield made
    made("daemon", "stop")


@pytest.fixture(scope="module")
def clip(terminal: Terminal) -> Path:
    """Footage whose name and tags hold everything, analysed."""
    path = terminal.cwd / os.fsdecode(ALL.encode()[:180] + b"\xff\x9b.mp4")
    _film(path)
    terminal("analyze", path.name, "--preset", "fast", "-v")
    return path


def _film(path: Path) -> None:
    import av
    import numpy as np

    plain = path.with_name("plain.mp4")
    with av.open(str(plain), "w", options={"movflags": "use_metadata_tags"}) as container:
        container.metadata.update({"title": ALL.replace("\0", ""), "comment": FORGED, "encoder": "\x1b]0;OWNED\x07"})
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for index in range(40):
            picture = np.full((64, 96, 3), 40, np.uint8)
            picture[:, :, 0 if index < 20 else 2] = 200
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    plain.rename(path)


def test_names_of_files_captions_and_titles(terminal: Terminal, clip: Path) -> None:
    found = terminal.json("analyses", "show", clip)
    for item in [*(each["id"] for each in found["moments"][:1]), found["chapters"][0]["id"]]:
        terminal("analyses", "edit", clip, item, "--title", ALL)
    for columns in (80, 40):
        for words in (
            ["analyses", "show", clip], ["analyses", "show", found["id"]], ["analyses", "list"],
            ["analyses", "list", clip], ["jobs", "list"], ["daemon", "status"], ["models", "list"], ["cache", "size"],
            ["uninstall", "--dry-run"], ["cache", "path"], ["models", "path"], ["daemon", "logs", "--path"],
            ["resolve", "status"],
        ):  # fmt: skip
            shown = terminal(*words, columns=columns)
            if words[0] == "analyses" and columns == 40:
                assert found["id"] in shown, shown
    assert terminal.json("analyses", "show", clip)["chapters"][0]["title"]
    assert os.fsencode(terminal.json("analyses", "list")[0]["path"]).endswith(b".mp4")
    for command in (["jobs", "list"], ["cache", "path"], ["models", "path"], ["daemon", "status"], ["models", "list"]):
        terminal.json(*command)


@pytest.mark.parametrize("format_name", sorted(EXPORT_FORMATS))
def test_exports_printed_into_the_terminal(terminal: Terminal, clip: Path, format_name: str) -> None:
    terminal("export", clip, "--format", format_name, "-o", "-", "--fps", "25", data=True)


def test_files_that_fail_one_by_one_and_in_folders(terminal: Terminal) -> None:
    folder = terminal.cwd / f"card{PAYLOADS['title of the window']}"
    folder.mkdir(exist_ok=True)
    for number, payload in enumerate(PAYLOADS.values()):
        (folder / f"{number}{payload}.mp4".replace("/", "|")).write_bytes(b"no video" * number)
        (folder / f"{number}{payload}.braw".replace("/", "|")).write_bytes(b"x")
        terminal("analyze", folder / f"none{payload}.mp4".replace("/", "|"))
    shown = terminal("analyze", folder)
    assert "footage_passed_over" in shown and terminal_safe(PAYLOADS["colour"]) in shown
    terminal("jobs", "list")
    terminal("jobs", "list", columns=40)


@pytest.mark.parametrize("name", PAYLOADS)
def test_words_of_the_command_line(terminal: Terminal, name: str) -> None:
    payload = PAYLOADS[name]
    for words in (
        [payload], [f"--{payload}"], ["analyze", f"--{payload}"], ["analyze", "x", "--preset", payload],
        ["analyze", "x", "--moments", payload], ["analyze", "x", "--set", payload], ["analyses", "show", payload],
        ["jobs", "cancel", payload], ["models", "pull", payload], ["models", "rm", payload],
        ["export", "x", "--format", payload], ["export", "x", "-f", "csv", "--fps", payload],
        ["cache", "prune", "--max-size", payload],
    ):  # fmt: skip
        terminal(*words)


def test_a_model_folder_with_such_a_name(terminal: Terminal, clip: Path) -> None:
    import cuemark

    folder = terminal.cwd / f"model{ALL[:60]}"
    if not folder.exists():
        weights = Path(cuemark.__file__).with_name("models") / "weights" / "sample" / "clip"
        shutil.copytree(weights, folder)
    terminal("analyze", clip, "--preset", "fast", "--clip", f"./{folder.name}")
    terminal("analyses", "show", clip)
    terminal("analyses", "list", columns=40)
    terminal("daemon", "status")


def test_the_log_holds_a_line_a_record(terminal: Terminal, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    terminal("export", clip, "--format", "youtube", "-o", "-", data=True)
    terminal("daemon", "logs", "--lines", "5000")
    terminal.json("daemon", "logs")
    log = terminal.home / "log" / "daemon.log"
    for line in log.read_text("utf-8", "strict").split("\n"):
        assert not line or re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ \S+ \[\d+\] |    ", line), line
        assert not line.startswith(FORGED) and _OBEYED.search(line) is None, line
    with log.open("ab") as file:  # as an older version wrote it
        file.write(f"INFO {ALL.replace(FORGED, '')}\n".encode())
    terminal("daemon", "logs")
    with capsys.disabled():
        print(f"\nhostile names: {terminal.ran} commands in a terminal, {len(PAYLOADS)} kinds of payload, 0 raw")


def test_the_doctor(terminal: Terminal, clip: Path) -> None:
    terminal("doctor")
    assert sys.executable
