"""Chapters against true chapters: F1 over tIoU 0.50 to 0.95, mean tIoU, and starts that are near a true one.

F1 and tIoU as Chapter-Llama's evaluation computes them, starts as VidChapters' does (its `distances`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from cuemark.lab.evaluate.localisation import Timed, best_pairs, harmonic, span, tiou

Span = tuple[Fraction, Fraction]
#: 0.50, 0.55 ... 0.95.
THRESHOLDS = tuple(Fraction(step, 20) for step in range(10, 20))
#: Seconds; a start is hit by one that is less than this away.
DISTANCES = (3, 5)


@dataclass(frozen=True)
class ChapterScore:
    """One video.  All in [0, 1]; `recalls` and `precisions` stand beside DISTANCES."""

    f1: float
    tiou: float
    recalls: tuple[float, ...]
    precisions: tuple[float, ...]


def score_chapters(found: Sequence[Timed], true: Sequence[Timed]) -> ChapterScore:
    """Hold chapters against true ones, of which there is at least one; none found is zero everywhere."""
    if not found:
        return ChapterScore(0.0, 0.0, (0.0,) * len(DISTANCES), (0.0,) * len(DISTANCES))
    starts, true_starts = [one.start for one in found], [one.start for one in true]
    return ChapterScore(
        f1=f1(found, true),
        tiou=mean_tiou(found, true),
        recalls=tuple(_share_near(true_starts, starts, distance) for distance in DISTANCES),
        precisions=tuple(_share_near(starts, true_starts, distance) for distance in DISTANCES),
    )


def f1(found: Sequence[Timed], true: Sequence[Timed]) -> float:
    """The mean over the thresholds of the F1 of chapters with a partner at a tIoU of at least the threshold."""
    ours, theirs = _from_zero(found), _from_zero(true)
    best = [max(tiou(one, other) for other in theirs) for one in ours]
    best_true = [max(tiou(one, other) for other in ours) for one in theirs]
    total = 0.0
    for threshold in THRESHOLDS:
        precision = sum(value >= threshold for value in best) / len(best)
        recall = sum(value >= threshold for value in best_true) / len(best_true)
        total += harmonic(precision, recall)
    return total / len(THRESHOLDS)


def mean_tiou(found: Sequence[Timed], true: Sequence[Timed]) -> float:
    """The mean tIoU of greedily matched pairs, one to one; chapters without a partner are not counted."""
    pairs = best_pairs(_from_zero(true), _from_zero(found))
    return float(sum(overlap for _, overlap in pairs.values()) / len(pairs)) if pairs else 0.0


def _from_zero(chapters: Sequence[Timed]) -> list[Span]:
    """The chapters, with what lies before the first of them as one more."""
    spans = sorted(span(chapter) for chapter in chapters)
    return [(Fraction(0), spans[0][0]), *spans] if spans[0][0] > 0 else spans


def _share_near(starts: Sequence[Fraction], others: Sequence[Fraction], distance: int) -> float:
    return sum(any(abs(one - other) < distance for other in others) for one in starts) / len(starts)
