"""The search for moments, as its callers know it: find them, see where a search begins, describe given segments."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import torch

from cuemark.captions.context import SearchContext
from cuemark.captions.word_vectors import WordVectors
from cuemark.core.progress import Progress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel
from cuemark.moments.finder import STAGE, STEPS, Description, MomentFinder, MomentSet
from cuemark.moments.options import MomentOptions, check_count, validate
from cuemark.moments.presets import Compose, composed
from cuemark.segmentation.cells import time_of
from cuemark.segmentation.segments import Interval


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
    progress.update(STAGE, STEPS, STEPS, "steps")
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
