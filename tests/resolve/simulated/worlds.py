"""What is open in a simulated Resolve: timelines, their items and the user's markers, as JSON for its process."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

_ids = itertools.count(1)


def _id(kind: str) -> str:
    return f"{kind}-{next(_ids):04}"


def _pair(value: Fraction | int) -> list[int]:
    exact = Fraction(value)
    return [exact.numerator, exact.denominator]


@dataclass(frozen=True)
class Media:
    """A clip of the media pool; an empty path is one without a file (compound, nested, multicam).

    A subclip begins with the frame `start` of its file; `kind` is in the language of the user.
    """

    path: Path | str
    rate: Fraction
    frames: int
    start_tc: str = "00:00:00:00"
    kind: str = "Video + Audio"
    start: int = 0

    def world(self) -> dict[str, Any]:
        """As the simulation reads it."""
        return {
            "id": _id("media"), "name": Path(self.path).name, "path": str(self.path), "kind": self.kind,
            "rate": _pair(self.rate), "frames": self.frames, "start_tc": self.start_tc,
            "start": self.start,
        }  # fmt: skip


@dataclass(frozen=True)
class Item:
    """An item on a track: where it lies, and which frame of the media it plays first.

    `speed` is positive; `reversed` plays down from `first`.  `extra` sets what only some items have: transition,
    imported (source frames 0 and 0), disabled, mirrored (how a reversed one tells its range), mute_speed (no answer of
    21.1's), ramp_span, ramp_offset and ramp_speed (what a speed ramp shows of itself).
    """

    name: str
    start: int
    duration: int
    media: Media | None = None
    first: int = 0
    speed: Fraction | int = 1
    reversed: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    def world(self) -> dict[str, Any]:
        """As the simulation reads it."""
        return {
            "id": _id("item"), "name": self.name, "start": self.start, "duration": self.duration,
            "media": self.media.world() if self.media else None, "first": self.first, "speed": _pair(self.speed),
            "reversed": self.reversed, **self.extra,
        }  # fmt: skip


def marker(name: str, color: str = "Green", duration: int = 1, note: str = "", data: str = "") -> dict[str, Any]:
    """A marker as Resolve holds it."""
    return {"name": name, "color": color, "duration": duration, "note": note, "customData": data}


@dataclass(frozen=True)
class TimelineWorld:
    """A timeline; drop-frame where the start timecode has a `;`.

    `tracks` are those of video, `subtitles` those of subtitles (an item's name is its text), of which some are
    hidden; `track_names` are what the user calls them, `disabled_tracks` count from 1.  `extra`
    sets what is open on it: selected, playhead, locked, in_out ({"in": , "out": }).
    """

    name: str
    rate: Fraction
    tracks: list[list[Item]]
    start_tc: str = "01:00:00:00"
    markers: dict[int, dict[str, Any]] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    audio: list[list[Item]] = field(default_factory=list)
    track_names: list[str] = field(default_factory=list)
    disabled_tracks: list[int] = field(default_factory=list)
    subtitles: list[list[Item]] = field(default_factory=list)
    hidden_subtitles: list[int] = field(default_factory=list)

    def world(self) -> dict[str, Any]:
        """As the simulation reads it."""
        kinds = (self.tracks, self.audio, self.subtitles)
        tracks, audio, subtitles = ([[item.world() for item in track] for track in kind] for kind in kinds)
        return {
            "id": _id("timeline"), "name": self.name, "rate": _pair(self.rate), "start_tc": self.start_tc,
            "tracks": tracks, "audio": audio, "track_names": self.track_names,
            "disabled_tracks": self.disabled_tracks, "subtitles": subtitles,
            "hidden_subtitles": {str(number): True for number in self.hidden_subtitles},
            "markers": {str(frame): held for frame, held in self.markers.items()}, **self.extra,
        }  # fmt: skip


def world(*timelines: TimelineWorld, project: str | None = "My film", current: int = 1) -> dict[str, Any]:
    """A project; `current` counts from 1, 0 is no open timeline."""
    return {
        "project": project, "project_id": _id("project"), "current": current, "page": "edit",
        "timelines": [timeline.world() for timeline in timelines],
    }  # fmt: skip
