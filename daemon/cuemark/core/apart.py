"""Processes that outlive who started them: the daemon, and the page."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from cuemark.core.files import PRIVATE_FILE, make_private_folder
from cuemark.core.own_process import handed_on, working_folder


def start_apart(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Starts a process that goes on without us; what it prints goes to `log`, which is written anew.

    Raises OSError: where the log cannot be written with its name as `filename`, else as Popen does.
    """
    make_private_folder(log.parent)
    with open(log, "wb", opener=_privately) as told:
        child = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            cwd=working_folder(),
            env=handed_on(),
            start_new_session=True,
            creationflags=_windows_flags() if sys.platform == "win32" else 0,
        )
    # Somebody has to wait for a child, or it stays a zombie when it ends; this one ends long after us.
    threading.Thread(target=child.wait, name="end of a process", daemon=True).start()
    return child


def last_line(log: Path) -> str:
    """The last thing a process printed; "" where that was nothing."""
    try:
        lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    except OSError:
        return ""
    return lines[-1] if lines else ""


def _privately(name: str, flags: int) -> int:
    return os.open(name, flags, PRIVATE_FILE)


def _windows_flags() -> int:
    detached, new_group, no_window = 0x00000008, 0x00000200, 0x08000000
    return detached | new_group | no_window
