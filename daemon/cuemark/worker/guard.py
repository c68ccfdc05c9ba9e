"""Ends a job, and its process, whose media takes more memory than any footage, or keeps a decoder busy for nothing.

What a file claims is checked before it is believed (`media.budgets`); this is for what claims do not tell.  Nothing can
be taken back from a library in the middle of a picture: the job is reported as failed and the process ends.  So it is
not started again, as it would be for a process that the system ended for lack of memory.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuemark.core.errors import CuemarkError
from cuemark.core.jobs import JobError
from cuemark.core.serialise import encode
from cuemark.media.budgets import too_large
from cuemark.media.pulse import PULSE

_LOOK_S = 0.1
_GIB = 1 << 30
_LEAST_GROWTH = _GIB
_SHARE_OF_FREE = 0.9
_EXIT_STATUS = 1
_CONTAINER_FILES = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


@dataclass(frozen=True)
class Budget:
    """Of a stage: bytes by which the process may grow in it, and how long it may go on without a sign of life.

    Without one means wall time and seconds of processor both: a slow disk or a stopped process are no hang.
    """

    growth: int
    silent_s: float
    busy_s: float


_PROBE = Budget(3 * _GIB // 2, silent_s=120, busy_s=60)
BUDGETS = {
    "probe": _PROBE,
    "packets": _PROBE,
    # A model works beside the decoder here, on slow machines for minutes at one batch.
    "features": Budget(6 * _GIB, silent_s=900, busy_s=450),
    "shots": Budget(6 * _GIB, silent_s=900, busy_s=450),
    "camera": Budget(6 * _GIB, silent_s=900, busy_s=450),
}
"""By the stages in which a media is decoded."""


class MediaGuard:
    """Watches this process from a thread while a media is read; `ended` is told what to report before the end."""

    def __init__(self, path: Path, stage: Callable[[], str], ended: Callable[[dict[str, Any]], None]) -> None:
        self._path, self._stage, self._ended = path, stage, ended
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="media-guard", daemon=True)

    def __enter__(self) -> MediaGuard:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()

    def _watch(self) -> None:
        watched: _Watched | None = None
        while not self._closed.wait(_LOOK_S):
            stage = self._stage()
            if stage not in BUDGETS:
                watched = None
            elif watched is None or watched.stage != stage:
                watched = _Watched(stage)
            fault = None if watched is None else watched.fault(self._path)
            if fault is not None:
                self._ended({"type": "failed", "error": encode(JobError.of(fault)), "spent": True})
                os._exit(_EXIT_STATUS)


class _Watched:
    """One stage under watch: what the process had when it began, and its last sign of life."""

    def __init__(self, stage: str) -> None:
        import psutil

        self.stage = stage
        self._process = psutil.Process()
        self._budget = BUDGETS[stage]
        self._before = int(self._process.memory_info().rss)
        self._most = min(self._budget.growth, max(int(_free_memory() * _SHARE_OF_FREE), _LEAST_GROWTH))
        self._beats, self._since, self._busy = PULSE.beats, time.monotonic(), time.process_time()

    def fault(self, path: Path) -> CuemarkError | None:
        """What is wrong by now, if anything is."""
        grown = int(self._process.memory_info().rss) - self._before
        if grown > self._most:
            return too_large(path, f"took {grown / _GIB:.1f} GiB of memory to read, and was given up")
        if PULSE.beats != self._beats:
            self._beats, self._since, self._busy = PULSE.beats, time.monotonic(), time.process_time()
        silent, busy = time.monotonic() - self._since, time.process_time() - self._busy
        if silent > self._budget.silent_s and busy > self._budget.busy_s:
            return too_large(path, f"kept a decoder busy for {silent:.0f} s without a picture, and was given up")
        return None


def _free_memory() -> int:
    """Bytes that are free on this machine, and within what a container (Docker, systemd) leaves to us."""
    import psutil

    free = int(psutil.virtual_memory().available)
    for most, used in _CONTAINER_FILES:
        with contextlib.suppress(OSError, ValueError):  # not there, or "max"
            free = min(free, int(Path(most).read_text()) - int(Path(used).read_text()))
    return free
