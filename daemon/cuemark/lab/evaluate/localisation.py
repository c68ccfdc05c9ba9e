"""Temporal localisation: recall, precision and F1 over tIoU thresholds (densevid_eval), and SODA.

Times may be exact (Fraction) or floats, one kind in one call; a tIoU of exact times is exact.

SODA (Fujita et al., ECCV 2020) matches in order of time, one to one, by tIoU times how well the words fit.  Kept from
its toolkit (fujiso/SODA): both sides sorted by start, the best sum over order-preserving pairs, an F measure of that
sum.  With several annotators the mean of the single results, as PDVC and VidChapters report it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, TypeVar

Time = TypeVar("Time", float, Fraction)
#: (start, end) in seconds, as floats.
Segment = tuple[float, float]
THRESHOLDS = (0.3, 0.5, 0.7, 0.9)
MATCHED_FROM = Fraction(1, 2)
"""A moment and an event are matched when their tIoU is at least this."""


class Timed(Protocol):
    """Anything with a start and an end in exact seconds."""

    @property
    def start(self) -> Fraction:
        """Seconds."""

    @property
    def end(self) -> Fraction:
        """Seconds."""


Anything = TypeVar("Anything", bound=Timed)


def harmonic(one: float, other: float) -> float:
    """The harmonic mean of two figures that are not negative; 0 if both are 0."""
    return 2 * one * other / (one + other) if one + other else 0.0


@dataclass(frozen=True)
class Localisation:
    """Shares or averages of them, over thresholds or videos: all in [0, 1]."""

    recall: float
    precision: float

    @property
    def f1(self) -> float:
        """The harmonic mean of the two averages, as papers report it."""
        return harmonic(self.recall, self.precision)


def span(thing: Timed) -> tuple[Fraction, Fraction]:
    """Start and end of something timed, in exact seconds."""
    return thing.start, thing.end


def tiou(one: tuple[Time, Time], other: tuple[Time, Time]) -> Time:
    """Temporal intersection over union, in [0, 1]; 0 for segments that do not meet."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    if shared <= 0:
        return shared * 0
    return shared / (max(one[1], other[1]) - min(one[0], other[0]))


def best_pairs(true: Sequence[tuple[Time, Time]], found: Sequence[tuple[Time, Time]]) -> dict[int, tuple[int, Time]]:
    """One-to-one pairs that overlap, greedily the best tIoU first, ties by order: {place in true: (in found, tIoU)}."""
    candidates = sorted(
        (-overlap, i, j)
        for i, one in enumerate(true)
        for j, other in enumerate(found)
        for overlap in (tiou(one, other),)
        if overlap > 0
    )
    chosen: dict[int, tuple[int, Time]] = {}
    used: set[int] = set()
    for negative, i, j in candidates:
        if i not in chosen and j not in used:
            chosen[i] = (j, -negative)
            used.add(j)
    return chosen


def events_within(chapter: Timed, events: Sequence[Anything]) -> list[Anything]:
    """The events of which at least half lies in the chapter."""
    return [
        event
        for event in events
        if 2 * (min(event.end, chapter.end) - max(event.start, chapter.start)) >= event.end - event.start
    ]


def exact(threshold: float) -> Fraction:
    """0.3 as three tenths, which a float is not: an overlap of exactly that must fall on the right side."""
    return Fraction(threshold).limit_denominator(1000)


def hits(
    found: Sequence[tuple[Time, Time]], references: Sequence[Sequence[tuple[Time, Time]]], threshold: float
) -> Localisation:
    """One video at one threshold: the best recall and, on its own, the best precision over the annotators.

    A hit needs a tIoU above the threshold.  Nothing found counts as zero, unless nothing happens: to say so is right.
    """
    if not found and any(not true for true in references):
        return Localisation(1.0, 1.0)
    recalls = [_share_hitting(true, found, threshold) for true in references]
    precisions = [_share_hitting(found, true, threshold) for true in references]
    return Localisation(max(recalls, default=0.0), max(precisions, default=0.0))


def localise(found: Sequence[tuple[Time, Time]], true: Sequence[tuple[Time, Time]]) -> Localisation:
    """One video with one annotator: the mean over the thresholds."""
    return mean([hits(found, [true], threshold) for threshold in THRESHOLDS])


def mean(videos: Sequence[Localisation]) -> Localisation:
    """The mean over videos of recall and of precision; needs at least one video."""
    return Localisation(
        sum(video.recall for video in videos) / len(videos), sum(video.precision for video in videos) / len(videos)
    )


def _share_hitting(
    segments: Sequence[tuple[Time, Time]], others: Sequence[tuple[Time, Time]], threshold: float
) -> float:
    if not segments:
        return 0.0
    # Each kind of time against its own 0.9: the float lies above nine tenths.
    limit = threshold if isinstance(segments[0][0], float) else exact(threshold)
    return sum(any(tiou(one, other) > limit for other in others) for one in segments) / len(segments)


#: weights[i][j] of true event i and found moment j.
Weights = Sequence[Sequence[float]]


def soda(weights: Weights) -> float:
    """F of one video and one annotator, from tIoU x score of every pair; rows and columns in order of start.

    The greatest sum over pairs that keep the order, divided by the number of moments (precision) and of events
    (recall).  No moments or no events: 0.
    """
    events, moments = len(weights), len(weights[0]) if weights else 0
    if not events or not moments:
        return 0.0
    best = best_sum(weights)
    precision, recall = best / moments, best / events
    return 2 * precision * recall / (precision + recall) if best else 0.0


def best_sum(weights: Weights) -> float:
    """The greatest sum of weights over one-to-one pairs that keep the order of both sides; row after row."""
    before = [0.0] * (len(weights[0]) + 1)
    for row in weights:
        here = [0.0]
        for place, weight in enumerate(row):
            here.append(max(before[place + 1], here[place], before[place] + weight))
        before = here
    return before[-1]


def soda_d(found: Sequence[tuple[Time, Time]], references: Sequence[Sequence[tuple[Time, Time]]]) -> float:
    """Variant d: tIoU alone, no words; the mean over the annotators.  Nothing found is 0."""
    if not references:
        return 0.0
    ours = sorted(found)
    scores = [soda([[float(tiou(one, other)) for other in ours] for one in sorted(true)]) for true in references]
    return sum(scores) / len(scores)
