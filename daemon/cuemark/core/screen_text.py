"""Screen text: what is written in the pictures of a media, as timed spans with a place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from cuemark.core.errors import Notice


class TextKind(str, Enum):
    """What a text in the picture is there for."""

    TITLE = "title"  # a title card, or the heading of a slide
    LOWER_THIRD = "lower_third"  # names and captions put over the picture
    SLATE = "slate"  # scene, take and roll, on a clapper board
    WINDOW = "window"  # the title of a window, in a screen recording
    TIMECODE = "timecode"  # burnt in; never a caption
    OTHER = "other"  # signs, labels, body text


@dataclass(frozen=True)
class Place:
    """A box in the picture, as fractions of its width and height from the top left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Slate:
    """What a clapper board says; a field that it does not have, or that cannot be read, is ""."""

    scene: str = ""
    take: str = ""
    roll: str = ""
    camera: str = ""
    date: str = ""
    production: str = ""
    director: str = ""


@dataclass(frozen=True)
class ScreenText:
    """A text that stands in the picture over [start, end), seconds from the first frame shown.

    `confidence` (0 to 1) is the recogniser's.  Lines of one block are joined by a line feed.  A SLATE has its fields in
    `slate`; a TIMECODE's text is what the picture at `start` says.
    """

    start: Fraction
    end: Fraction
    text: str
    place: Place
    kind: TextKind = TextKind.OTHER
    confidence: float = 1.0
    slate: Slate | None = None


@dataclass(frozen=True)
class ScreenTexts:
    """All texts of one media in order of start.

    `timecode` is the first burnt-in timecode, and when it is there; it is none of `texts`.
    """

    texts: tuple[ScreenText, ...]
    timecode: ScreenText | None = None
    warnings: tuple[Notice, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.texts)

    def within(self, start: Fraction, end: Fraction) -> tuple[ScreenText, ...]:
        """The texts that can be read at some time of [start, end)."""
        return tuple(one for one in self.texts if one.start < end and one.end > start)
