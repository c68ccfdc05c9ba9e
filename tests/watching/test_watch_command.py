"""`cuemark watch` as a user meets it: lines as things happen, Ctrl-C, --detach, --list, --stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.conftest import Home
from tests.watching.conftest import Watched


class Command:
    """A `cuemark watch` that goes on, its output in files."""

    def __init__(self, folder: Path, *words: str | Path) -> None:
        self._out, self._err = folder / "out.txt", folder / "err.txt"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cuemark.cli.main", "watch", *words], stdout=out, stderr=err
            )

    @property
    def lines(self) -> list[str]:
        """What it printed so far, whole lines."""
        text = self._out.read_text("utf-8")
        return text[: text.rfind("\n") + 1].splitlines()

    @property
    def told(self) -> str:
        """What it said about the work."""
        return self._err.read_text("utf-8")

    def interrupt(self) -> int:
        """Ctrl-C; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """A command to its end."""
    command = [sys.executable, "-m", "cuemark.cli.main", "watch", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


@pytest.fixture
def begun(watched: Watched, tmp_path: Path) -> Iterator[list[Command]]:
    """Commands of this test, which are ended with it."""
    commands: list[Command] = []
    yield commands
    for command in commands:
        if command.process.poll() is None:
            command.process.kill()
            command.process.wait()


def begin(begun: list[Command], tmp_path: Path, *words: str | Path) -> Command:
    """One more command."""
    folder = tmp_path / f"command {len(begun)}"
    folder.mkdir()
    begun.append(Command(folder, *words))
    return begun[-1]


def has(command: Command, *words: str) -> bool:
    """Whether a line of its output has all these words."""
    return any(all(word in line for word in words) for line in command.lines)


def test_a_line_for_each_change_and_ctrl_c_ends_the_watch(
    watched: Watched, begun: list[Command], tmp_path: Path
) -> None:
    command = begin(begun, tmp_path, watched.folder)
    watched.until(watched.client.list_watches)
    assert watched.client.list_watches()[0].request.options.gentle, "it stands back unless told otherwise"
    watched.write("A001/kiss.mkv")
    watched.until(lambda: has(command, "done", "A001/kiss.mkv"))
    watched.write("refuse.mkv")
    watched.until(lambda: has(command, "failed", "refuse.mkv", "It cannot be read. Bring another."))
    (watched.folder / "A001" / "kiss.mkv").rename(watched.folder / "kiss.mkv")
    watched.until(lambda: has(command, "moved", "A001/kiss.mkv -> kiss.mkv"))
    assert command.interrupt() == 130
    assert "The watch has ended" in command.told
    assert watched.client.list_watches() == []


@pytest.mark.slow
def test_json_is_an_object_a_line(watched: Watched, begun: list[Command], tmp_path: Path) -> None:
    command = begin(begun, tmp_path, watched.folder, "--json", "--analyze", "--no-gentle")
    watched.until(lambda: command.lines)
    watched.write("clip\udcff.mkv" if os.name == "posix" else "clip.mkv")
    watched.until(lambda: has(command, '"done"'))
    events = [json.loads(line) for line in command.lines]
    assert events[0]["standing"] and events[0]["path"] == events[0]["folder"] == str(watched.folder)
    of_file = [event for event in events if event["path"] != event["folder"]]
    assert [event["state"] for event in of_file] == ["waiting", "indexing", "done"]
    assert of_file[-1]["analysis"] and of_file[-1]["job"] and of_file[-1]["error"] is None
    assert command.interrupt() == 130


@pytest.mark.slow
def test_a_detached_watch_is_listed_followed_and_stopped(
    watched: Watched, begun: list[Command], tmp_path: Path
) -> None:
    watched.write("clip.mkv")
    detached = run(watched.folder, "--detach")
    assert detached.returncode == 0 and str(watched.folder) in detached.stdout and "--stop" in detached.stderr
    watched.until(lambda: "1 done" in run("--list").stdout)
    (listed,) = json.loads(run("--list", "--json").stdout)
    assert listed["folder"] == str(watched.folder) and listed["files"] == {"done": 1} and not listed["analyze"]
    command = begin(begun, tmp_path, watched.folder)
    watched.until(lambda: "is watched already" in command.told)
    watched.write("late.mkv")
    watched.until(lambda: has(command, "done", "late.mkv"))
    assert not has(command, "clip.mkv"), "what was done before is no news"
    assert command.interrupt() == 130
    assert "The watch goes on" in command.told
    stopped = run("--stop", watched.folder)
    assert stopped.returncode == 0 and "not watched any more" in stopped.stdout
    again = run("--stop", watched.folder)
    assert again.returncode == 1 and "[watch_not_found]" in again.stderr


@pytest.mark.slow
def test_a_command_follows_on_when_the_daemon_is_killed_and_ends_when_the_watch_does(
    watched: Watched, begun: list[Command], tmp_path: Path, home: Home
) -> None:
    watched.write("before.mkv")
    command = begin(begun, tmp_path, watched.folder)
    watched.until(lambda: has(command, "done", "before.mkv"))
    home.kill_daemon()
    watched.write("after.mkv", b"")  # which is not whole for the real daemon that the command starts, either
    watched.until(lambda: has(command, "incomplete", "after.mkv"))
    assert sum("before.mkv" in line and "done" in line for line in command.lines) == 1
    assert run("--stop", watched.folder).returncode == 0
    assert command.process.wait(60) == 0
    assert "is not watched any more" in command.told


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "Name a FOLDER"),
        (("--list", "--stop", "x"), 2, "Name a FOLDER"),
        (("nothing here",), 1, "[watch_folder_not_found]"),
        ((__file__,), 1, "[watch_not_a_folder]"),
    ],
)
def test_what_cannot_be_is_said_in_words(watched: Watched, words: tuple[str, ...], code: int, said: str) -> None:
    ended = run(*words)
    assert ended.returncode == code
    assert said in ended.stderr and "Traceback" not in ended.stderr
