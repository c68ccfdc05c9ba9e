"""The presets: each a function that composes a finder; the numbers come from `moments/options.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cuemark.captions.beam import Beam
from cuemark.captions.context import SearchContext
from cuemark.captions.guided import PROMPT, Guided, WordsOnly
from cuemark.captions.joint import JointTokenWise
from cuemark.captions.pool import CaptionPool, Contrast, Earned, Ranker
from cuemark.captions.prefix import PrefixTuned
from cuemark.captions.protocols import Captioner
from cuemark.captions.scorer import BackgroundClass, FrameTextScores, UnprovenBackground
from cuemark.captions.word_scores import WordScores
from cuemark.moments.alike import AlikeMerged
from cuemark.moments.boundaries import known_borders
from cuemark.moments.emptiness import EmptyStretches
from cuemark.moments.finder import MomentFinder
from cuemark.moments.naming import MomentNaming
from cuemark.moments.options import PAPER_MOMENTS, MomentOptions
from cuemark.moments.segmenters import AsCaptioned, AsFound, MaskOptimisation, ViterbiResegmentation
from cuemark.moments.selection import All, Detect, Exactly, Keep, Unasked, WithoutBackground
from cuemark.moments.starts import ChangePoints, EvenMasks
from cuemark.segmentation.change_points import PictureChange
from cuemark.segmentation.masks import last_sharpness

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
        start=_change_points(options, context, empty),
        captioner=captioner,
        pool=clip_pool(options, context, Contrast(options.search.contrast, options.search.fluency)),
        background=Detect(options.background.margin) if context.text.knows_emptiness() else Keep(),
        segmenter=ViterbiResegmentation(options.segments, MaskOptimisation(context, options.masks, empty), empty),
        selection=Exactly(context, options.moments, beam) if options.moments else WithoutBackground(),
        rounds=options.rounds,
        sharpness=last_sharpness(options.masks, context.samples),
    )


def _change_points(options: MomentOptions, context: SearchContext, empty: EmptyStretches) -> ChangePoints:
    """By the pictures, and by what is said and written where anything is."""
    known = known_borders(context.evidence, options.boundaries)
    evidence = (PictureChange(),) if known is None else (PictureChange(), known)
    return ChangePoints(context, options.proposals, options.moments or 1, evidence, empty)


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
    changes = _change_points(options, context, empty)
    return MomentFinder(
        context=context,
        start=AlikeMerged(context, changes, scores, options.lexicon, count, changes.known),
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
