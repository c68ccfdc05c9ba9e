"""The search for moments: a finder composed of strategies, and the presets, each a function that composes one.

`MomentFinder.run` alternates: sentences for the segments, a label for each, borders by the labels.  What each step does
is the business of the part that the composition put there; the numbers come from `moments/options.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import torch

from cuemark.captions.beam import Beam
from cuemark.captions.context import SearchContext
from cuemark.captions.guided import PROMPT, Guided, WordsOnly
from cuemark.captions.joint import JointTokenWise
from cuemark.captions.pool import CaptionPool, Contrast, Earned, Ranker
from cuemark.captions.prefix import PrefixTuned
from cuemark.captions.protocols import Captioner, SoftSegments, Tick, silent
from cuemark.captions.scorer import BackgroundClass, FrameTextScores, UnprovenBackground
from cuemark.captions.word_scores import WordScores
from cuemark.captions.word_vectors import WordVectors
from cuemark.core.analysis import Moment
from cuemark.core.progress import Progress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel
from cuemark.moments.alike import AlikeMerged
from cuemark.moments.emptiness import EmptyStretches
from cuemark.moments.naming import MomentNaming
from cuemark.moments.options import PAPER_MOMENTS, MomentOptions, check_count, validate
from cuemark.moments.report import make_moments
from cuemark.moments.strategies import (
    All,
    AsCaptioned,
    AsFound,
    Background,
    ChangePoints,
    Detect,
    EvenMasks,
    Exactly,
    Keep,
    MaskOptimisation,
    Round,
    Segmenter,
    Selection,
    Start,
    Unasked,
    ViterbiResegmentation,
    WithoutBackground,
)
from cuemark.segmentation.cells import time_of
from cuemark.segmentation.masks import last_sharpness
from cuemark.segmentation.segments import Convergence, Interval, LabelledSegment, interval_weights, spans_of

_STAGE = "moments"
_STEPS = 100


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
            done = int(_STEPS * (number + share) / self.rounds)
            self.context.progress.update(_STAGE, done, _STEPS, "steps")

        tick(0.0)
        return tick


def _borders_and_captions(last: Round) -> tuple[list[tuple[float, float]], list[str]]:
    borders = [(float(segment.span[0]), float(segment.span[1])) for segment in last.found]
    return borders, [segment.label.caption for segment in last.found]


Compose = Callable[[MomentOptions, SearchContext], MomentFinder]
"""Builds a finder; a preset is one of these."""


def balanced(options: MomentOptions, context: SearchContext) -> MomentFinder:
    """The default: change points, captions by beam search, re-segmentation by Viterbi, background dropped."""
    beam = Beam(context, options.search)
    return _resegmenting(options, context, beam, beam)


def joint(options: MomentOptions, context: SearchContext) -> MomentFinder:
    """The default with a prefix of the language model tuned for every moment in every round."""
    beam = Beam(context, options.search)
    tuned = PrefixTuned(context, options.prefix, beam, options.search.prompts[0])
    return _resegmenting(options, context, tuned, beam)


def _resegmenting(
    options: MomentOptions, context: SearchContext, captioner: Captioner, beam: Captioner
) -> MomentFinder:
    """What the default and `joint` have in common; `beam` captions segments that are split to get a wanted number."""
    empty = _empty_stretches(options, context)
    return MomentFinder(
        context=context,
        start=ChangePoints(context, options.proposals, options.moments or 1, empty=empty),
        captioner=captioner,
        pool=clip_pool(options, context, Contrast(options.search.contrast, options.search.fluency)),
        background=Detect(options.background.margin) if context.text.knows_emptiness() else Keep(),
        segmenter=ViterbiResegmentation(options.segments, MaskOptimisation(context, options.masks, empty), empty),
        selection=Exactly(context, options.moments, beam) if options.moments else WithoutBackground(),
        rounds=options.rounds,
        sharpness=last_sharpness(options.masks, context.samples),
    )


def _empty_stretches(options: MomentOptions, context: SearchContext) -> EmptyStretches:
    """Those of the footage; none where a wanted number of moments would not fit beside them.

    What a fixed camera shows when nobody is there is judged by the sentences where the CLIP knows emptiness: in a drawn
    world the pictures' judgement took stays for gaps.
    """
    empty = EmptyStretches.of(
        context.evidence.frames, options.emptiness, fixed_camera=not context.text.knows_emptiness()
    )
    left = sum(last - first for first, last in empty.others)
    return empty if left >= (options.moments or 0) else EmptyStretches(context.samples)


def paper(options: MomentOptions, context: SearchContext) -> MomentFinder:
    """The method of arXiv 2307.02682 as reconstructed: even masks and prefixes moved token by token by its losses."""
    return MomentFinder(
        context=context,
        start=EvenMasks(context, options.moments or PAPER_MOMENTS),
        captioner=JointTokenWise(context, options.token_wise),
        pool=clip_pool(options, context, Contrast(options.search.contrast, options.search.fluency)),
        background=Unasked(),
        segmenter=AsCaptioned(),
        selection=All(),
        rounds=options.rounds,
        sharpness=last_sharpness(options.masks, context.samples),
    )


def lexicon(options: MomentOptions, context: SearchContext) -> MomentFinder:
    """The default for a CLIP that knows words: segments merged by what they show, and captions that begin with it."""
    scores = _word_scores(options, context)
    guided = Guided(context, scores, options.guided)
    return _naming(options, context, scores, guided, guided)


def lexicon_joint(options: MomentOptions, context: SearchContext) -> MomentFinder:
    """The same with a prefix of the language model tuned for every moment."""
    scores = _word_scores(options, context)
    guided = Guided(context, scores, options.guided)
    return _naming(options, context, scores, PrefixTuned(context, options.prefix, guided, PROMPT), guided)


def words_only(options: MomentOptions, context: SearchContext) -> MomentFinder:
    """The same without a language model: a caption is the best name."""
    scores = _word_scores(options, context)
    words = WordsOnly(scores, options.guided)
    return _naming(options, context, scores, words, words)


def _naming(
    options: MomentOptions, context: SearchContext, scores: WordScores, captioner: Captioner, again: Captioner
) -> MomentFinder:
    """What these have in common; `again` captions segments that are split to get a wanted number."""
    empty, count = _empty_stretches(options, context), options.moments or 1
    changes = ChangePoints(context, options.proposals, count, empty=empty)
    return MomentFinder(
        context=context,
        start=AlikeMerged(context, changes, scores, options.lexicon, count),
        captioner=captioner,
        pool=_words_pool(options, context, scores),
        background=Unasked(),
        segmenter=AsFound(context),
        selection=Exactly(context, options.moments, again) if options.moments else WithoutBackground(),
        rounds=1,
        sharpness=last_sharpness(options.masks, context.samples),
        naming=MomentNaming(scores, options.lexicon, options.min_confidence),
    )


def _word_scores(options: MomentOptions, context: SearchContext) -> WordScores:
    assert context.words is not None, "composed for a CLIP that does not know words"
    return WordScores(context.words, context.vectors, options.lexicon)


def _words_pool(options: MomentOptions, context: SearchContext, scores: WordScores) -> CaptionPool:
    """A pool whose sentences are scored by CLIP less the bias of plain pictures; no statement of emptiness counts."""
    scorer = FrameTextScores(context.vectors - options.lexicon.plain * scores.words.plain, context.text)
    return CaptionPool(scorer, Earned(options.lexicon.contrast), UnprovenBackground(scorer, options.background.gain))


#: Of the presets: `fast` and `thorough` are the default with other numbers.
COMPOSITIONS: dict[str, Compose] = {
    "fast": balanced,
    "balanced": balanced,
    "thorough": balanced,
    "joint": joint,
    "paper": paper,
}
#: The same for a CLIP that knows the words of the lexicon.
LEXICON_COMPOSITIONS: dict[str, Compose] = {
    "fast": lexicon,
    "balanced": lexicon,
    "thorough": lexicon,
    "joint": lexicon_joint,
}


def composed(options: MomentOptions, context: SearchContext) -> MomentFinder:
    """The finder of a preset, by the captioner that was asked for and by what the CLIP knows."""
    named = context.words is not None and options.by_lexicon
    return (LEXICON_COMPOSITIONS if named else COMPOSITIONS)[options.preset](options, context)


def keeping_background(compose: Compose) -> Compose:
    """The same finder, but every segment gets a caption and none is dropped."""

    def keeping(options: MomentOptions, context: SearchContext) -> MomentFinder:
        finder = compose(options, context)
        # With words, no statement of emptiness is in the pool, and every segment gets its caption anyway.
        return replace(finder, background=finder.background if finder.naming else Keep(), selection=All())

    return keeping


def clip_pool(options: MomentOptions, context: SearchContext, ranker: Ranker) -> CaptionPool:
    """A pool whose sentences are scored by CLIP against the frames."""
    scorer = FrameTextScores(context.vectors, context.text)
    background = BackgroundClass if context.text.knows_emptiness() else UnprovenBackground
    return CaptionPool(scorer, ranker, background(scorer, options.background.gain))


def find_moments(
    evidence: EvidenceBundle,
    text: TextEncoder,
    lm: LanguageModel,
    options: MomentOptions,
    progress: Progress,
    compose: Compose | None = None,
    words: WordVectors | None = None,
) -> MomentSet:
    """Find and caption the moments of a media, with its preset's finder or one that `compose` makes.

    Deterministic for equal input, seed and machine.  OptionError for options out of range, `too_many_moments` where the
    footage has too few samples for the wanted number.
    """
    check_count(validate(options), evidence.samples)
    found = _finder(evidence, text, lm, options, progress, compose, words).run()
    progress.update(_STAGE, _STEPS, _STEPS, "steps")
    return found


def start_of(
    evidence: EvidenceBundle,
    text: TextEncoder,
    lm: LanguageModel,
    options: MomentOptions,
    progress: Progress,
    words: WordVectors | None = None,
) -> tuple[Interval, ...]:
    """Where the search of a preset begins: the segments that its masks have before anything moves them."""
    first = _finder(evidence, text, lm, options, progress, None, words).start.segments()
    return tuple((time_of(evidence.frames, start), time_of(evidence.frames, end)) for start, end in first.extents)


def describe(
    evidence: EvidenceBundle,
    intervals: Sequence[tuple[Fraction, Fraction]],
    text: TextEncoder,
    lm: LanguageModel,
    options: MomentOptions,
    progress: Progress,
    compose: Compose | None = None,
    words: WordVectors | None = None,
) -> list[Description]:
    """Words for segments [start, end) in seconds that are already known, in the order given.

    A segment between two samples is described by the sample nearest to its middle.
    """
    validate(options)
    return _finder(evidence, text, lm, options, progress, compose, words).describe(intervals) if intervals else []


def _finder(
    evidence: EvidenceBundle,
    text: TextEncoder,
    lm: LanguageModel,
    options: MomentOptions,
    progress: Progress,
    compose: Compose | None,
    words: WordVectors | None = None,
) -> MomentFinder:
    torch.manual_seed(options.seed)
    context = SearchContext.of(evidence, text, lm, progress, words)
    return (compose or composed)(options, context)
