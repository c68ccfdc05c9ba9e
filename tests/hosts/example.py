"""One media, one clip of it and one timeline, as an editor would describe them, and analyses of the media."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.core.analysis import Analysis, Chapter, ModelUse, Moment
from cuemark.core.media import MediaInfo
from cuemark.core.timeline import TimelineClip, TimelineDescription

MEDIA = MediaInfo(
    path=Path("/footage/A003.mov"),
    fingerprint="f" * 32,
    size=12345,
    container="mov",
    codec="h264",
    stream_index=0,
    width=1920,
    height=1080,
    rotation=0,
    pixel_aspect=Fraction(1),
    rate=Fraction(25),
    variable_rate=False,
    duration=Fraction(100),
    frame_count=2500,
    start_time=Fraction(0),
    start_timecode=None,
)
CLIP = TimelineClip(
    item="A003.mov",
    track=1,
    index=1,
    start=0,
    duration=2500,
    path=MEDIA.path,
    media_type="Video + Audio",
    clip_rate=Fraction(25),
    media_start_tc="00:00:00:00",
    source_start=0,
    source_end=2500,
    speed=Fraction(1),
)
TIMELINE = TimelineDescription(
    host="resolve",
    product="DaVinci Resolve",
    version="21.1.0",
    edition="free",
    project="Harbour",
    timeline="Edit 1",
    rate=Fraction(25),
    drop_frame=False,
    start_frame=90000,
    start_timecode="01:00:00:00",
    duration=5000,
    playhead=0,
    clips=(),
    script_version="1",
)
USE = ModelUse("light", "0", "cpu")


def analysis(moments: list[tuple[Any, Any, str]], chapters: list[tuple[Any, Any, str]]) -> Analysis:
    """An analysis of the media with these segments, (start, end, text) each."""
    return Analysis(
        "a1", MEDIA, {"clip": USE, "lm": USE}, {},
        tuple(Moment(f"m{n}", Fraction(a), Fraction(b), text, 1.0) for n, (a, b, text) in enumerate(moments, 1)),
        tuple(Chapter(Fraction(a), Fraction(b), text, f"c{n}") for n, (a, b, text) in enumerate(chapters, 1)),
    )  # fmt: skip
