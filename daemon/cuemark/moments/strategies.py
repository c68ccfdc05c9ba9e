"""The strategies a search for moments is composed of: where it starts, what becomes of borders, background and count.

Captioners stand in `captions/`.  Each strategy is one class with one or two methods; what they work on is the search's
context, which each is given when it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from torch import Tensor

from cuemark.captions.context import SearchContext
from cuemark.captions.pool import CaptionPool, RankedSentence
from cuemark.captions.protocols import Captioner, Sentence, SoftSegments, silent
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.moments.emptiness import EmptyStretches
from cuemark.segmentation.cells import borders
from cuemark.segmentation.change_points import BoundaryEvidence, ExplicitBorders, PictureChange, propose, split_to
from cuemark.segmentation.masks import SoftMasks, last_sharpness, optimise_masks
from cuemark.segmentation.options import MaskOptions, ProposalOptions, SegmentOptions
from cuemark.segmentation.segments import (
    Extent,
    LabelledSegment,
    Span,
    even_extents,
    even_spans,
    extents,
    span_weights,
    spans_of,
    tiling,
)
from cuemark.segmentation.viterbi import resegment

Labelled = list[LabelledSegment[Sentence]]


#: Share of the shorter of two neighbours above which the other covers it.
_COVERS = 0.5
#: A border of an empty stretch, in the penalties of a segment: no likeness of the pictures outweighs it.
_CERTAIN = 1000.0


class Start(Protocol):
    """Where the search begins."""

    def segments(self) -> SoftSegments:
        """The first segments, in order."""


@dataclass(frozen=True)
class ChangePoints:
    """Start: change points of the evidence between the empty stretches, with at least `count` segments."""

    context: SearchContext
    options: ProposalOptions
    count: int = 1
    evidence: Sequence[BoundaryEvidence] = (PictureChange(),)
    empty: EmptyStretches | None = None

    def segments(self) -> SoftSegments:
        """See `Start`."""
        track = self.context.evidence.frames
        if self.empty is None or not self.empty.spans:
            spans = propose(track, self.options, self.evidence)
        else:
            spans = self._between(track, self.empty)
        split = split_to(spans, track.vectors, self.count, 1) if spans else []
        return SoftSegments.of_spans(split, self.context.samples)

    def _between(self, track: FeatureTrack, empty: EmptyStretches) -> list[Span]:
        """Change points of what is left without the empty stretches; where one was taken out is a border, too.

        They are taken out, because black never changes: noise measured in it is none.
        """
        kept = np.array([place for first, last in empty.others for place in range(first, last)])
        if not len(kept):
            return []
        left = replace(track, ticks=track.ticks[kept], vectors=track.vectors[kept], measures=None)
        joints = np.flatnonzero(np.diff(kept) > 1) + 1
        known = borders(left.seconds, float(left.duration))[joints]
        evidence = (*self.evidence, ExplicitBorders(tuple(known.tolist()), _CERTAIN)) if len(known) else self.evidence
        spans = propose(left, self.options, evidence)
        found = empty.cut([(int(kept[first]), int(kept[last - 1]) + 1) for first, last in spans])
        return empty.whole_stays(found, track)


@dataclass(frozen=True)
class Even:
    """Start: `count` equal parts of the media, cut between whole samples."""

    context: SearchContext
    count: int

    def segments(self) -> SoftSegments:
        """See `Start`."""
        samples = self.context.samples
        return SoftSegments.of_spans(even_spans(samples, min(self.count, samples)), samples)


@dataclass(frozen=True)
class EvenMasks:
    """Start of the paper: `count` masks spread evenly, wherever the samples are."""

    context: SearchContext
    count: int

    def segments(self) -> SoftSegments:
        """See `Start`."""
        parts = even_extents(min(self.count, self.context.samples))
        return SoftSegments(parts, span_weights(spans_of(parts, self.context.samples), self.context.samples))


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


@dataclass(frozen=True)
class Round:
    """One alternation: the segments that were captioned, and those that were found by the captions."""

    captioned: SoftSegments
    found: Labelled


class Segmenter(Protocol):
    """What becomes of borders once there are captions."""

    def segment(self, labelled: Labelled, pool: CaptionPool) -> Labelled:
        """The segments as their sentences have them."""

    def following(self, last: Round, pool: CaptionPool) -> SoftSegments:
        """What the next round captions."""

    def masks(self, last: Round, pool: CaptionPool) -> SoftMasks:
        """The masks of the segments found, one each; one over everything where none was found."""


def _apart(found: Sequence[Extent], parts: Sequence[Extent]) -> list[Extent]:
    """Segments as they were found, but neighbours of which one nearly covers the other part where they did before."""
    apart = list(found)
    for number in range(len(apart) - 1):
        (start, end), (begin, finish) = apart[number : number + 2]
        shared = min(end, finish) - max(start, begin)
        border = parts[number][1]
        if border == parts[number + 1][0] and shared > _COVERS * min(end - start, finish - begin):
            first = start if start < border else parts[number][0]
            last = finish if finish > border else parts[number + 1][1]
            apart[number : number + 2] = [(first, border), (border, last)]
    return apart


@dataclass(frozen=True)
class MaskOptimisation:
    """Segmenter: the sentences stay where they are, and their masks are moved by the likelihood of the frames.

    They stay out of the empty stretches, and neighbours that nearly cover each other keep the border they had: where
    both sentences fit, the likelihood does not say which frames are whose.
    """

    context: SearchContext
    options: MaskOptions
    empty: EmptyStretches | None = None

    def segment(self, labelled: Labelled, pool: CaptionPool) -> Labelled:
        """See `Segmenter`."""
        return labelled

    def following(self, last: Round, pool: CaptionPool) -> SoftSegments:
        """See `Segmenter`: the masks as they were moved."""
        samples = self.context.samples
        return SoftSegments.of_masks(self.masks(last, pool), samples, last_sharpness(self.options, samples))

    def masks(self, last: Round, pool: CaptionPool) -> SoftMasks:
        """See `Segmenter`."""
        if not last.found:
            return SoftMasks([(0.0, 1.0)])
        spans = [segment.span for segment in last.found]
        parts = extents(spans, self.context.samples)
        captions = pool.scorer.logits([segment.label.text for segment in last.found])
        masks = optimise_masks(parts, captions, pool.background_logits(), self.options, self.context.progress)
        moved = masks.extents()
        held = self.empty.within(moved, spans) if self.empty is not None and self.empty.spans else moved
        held = _apart(held, parts)
        return masks if held == moved else SoftMasks(held)


@dataclass(frozen=True)
class ViterbiResegmentation:
    """Segmenter: neighbours that mean the same are merged, then the sentences say exactly where each begins.

    The next round captions what was found and the stretches between; the last masks are refined by `refinement`.
    Nothing reaches across an empty stretch: each stretch between two of them is segmented by its own sentences.
    """

    options: SegmentOptions
    refinement: MaskOptimisation
    empty: EmptyStretches | None = None

    def segment(self, labelled: Labelled, pool: CaptionPool) -> Labelled:
        """See `Segmenter`."""
        return [segment for stretch in self._stretches() for segment in self._within(stretch, labelled, pool)]

    def _stretches(self) -> Sequence[Span]:
        return ((0, self.refinement.context.samples),) if self.empty is None else self.empty.others

    def _within(self, stretch: Span, labelled: Labelled, pool: CaptionPool) -> Labelled:
        first, last = stretch
        own = [
            LabelledSegment((start - first, end - first), label)
            for (start, end), label in ((one.span, one.label) for one in labelled)
            if first <= start < last
        ]

        def logits_of(sentences: Sequence[Sentence]) -> Tensor:
            return pool.scorer.logits([sentence.text for sentence in sentences])[first:last]

        found = resegment(own, logits_of, self.options.merge_margin, self.options.switch_cost) if own else []
        return [LabelledSegment((one.span[0] + first, one.span[1] + first), one.label) for one in found]

    def following(self, last: Round, pool: CaptionPool) -> SoftSegments:
        """See `Segmenter`."""
        samples = self.refinement.context.samples
        spans = tiling([segment.span for segment in last.found], samples)
        return SoftSegments.of_spans(spans if self.empty is None else self.empty.cut(spans), samples)

    def masks(self, last: Round, pool: CaptionPool) -> SoftMasks:
        """See `Segmenter`."""
        return self.refinement.masks(last, pool)


@dataclass(frozen=True)
class AsCaptioned:
    """Segmenter: the captioner has moved its masks itself, and they stay there."""

    def segment(self, labelled: Labelled, pool: CaptionPool) -> Labelled:
        """See `Segmenter`."""
        return labelled

    def following(self, last: Round, pool: CaptionPool) -> SoftSegments:
        """See `Segmenter`."""
        return last.captioned

    def masks(self, last: Round, pool: CaptionPool) -> SoftMasks:
        """See `Segmenter`."""
        return last.captioned.masks or SoftMasks(last.captioned.extents)


@dataclass(frozen=True)
class AsFound(AsCaptioned):
    """Segmenter: segments and their borders stay where the evidence put them, and masks are drawn over them."""

    context: SearchContext

    def masks(self, last: Round, pool: CaptionPool) -> SoftMasks:
        """See `Segmenter`."""
        if not last.found:
            return SoftMasks([(0.0, 1.0)])
        return SoftMasks(extents([segment.span for segment in last.found], self.context.samples))


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
