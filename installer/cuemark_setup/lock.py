"""One set-up at a time: a file lock that the operating system releases when its holder dies.

On POSIX the pip that a set-up starts inherits the lock, so that a set-up killed the hard way does not let the
next one in while its orphaned pip still writes.  Windows has no such inheritance.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cuemark_setup.screen import Screen

POLL_SECONDS = 0.25


@contextlib.contextmanager
def only_one(path: Path, screen: Screen) -> Iterator[None]:
    """Hold the lock at `path`, waiting (and saying for whom) while another process has it."""
    with path.open("a+", encoding="utf-8") as file:
        started = time.monotonic()
        while not _try_lock(file):
            screen.status(f"another set-up ({_holder(path)}) is at work in this checkout; waiting for it", started)
            time.sleep(POLL_SECONDS)
        _sign(path)
        if os.name == "posix":
            os.set_inheritable(file.fileno(), True)
        yield


def _holder(path: Path) -> str:
    try:
        return "process " + path.with_name("lock.owner").read_text(encoding="utf-8").strip()
    except OSError:
        return "process unknown"


def _sign(path: Path) -> None:
    # Beside the lock, not in it: Windows refuses to read a locked file.
    path.with_name("lock.owner").write_text(str(os.getpid()), encoding="utf-8")


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[str]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
