"""One analysis as a user would have it, and a way to change any part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.analysis import Analysis, Chapter, ModelUse, Moment, Notice, Tag
from cuemark.core.media import MediaInfo

MEDIA = MediaInfo(
    path=Path("/footage/day 1/A003.mov"),
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
    duration=Fraction(90),
    frame_count=2250,
    start_time=Fraction(0),
    start_timecode=None,
)
CHAPTERS = ((0, 20, "Red dog on the beach"), (20, 55, "Two people & a boat"), (55, 90, "Empty street"))
MOMENTS = ((2, 18, "a red dog runs on the beach"), (20, 50, "two people in a boat"), (60, 80, "a street at night"))

MakeAnalysis = Callable[..., Analysis]


def _chapters(rows: Sequence[tuple[Any, Any, str]]) -> tuple[Chapter, ...]:
    return tuple(Chapter(Fraction(start), Fraction(end), title) for start, end, title in rows)


def _moments(rows: Sequence[tuple[Any, Any, str]]) -> tuple[Moment, ...]:
    return tuple(Moment(f"m{i}", Fraction(a), Fraction(b), text, 20.5 + i) for i, (a, b, text) in enumerate(rows, 1))


@pytest.fixture
def make_analysis() -> MakeAnalysis:
    """make_analysis(chapters=[(start, end, title)], moments=[(start, end, caption)], tags={id: (Tag,)}, **media)"""

    def make(
        chapters: Sequence[tuple[Any, Any, str]] = CHAPTERS,
        moments: Sequence[tuple[Any, Any, str]] = MOMENTS,
        tags: Mapping[str, tuple[Tag, ...]] = {},
        **media: Any,
    ) -> Analysis:
        return Analysis(
            id="a1",
            media=replace(MEDIA, **media),
            models={"clip": ModelUse("light", "c" * 8, "CPU", "no GPU"), "lm": ModelUse("light", "l" * 8, "cpu")},
            options={},
            moments=tuple(replace(each, tags=tags.get(each.id, ())) for each in _moments(moments)),
            chapters=_chapters(chapters),
            warnings=(Notice("media_truncated", "The file ends early."),),
        )

    return make
