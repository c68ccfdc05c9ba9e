"""What becomes of the borders of moments once there are captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from cuemark.captions.context import SearchContext
from cuemark.captions.pool import CaptionPool
from cuemark.captions.protocols import Sentence, SoftSegments
from cuemark.moments.emptiness import EmptyStretches
from cuemark.segmentation.masks import SoftMasks, last_sharpness, optimise_masks
from cuemark.segmentation.options import MaskOptions, SegmentOptions
from cuemark.segmentation.segments import (
    Extent,
    LabelledSegment,
    Span,
    extents,
    tiling,
)
from cuemark.segmentation.viterbi import resegment

Labelled = list[LabelledSegment[Sentence]]


#: Share of the shorter of two neighbours above which the other covers it.
_COVERS = 0.5


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
