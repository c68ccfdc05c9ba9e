"""The best gapless partition: an exact search over the edges of moments."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from cuemark.chapters.footage import Array

NEVER = -np.inf


def allowed(edges: Sequence[Fraction], min_length: Fraction) -> npt.NDArray[np.bool_]:
    """[n, n]: whether a chapter may run from one edge to another, decided in exact arithmetic."""
    mask = np.zeros((len(edges), len(edges)), dtype=bool)
    for begin, edge in enumerate(edges):
        mask[begin, bisect_left(edges, edge + min_length) :] = True
    return mask


def best_partition(gain: Array, max_count: int, switch: float) -> list[tuple[int, int]]:
    """The runs of edges with the greatest total gain, less `switch` a run, in at most `max_count` runs.

    gain[s, e] is the worth of a chapter from edge s to edge e, minus infinity where there can be none; the run from
    the first edge to the last must be possible.
    """
    size = len(gain)
    reached = np.full(size, NEVER)
    reached[0] = 0.0
    totals: list[float] = []
    origins: list[list[int]] = []
    for _ in range(min(max_count, size - 1)):
        through = reached[:, None] + gain - switch
        origins.append([int(origin) for origin in through.argmax(axis=0)])
        reached = through.max(axis=0)
        totals.append(float(reached[-1]))
    runs: list[tuple[int, int]] = []
    end = size - 1
    for count in range(int(np.argmax(totals)), -1, -1):
        begin = origins[count][end]
        runs.append((begin, end))
        end = begin
    return runs[::-1]
