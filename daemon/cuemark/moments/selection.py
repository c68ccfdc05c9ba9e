"""Which segments become moments: what counts as background, and how many there are to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from cuemark.captions.context import SearchContext
from cuemark.captions.pool import CaptionPool, RankedSentence
from cuemark.captions.protocols import Captioner, Sentence, SoftSegments, silent
from cuemark.moments.segmenters import Labelled
from cuemark.segmentation.change_points import split_to
from cuemark.segmentation.segments import (
    LabelledSegment,
    Span,
    even_spans,
)


class Background(Protocol):
    """What a segment is called in which nothing may be."""

    def labels(self, weights: Tensor, pool: CaptionPool) -> list[Sentence]:
        """The sentence of each moment, given as weights of the samples [N, T]."""


@dataclass(frozen=True)
class Detect:
    """Background: a statement of emptiness is taken where it fits as well as the best caption."""

    #: Logits by which such a statement may fall short.
    margin: float

    def labels(self, weights: Tensor, pool: CaptionPool) -> list[Sentence]:
        """See `Background`."""
        return [
            empty.sentence if full is None or empty.logit + self.margin >= full.logit else full.sentence
            for full, empty in _best_of_each(weights, pool)
        ]


@dataclass(frozen=True)
class Keep:
    """Background: every segment gets a caption that names something, if there is any at all."""

    def labels(self, weights: Tensor, pool: CaptionPool) -> list[Sentence]:
        """See `Background`."""
        return [(full or empty).sentence for full, empty in _best_of_each(weights, pool)]


@dataclass(frozen=True)
class Unasked:
    """Background: the best of all sentences, whatever it says, as in the paper."""

    def labels(self, weights: Tensor, pool: CaptionPool) -> list[Sentence]:
        """See `Background`."""
        return [ranked[0].sentence for ranked in pool.ranked(weights)]


def _best_of_each(weights: Tensor, pool: CaptionPool) -> list[tuple[RankedSentence | None, RankedSentence]]:
    """For each moment the best caption, and the statement of emptiness that fits best."""
    return [
        (full[0] if full else None, max(empty, key=lambda one: one.logit))
        for full, empty in pool.ranked_by_content(weights)
    ]


class Selection(Protocol):
    """Which of the segments found become moments."""

    def select(self, found: Labelled, pool: CaptionPool) -> Labelled:
        """Those of `found` that do, or others in their place; in order."""


@dataclass(frozen=True)
class All:
    """Selection: every segment."""

    def select(self, found: Labelled, pool: CaptionPool) -> Labelled:
        """See `Selection`."""
        return found


@dataclass(frozen=True)
class WithoutBackground:
    """Selection: the segments whose sentence does not say that nothing is there."""

    def select(self, found: Labelled, pool: CaptionPool) -> Labelled:
        """See `Selection`."""
        return [segment for segment in found if not segment.label.empty]


@dataclass(frozen=True)
class Exactly:
    """Selection: `count` segments, at most one a sample: the longest of too many; too few are split.

    They are split where the pictures change most, and captioned anew.  Background is used only when there is nothing
    else.  Needs `count` <= samples.
    """

    context: SearchContext
    count: int
    captioner: Captioner

    def select(self, found: Labelled, pool: CaptionPool) -> Labelled:
        """See `Selection`."""
        there = WithoutBackground().select(found, pool)
        if len(there) >= self.count:
            longest = sorted(there, key=lambda segment: segment.span[0] - segment.span[1])[: self.count]
            return sorted(longest, key=lambda segment: segment.span)
        spans = self._split([segment.span for segment in there], [segment.span for segment in found])
        captioned = self.captioner.caption(SoftSegments.of_spans(spans, self.context.samples), pool, silent)
        ranked = pool.ranked(captioned.weights)
        return [LabelledSegment(span, best[0].sentence) for span, best in zip(spans, ranked, strict=True)]

    def _split(self, there: list[Span], everywhere: list[Span]) -> list[Span]:
        """The first of these that can be split into enough: what is not background, everything, the bare samples."""
        for spans in (there, everywhere):
            split = split_to(spans, self.context.evidence.frames.vectors, self.count, 1) if spans else []
            if len(split) == self.count:
                return split
        return even_spans(self.context.samples, self.count)
