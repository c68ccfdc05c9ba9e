"""Exact partitions by dynamic programming, over a matrix of what each segment from border to border costs or gains.

`within_segment_cost` is the cost that change points and chapters share: how far a segment's vectors spread round their
mean (sum of squared errors), from prefix sums.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from cuemark.segmentation.segments import Span

Array = npt.NDArray[np.float64]

NEVER = -np.inf
"""The gain of a segment that cannot be."""


def within_segment_cost(places: Array, sums: Array, norms: Array, least: float) -> Array:
    """[n, n]: the sum of squared errors of the vectors from one border to another, for a first border below the second.

    `places` [n] are the borders on the axis that vectors are counted on (samples or seconds); `sums` [n, D] the sums of
    all vectors before each border, `norms` [n] those of their squared lengths.  No segment counts as shorter than
    `least`.
    """
    products = sums @ sums.T
    squares = np.diag(products)
    lengths = np.maximum(places[None] - places[:, None], least)
    cost: Array = norms[None] - norms[:, None]
    # In place: for 2000 samples each of these matrices takes 32 MB.
    cost -= (squares[None] + squares[:, None] - 2 * products) / lengths
    return cost


def cheapest_partition(costs: Array, penalty: float, shortest: int) -> list[Span]:
    """The partition with the least total cost plus `penalty` a segment, none shorter than `shortest`; O(T^2).

    `costs` [T + 1, T + 1] from border to border; T >= `shortest`.
    """
    count = len(costs) - 1
    least = np.full(count + 1, np.inf)
    least[0] = 0.0
    before = np.zeros(count + 1, dtype=np.int64)
    for end in range(shortest, count + 1):
        total = least[: end - shortest + 1] + costs[: end - shortest + 1, end]
        before[end] = int(total.argmin())
        least[end] = total[before[end]] + penalty
    spans: list[Span] = []
    end = count
    while end > 0:
        spans.append((int(before[end]), end))
        end = int(before[end])
    return spans[::-1]


def best_partition(gain: Array, max_count: int, switch: float, min_count: int = 1) -> list[Span]:
    """The partition with the greatest total gain, less `switch` a segment, in `min_count` to `max_count` segments.

    Where no partition has as many as `min_count`, it is the one that has most.

    gain[s, e] is the worth of a segment from border s to border e, NEVER where there can be none; the one from the
    first border to the last must be possible.
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
    spans: list[Span] = []
    end = size - 1
    most = max(number for number, total in enumerate(totals) if total > NEVER)
    fewest = min(min_count - 1, most)
    for count in range(fewest + int(np.argmax(totals[fewest:])), -1, -1):
        begin = origins[count][end]
        spans.append((begin, end))
        end = begin
    return spans[::-1]


def allowed(borders: Sequence[Fraction], min_length: Fraction) -> npt.NDArray[np.bool_]:
    """[n, n]: whether a segment from one border to another is long enough, decided in exact arithmetic."""
    mask = np.zeros((len(borders), len(borders)), dtype=bool)
    for begin, edge in enumerate(borders):
        mask[begin, bisect_left(borders, edge + min_length) :] = True
    return mask
