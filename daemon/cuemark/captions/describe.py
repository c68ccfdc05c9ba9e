"""Words for segments that are already known: true ones, somebody else's, or our own after they were edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from cuemark.captions.caches import Shared
from cuemark.captions.joint import JointOptimiser
from cuemark.captions.pool import Writer
from cuemark.captions.sentences import Sentence
from cuemark.core.progress import Progress
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel
from cuemark.moments.options import MomentOptions, validate


@dataclass(frozen=True)
class Description:
    """The sentence of one segment; `empty` where the frames say that nothing is there."""

    caption: str
    empty: bool


def describe(
    track: FeatureTrack,
    segments: Sequence[tuple[Fraction, Fraction]],
    text: TextEncoder,
    lm: LanguageModel,
    options: MomentOptions,
    progress: Progress,
) -> list[Description]:
    """The best sentence for each segment [start, end) in seconds, in the order given; the segments stay as they are.

    A segment between two samples is described by the sample nearest to its middle.  With `options.prefix.steps` the
    search is repeated with a prefix tuned for each segment.
    """
    validate(options)
    if not segments:
        return []
    torch.manual_seed(options.seed)
    vectors = torch.from_numpy(track.vectors.copy())
    shared = Shared.of(text, lm)
    writer = Writer(vectors, text, lm, options.search, progress, shared)
    weights = frame_weights(track, segments)
    writer.write(weights)
    if options.prefix.steps:
        joint = JointOptimiser(vectors, text, lm, options, progress, shared)
        joint.write_with_prefix(weights, writer, lambda share: None)
    margin = options.segments.empty_margin if options.segments.drop_empty else None
    return [Description(one.caption, one.empty) for one in choose(writer, weights, margin)]


def choose(writer: Writer, weights: Tensor, empty_margin: float | None) -> list[Sentence]:
    """The best sentence for each moment [N, T]; one that says it is empty where that fits as well.

    `empty_margin` in logits is what such a statement may fall short by; None accepts none, unless there is no other.
    """
    chosen = []
    for said, nothing in writer.ranked_by_content(weights):
        emptiest = max(nothing, key=lambda one: one.clip)
        vacant = not said or (empty_margin is not None and emptiest.clip + empty_margin >= said[0].clip)
        chosen.append(emptiest.sentence if vacant else said[0].sentence)
    return chosen


def frame_weights(track: FeatureTrack, segments: Sequence[tuple[Fraction, Fraction]]) -> Tensor:
    """Weights [N, T] that are 1 on the samples of each segment, at least on one."""
    seconds = torch.from_numpy(track.seconds.copy())
    weights = torch.zeros(len(segments), len(seconds))
    for row, (start, end) in enumerate(segments):
        inside = (seconds >= float(start)) & (seconds < float(end))
        if not bool(inside.any()):
            inside[(seconds - float(start + end) / 2).abs().argmin()] = True
        weights[row, inside] = 1.0
    return weights
