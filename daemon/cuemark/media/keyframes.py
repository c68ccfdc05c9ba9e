"""Where a file's keyframes are: the pictures that can be decoded without any other."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, groupby, pairwise

_MOST = 4000


@dataclass(frozen=True)
class Keyframes:
    """When keyframes are shown, in ticks of `base` seconds from the first frame shown.

    `first` is the first one; `gaps` are (ticks to the next, how many times), so that the even spacing of most footage
    is one pair and three hours of it travel as little as a minute.
    """

    base: Fraction
    first: int
    gaps: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, ticks: Sequence[int], base: Fraction) -> Keyframes:
        """From rising ticks, at least one; the densest are thinned out where there would be too many to carry along."""
        if len(ticks) > _MOST and not _is_even(ticks):
            ticks = _thinned(ticks, (ticks[-1] - ticks[0]) // _MOST)
        gaps = (later - sooner for sooner, later in pairwise(ticks))
        return cls(base, ticks[0], tuple((gap, sum(1 for _ in same)) for gap, same in groupby(gaps)))

    def ticks(self) -> list[int]:
        """All of them, rising."""
        return list(accumulate((gap for gap, times in self.gaps for _ in range(times)), initial=self.first))

    def nearest(self, cells: Sequence[tuple[Fraction, Fraction]]) -> list[Fraction | None]:
        """For each cell [start, end) in seconds, the keyframe in it nearest to its middle; None where it has none."""
        ticks = self.ticks()
        return [self._nearest(ticks, start, end) for start, end in cells]

    def _nearest(self, ticks: Sequence[int], start: Fraction, end: Fraction) -> Fraction | None:
        inside = ticks[bisect_left(ticks, start / self.base) : bisect_left(ticks, end / self.base)]
        middle = (start + end) / 2 / self.base
        after = bisect_right(inside, middle)
        near = inside[max(0, after - 1) : after + 1]
        return min(near, key=lambda tick: abs(tick - middle)) * self.base if near else None


def _is_even(ticks: Sequence[int]) -> bool:
    """Whether few pairs say it all."""
    gaps = (later - sooner for sooner, later in pairwise(ticks))
    return sum(1 for _ in groupby(gaps)) <= _MOST


def _thinned(ticks: Sequence[int], least: int) -> list[int]:
    kept = [ticks[0]]
    for tick in ticks:
        if tick - kept[-1] > least:
            kept.append(tick)
    return kept
