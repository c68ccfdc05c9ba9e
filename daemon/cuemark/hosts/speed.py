"""The constant speed of a clip from how much media it uses and how long it lasts; few editors say it.

Both are whole frames, so the quotient is off by a rounding: 59 frames at 29.97 show 47 of 23.976; that is not 99.6 %.
"""

from __future__ import annotations

from fractions import Fraction

from cuemark.core.timebase import round_half_up

_STEPS = (1, 2, 4, 10, 20, 100, 1000, 10000)
"""Parts of the speed, coarsest first: whole numbers, halves, quarters, then percent and hundredths of a percent."""


def infer_speed(source_frames: int, clip_rate: Fraction, record_frames: int, rate: Fraction) -> Fraction | None:
    """Source seconds per timeline second, above zero; None where a length is zero, which says nothing.

    Of all speeds under which the media used would be within one of its frames of `source_frames`, 1 is preferred,
    then the one with the shortest name.  So the last frame of the clip is never more than one media frame off.
    """
    if source_frames <= 0 or record_frames <= 0:
        return None
    per_frame = rate / clip_rate / record_frames
    measured = source_frames * per_frame
    if abs(1 - measured) < per_frame:
        return Fraction(1)
    for parts in _STEPS:
        speed = Fraction(round_half_up(measured * parts), parts)
        if speed > 0 and abs(speed - measured) < per_frame:
            return speed
    return measured
