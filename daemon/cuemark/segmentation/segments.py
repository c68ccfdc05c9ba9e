"""Segments of a sampled time axis: as runs of samples, as weights, as fractions, as exact times, with labels."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

import torch
from torch import Tensor

from cuemark.evidence.frames.track import FeatureTrack

Span = tuple[int, int]
"""A run of samples [first, last)."""
Extent = tuple[float, float]
"""A segment [start, end) in fractions of the media."""
Interval = tuple[Fraction, Fraction]
"""A segment [start, end) in exact seconds."""

Label = TypeVar("Label")


@dataclass(frozen=True)
class LabelledSegment(Generic[Label]):
    """A run of samples and its label: a state of the Viterbi path, or the sentence that tells it."""

    span: Span
    label: Label


def even_spans(count: int, parts: int) -> list[Span]:
    """`parts` equal runs of `count` samples, none empty."""
    borders = [round(number * count / parts) for number in range(parts + 1)]
    return list(itertools.pairwise(borders))


def tiling(spans: Sequence[Span], count: int) -> list[Span]:
    """The spans and the stretches between them, as spans that tile `count` samples."""
    borders = sorted({0, count, *(edge for span in spans for edge in span)})
    return [(first, last) for first, last in itertools.pairwise(borders) if last > first]


def span_weights(spans: Sequence[Span], count: int) -> Tensor:
    """Weights [N, T] of the samples that are 1 inside a span and 0 outside."""
    weights = torch.zeros(len(spans), count)
    for row, (first, last) in enumerate(spans):
        weights[row, first:last] = 1.0
    return weights


def interval_weights(track: FeatureTrack, intervals: Sequence[Interval]) -> Tensor:
    """Weights [N, T] that are 1 on the samples inside each interval; one between two samples gets the nearest."""
    seconds = torch.from_numpy(track.seconds.copy())
    weights = torch.zeros(len(intervals), len(seconds))
    for row, (start, end) in enumerate(intervals):
        inside = (seconds >= float(start)) & (seconds < float(end))
        if not bool(inside.any()):
            inside[(seconds - float(start + end) / 2).abs().argmin()] = True
        weights[row, inside] = 1.0
    return weights


def extents(spans: Sequence[Span], count: int) -> list[Extent]:
    """Spans of samples as fractions of the media."""
    return [(first / count, last / count) for first, last in spans]


def even_extents(count: int) -> list[Extent]:
    """`count` equal parts of the media."""
    return [(number / count, (number + 1) / count) for number in range(count)]


def spans_of(extents: Sequence[Extent], count: int) -> list[Span]:
    """Fractions of the media as spans of at least one sample."""
    firsts = [min(count - 1, round(start * count)) for start, _ in extents]
    return [(first, max(first + 1, round(end * count))) for first, (_, end) in zip(firsts, extents, strict=True)]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Disjoint intervals in order that cover the same time."""
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def uncovered(intervals: Iterable[Interval], duration: Fraction, at_least: Fraction) -> list[Interval]:
    """The stretches of [0, duration) of `at_least` seconds or more that no interval covers."""
    edges = [Fraction(0), *(edge for interval in union(intervals) for edge in interval), duration]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if end - start >= at_least]


class Convergence:
    """Convergence test of an iterative search: neither borders nor captions have changed for some rounds."""

    def __init__(self, rounds: int, tolerance: float = 0.0) -> None:
        """Converged is what has stayed for `rounds` rounds, with borders within `tolerance` (in the borders' unit)."""
        self._rounds, self._tolerance = rounds, tolerance
        self._quiet = 0
        self._held: tuple[list[Extent], list[str]] | None = None

    def reached(self, borders: Sequence[Extent], captions: Sequence[str]) -> bool:
        """Whether the search may stop, after a round that ended with these.

        Borders are compared with those that the quiet time began with: a slow drift is a change, too.
        """
        if self._held is not None and self._same(self._held, borders, captions):
            self._quiet += 1
        else:
            self._quiet, self._held = 0, (list(borders), list(captions))
        return self._quiet >= self._rounds

    def _same(self, held: tuple[list[Extent], list[str]], borders: Sequence[Extent], captions: Sequence[str]) -> bool:
        before, told = held
        if list(captions) != told or len(before) != len(borders):
            return False
        pairs = zip(before, borders, strict=True)
        return all(
            abs(old - new) <= self._tolerance for one, other in pairs for old, new in zip(one, other, strict=True)
        )
