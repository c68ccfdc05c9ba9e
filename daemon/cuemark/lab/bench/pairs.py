"""Measuring two things in turn, A B A B, so that both meet the same weather."""

from __future__ import annotations

import time
from collections.abc import Callable

from cuemark.core.progress import Progress

Measured = Callable[[], float]


def timed(work: Callable[[], object]) -> float:
    """How many seconds of wall clock `work` takes, the garbage it makes included.

    What runs on a GPU must be waited for inside `work`.
    """
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def alternate(
    ours: Measured, rival: Measured, pairs: int, progress: Progress, *, warm: bool = True
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Run ours, rival, ours, rival ... and hand out the number each gave, as (ours, rivals), `pairs` of both.

    Each callable returns its own number, normally seconds it measured with `timed`.  With `warm` both run once
    before, unmeasured: pages are mapped, kernels chosen and files in the system's cache for both.

    Raises ValueError for less than one pair, and whatever `progress.check` raises when the user stops.
    """
    if pairs < 1:
        raise ValueError(f"at least one pair is needed, not {pairs}")
    runs = [ours, rival] * (pairs + int(warm))
    numbers: list[float] = []
    for done, run in enumerate(runs):
        progress.check()
        progress.update("measure", done, len(runs), "runs")
        numbers.append(run())
    progress.update("measure", len(runs), len(runs), "runs")
    kept = numbers[2 * int(warm) :]
    return tuple(kept[0::2]), tuple(kept[1::2])
