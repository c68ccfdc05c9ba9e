"""How far a confidence can be believed: bins of a reliability diagram, and the expected calibration error.

Ten bins of equal width (Guo et al., ICML 2017): of each the mean confidence and the share that is right.  The error is
the distance of the two, weighed by the bin's share of all.  With few moments it is above zero even for a confidence
that is right: chance alone does that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BINS = 10
#: (confidence from 0 to 1, whether it was right).
Judged = tuple[float, bool]


@dataclass(frozen=True)
class Bin:
    """Confidences in [`low`, `high`): how many, their mean, and the share that is right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


def bin_of(confidence: float) -> int:
    """The number of the bin; 1 belongs to the last one, and what lies outside to the nearest."""
    return min(BINS - 1, max(0, int(confidence * BINS)))


def reliability(judged: Iterable[Judged]) -> tuple[Bin, ...]:
    """The bins that hold anything, in order."""
    sorted_in: dict[int, list[Judged]] = {}
    for confidence, right in judged:
        sorted_in.setdefault(bin_of(confidence), []).append((confidence, right))
    return tuple(_bin(number, sorted_in[number]) for number in sorted(sorted_in))


def _bin(number: int, judged: Sequence[Judged]) -> Bin:
    count = len(judged)
    mean = sum(confidence for confidence, _ in judged) / count
    return Bin(number / BINS, (number + 1) / BINS, count, mean, sum(right for _, right in judged) / count)


def mean_of(bins: Sequence[Bin]) -> tuple[float, float]:
    """The mean confidence of all that the bins hold, and the share that is right; needs at least one bin."""
    count = sum(one.count for one in bins)
    return sum(one.count * one.confidence for one in bins) / count, sum(one.count * one.right for one in bins) / count


def calibration_error(judged: Sequence[Judged]) -> float | None:
    """The expected calibration error, 0 to 1; None for nothing judged."""
    if not judged:
        return None
    return sum(one.count * abs(one.confidence - one.right) for one in reliability(judged)) / len(judged)
