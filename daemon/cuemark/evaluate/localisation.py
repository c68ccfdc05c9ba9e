"""Localisation as ActivityNet measures it: recall, precision and F1 over tIoU thresholds (densevid_eval)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: (start, end) in seconds.
Segment = tuple[float, float]
THRESHOLDS = (0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class Localisation:
    """Averages over thresholds (and videos): all in [0, 1]."""

    recall: float
    precision: float

    @property
    def f1(self) -> float:
        """The harmonic mean of the two averages, as papers report it."""
        total = self.recall + self.precision
        return 2 * self.recall * self.precision / total if total else 0.0


def tiou(one: Segment, other: Segment) -> float:
    """Temporal intersection over union; 0 for segments that do not meet."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    if shared <= 0:
        return 0.0
    return shared / (max(one[1], other[1]) - min(one[0], other[0]))


def localise(found: Sequence[Segment], true: Sequence[Segment]) -> Localisation:
    """One video: the share of true segments hit and of found segments that hit, mean over the thresholds.

    A hit needs a tIoU above the threshold.  Nothing found counts as zero.
    """
    recalls = [_share_hitting(true, found, threshold) for threshold in THRESHOLDS]
    precisions = [_share_hitting(found, true, threshold) for threshold in THRESHOLDS]
    return Localisation(sum(recalls) / len(recalls), sum(precisions) / len(precisions))


def mean(videos: Sequence[Localisation]) -> Localisation:
    """The mean over videos of recall and of precision; needs at least one video."""
    return Localisation(
        sum(video.recall for video in videos) / len(videos), sum(video.precision for video in videos) / len(videos)
    )


def _share_hitting(segments: Sequence[Segment], others: Sequence[Segment], threshold: float) -> float:
    if not segments:
        return 0.0
    return sum(any(tiou(one, other) > threshold for other in others) for one in segments) / len(segments)
