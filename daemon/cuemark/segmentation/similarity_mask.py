"""Segments of a similarity curve: where the frames of one media are like a query, as soft masks over its samples.

A segment is the stretch around a peak with the largest sum of evidence over a level (Kadane's maximum-sum segment, so
that a moment's doubt does not part it), the level half way between what has nothing to do with the query and the peak.
Each of its samples weighs as much as it stands out from that level, softly; borders lie where the curve crosses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]

SHARE = 0.5
"""The level between background (0) and peak (1); 0.4 to 0.7 find the same segments (MEASURED.md)."""
SOFTNESS = 0.1
"""Of the height of the peak over the background: how softly a sample counts that lies near the level."""
LEAST_S = Fraction(1)
"""The shortest segment that can be looked at."""
_FINE = 1000


@dataclass(frozen=True)
class SimilarSegment:
    """A segment [start, end) in seconds; `evidence` is the mean over its mask, `best` the time of the largest.

    `first` and `last` are its samples, both included.
    """

    first: int
    last: int
    start: Fraction
    end: Fraction
    evidence: float
    best: Fraction


def similar_segments(
    evidence: Curve, times: Sequence[Fraction], duration: Fraction, background: float, most: int
) -> list[SimilarSegment]:
    """At most so many segments of a curve [N], the highest peak first; they neither overlap nor touch.

    `times` are the samples' in seconds; `background` is the evidence of what has nothing to do with the query: peaks
    below it are none.
    """
    curve = smoothed(evidence)
    free = np.ones(len(curve), bool)
    found: list[SimilarSegment] = []
    for peak in np.argsort(-curve, kind="stable").tolist():
        if len(found) == most or curve[peak] <= background:
            break
        if not free[peak]:
            continue
        level = background + SHARE * (curve[peak] - background)
        first, last = _stretch(np.where(free, curve - level, -np.inf), peak)
        free[_foot(curve, first, -1) : _foot(curve, last, 1) + 1] = False
        softness = max(SOFTNESS * (curve[peak] - background), 1e-9)
        found.append(_segment(curve, times, duration, (first, last), level, softness))
    return found


def watchable(found: Sequence[SimilarSegment], duration: Fraction) -> list[SimilarSegment]:
    """The segments, none shorter than a second where the media has one; what comes to overlap is one with the better.

    Footage that is sampled densely gives shorter ones, which nobody can look at.
    """
    kept: list[SimilarSegment] = []
    for each in found:
        start, end = _widened(each.start, each.end, duration)
        place = next((n for n, one in enumerate(kept) if one.start < end and start < one.end), None)
        if place is None:
            kept.append(replace(each, start=start, end=end))
        else:
            kept[place] = replace(kept[place], start=min(start, kept[place].start), end=max(end, kept[place].end))
    return kept


def _widened(start: Fraction, end: Fraction, duration: Fraction) -> tuple[Fraction, Fraction]:
    missing = LEAST_S - (end - start)
    if missing <= 0:
        return start, end
    begin = max(Fraction(0), min(start - missing / 2, duration - LEAST_S))
    return begin, min(duration, begin + LEAST_S)


def smoothed(evidence: Curve) -> Curve:
    """The median of each sample with its neighbours: a single odd frame is no event, and borders stay sharp."""
    if len(evidence) < 3:
        return evidence
    padded = np.pad(evidence, 1, mode="edge")
    middle: Curve = np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)
    return middle


def _stretch(above: Curve, peak: int) -> tuple[int, int]:
    """First and last sample of the maximum-sum segment that holds the peak."""
    return peak - _reach(above[:peak][::-1]), peak + _reach(above[peak + 1 :])


def _reach(above: Curve) -> int:
    """How many samples from one end on have the largest sum; 0 where none is above 0."""
    if not len(above):
        return 0
    sums = np.cumsum(above)
    farthest = int(np.argmax(sums))
    return farthest + 1 if sums[farthest] > 0 else 0


def _foot(curve: Curve, border: int, step: int) -> int:
    """Where the curve stops falling behind a border: up to there is the segment's flank, and no other segment."""
    place = border
    while 0 <= place + step < len(curve) and (place == border or curve[place + step] <= curve[place]):
        place += step
    return place


def _segment(
    curve: Curve, times: Sequence[Fraction], duration: Fraction, span: tuple[int, int], level: float, softness: float
) -> SimilarSegment:
    first, last = span
    inside = curve[first : last + 1]
    weights = 1 / (1 + np.exp(-np.clip((inside - level) / softness, -30, 30)))
    start = Fraction(0) if first == 0 else _crossing(curve, times, first - 1, first, level)
    end = duration if last == len(curve) - 1 else _crossing(curve, times, last + 1, last, level)
    best = times[first + int(np.argmax(inside))]
    return SimilarSegment(first, last, start, end, float(np.average(inside, weights=weights)), best)


def _crossing(curve: Curve, times: Sequence[Fraction], outside: int, inside: int, level: float) -> Fraction:
    """When the curve crosses the level between two samples; half way where it does not."""
    low, high = curve[outside], curve[inside]
    share = float((level - low) / (high - low)) if low <= level < high else 0.5
    # Never at the sample that is inside: a segment holds all its samples.
    return times[outside] + (times[inside] - times[outside]) * Fraction(min(round(share * _FINE), _FINE - 1), _FINE)
