"""Finds: segments of footage that a search found, on a timeline of an editor, and the temporary markers they get.

Such a marker is nobody's work: the next search replaces it, and one command takes all of them off.  It carries an id
of a kind of its own, so that the markers of analyses never meet it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.errors import OptionError
from cuemark.core.markers import COLOURS, FIND, HostMarker, spelled
from cuemark.core.timeline import HostTimeline, LeftOut, track_shown

FIND_COLOUR = "Lemon"
"""Neither what moments and chapters have, nor what editors take by habit."""
_FIND_ID = re.compile(rf"cuemark:{FIND}:([1-9]\d{{0,8}})")


@dataclass(frozen=True)
class FindId:
    """What a find's marker carries invisibly: `cuemark:find:<number>`, its number in the list of finds, from 1."""

    number: int

    def __str__(self) -> str:
        return f"cuemark:{FIND}:{self.number}"

    @classmethod
    def parse(cls, text: str) -> FindId | None:
        """The id in a marker's custom data; None where the marker is no find's."""
        match = _FIND_ID.fullmatch(text)
        return None if match is None else cls(int(match[1]))


def find_colour(name: str | None) -> str:
    """A colour as a user types it, in any case; OptionError `marker_colour_unknown`."""
    colour = spelled(name or FIND_COLOUR)
    if colour not in COLOURS:
        message = f"There is no marker colour {name!r}."
        raise OptionError("marker_colour_unknown", message, f"Use one of: {', '.join(COLOURS)}.")
    return colour


@dataclass(frozen=True)
class Find:
    """A segment [start, end) of some footage, in seconds from the first frame shown, as its marker would tell it."""

    fingerprint: str
    start: Fraction
    end: Fraction
    name: str
    note: str = ""


@dataclass(frozen=True)
class PlacedFind:
    """One use of a find: the frames [frame, frame + duration) that show it, and on which track of the timeline.

    `find` counts the finds that were asked for from 0; `number` counts the uses from 1: best find first, then in order
    of frame.  `marked_at` is the frame of its marker: beside its own where that was taken; None where it has none.
    `problem` says why it has none though one was wanted.
    """

    number: int
    find: int
    frame: int
    duration: int
    track: int = 1
    track_name: str = ""
    item: str = ""
    marked_at: int | None = None
    problem: str = ""

    @property
    def track_shown(self) -> str:
        """Its track as `track_shown` names it."""
        return track_shown(self.track, self.track_name)


@dataclass(frozen=True)
class FindsOnTimeline:
    """The uses of finds on a timeline, clips that cannot show theirs, and the earlier finds' markers that were taken
    off; `markers` are those that lie there now."""

    timeline: HostTimeline
    placed: tuple[PlacedFind, ...]
    left_out: tuple[LeftOut, ...] = ()
    removed: int = 0
    markers: tuple[HostMarker, ...] = ()
