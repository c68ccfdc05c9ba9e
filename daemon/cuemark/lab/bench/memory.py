"""How much memory a process ever held, watched from a thread.

Not covered: what is swapped out, and memory of a GPU, which `gpu_peak` asks torch for.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

MIB = 1024 * 1024
_EVERY_S = 0.05


class PeakWatch:
    """The largest resident memory of a process while this context is open, read twenty times a second."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="peak-memory", daemon=True)
        self.peak = self._read()

    def __enter__(self) -> PeakWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self.peak = max(self.peak, self._read())

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_S):
            self.peak = max(self.peak, self._read())

    def _read(self) -> int:
        return current(self._pid)


def current(pid: int) -> int:
    """Resident bytes of a process now; 0 for one that has ended."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def lifetime_peak(pid: int) -> int | None:
    """The exact largest resident memory of a running process since it began, None where the system keeps none."""
    import psutil

    try:
        known: Any = psutil.Process(pid).memory_info()
        if hasattr(known, "peak_wset"):  # Windows
            return int(known.peak_wset)
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except (psutil.Error, OSError):
        return None
    lines = [line.split() for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0][1]) * 1024 if lines else None


def gpu_peak() -> int | None:
    """Bytes torch held at most on its GPU since `forget_gpu_peak`; None without one."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    return int(torch.cuda.max_memory_allocated())


def forget_gpu_peak() -> None:
    """Start counting anew."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
