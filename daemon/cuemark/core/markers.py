"""Markers: what an editor's timeline holds, what we want on it, and the id by which ours are told from all others.

Frames count from 0 at the timeline's first frame, whatever its start timecode is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from cuemark.core.errors import OptionError

MarkerKind = Literal["moment", "chapter", "shot"]

COLOURS = (
    "Blue", "Cyan", "Green", "Yellow", "Red", "Pink", "Purple", "Fuchsia",
    "Rose", "Lavender", "Sky", "Mint", "Lemon", "Sand", "Cocoa", "Cream",
)  # fmt: skip
"""Resolve's marker colours, exact case; it refuses any other word, and its clip colours are another set."""
MOMENT_COLOUR = "Sky"
CHAPTER_COLOUR = "Purple"
"""Chapters have a colour of their own: Deliver's "Chapters from Markers" chooses by it."""
SHOT_COLOURS = ("Sand", "Cocoa", "Cream")
"""Shots have the first of these that neither moments nor chapters have."""

FIND = "find"
"""Where markers of analyses have the analysis's id, temporary ones have this."""
_PREFIX = "cuemark"
_CUSTOM_ID = re.compile(rf"{_PREFIX}:([^:\s]+):([^:\s]+)(?::([1-9]\d*))?")


@dataclass(frozen=True)
class CustomId:
    """What a marker of ours carries invisibly: `cuemark:<analysis>:<moment or chapter>`.

    One segment may lie on a timeline several times, and the id must be unique (Resolve acts on the first match
    only): from its second use on, counted in order of frame, `:<use>` follows.
    """

    analysis: str
    segment_id: str
    use: int = 1

    def __str__(self) -> str:
        text = f"{_PREFIX}:{self.analysis}:{self.segment_id}"
        return text if self.use == 1 else f"{text}:{self.use}"

    @classmethod
    def parse(cls, text: str) -> CustomId | None:
        """The id in a marker's custom data; None where the marker is not ours, or a find's (`core.finds`)."""
        match = _CUSTOM_ID.fullmatch(text)
        return None if match is None or match[1] == FIND else cls(match[1], match[2], int(match[3] or 1))


@dataclass(frozen=True)
class HostMarker:
    """A marker as the editor holds it; `frame` counts from the timeline's first, `duration` is at least 1 frame."""

    frame: int
    duration: int
    color: str
    name: str
    note: str
    custom_data: str

    @property
    def end(self) -> int:
        """The frame after the marker's last."""
        return self.frame + self.duration


@dataclass(frozen=True)
class TimelineMarker:
    """A marker we want on a timeline, and the moment or chapter (its `segment_id`) that it stands for.

    It may lie on the frames [low, high) only: those of its clip; a `high` of None is the timeline's end.  `merged`
    are the ids of others that begin on the same frame and whose words it has, because a frame holds one marker.
    """

    frame: int
    duration: int
    color: str
    name: str
    note: str
    custom_data: str
    segment_id: str
    kind: MarkerKind
    low: int = 0
    high: int | None = None
    merged: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        """The frame after the marker's last."""
        return self.frame + self.duration

    def on_host(self) -> HostMarker:
        """What the editor is to hold."""
        return HostMarker(self.frame, self.duration, self.color, self.name, self.note, self.custom_data)


@dataclass(frozen=True)
class MarkerColours:
    """What moments, chapters and shots look like, each its own: Deliver's "Chapters from Markers" chooses by colour.

    An empty `shot` is one of `SHOT_COLOURS`.

    OptionError: `marker_colour_unknown`, `marker_colours_equal`.
    """

    moment: str = MOMENT_COLOUR
    chapter: str = CHAPTER_COLOUR
    shot: str = ""

    def __post_init__(self) -> None:
        for colour in (self.moment, self.chapter, *([self.shot] if self.shot else ())):
            if colour not in COLOURS:
                message = f"There is no marker colour {colour!r}."
                raise OptionError("marker_colour_unknown", message, f"Use one of: {', '.join(COLOURS)}.")
        if self.moment == self.chapter:
            message = f"Moments and chapters cannot both be {self.moment}."
            raise OptionError("marker_colours_equal", message, "Choose another colour for one of them.")
        if self.shot in (self.moment, self.chapter):
            others = "moments" if self.shot == self.moment else "chapters"
            message = f"Shots and {others} cannot both be {self.shot}."
            raise OptionError("marker_colours_equal", message, "Choose another colour for one of them.")

    @classmethod
    def named(cls, moment: str | None = None, chapter: str | None = None, shot: str | None = None) -> MarkerColours:
        """Colours as a user types them, in any case; None is the default."""
        return cls(spelled(moment or MOMENT_COLOUR), spelled(chapter or CHAPTER_COLOUR), spelled(shot or ""))

    def of(self, kind: MarkerKind) -> str:
        """The colour of a kind of markers."""
        free = next(colour for colour in SHOT_COLOURS if colour not in (self.moment, self.chapter))
        return {"moment": self.moment, "chapter": self.chapter, "shot": self.shot or free}[kind]


def spelled(colour: str) -> str:
    """A colour's own spelling; as it is, where there is no such colour."""
    return next((known for known in COLOURS if known.casefold() == colour.strip().casefold()), colour)


@dataclass(frozen=True)
class MarkerOptions:
    """Which markers are made of an analysis.

    `transliterate` writes names and notes in ASCII; `tags` writes the tags of moments into the notes, `said` the
    words spoken in them.  `shots` are marked where that is asked for.
    """

    colours: MarkerColours = field(default_factory=MarkerColours)
    moments: bool = True
    chapters: bool = True
    transliterate: bool = False
    tags: bool = False
    said: bool = False
    shots: bool = False

    def wants(self, kind: MarkerKind) -> bool:
        """Whether markers of this kind are to be made."""
        return {"moment": self.moments, "chapter": self.chapters, "shot": self.shots}[kind]


@dataclass(frozen=True)
class MarkerEdit:
    """A marker of ours as the user left it (as it was, where it is gone), what was done to it, and whether it stays."""

    marker: HostMarker
    changes: tuple[str, ...]
    kept: bool


@dataclass(frozen=True)
class DroppedMarker:
    """A wanted marker that gets no place of its own, and why."""

    marker: TimelineMarker
    reason: str
