"""What is read off the runs of a benchmark: seconds, processor time, and the counters of a stage of work."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable

from cuemark.core.progress import Progress
from cuemark.lab.bench.pairs import timed


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
        """Of the seconds of the last so many runs: not of those that warmed up."""
        return statistics.median(self._seconds[-last:])


class Counts:
    """Counts what a run did; what it says of its stages is not the benchmark's."""

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
