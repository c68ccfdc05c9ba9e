"""Which stretches of a media are worth decoding for shot borders: those between sampled frames that differ.

Two neighbouring samples that are alike, as vectors and as thumbnails, lie in one shot; what is shorter than a step of
the sampling and returns to the same picture may be missed, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cuemark.core.media import MediaInfo
from cuemark.evidence.frames.track import FeatureTrack

#: Samples are alike from this cosine on, where their thumbnails differ by at most so many levels of 255 (mean).
_ALIKE, _LEVELS = 0.985, 3.0
#: A stretch is decoded with so many seconds on either side, so that a change is seen beside what is usual there.
_MARGIN = Fraction(1, 2)

Span = tuple[Fraction, Fraction]


def changing_stretches(track: FeatureTrack) -> list[Span]:
    """Stretches [start, end) in seconds, rising and apart, that hold all shot borders which the samples can tell of.

    What lies before the first sample and behind the last is among them.
    """
    times, end = track.times, track.duration
    spans = [(Fraction(0), times[0]), (times[-1], end)]
    spans += [(times[place], times[place + 1]) for place in np.flatnonzero(_differs(track))]
    wide = sorted((max(Fraction(0), start - _MARGIN), min(end, stop + _MARGIN)) for start, stop in spans)
    return list(_joined([span for span in wide if span[0] < span[1]]))


def _differs(track: FeatureTrack) -> NDArray[np.bool_]:
    """[T - 1]: whether neighbouring samples differ."""
    cosine = np.einsum("ij,ij->i", track.vectors[1:], track.vectors[:-1])
    differs: NDArray[np.bool_] = cosine < _ALIKE
    if track.measures is None:
        return differs
    thumbnails = track.measures.thumbnails
    for place in np.flatnonzero(~differs):
        levels = np.abs(thumbnails[place + 1].astype(np.int16) - thumbnails[place]).mean()
        differs[place] = levels > _LEVELS
    return differs


def _joined(spans: list[Span]) -> Iterator[Span]:
    if not spans:
        return
    start, end = spans[0]
    for later, stop in spans[1:]:
        if later > end:
            yield start, end
            start = later
        end = max(end, stop)
    yield start, end


def frame_times(info: MediaInfo, span: Span) -> list[Fraction]:
    """Times at which each frame of [start, end) is on screen: the middles of the frames of a constant rate.

    Of a variable one half frames are asked for, so that frames which come in quicker than the nominal rate are seen.
    """
    step = 1 / (2 * info.rate if info.variable_rate else info.rate)
    first = span[0] // step
    times = (step * (number + Fraction(1, 2)) for number in range(first, -(-span[1] // step)))
    return [time for time in times if time < info.duration]
