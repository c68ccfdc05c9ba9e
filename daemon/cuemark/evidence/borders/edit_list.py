"""Borders in an edit decision list (CMX 3600): its markers where it has some, else the starts of its events.

Markers are Resolve's (a line `note |C:ResolveColorBlue |M:name |D:1` below an event of one frame) and Avid's and
Premiere's (`* LOC: 01:00:10:00 RED name`).  All stand in record timecode, at the rate of the footage; the list does not
say which label the footage begins with, so the zero is chosen: see `zero_of`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.errors import OptionError
from cuemark.core.media import MediaInfo
from cuemark.core.timebase import Timecode, allows_drop_frame, frames_of

_LABEL = r"\d{2}:\d{2}:\d{2}[:;.,]\d{2,3}"
_EVENT = re.compile(rf"\s*\d+\s+\S+\s+\S+\s+\S+.*?\s({_LABEL})\s+({_LABEL})\s+({_LABEL})\s+({_LABEL})\s*$")
_LOCATOR = re.compile(rf"\s*\*\s*LOC:\s*({_LABEL})", re.IGNORECASE)
_MARKER = re.compile(r"\|\s*(?:C|M|D):")


@dataclass(frozen=True)
class EditList:
    """The labels of borders, as frames from 00:00:00:00 at the footage's rate; `start` is the first event's record in.

    `drop_frame` says how they are counted, `unreadable` are labels that the rate does not have.
    """

    frames: tuple[int, ...]
    start: int | None
    drop_frame: bool = False
    unreadable: tuple[str, ...] = ()


def is_edit_list(text: str) -> bool:
    """Whether a text is such a list: one of its lines is an event, or a locator."""
    return any(_EVENT.match(line) or _LOCATOR.match(line) for line in text.splitlines())


def read_edit_list(text: str, rate: Fraction) -> EditList:
    """The borders of a list whose record timecode counts at `rate`."""
    unreadable: list[str] = []
    drop = re.search(r"^\s*FCM:\s*DROP", text, re.IGNORECASE | re.MULTILINE) is not None
    events: list[int] = []
    markers: list[int] = []
    for line in text.splitlines():
        event, locator = _EVENT.match(line), _LOCATOR.match(line)
        if event is not None:
            events += _frames(event.group(3), rate, drop, unreadable)
        elif locator is not None:
            markers += _frames(locator.group(1), rate, drop, unreadable)
        elif _MARKER.search(line) and events:
            markers.append(events[-1])
    start = events[0] if events and markers != events else None
    return EditList(tuple(markers or events), start, drop, tuple(unreadable))


def _frames(label: str, rate: Fraction, drop: bool, unreadable: list[str]) -> Iterator[int]:
    try:
        timecode = Timecode.parse(label)
        yield Timecode(timecode.hours, timecode.minutes, timecode.seconds, timecode.frames,
                       timecode.drop_frame or drop).to_frame(rate)  # fmt: skip
    except OptionError:
        unreadable.append(label)


def zero_of(found: EditList, info: MediaInfo) -> int:
    """The frame, from 00:00:00:00, that the footage's first frame is taken for.

    Of: the footage's own start timecode, the record start of the first event (where events are cuts and not markers),
    the whole hour that the first label is in, and midnight, the first by which most labels lie inside the footage.
    """
    candidates = [_own_start(info), found.start, _whole_hour(found, info.rate), 0]
    possible = [one for one in candidates if one is not None]
    return max(possible, key=lambda zero: _inside(found.frames, zero, info))


def _whole_hour(found: EditList, rate: Fraction) -> int | None:
    """The frame of the hour that the first label is in."""
    if not found.frames:
        return None
    drop = found.drop_frame and allows_drop_frame(rate)
    first = Timecode.from_frame(min(found.frames), rate, drop)
    return Timecode(first.hours, 0, 0, 0, drop).to_frame(rate)


def _own_start(info: MediaInfo) -> int | None:
    if not info.start_timecode:
        return None
    try:
        return frames_of(info.start_timecode, info.rate)
    except OptionError:
        return None


def _inside(frames: Sequence[int], zero: int, info: MediaInfo) -> int:
    return sum(0 <= (frame - zero) / info.rate < info.duration for frame in frames)
