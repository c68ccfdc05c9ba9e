"""What speaks for a chapter from one edge to another, in seconds of agreeing footage: a list of terms.

A chapter of content c from s to e is worth the time in it that c's moments cover, plus the time that looks more like c
than like any other content, less the variation of its frames.  So a moment keeps its place, a stretch without one goes
where its frames belong, and among nested moments the narrower one that the frames agree with wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
import numpy.typing as npt

from cuemark.chapters.content import Content, TimeScores
from cuemark.chapters.options import ChapterOptions
from cuemark.segmentation.cells import Array
from cuemark.segmentation.partition import within_segment_cost
from cuemark.segmentation.segments import Interval


@dataclass(frozen=True)
class Candidates:
    """What chapters can be made of: n edges in order, the contents, and stretches that no moment covers."""

    edges: Sequence[Fraction]
    contents: Sequence[Content]
    gaps: Sequence[Interval]

    @property
    def times(self) -> Array:
        """The edges in float seconds, [n]."""
        return np.array([float(edge) for edge in self.edges])


class ContentTerm(Protocol):
    """Evidence for what a chapter is about."""

    def seconds(self, candidates: Candidates, scores: TimeScores) -> Array:
        """[n, contents + gaps]: seconds in favour of each from 0 to each edge."""


class StretchTerm(Protocol):
    """Evidence for or against a chapter from one edge to another, whatever it is about."""

    def gains(self, candidates: Candidates, scores: TimeScores) -> Array:
        """[n, n] or what broadcasts to it: seconds, from edge to edge."""


@dataclass(frozen=True)
class Coverage:
    """The time a content's moments cover, the more the shorter they are beside the media; or the gap itself."""

    narrow: float
    unmarked: float

    def seconds(self, candidates: Candidates, scores: TimeScores) -> Array:
        """See `ContentTerm`."""
        times = candidates.times
        covered = [self._covered(times, content.intervals, scores.duration) for content in candidates.contents]
        return np.stack([*covered, *(self.unmarked * _overlap(times, gap) for gap in candidates.gaps)], axis=1)

    def _covered(self, times: Array, intervals: Sequence[Interval], duration: float) -> Array:
        total = np.zeros(len(times))
        for interval in intervals:
            share = float(interval[1] - interval[0]) / duration
            total += (1 + self.narrow * (1 - share)) * _overlap(times, interval)
        return total


def _overlap(times: Array, interval: Interval) -> Array:
    """Seconds of the interval before each time."""
    start, end = float(interval[0]), float(interval[1])
    return np.clip(times - start, 0, end - start)


@dataclass(frozen=True)
class Likeness:
    """The probability that a frame is best told by a content's text, over time."""

    weight: float

    def seconds(self, candidates: Candidates, scores: TimeScores) -> Array:
        """See `ContentTerm`; nothing for gaps and moments without a caption, which have no text."""
        times = candidates.times
        found = np.zeros((len(times), len(candidates.contents) + len(candidates.gaps)))
        telling = [number for number, content in enumerate(candidates.contents) if content.text]
        if telling:
            logits = scores.logits([candidates.contents[number].text for number in telling])
            shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
            likeness = shifted / shifted.sum(axis=1, keepdims=True)
            found[:, telling] = self.weight * scores.integral(likeness, times)
        return found


@dataclass(frozen=True)
class Beginning:
    """A chapter that begins where a moment begins."""

    seconds: float

    def gains(self, candidates: Candidates, scores: TimeScores) -> Array:
        """See `StretchTerm`."""
        starts = {interval[0] for content in candidates.contents for interval in content.intervals}
        return np.array([self.seconds if edge in starts else 0.0 for edge in candidates.edges])[:, None]


@dataclass(frozen=True)
class Variation:
    """The variation of the frames within a chapter, in seconds of what a frame varies on the whole; counts against."""

    weight: float

    def gains(self, candidates: Candidates, scores: TimeScores) -> Array:
        """See `StretchTerm`."""
        times = candidates.times
        norms = scores.integral((scores.vectors**2).sum(axis=1, keepdims=True), times)[:, 0]
        within = np.maximum(within_segment_cost(times, scores.vector_integral(times), norms, 1e-9), 0)
        whole = within[0, -1]
        scaled = within * (scores.duration / whole) if whole > 1e-9 * scores.duration else np.zeros_like(within)
        gain: Array = -self.weight * np.triu(scaled)
        return gain


def content_terms(options: ChapterOptions) -> list[ContentTerm]:
    """Those of the frames and the moments found on them."""
    return [Coverage(options.narrow, options.unmarked), Likeness(options.likeness)]


def stretch_terms(options: ChapterOptions) -> list[StretchTerm]:
    """Those of the frames and the moments found on them."""
    return [Beginning(options.beginning), Variation(options.variation)]


def gains(
    candidates: Candidates,
    scores: TimeScores,
    content_terms: Sequence[ContentTerm],
    stretch_terms: Sequence[StretchTerm],
) -> tuple[Array, npt.NDArray[np.int64]]:
    """Worth [n, n] of the best content from edge to edge, and that content's number (gaps come after the contents)."""
    first, *others = [term.seconds(candidates, scores) for term in content_terms]
    cumulative = sum(others, first)
    size = len(candidates.edges)
    worth, label = np.zeros((size, size)), np.zeros((size, size), dtype=np.int64)
    for begin in range(size):
        agreeing = cumulative[begin:] - cumulative[begin]
        label[begin, begin:] = agreeing.argmax(axis=1)
        worth[begin, begin:] = agreeing.max(axis=1)
    return sum((term.gains(candidates, scores) for term in stretch_terms), worth), label
