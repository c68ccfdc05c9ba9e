"""Footage in the library: what can be searched of one media, kept apart from what may be pruned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from fractions import Fraction
from pathlib import Path

from cuemark.core.analysis import ModelUse, Notice, Tag
from cuemark.core.media import MediaInfo


class ShotSize(str, Enum):
    """How much of a person, or of a place, a shot shows."""

    CLOSE = "close"
    MEDIUM = "medium"
    WIDE = "wide"


class CameraMove(str, Enum):
    """What the camera does during a shot."""

    STATIC = "static"
    PAN_LEFT = "pan left"
    PAN_RIGHT = "pan right"
    TILT_UP = "tilt up"
    TILT_DOWN = "tilt down"
    PUSH_IN = "push in"
    PULL_OUT = "pull out"
    HANDHELD = "handheld"


@dataclass(frozen=True)
class Shot:
    """A shot: [start, end) between two cuts, in seconds from the first frame shown.

    `size` and `camera` are None where they cannot be told.  `tags` say what it shows, best first.
    """

    start: Fraction
    end: Fraction
    size: ShotSize | None = None
    camera: CameraMove | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True)
class IndexedMedia:
    """One media of the library, as `cuemark library show` tells it.

    `paths` are where its content was seen, the last first; `offline`: it is at none of them now.  `encoders` are those
    whose frame vectors it has, and how many of each.  `utterances` and `texts` count what is said and read;
    `thumbnails` are the times of those that are kept.  `recorded` is when it was shot, where the file tells it.
    """

    media: MediaInfo
    paths: tuple[Path, ...]
    indexed_at: datetime
    encoders: tuple[ModelUse, ...]
    vectors: tuple[int, ...]
    shots: tuple[Shot, ...] = ()
    utterances: int = 0
    texts: int = 0
    thumbnails: tuple[Fraction, ...] = ()
    recorded: datetime | None = None
    camera: str = ""
    offline: bool = False
    size: int = 0
    warnings: tuple[Notice, ...] = ()
