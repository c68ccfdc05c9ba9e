"""The command as a process: help, usage, streams and exit codes, before any daemon is needed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

HEAVY = (
    "torch",
    "onnxruntime",
    "cv2",
    "av",
    "transformers",
    "open_clip",
    "opentimelineio",
    "grpc",
    "numpy",
    "rich.live",
)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, cuemark.cli.main as m\n"
        "try: m.app(['--help'])\n"
        "except SystemExit: pass\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "LOADED []" in done.stdout
    assert "analyze" in done.stdout


def test_help_is_instant(cuemark: Shell) -> None:
    cuemark("--help")  # byte-compiles
    times = []
    for _ in range(5):
        began = _children_s()
        assert cuemark("--help").code == 0
        times.append(_children_s() - began)
    # 0.2 s; of the processor's time where that can be told, since others may be at work on this machine.
    assert 0 < min(times) < 0.6, times


def _children_s() -> float:
    spent = os.times()
    return spent.children_user + spent.children_system if os.name == "posix" else time.perf_counter()


COMMANDS = """
analyze, label, mcp, search, export, demo, doctor, jobs list, jobs watch, jobs cancel, jobs retry, analyses list,
analyses show,
analyses edit, analyses rm, models list, models pull, models rm, models path, daemon run, daemon start, daemon stop,
daemon status, daemon logs, cache path, cache size, cache prune, resolve status, resolve analyze, resolve send,
resolve undo, resolve goto, resolve script
"""


@pytest.mark.parametrize("command", [command.strip() for command in COMMANDS.split(",")])
def test_every_command_explains_itself(cuemark: Shell, command: str) -> None:
    ran = cuemark(*command.split(), "--help")
    assert ran.code == 0 and "Usage:" in ran.out
    if command not in ("daemon run", "mcp"):  # these speak a protocol
        assert "--json" in ran.out


def test_help_names_every_format_there_is(cuemark: Shell) -> None:
    from cuemark.export import names

    shown = cuemark("export", "--help", COLUMNS="500").out
    assert all(f" {name}" in shown for name in names())


def test_version(cuemark: Shell) -> None:
    from cuemark import __version__

    assert cuemark("--version").out == f"cuemark {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["analyze"],
        ["analyze", "a.mp4", "--moments", "some"],
        ["analyze", "a.mp4", "--sample-fps", "0"],
        ["analyze", "a.mp4", "--seed", "x"],
        ["analyze", "a.mp4", "--seed", "9" * 30],
        ["export", "a.mp4"],
        ["export", "a.mp4", "--format", "edl", "--fps", "fast"],
        ["export", "a.mp4", "--format", "edl", "-o", "-", "--json"],
        ["jobs", "cancel"],
        ["analyses", "edit", "abc", "m1"],
        ["cache", "prune", "--max-size", "much"],
    ],
)
def test_usage_errors_start_nothing(cuemark: Shell, arguments: list[str]) -> None:
    ran = cuemark(*arguments)
    assert ran.code == 2
    assert ran.out == "" and "Traceback" not in ran.err
    assert not cuemark.home.exists()


def test_status_without_a_daemon(cuemark: Shell) -> None:
    ran = cuemark("daemon", "status")
    assert ran.code == 3 and "No daemon is running" in ran.out
    ran = cuemark("daemon", "status", "--json")
    assert ran.code == 3 and ran.json == {"running": False}


def test_stop_without_a_daemon_is_fine(cuemark: Shell) -> None:
    assert cuemark("daemon", "stop", "--json").json == {"stopped": False}


def test_folders_are_told_without_a_daemon(cuemark: Shell) -> None:
    for command in ("models", "cache"):
        assert cuemark(command, "path").out.strip().startswith(str(cuemark.home))
        assert cuemark(command, "path", "--json").json["path"].startswith(str(cuemark.home))
    assert cuemark("daemon", "logs", "--path").out.strip().startswith(str(cuemark.home))
    assert not cuemark.home.exists()


def test_no_log_yet(cuemark: Shell) -> None:
    ran = cuemark("daemon", "logs", "--json")
    assert ran.code == 1 and ran.json["error"]["code"] == "log_not_found"


def test_a_daemon_that_cannot_start_is_explained(cuemark: Shell, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    ran = cuemark("analyze", "a.mp4", "--json", CUEMARK_HOME=str(in_the_way))
    assert ran.code == 3
    assert ran.json["error"]["code"] == "daemon_start_failed"
    assert ran.json["error"]["next_step"]
    assert ran.err.count("\n") <= 2 and "Traceback" not in ran.err


def test_a_setting_that_cannot_be_is_explained(cuemark: Shell) -> None:
    ran = cuemark("jobs", "list", CUEMARK_WORKER_IDLE_S="soon")
    assert ran.code == 2
    assert "CUEMARK_WORKER_IDLE_S" in ran.err and "[setting_invalid]" in ran.err


@pytest.mark.skipif(os.name == "nt", reason="Windows names are Unicode")
def test_a_value_that_is_no_text_is_refused(cuemark: Shell) -> None:
    ran = cuemark("analyze", "a.mp4", "--preset", b"\xff\xfe")
    assert ran.code == 2 and "not valid text" in ran.err


@pytest.mark.skipif(os.name == "nt", reason="pipes differ on Windows")
def test_a_reader_that_leaves_is_no_error(cuemark: Shell) -> None:
    with cuemark.start("cache", "path") as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.wait(20) in (0, 141)
        assert process.stderr.read() == b""
