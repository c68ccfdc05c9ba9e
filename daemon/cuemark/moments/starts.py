"""Where a search for moments begins: the first segments, before anything is captioned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from cuemark.captions.context import SearchContext
from cuemark.captions.protocols import SoftSegments
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.moments.emptiness import EmptyStretches
from cuemark.segmentation.cells import borders
from cuemark.segmentation.change_points import BoundaryEvidence, ExplicitBorders, PictureChange, propose, split_to
from cuemark.segmentation.options import ProposalOptions
from cuemark.segmentation.segments import (
    Span,
    even_extents,
    even_spans,
    span_weights,
    spans_of,
)

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

    @property
    def known(self) -> ExplicitBorders | None:
        """The borders that are known from elsewhere than the pictures."""
        return next((term for term in self.evidence if isinstance(term, ExplicitBorders)), None)

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
        evidence = (*self.evidence, ExplicitBorders.alike(known.tolist(), _CERTAIN)) if len(known) else self.evidence
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
