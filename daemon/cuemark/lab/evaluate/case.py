"""One video of an evaluation, and what the product says of it: whole, with other parts, or of given segments.

Everything goes through `analysis.pipeline`: a preset as one analysis, the rest through its stages by name.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.analysis import Chapter, Moment
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.limits import UNLIMITED
from cuemark.core.progress import Progress
from cuemark.lab.evaluate.outcome import Curve, Found, FoundChapter, Outcome
from cuemark.lab.evaluate.truth import TrueVideo

if TYPE_CHECKING:
    from cuemark.analysis.model_cache import ModelCache, ModelRef
    from cuemark.analysis.pipeline import Prepared
    from cuemark.captions.word_vectors import WordVectors
    from cuemark.evidence.frames.cache import FeatureCache
    from cuemark.lab.evaluate.best_word import NameTable
    from cuemark.moments.options import MomentOptions
    from cuemark.moments.presets import Compose
    from cuemark.segmentation.options import ProposalOptions

Segment = tuple[Fraction, Fraction]
_CURVE_POINTS = 256


@dataclass(frozen=True)
class Harness:
    """What all videos of an evaluation share: the models, the cache of features, and the options of every analysis.

    `options` name the models, the seed and the sampling rate; each row adds its preset.  `work` is where all is kept.
    """

    models: ModelCache
    cache: FeatureCache
    options: AnalysisOptions
    work: Path

    @classmethod
    def of(cls, clip: Path, lm: Path, seed: int, sample_rate: Fraction | None, work: Path) -> Harness:
        """With model folders that are known to exist; features and exported image towers are kept in `work`."""
        from cuemark.analysis.model_cache import ModelCache
        from cuemark.core import settings
        from cuemark.evidence.frames.cache import FeatureCache

        models = ModelCache(replace(settings.load(), cache=work))
        options = AnalysisOptions(models={"clip": str(clip), "lm": str(lm)}, seed=seed, sample_rate=sample_rate)
        return cls(models, FeatureCache(work / "features"), options, work)

    def refs(self) -> dict[str, ModelRef]:
        """The models by role."""
        return {role: self.models.choose(role, name) for role, name in self.options.models.items()}

    def names(self, progress: Progress) -> NameTable:
        """The names of the lexicon as the image-text model sees them; encoded once, kept in `work`."""
        from cuemark.captions.lexicon import load_lexicon
        from cuemark.lab.evaluate.best_word import name_table

        ref = self.refs()["clip"]
        clip = self.models.clip(ref, progress)
        return name_table(clip.text, clip.id, load_lexicon(), self.work / "words", progress)

    def model_ids(self) -> dict[str, str]:
        """Content ids of the models by role; they are loaded for it."""
        refs = self.refs()
        for ref in refs.values():
            self.models.load(ref)
        return {role: self.models.use(ref).id for role, ref in refs.items()}


class Case:
    """One video made ready for every system, and what each way of the product says of it.

    Times measured here are of the search for moments and words; the features are given.
    """

    def __init__(self, video: TrueVideo, harness: Harness, progress: Progress) -> None:
        self.video, self._harness, self._progress = video, harness, progress

    @property
    def seed(self) -> int:
        """The seed of every search."""
        return self._harness.options.seed or 0

    @cached_property
    def prepared(self) -> Prepared:
        """Evidence and models: the pipeline's stages before the search, once a video."""
        from cuemark.analysis.hearing import hear
        from cuemark.analysis.pipeline import prepare
        from cuemark.media.probe import probe

        harness = self._harness
        info = probe(self.video.path)
        options, models, cache, progress = harness.options, harness.models, harness.cache, self._progress
        heard = hear(info, options, models, cache, progress)
        return prepare(info, harness.refs(), options, models, cache, UNLIMITED, progress, heard.transcript)

    @cached_property
    def words(self) -> WordVectors | None:
        """The lexicon as the image-text model sees it, None where it does not know words."""
        return self._harness.models.words(self._harness.refs()["clip"], self._progress)

    @property
    def duration(self) -> Fraction:
        """Seconds of footage that could be decoded."""
        return self.prepared.evidence.duration

    def analyse(self, preset: str, captioner: str | None = None) -> Outcome:
        """The product itself: one whole analysis with a preset, and the usual captioner or another."""
        from cuemark.analysis.pipeline import analyse

        first = tuple(self._box(segment) for segment in self._start(preset))
        clock = SearchClock(self._progress)
        self._fresh_start()
        harness = self._harness
        options = replace(harness.options, preset=preset, captioner=captioner)
        found = analyse(self.video.path, options, harness.models, harness.cache, UNLIMITED, clock)
        return _outcome(found.moments, found.chapters, clock.seconds, first)

    def search(self, options: MomentOptions, compose: Compose) -> Outcome:
        """The search with the parts that `compose` puts together, between the same other stages of the pipeline."""
        from cuemark.moments.find import find_moments

        ready, began = self.prepared, self._fresh_start()
        found = find_moments(ready.evidence, ready.text, ready.lm, options, self._progress, compose, self.words)
        seconds = time.monotonic() - began
        first = tuple(self._box(segment) for segment in found.first)
        return _outcome(found.moments, self._divide(found.moments), seconds, first)

    def describe(
        self, segments: Sequence[Segment], options: MomentOptions, compose: Compose | None = None, *, keep_empty: bool
    ) -> Outcome:
        """Segments of another origin with the product's words.

        Without `keep_empty` those are dropped in which nothing is there, by the words or by the pictures.
        """
        from cuemark.moments.find import describe
        from cuemark.moments.presets import composed, keeping_background

        ready, began = self.prepared, self._fresh_start()
        compose = compose or composed
        chosen = keeping_background(compose) if keep_empty else compose
        told = describe(ready.evidence, segments, ready.text, ready.lm, options, self._progress, chosen, self.words)
        seconds = time.monotonic() - began
        void = [False] * len(segments) if keep_empty else self.without_content(segments, options)
        found = [
            Found(start, end, one.caption)
            for (start, end), one, nothing in zip(segments, told, void, strict=True)
            if keep_empty or not (one.empty or nothing)
        ]
        boxes = tuple(self._box((one.start, one.end)) for one in found)
        return replace(self.with_captions(found), seconds=seconds, first=boxes, last=boxes)

    def without_content(self, segments: Sequence[Segment], options: MomentOptions) -> list[bool]:
        """Of each segment whether most of its samples show nothing, as the search itself tells it before it begins."""
        from cuemark.moments.emptiness import EmptyStretches
        from cuemark.segmentation.segments import interval_weights, span_weights

        track = self.prepared.evidence.frames
        spans = EmptyStretches.of(track, options.emptiness).spans
        if not spans or not segments:
            return [False] * len(segments)
        weights = interval_weights(track, segments)
        nothing = span_weights(spans, len(track)).amax(dim=0)
        return (2 * weights @ nothing > weights.sum(dim=1)).tolist()

    def best_words(self, segments: Sequence[Segment]) -> Outcome:
        """Segments of another origin, each with the one word of the lexicon that the CLIP likes best for its frames."""
        from cuemark.segmentation.segments import interval_weights

        names, track = self._harness.names(self._progress), self.prepared.evidence.frames
        began = self._fresh_start()
        inside = interval_weights(track, segments).numpy() > 0
        words = [names.best(track.vectors[rows]) for rows in inside]
        found = [Found(start, end, word) for (start, end), word in zip(segments, words, strict=True)]
        seconds = time.monotonic() - began
        return replace(self.with_captions(found), seconds=seconds)

    def proposals(self, options: ProposalOptions) -> list[Segment]:
        """Change points of the features, as the search begins with them."""
        from cuemark.segmentation.cells import time_of
        from cuemark.segmentation.change_points import propose

        track = self.prepared.evidence.frames
        count = len(track)
        return [
            (time_of(track, first / count), time_of(track, last / count)) for first, last in propose(track, options)
        ]

    @cached_property
    def shots(self) -> tuple[Segment, ...]:
        """PySceneDetect's segments; two rows use them, and finding them decodes the whole video."""
        from cuemark.lab.evaluate.baselines import adaptive_segments

        return adaptive_segments(self.video.path, self.duration)

    def with_captions(self, found: Sequence[Found]) -> Outcome:
        """An outcome of finished moments that nobody searched for."""
        moments = [Moment(f"{one.start}", one.start, one.end, one.caption, 1.0) for one in found]
        return Outcome(tuple(found), _chapters(self._divide(moments)))

    def _divide(self, moments: Sequence[Moment]) -> tuple[Chapter, ...]:
        from cuemark.analysis.pipeline import divide

        return divide(self.prepared, moments, self._progress)

    def _start(self, preset: str) -> tuple[Segment, ...]:
        """Where a preset's search begins: an analysis does not keep it."""
        from cuemark.moments.find import start_of
        from cuemark.moments.options import from_preset

        ready = self.prepared
        options = from_preset(preset, None, self.seed)
        return start_of(ready.evidence, ready.text, ready.lm, options, self._progress, self.words)

    def _fresh_start(self) -> float:
        """The time, now that the text tower has forgotten its texts.

        They are often those of another system on the same video, which would make whatever runs later look quicker.
        """
        self.prepared.text.forget()
        return time.monotonic()

    def _box(self, segment: Segment) -> Curve:
        """A rectangular mask: 1 inside the segment and 0 outside, on an even grid of the video."""
        start, end = (float(edge / self.duration) for edge in segment)
        middles = [(number + 0.5) / _CURVE_POINTS for number in range(_CURVE_POINTS)]
        return Curve(tuple(1.0 if start <= middle < end else 0.0 for middle in middles))


class SearchClock:
    """A progress listener that measures the search of an analysis, from the models being ready to the chapters."""

    def __init__(self, outer: Progress) -> None:
        self._outer, self._began, self.seconds = outer, 0.0, 0.0

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        """See `Progress`."""
        self._outer.check()
        if stage in ("language models", "words"):
            self._began = time.monotonic()
        elif stage == "chapters" and not self.seconds:
            self.seconds = time.monotonic() - self._began

    def count(self, name: str, amount: int = 1) -> None:
        """Nothing here counts."""

    def note(self, message: str) -> None:
        """What an analysis notices is no news of an evaluation."""

    def check(self) -> None:
        """See `Progress`."""
        self._outer.check()


def _outcome(
    moments: Sequence[Moment], chapters: Sequence[Chapter], seconds: float, first: tuple[Curve, ...]
) -> Outcome:
    found = tuple(
        Found(one.start, one.end, one.caption, one.score, tuple(tag.word for tag in one.tags)) for one in moments
    )
    last = tuple(Curve(one.mask.values) for one in moments if one.mask)
    return Outcome(found, _chapters(chapters), seconds, first, last)


def _chapters(chapters: Sequence[Chapter]) -> tuple[FoundChapter, ...]:
    return tuple(FoundChapter(one.start, one.end, one.title) for one in chapters)
