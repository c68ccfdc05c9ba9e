"""Where a segment lies in frames an editor shows."""

from __future__ import annotations

from fractions import Fraction

from cuemark.core.media import MediaInfo
from cuemark.core.timebase import nearest_frame


def total_frames(media: MediaInfo, rate: Fraction | None = None) -> int:
    """How many frames of `rate` (default: the media's own) the media covers; at least 1."""
    at_own_rate = rate is None or rate == media.rate
    if at_own_rate and media.frame_count and not media.variable_rate:
        return media.frame_count
    return max(1, nearest_frame(media.duration, rate or media.rate))


def frame_span(media: MediaInfo, start: Fraction, end: Fraction, rate: Fraction | None = None) -> tuple[int, int]:
    """First frame and the frame after the last of [start, end): inside the media and never empty."""
    total = total_frames(media, rate)
    first = min(max(0, nearest_frame(start, rate or media.rate)), total - 1)
    after = min(max(nearest_frame(end, rate or media.rate), first + 1), total)
    return first, after
