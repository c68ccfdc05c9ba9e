"""The processes of a scan, and their end: Ray starts a dozen, some of which lead sessions of their own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

MARK = "CUEMARK_SCAN"
"""The variable that all processes of one scan on this machine carry: a process that lost its parent is known by it."""
_ROUNDS = 5


def end_all(root: int, mark: str | None = None) -> None:
    """End all processes below `root` (a process id, spared) and all that carry `mark`, at once.

    By rounds, since some may be about to start another.
    """
    mark = mark or os.environ.get(MARK)
    for _ in range(_ROUNDS):
        found = set(_below(root)) | set(_marked(mark) if mark else ())
        found -= {root, os.getpid()}
        if not found:
            return
        for pid in found:
            _kill(pid)


def _below(root: int) -> Iterator[int]:
    import psutil

    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(root).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE:
                    yield process.pid


def _marked(mark: str) -> Iterator[int]:
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                yield process.pid


def _kill(pid: int) -> None:
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process(pid).kill()
