"""Moments out of masks and sentences: exact times, scores, mask curves, runners-up."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from fractions import Fraction

import torch

from cuemark.captions.pool import Ranked, Writer
from cuemark.captions.sentences import Sentence
from cuemark.core.analysis import MaskCurve, Moment, RunnerUp
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.moments.options import MomentOptions
from cuemark.segmentation.mask_search import last_sharpness
from cuemark.segmentation.masks import SoftMasks

_CURVE_POINTS = 256
_RUNNERS_UP = 5
#: A mask's edge is read to this part of a sample.
_PARTS = 16


def make_moments(
    track: FeatureTrack, masks: SoftMasks, sentences: Sequence[Sentence], writer: Writer, options: MomentOptions
) -> tuple[Moment, ...]:
    """One moment a sentence, in order of start; the i-th sentence belongs to the i-th mask."""
    if not sentences:
        return ()
    count = len(track.vectors)
    sharpness = last_sharpness(options.masks, count)
    centres, widths = masks.centres.tolist(), masks.widths.tolist()
    with torch.no_grad():
        weights = masks.values((torch.arange(count) + 0.5) / count, sharpness)
        curves = masks.values(torch.linspace(0, 1, min(_CURVE_POINTS, max(2, count))), sharpness)
    nothing = [max(one.clip for one in empty) for _, empty in writer.ranked_by_content(weights)]
    edges = _parted([(edge_time(track, start), edge_time(track, end)) for start, end in masks.segments()])
    found = []
    for number, ((start, end), ranked) in enumerate(zip(edges, writer.ranked(weights), strict=True)):
        chosen = next((one for one in ranked if one.sentence.caption == sentences[number].caption), ranked[0])
        if end <= start:
            end = min(track.duration, start + track.duration / count)
        curve = MaskCurve(centres[number], widths[number], sharpness, tuple(curves[number].tolist()))
        found.append(_moment(start, end, chosen, ranked, nothing[number], curve))
    return tuple(sorted(found, key=lambda moment: (moment.start, moment.end)))


def _parted(edges: list[tuple[Fraction, Fraction]]) -> list[tuple[Fraction, Fraction]]:
    """Neighbours that reach into each other share the border in the middle; one inside another is left as it is."""
    parted = list(edges)
    order = sorted(range(len(parted)), key=lambda number: parted[number])
    for one, other in itertools.pairwise(order):
        (start, end), (next_start, next_end) = parted[one], parted[other]
        if start < next_start < end < next_end:
            border = (next_start + end) / 2
            parted[one], parted[other] = (start, border), (border, next_end)
    return parted


def edge_time(track: FeatureTrack, fraction: float) -> Fraction:
    """The exact time of a place given as a fraction of the samples, read to a part of a sample's cell."""
    count = len(track.vectors)
    cell, rest = divmod(round(min(1.0, max(0.0, fraction)) * count * _PARTS), _PARTS)
    left = _border(track, cell)
    return left + (_border(track, min(cell + 1, count)) - left) * Fraction(rest, _PARTS)


def _border(track: FeatureTrack, cell: int) -> Fraction:
    """Where the cell of a sample begins: in the middle between it and the one before."""
    if cell == 0:
        return Fraction(0)
    if cell >= len(track.ticks):
        return track.duration
    return Fraction(int(track.ticks[cell - 1]) + int(track.ticks[cell]), 2 * track.timescale)


def _moment(
    start: Fraction, end: Fraction, chosen: Ranked, ranked: Sequence[Ranked], nothing: float, curve: MaskCurve
) -> Moment:
    others = [
        RunnerUp(one.sentence.caption, round(one.score, 4))
        for one in ranked
        if one is not chosen and not one.sentence.empty
    ]
    identity = hashlib.blake2b(f"{start}/{end}/{chosen.sentence.caption}".encode(), digest_size=6).hexdigest()
    above_empty = chosen.clip - nothing
    scores = {"clip": chosen.clip, "fluency": chosen.sentence.fluency, "rank": chosen.score, "above_empty": above_empty}
    score = float(torch.sigmoid(torch.tensor(above_empty)))
    rounded = {name: round(value, 4) for name, value in scores.items()}
    return Moment(
        identity, start, end, chosen.sentence.caption, round(score, 4), rounded, curve, tuple(others[:_RUNNERS_UP])
    )
