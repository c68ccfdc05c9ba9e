"""Full, closed and deserted streams: every command ends with the right code and one clear line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a POSIX shell's redirections")
COMMANDS = (
    "--help", "--version", "daemon status", "daemon stop", "cache path --json", "models path", "daemon logs --path",
)  # fmt: skip


def redirected(shell: Shell, command: str, how: str) -> subprocess.CompletedProcess[str]:
    line = f"exec {sys.executable} -m cuemark.cli.main {command} {how}"
    return subprocess.run(
        ["bash", "-c", line], cwd=shell.cwd, env=shell.environment(), capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_on_stdout_is_an_error(cuemark: Shell, command: str) -> None:
    ran = redirected(cuemark, command, "> /dev/full")
    assert ran.returncode == 1 and "[output_not_written]" in ran.stderr and "No space left" in ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_stdout_is_an_error(cuemark: Shell, command: str) -> None:
    ran = redirected(cuemark, command, ">&-")
    assert ran.returncode == 1 and "it is closed" in ran.stderr and ran.stderr.count("\n") == 1


@pytest.mark.parametrize("how", ["2>&- <&-", "2>/dev/full"])
@pytest.mark.parametrize("command, code", [("cache path", 0), ("daemon status", 3), ("nonsense", 2), ("--help", 0)])
def test_the_other_streams_are_nobodys_loss(cuemark: Shell, command: str, code: int, how: str) -> None:
    if "/dev/full" in how and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    ran = redirected(cuemark, command, how)
    assert ran.returncode == code and "Traceback" not in ran.stderr


@pytest.mark.parametrize("command", ["--help", "cache path", "analyze --help"])
def test_a_reader_that_leaves_has_its_own_code(cuemark: Shell, command: str) -> None:
    line = f"({sys.executable} -m cuemark.cli.main {command}; echo code $? >&2) | true"
    ran = subprocess.run(["bash", "-c", line], env=cuemark.environment(), capture_output=True, text=True, check=False)
    assert ran.stderr in ("code 0\n", "code 141\n")


def test_a_daemon_in_the_foreground_of_a_closed_terminal_is_a_daemon(cuemark: Shell) -> None:
    line = f"exec {sys.executable} -m cuemark.cli.main daemon run >&- 2>&- <&-"
    running = subprocess.Popen(["bash", "-c", line], cwd=cuemark.cwd, env=cuemark.environment())
    try:
        for _ in range(100):
            if cuemark("daemon", "status").code == 0:
                break
        assert cuemark("jobs", "list").code == 0
    finally:
        cuemark("daemon", "stop")
    assert running.wait(20) == 0
