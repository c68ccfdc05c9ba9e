"""At which times to look at a media."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from cuemark.core.analysis_options import HIGHEST_SAMPLE_RATE
from cuemark.core.errors import MediaError, OptionError
from cuemark.core.media import MediaInfo
from cuemark.core.text import shown

DEFAULT_RATE = Fraction(5, 2)
MOST_SAMPLES = 100_000
"""However many a second are asked for: each takes some kilobytes in memory and time in every later stage."""
MAX_SAMPLES = 1500
"""Ten minutes at the default rate; longer footage is sampled sparser, so that its cost stays bounded."""
# A scene may be longer than the usual distance of keyframes now and then; such a cell keeps its middle.
_CELLS_WITHOUT = Fraction(1, 10)


def effective_rate(info: MediaInfo, rate: Fraction | None) -> Fraction:
    """Samples a second.  None is the default rule; a rate above the footage's own would only repeat frames.

    OptionError `option_sample_fps` for a rate that is not above 0 and at most 120.
    """
    if rate is None:
        sparse = info.duration * DEFAULT_RATE > MAX_SAMPLES
        # Whole milliseconds, rounded up: the count stays at or below the bound and the times stay short numbers.
        rate = 1 / Fraction(-(-info.duration * 1000 // MAX_SAMPLES), 1000) if sparse else DEFAULT_RATE
    elif not 0 < rate <= HIGHEST_SAMPLE_RATE:
        message = f"A sampling rate of {float(rate):g} frames per second is not possible."
        raise OptionError("option_sample_fps", message, f"Give a rate above 0 and at most {HIGHEST_SAMPLE_RATE}.")
    return min(rate, info.rate)


def sample_times(info: MediaInfo, rate: Fraction | None = None) -> list[Fraction]:
    """Exact times, one in each of the even cells [k/rate, (k+1)/rate) over the media; at least one.

    They are the middles of the cells, or, where the file's keyframes are at least as dense, the keyframes nearest to
    the middles: these need no other picture to be decoded.  A sample stands for its whole cell, so the cells of
    samples a to b-1 are the stretch [a/rate, b/rate).  MediaError
    `media_too_large` for more than MOST_SAMPLES.
    """
    step = 1 / effective_rate(info, rate)
    count = -((step / 2 - info.duration) // step)  # how many middles lie before the end
    if count > MOST_SAMPLES:
        raise _too_many(info, count, step)
    middles = [step * k + step / 2 for k in range(count)] or [info.duration / 2]
    if info.keyframes is None:
        return middles
    cells = [(step * k, min(step * (k + 1), info.duration)) for k in range(len(middles))]
    nearest = info.keyframes.nearest(cells)
    if sum(found is None for found in nearest) > len(cells) * _CELLS_WITHOUT:
        return middles
    return [middle if found is None else found for middle, found in zip(middles, nearest, strict=True)]


def _too_many(info: MediaInfo, count: int, step: Fraction) -> MediaError:
    length = float(info.duration)
    message = (
        f"{shown(info.path)} is {length:.0f} s long: {float(1 / step):g} samples a second would be {count:,}, "
        f"and at most {MOST_SAMPLES:,} are taken."
    )
    # Rounded down, so that what is advised is taken.
    possible = floor(MOST_SAMPLES / length * 1000) / 1000
    step_text = f"Give --sample-fps {possible:g} or less, or leave it out." if possible else "Leave --sample-fps out."
    return MediaError("media_too_large", message, step_text)
