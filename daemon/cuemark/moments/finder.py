"""The finder: one search for moments, composed of strategies.

`MomentFinder.run` alternates: sentences for the segments, a label for each, borders by the labels.  What each step does
is the business of the part that the composition put there (`moments/presets.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cuemark.captions.context import SearchContext
from cuemark.captions.pool import CaptionPool
from cuemark.captions.protocols import Captioner, SoftSegments, Tick, silent
from cuemark.core.analysis import Moment
from cuemark.moments.naming import MomentNaming
from cuemark.moments.report import make_moments
from cuemark.moments.segmenters import Round, Segmenter
from cuemark.moments.selection import Background, Selection
from cuemark.moments.starts import Start
from cuemark.segmentation.cells import time_of
from cuemark.segmentation.segments import Convergence, Interval, LabelledSegment, interval_weights, spans_of

STAGE = "moments"
STEPS = 100


@dataclass(frozen=True)
class MomentSet:
    """The moments in order of start, how many sentences were weighed for them, and where the search began.

    `first` are the segments, [start, end) in seconds, that the masks had before anything moved them.
    """

    moments: tuple[Moment, ...]
    sentences_seen: int
    first: tuple[Interval, ...] = ()


@dataclass(frozen=True)
class Description:
    """The sentence of one given segment; `empty` where it says that nothing is there."""

    caption: str
    empty: bool


@dataclass(frozen=True)
class MomentFinder:
    """One search over one media, composed of its parts; made anew for each search."""

    context: SearchContext
    start: Start
    captioner: Captioner
    pool: CaptionPool
    background: Background
    segmenter: Segmenter
    selection: Selection
    rounds: int
    #: Sharpness that the masks are reported with.
    sharpness: float
    #: What is said of the moments found beside their captions; None where the CLIP does not know words.
    naming: MomentNaming | None = None

    def run(self) -> MomentSet:
        """Alternate until the rounds are over or one has changed nothing, then report what was found."""
        first = self.start.segments()
        if not first.extents:
            return MomentSet((), 0)
        last = self._round(0, first)
        convergence = Convergence(rounds=1)
        for number in range(1, self.rounds):
            # After the same segments with the same captions a further round would only say the same again.
            if convergence.reached(*_borders_and_captions(last)):
                break
            last = self._round(number, self.segmenter.following(last, self.pool))
        masks = self.segmenter.masks(last, self.pool)
        track = self.context.evidence.frames
        sentences = [segment.label for segment in last.found]
        moments = self._named(make_moments(track, masks, sentences, self.pool, self.sharpness))
        times = tuple((time_of(track, start), time_of(track, end)) for start, end in first.extents)
        return MomentSet(moments, len(self.pool.sentences), times)

    def describe(self, intervals: Sequence[Interval]) -> list[Description]:
        """The best sentence for each of these segments, which stay as they are."""
        track = self.context.evidence.frames
        weights = interval_weights(track, intervals)
        parts = [(float(start / track.duration), float(end / track.duration)) for start, end in intervals]
        self.captioner.caption(SoftSegments(parts, weights), self.pool, silent)
        return [Description(one.caption, one.empty) for one in self.background.labels(weights, self.pool)]

    def _named(self, moments: tuple[Moment, ...]) -> tuple[Moment, ...]:
        if self.naming is None or not moments:
            return moments
        intervals = [(moment.start, moment.end) for moment in moments]
        weights = interval_weights(self.context.evidence.frames, intervals)
        return self.naming.named(moments, weights, [self.pool.sentences[one.caption].subject for one in moments])

    def _round(self, number: int, segments: SoftSegments) -> Round:
        captioned = self.captioner.caption(segments, self.pool, self._tick(number))
        spans = spans_of(captioned.extents, self.context.samples)
        labels = self.background.labels(captioned.weights, self.pool)
        labelled = [LabelledSegment(span, label) for span, label in zip(spans, labels, strict=True)]
        return Round(captioned, self.selection.select(self.segmenter.segment(labelled, self.pool), self.pool))

    def _tick(self, number: int) -> Tick:
        """Progress within round `number`: the search for sentences is nearly all of the work."""

        def tick(share: float) -> None:
            self.context.progress.check()
            done = int(STEPS * (number + share) / self.rounds)
            self.context.progress.update(STAGE, done, STEPS, "steps")

        tick(0.0)
        return tick


def _borders_and_captions(last: Round) -> tuple[list[tuple[float, float]], list[str]]:
    borders = [(float(segment.span[0]), float(segment.span[1])) for segment in last.found]
    return borders, [segment.label.caption for segment in last.found]
