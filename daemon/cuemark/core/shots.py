"""Shots: what the camera took in one piece, how much it shows, how the camera moves, and what people call a shot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from cuemark.core.tags import Tag


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

    @property
    def look(self) -> str:
        """Its size and its camera in words, as far as they can be told: `wide, pan left`."""
        return ", ".join(told.value for told in (self.size, self.camera) if told is not None)


def named_shots(shots: Iterable[Shot]) -> Sequence[tuple[int, Shot, str]]:
    """Each shot in order of time with its number, from 1, and its name: `Shot 12: wide, pan left`, or `Shot 12`."""
    ordered = enumerate(sorted(shots, key=lambda shot: (shot.start, shot.end)), 1)
    return [
        (number, shot, f"Shot {number}: {shot.look}" if shot.look else f"Shot {number}") for number, shot in ordered
    ]
