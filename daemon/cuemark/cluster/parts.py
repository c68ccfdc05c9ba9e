"""Long footage in parts: which samples each has, and the worker's function that encodes one.

The samples of a part are a piece of those of the whole file, cut where its runs of 64 begin.  So the passes through the
encoder are those that one worker would make, and the vectors are the same to the last bit on devices whose arithmetic
depends on what else is in a pass.  They are left in the feature cache, where the indexing of the whole file finds them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from cuemark.core.jobs import IndexPartSpec
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress

if TYPE_CHECKING:
    from cuemark.worker.runner import Workplace

RUN = 64
"""Samples that one worker would hand to its encoder in whole passes: `evidence.frames.extract.CHUNK`."""
PARTS_A_LENGTH = 3
"""A part is at least a third of the length from which on footage is long: each begins with a seek and a probe."""


@dataclass(frozen=True)
class PartDone:
    """What the worker says of a part: the keys of its entries in the feature cache, and how many frames it encoded."""

    keys: tuple[str, ...]
    samples: int


def spans(info: MediaInfo, times: Sequence[Fraction], long_s: float) -> list[tuple[Fraction, Fraction]]:
    """[start, end) of each part of a media with these sample times; one of all of it where it is not long.

    Parts begin at the last keyframe before their first sample, where that is behind the sample before.
    """
    if info.duration < long_s or info.jumps:
        return [(Fraction(0), info.duration)]
    samples = RUN * max(1, round(long_s / PARTS_A_LENGTH / float(info.duration) * len(times) / RUN))
    keyframes = [] if info.keyframes is None else info.keyframes.ticks()
    base = Fraction(1) if info.keyframes is None else info.keyframes.base
    starts = [Fraction(0)]
    for first in range(samples, len(times), samples):
        place = bisect_right(keyframes, times[first] / base) - 1
        keyframe = keyframes[place] * base if place >= 0 else Fraction(-1)
        starts.append(keyframe if keyframe > times[first - 1] else times[first])
    return list(zip(starts, [*starts[1:], max(info.duration, times[-1] + 1)], strict=True))


def within(times: Sequence[Fraction], start: Fraction, end: Fraction) -> Sequence[Fraction]:
    """The sample times of [start, end)."""
    return times[bisect_left(times, start) : bisect_left(times, end)]


def index_part(spec: IndexPartSpec, workplace: Workplace, progress: Progress) -> PartDone:
    """Encode a part of one media into the feature cache.

    A part of which nothing can be decoded is no error: the indexing of the whole file says what is wrong with it.
    """
    from cuemark.analysis.pipeline import probed
    from cuemark.core.errors import MediaError
    from cuemark.evidence.frames.cache import FeatureCache
    from cuemark.evidence.frames.extract import extract_at
    from cuemark.evidence.frames.track_store import TrackKeys
    from cuemark.media.frames import VideoFrames
    from cuemark.media.sampling import sample_times

    cache = FeatureCache(workplace.settings.cache)
    info = probed(spec.path, progress)
    times = within(sample_times(info, spec.options.sample_rate), spec.start, spec.end)
    models = workplace.models
    encoder = models.clip(models.choose("clip", spec.options.models.get("clip")), progress).image
    try:
        found = extract_at(VideoFrames(info, workplace.limits), encoder, times, cache, progress)
    except MediaError:
        return PartDone((), 0)
    keys = TrackKeys.of(info, encoder.id, times)
    return PartDone((keys.track,), 0 if found.from_cache else len(found.track))
