"""Moments out of masks and sentences: exact times, scores, mask curves, runners-up."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence

import torch

from cuemark.captions.pool import CaptionPool, RankedSentence
from cuemark.captions.protocols import Sentence
from cuemark.core.analysis import MaskCurve, Moment, RunnerUp
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.segmentation.cells import time_of
from cuemark.segmentation.masks import SoftMasks
from cuemark.segmentation.segments import Interval

#: Enough to draw a mask by; of an hour of footage a point is 14 seconds.
_CURVE_POINTS = 256
_RUNNERS_UP = 5
#: The logit of a statement of emptiness where none counts.
_NEVER = -1e4


def make_moments(
    track: FeatureTrack, masks: SoftMasks, sentences: Sequence[Sentence], pool: CaptionPool, sharpness: float
) -> tuple[Moment, ...]:
    """One moment a sentence, in order of start; the i-th sentence belongs to the i-th mask."""
    if not sentences:
        return ()
    count = len(track.vectors)
    centres, widths = masks.centres.tolist(), masks.widths.tolist()
    with torch.no_grad():
        weights = masks.at_samples(count, sharpness)
        curves = masks.values(torch.linspace(0, 1, min(_CURVE_POINTS, max(2, count))), sharpness)
    nothing = [max((one.logit for one in empty), default=_NEVER) for _, empty in pool.ranked_by_content(weights)]
    edges = _parted([(time_of(track, start), time_of(track, end)) for start, end in masks.extents()])
    found = []
    for number, ((start, end), ranked) in enumerate(zip(edges, pool.ranked(weights), strict=True)):
        chosen = next((one for one in ranked if one.sentence.caption == sentences[number].caption), ranked[0])
        if end <= start:
            end = min(track.duration, start + track.duration / count)
        curve = MaskCurve(centres[number], widths[number], sharpness, tuple(curves[number].tolist()))
        found.append(_moment((start, end), chosen, ranked, nothing[number], curve))
    return tuple(sorted(found, key=lambda moment: (moment.start, moment.end)))


def _parted(edges: list[Interval]) -> list[Interval]:
    """Neighbours that reach into each other share the border in the middle; one inside another is left as it is."""
    parted = list(edges)
    order = sorted(range(len(parted)), key=lambda number: parted[number])
    for one, other in itertools.pairwise(order):
        (start, end), (next_start, next_end) = parted[one], parted[other]
        if start < next_start < end < next_end:
            border = (next_start + end) / 2
            parted[one], parted[other] = (start, border), (border, next_end)
    return parted


def _moment(
    interval: Interval, chosen: RankedSentence, ranked: Sequence[RankedSentence], nothing: float, curve: MaskCurve
) -> Moment:
    start, end = interval
    others = [
        RunnerUp(one.sentence.caption, round(one.score, 4))
        for one in ranked
        if one is not chosen and not one.sentence.empty
    ]
    identity = hashlib.blake2b(f"{start}/{end}/{chosen.sentence.caption}".encode(), digest_size=6).hexdigest()
    above_empty = chosen.logit - nothing
    scores = {
        "clip": chosen.logit,
        "fluency": chosen.sentence.fluency,
        "rank": chosen.score,
        "above_empty": above_empty,
    }
    score = float(torch.sigmoid(torch.tensor(above_empty)))
    rounded = {name: round(value, 4) for name, value in scores.items()}
    return Moment(
        identity, start, end, chosen.sentence.caption, round(score, 4), rounded, curve, tuple(others[:_RUNNERS_UP])
    )
