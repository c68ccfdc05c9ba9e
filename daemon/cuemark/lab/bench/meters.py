"""What is read off the runs of a benchmark: seconds, processor time, counters of a stage of work, and peak memory.

Memory does not cover what is swapped out; that of a GPU is what `gpu_peak` asks torch for.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import timed


class Timings:
    """Wall clock of every run of one thing, and the processor time of all of them."""

    def __init__(self) -> None:
        self.busy = 0.0
        self._seconds: list[float] = []

    def of(self, work: Callable[[], object]) -> float:
        """Seconds that `work` takes."""
        busy = time.process_time()
        self._seconds.append(timed(work))
        self.busy += time.process_time() - busy
        return self._seconds[-1]

    def median(self, last: int) -> float:
        """The median of the last so many runs, so that those that warmed up do not count."""
        return statistics.median(self._seconds[-last:])


class Counts:
    """A progress listener that adds up the counters of a run; its stages and notes are not passed on."""

    def __init__(self, outer: Progress) -> None:
        self._outer = outer
        self.counts: Counter[str] = Counter()

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        self._outer.check()

    def count(self, name: str, amount: int = 1) -> None:
        self.counts[name] += amount

    def note(self, message: str) -> None: ...

    def check(self) -> None:
        self._outer.check()

    def facts(self, *names: str) -> dict[str, str | int | float]:
        """These counters, 0 where nothing was counted."""
        return {name: self.counts[name] for name in names}


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
    """Reset torch's peak counter of the GPU."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
