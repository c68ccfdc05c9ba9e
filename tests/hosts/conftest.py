"""A timeline and its media as an editor would describe them, and a way to change any part of either."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cuemark.core.media import MediaInfo
from cuemark.core.timeline import TimelineClip, TimelineDescription
from tests.hosts.example import CLIP, MEDIA, TIMELINE

MakeClip = Callable[..., TimelineClip]
MakeTimeline = Callable[..., TimelineDescription]
MakeMedia = Callable[..., MediaInfo]


@pytest.fixture(scope="session")
def make_clip() -> MakeClip:
    """make_clip(**fields of TimelineClip): all of a 25 fps file at the timeline's start."""
    return lambda **fields: replace(CLIP, **fields)


@pytest.fixture(scope="session")
def make_media() -> MakeMedia:
    """make_media(**fields of MediaInfo): 100 s at 25 fps."""
    return lambda **fields: replace(MEDIA, **fields)


@pytest.fixture(scope="session")
def make_timeline() -> MakeTimeline:
    """make_timeline(*clips, **fields of TimelineDescription): 25 fps from 01:00:00:00, 5000 frames."""

    def make(*clips: TimelineClip, **fields: Any) -> TimelineDescription:
        return replace(TIMELINE, clips=clips, **fields)

    return make
