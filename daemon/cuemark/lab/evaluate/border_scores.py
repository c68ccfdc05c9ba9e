"""Borders of a partition against true ones: near F1, Pk, WindowDiff, and how far the count is off.

Borders are the starts of all parts but the first, in seconds; that a partition begins at 0 is no merit.

**Near F1**: a found border is right where a true one lies at most so many seconds away; each counts for one of the
other side only (the greatest such matching), so two borders beside one true border are one hit and one miss.

**Pk** (Beeferman et al. 1999) and **WindowDiff** (Pevzner and Hearst 2002) are errors, 0 is perfect.  Time is cut into
seconds, each border moved to the nearest.  A window of k seconds, half the mean length of a true part, is moved over
it; Pk is the share of places at which exactly one side has its two ends in the same part, WindowDiff that at which the
two sides have another number of borders inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from cuemark.lab.evaluate.localisation import harmonic

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

#: Seconds: what is near in short videos, and in long talk, where borders are good to a turn.
SHORT_S, LONG_S = NEAR_S = (5, 15)


@dataclass(frozen=True)
class BorderScore:
    """One partition.  `near` stands beside NEAR_S; `count_error` is |found - true| / true, of parts, not borders."""

    near: tuple[float, ...]
    pk: float
    window_diff: float
    count_error: float


def score_borders(found: Sequence[Fraction], true: Sequence[Fraction], duration: Fraction) -> BorderScore:
    """Hold the found borders of [0, `duration`) against the true ones; both sorted, inside, and without 0."""
    pk, window_diff = window_errors(found, true, duration)
    return BorderScore(
        near=tuple(near_f1(found, true, Fraction(distance)) for distance in NEAR_S),
        pk=pk,
        window_diff=window_diff,
        count_error=abs(len(found) - len(true)) / (len(true) + 1),
    )


def near_f1(found: Sequence[Fraction], true: Sequence[Fraction], distance: Fraction) -> float:
    """F1 of borders at most `distance` seconds from their partner, one to one; 1 where both sides have none."""
    if not found and not true:
        return 1.0
    if not found or not true:
        return 0.0
    hits = matched(found, true, distance)
    return harmonic(hits / len(found), hits / len(true))


def matched(found: Sequence[Fraction], true: Sequence[Fraction], distance: Fraction) -> int:
    """The greatest number of one-to-one pairs at most `distance` apart.

    On a line the first pair in order that is near enough is never worse than another one of the same border.
    """
    hits = one = other = 0
    while one < len(found) and other < len(true):
        if abs(found[one] - true[other]) <= distance:
            hits, one, other = hits + 1, one + 1, other + 1
        elif found[one] < true[other]:
            one += 1
        else:
            other += 1
    return hits


def window_errors(found: Sequence[Fraction], true: Sequence[Fraction], duration: Fraction) -> tuple[float, float]:
    """Pk and WindowDiff; of something shorter than its window, 0 for both."""
    import numpy as np

    seconds = max(1, round(duration))
    window = max(1, round(Fraction(seconds, 2 * (len(true) + 1))))
    if seconds <= window:
        return 0.0, 0.0
    ours, theirs = _part_numbers(found, seconds), _part_numbers(true, seconds)
    inside, wanted = (part[window:] - part[:-window] for part in (ours, theirs))
    return float(np.mean((inside == 0) != (wanted == 0))), float(np.mean(inside != wanted))


def _part_numbers(borders: Sequence[Fraction], seconds: int) -> NDArray[int64]:
    """The number of the part that each second is in: the borders at or before its start."""
    import numpy as np

    places = np.sort(np.array([round(border) for border in borders], dtype=np.int64))
    return np.searchsorted(places, np.arange(seconds), side="right").astype(np.int64)
