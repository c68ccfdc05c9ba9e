"""What is known of one media file without decoding it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cuemark.media.keyframes import Keyframes


@dataclass(frozen=True)
class MediaInfo:
    """One source file.  All times are exact seconds relative to the first frame shown, as an editor counts them.

    `rate` is the nominal frame rate; `start_time` the container time of the first frame; `width` x `height`
    the size on screen (after rotation and pixel aspect); `rotation` is clockwise, in degrees.  `duration` is what can
    be decoded.  `frame_count` is None where nothing tells it.  `warnings` are (code, text).
    `keyframes` is None where the file does not tell them, and where every frame is one.
    """

    path: Path
    fingerprint: str
    size: int
    container: str
    codec: str
    stream_index: int
    width: int
    height: int
    rotation: int
    pixel_aspect: Fraction
    rate: Fraction
    variable_rate: bool
    duration: Fraction
    frame_count: int | None
    start_time: Fraction
    start_timecode: str | None
    warnings: tuple[tuple[str, str], ...] = ()
    keyframes: Keyframes | None = None
