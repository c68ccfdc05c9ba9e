"""Run the environment's pip: everything it says into the log, the gist on the screen, failures by name."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cuemark_setup.layout import Layout
from cuemark_setup.problems import (
    SetupProblem,
    install_failed,
    no_matching_build,
    no_network,
    not_enough_disk,
    not_writable,
)
from cuemark_setup.screen import Screen

TAIL_LINES = 400
SIGNS_OF_A_FULL_DISK = ("no space left on device", "not enough space on the disk", "disk quota exceeded")
SIGNS_OF_NO_NETWORK = (
    "failed to establish a new connection",
    "name resolution",
    "name or service not known",
    "nodename nor servname",
    "getaddrinfo failed",
    "network is unreachable",
    "connecttimeout",
    "readtimeout",
    "read timed out",
    "connection refused",
    "connection reset",
    "connection broken",
    "remotedisconnected",
    "proxyerror",
    "certificate_verify_failed",
)
SIGNS_OF_NO_BUILD = ("no matching distribution found", "requires a different python", "requires-python")
SIGNS_OF_NO_PERMISSION = ("permission denied", "access is denied", "read-only file system")
# What pip is told by the environment that would send packages elsewhere than into our environment.
DIVERTING = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV")


def clean_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what would make Python look, or pip write, outside of ours."""
    kept = {name: value for name, value in environ.items() if name not in DIVERTING}
    return {**kept, "PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUNBUFFERED": "1"}


class Pip:
    """The pip of one environment, in one checkout (its working directory)."""

    def __init__(self, layout: Layout, screen: Screen) -> None:
        self._layout = layout
        self._screen = screen
        self._raw_progress = False

    def use_raw_progress(self) -> None:
        """Ask for numbers instead of silence while it downloads, where this pip is new enough (24.1)."""
        said = self._output(["--version"]) or "pip 0.0"
        major, minor = (int(part) for part in said.split()[1].split(".")[:2])
        self._raw_progress = (major, minor) >= (24, 1)

    def install(self, step: str, arguments: Sequence[str], *, needed: int) -> None:
        """`pip install ARGUMENTS`; raises the problem that its output shows.  `needed`: bytes, for a full disk."""
        command = ["install", *(["--progress-bar", "raw"] if self._raw_progress else []), *arguments]
        code, tail = self._run(command)
        if code:
            raise diagnose(step, code, tail, self._layout, needed)

    def uninstall(self, name: str) -> None:
        """Remove one package; nothing happens when it is not there."""
        self._run(["uninstall", "--yes", name])

    def offers(self, name: str, version: str, index: str | None = None) -> bool:
        """Whether pip, as it is configured or from `index`, has this very version for this machine; gives up soon."""
        where = ["--index-url", index] if index else []
        said = self._output(["index", "versions", name, "--timeout", "8", "--retries", "0", *where])
        listed = re.search(r"^Available versions: (.*)$", said or "", re.MULTILINE)
        return listed is not None and version in listed.group(1).split(", ")

    def _output(self, arguments: Sequence[str]) -> str | None:
        done = subprocess.run(
            self._command(arguments), cwd=self._layout.root, env=clean_environ(os.environ), capture_output=True,
            text=True, encoding="utf-8", errors="replace", close_fds=False, check=False,
        )  # fmt: skip
        self._log(done.stdout + done.stderr)
        return done.stdout if done.returncode == 0 else None

    def _run(self, arguments: Sequence[str]) -> tuple[int, list[str]]:
        """Exit code and last lines."""
        self._log(f"\n$ pip {' '.join(arguments)}\n")
        gist = Gist()
        tail: deque[str] = deque(maxlen=TAIL_LINES)

        def heard(line: str) -> None:
            gist.hear(line)
            if not line.startswith("Progress "):
                tail.append(line)
                self._log(line + "\n")

        code = follow(self._command(arguments), self._layout.root, heard, lambda t: self._screen.status(gist.text, t))
        return code, list(tail)

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [str(self._layout.python), "-m", "pip", *arguments]

    def _log(self, text: str) -> None:
        with self._layout.log.open("a", encoding="utf-8") as file:
            file.write(text)


class Gist:
    """Pip's last lines boiled down to what it is doing now."""

    def __init__(self) -> None:
        self.text = "starting pip"

    def hear(self, line: str) -> None:
        """Take one line of pip's output into account; lines that say nothing new change nothing."""
        words = line.split()
        if line.startswith("Progress ") and len(words) == 4:
            done, total = int(words[1]), int(words[3])
            part = f"{done / 1e6:.0f} of {total / 1e6:.0f} MB" if total else f"{done / 1e6:.0f} MB"
            self.text = self.text.split(":")[0] + ": " + part
        elif words[:1] == ["Downloading"] and len(words) > 1:
            self.text = "downloading " + words[1].split("/")[-1].replace(":", " ") + " " + " ".join(words[2:])
        elif words[:1] == ["Collecting"]:
            self.text = "looking for " + words[1]
        elif line.startswith("Installing collected packages"):
            self.text = f"unpacking {len(words) - 3} packages"


def follow(command: Sequence[str], folder: Path, heard: Callable[[str], None], waiting: Callable[[float], None]) -> int:
    """Run `command`, hand over each line it prints, and call `waiting(started)` twice a second; the exit code.

    An interruption ends the command, too, before it goes on to the caller.
    """
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env=clean_environ(os.environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace", close_fds=False,
    )  # fmt: skip
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_pump, args=(process, lines), daemon=True).start()
    try:
        while True:
            try:
                line = lines.get(timeout=0.5)
            except queue.Empty:
                waiting(started)
                continue
            if line is None:
                return process.wait()
            heard(line)
            waiting(started)
    except BaseException:
        _end(process)
        raise


def _pump(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line.rstrip())
    lines.put(None)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def diagnose(step: str, code: int, tail: Sequence[str], layout: Layout, needed: int) -> SetupProblem:
    """Name what made pip end with `code`, from the last lines it printed."""

    def first(signs: Sequence[str]) -> str | None:
        return next((line.strip() for line in tail if any(sign in line.lower() for sign in signs)), None)

    if first(SIGNS_OF_A_FULL_DISK):
        return not_enough_disk(layout.folder, needed, None)
    if line := first(SIGNS_OF_NO_NETWORK):
        return no_network(_short(line), layout.log)
    if line := first(SIGNS_OF_NO_BUILD):
        return no_matching_build(_short(line), layout.log)
    if line := first(SIGNS_OF_NO_PERMISSION):
        return not_writable(layout.folder, _short(line))
    if code < 0:
        return install_failed(step, [f"pip was killed by signal {-code} (with 9: often too little memory)"], layout.log)
    errors = [line for line in tail if line.startswith("ERROR")] or list(tail)
    return install_failed(step, [_short(line) for line in errors[-3:]], layout.log)


def _short(line: str) -> str:
    return line if len(line) <= 240 else line[:237] + "..."
