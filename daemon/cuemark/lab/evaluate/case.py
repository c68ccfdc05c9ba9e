"""One video made ready for every system: its features, its truth, and what the product says when it is asked."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from cuemark.core.analysis import Moment
from cuemark.core.progress import Progress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.lab.evaluate.outcome import Curve, Found, FoundChapter, Outcome
from cuemark.lab.evaluate.truth import TrueVideo

if TYPE_CHECKING:
    from cuemark.evidence.frames.track import FeatureTrack
    from cuemark.models.clip.text_encoder import TextEncoder
    from cuemark.models.lm.lm import LanguageModel
    from cuemark.moments.find import Compose
    from cuemark.moments.options import MomentOptions
    from cuemark.segmentation.options import ProposalOptions

Segment = tuple[Fraction, Fraction]
_CURVE_POINTS = 256


@dataclass(frozen=True)
class Pair:
    """The frozen models every system shares."""

    text: TextEncoder
    lm: LanguageModel


class Case:
    """One video.  Times measured here are of the search for moments and words; the features are given."""

    def __init__(self, video: TrueVideo, track: FeatureTrack, pair: Pair, seed: int, progress: Progress) -> None:
        self.video, self.track, self._pair = video, track, pair
        self.seed, self._progress = seed, progress

    @property
    def duration(self) -> Fraction:
        """Seconds of footage that could be decoded."""
        return self.track.duration

    def search(self, options: MomentOptions, compose: Compose | None = None) -> Outcome:
        """The product's own search, with the parts of its preset or with those that `compose` puts together."""
        from cuemark.moments.find import find_moments

        began = self._fresh_start()
        text, lm = self._pair.text, self._pair.lm
        found = find_moments(EvidenceBundle(self.track), text, lm, options, self._progress, compose)
        seconds = time.monotonic() - began
        curves = tuple(Curve(moment.mask.values) for moment in found.moments if moment.mask)
        first = tuple(self._box(segment) for segment in found.first)
        return Outcome(
            tuple(Found(one.start, one.end, one.caption) for one in found.moments),
            self.chapters(found.moments),
            seconds,
            first,
            curves,
        )

    def describe(
        self, segments: Sequence[Segment], options: MomentOptions, compose: Compose | None = None, *, keep_empty: bool
    ) -> Outcome:
        """Segments of another origin with the product's words.

        Without `keep_empty` those are dropped of which the words say that nothing is there.
        """
        from cuemark.moments.find import COMPOSITIONS, describe, keeping_background

        began = self._fresh_start()
        compose = compose or COMPOSITIONS[options.preset]
        chosen = keeping_background(compose) if keep_empty else compose
        evidence = EvidenceBundle(self.track)
        told = describe(evidence, segments, self._pair.text, self._pair.lm, options, self._progress, chosen)
        seconds = time.monotonic() - began
        found = tuple(
            Found(start, end, one.caption)
            for (start, end), one in zip(segments, told, strict=True)
            if keep_empty or not one.empty
        )
        boxes = tuple(self._box((one.start, one.end)) for one in found)
        return Outcome(found, self.chapters([_moment(one) for one in found]), seconds, boxes, boxes)

    def proposals(self, options: ProposalOptions) -> list[Segment]:
        """Change points of the features, as the search begins with them."""
        from cuemark.segmentation.cells import time_of
        from cuemark.segmentation.change_points import propose

        count = len(self.track.vectors)
        spans = propose(self.track, options)
        return [(time_of(self.track, first / count), time_of(self.track, last / count)) for first, last in spans]

    @cached_property
    def shots(self) -> tuple[Segment, ...]:
        """PySceneDetect's segments; two rows use them, and finding them decodes the whole video."""
        from cuemark.lab.evaluate.baselines import adaptive_segments

        return adaptive_segments(self.video.path, self.duration)

    def chapters(self, moments: Sequence[Moment]) -> tuple[FoundChapter, ...]:
        """The chapters the product makes of these moments."""
        from cuemark.chapters.build import build_chapters

        made = build_chapters(self.track, moments, self._pair.text, self.duration)
        return tuple(FoundChapter(one.start, one.end, one.title) for one in made)

    def with_captions(self, found: Sequence[Found]) -> Outcome:
        """An outcome of finished moments that nobody searched for."""
        return Outcome(tuple(found), self.chapters([_moment(one) for one in found]))

    def _fresh_start(self) -> float:
        """No system is quicker because another one met the same texts before it."""
        self._pair.text.forget()
        return time.monotonic()

    def _box(self, segment: Segment) -> Curve:
        """A hard mask."""
        start, end = (float(edge / self.duration) for edge in segment)
        middles = [(number + 0.5) / _CURVE_POINTS for number in range(_CURVE_POINTS)]
        return Curve(tuple(1.0 if start <= middle < end else 0.0 for middle in middles))


def _moment(found: Found) -> Moment:
    return Moment(f"{found.start}", found.start, found.end, found.caption, 1.0)
