"""Segments that show the same thing are one moment: neighbours are merged by their words and by their pictures.

Two shots of dogs are one moment although no picture of one is like any of the other: a word that is true of both says
so.  Two halves of one static shot are one moment although a change of light parted them: their mean pictures say so.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import Tensor

from cuemark.captions.context import SearchContext
from cuemark.captions.options import LexiconOptions
from cuemark.captions.protocols import SoftSegments
from cuemark.captions.word_scores import WordScores, agreement
from cuemark.moments.starts import Start
from cuemark.segmentation.cells import Array, borders
from cuemark.segmentation.change_points import ExplicitBorders
from cuemark.segmentation.segments import Span, span_weights, spans_of


@dataclass(frozen=True)
class _Part:
    """A segment under merging: its span, its mean unit vector [D], and the chances of all words [W]."""

    span: Span
    mean: Tensor
    chances: Tensor


@dataclass(frozen=True)
class AlikeMerged:
    """Start: another start's segments, neighbours that show the same thing merged, down to `at_least` segments.

    Neighbours between which something was left out stay apart, and those that what is said or written keeps apart:
    `known` borders count against likeness.
    """

    context: SearchContext
    start: Start
    scores: WordScores
    options: LexiconOptions
    at_least: int = 1
    known: ExplicitBorders | None = None

    def segments(self) -> SoftSegments:
        """See `Start`."""
        parts = self._parts(spans_of(self.start.segments().extents, self.context.samples))
        likeness = [self._likeness(*pair) for pair in itertools.pairwise(parts)]
        while len(parts) > self.at_least and likeness and max(likeness) >= 1:
            self.context.progress.check()
            number = likeness.index(max(likeness))
            joined = (parts[number].span[0], parts[number + 1].span[1])
            parts[number : number + 2] = self._parts([joined])
            around = range(max(0, number - 1), min(number + 1, len(parts) - 1))
            likeness[max(0, number - 1) : number + 2] = [self._likeness(parts[at], parts[at + 1]) for at in around]
        return SoftSegments.of_spans([part.span for part in parts], self.context.samples)

    def _parts(self, spans: list[Span]) -> list[_Part]:
        words = self.scores.of(span_weights(spans, self.context.samples))
        means = [self.context.vectors[first:last].mean(dim=0) for first, last in spans]
        return [_Part(*both) for both in zip(spans, means, (one.chances for one in words), strict=True)]

    def _likeness(self, one: _Part, other: _Part) -> float:
        """How alike two neighbours are, in what is needed to merge them."""
        if one.span[1] != other.span[0]:
            return 0.0
        named = agreement(one.chances, other.chances, self.scores.specific) / self.options.alike
        same = max(named, self._same_view(one.mean, other.mean) / self.options.same_view)
        return same - float(self._apart[one.span[1]])

    @cached_property
    def _apart(self) -> Array:
        """[T + 1]: how much keeps the samples before and behind each border apart, in what is needed to merge them."""
        track = self.context.evidence.frames
        places = borders(track.seconds, float(track.duration))
        return np.zeros(len(places)) if self.known is None else self.known.at(places)

    def _same_view(self, one: Tensor, other: Tensor) -> float:
        """Mean cosine of frames of one and of the other, above that of any two frames of this media; 1 at most.

        Of frames, not of means: means of long restless segments are all alike.
        """
        usual = float(self.context.vectors.mean(dim=0).square().sum())
        return (float(one @ other) - usual) / max(1e-6, 1 - usual)
