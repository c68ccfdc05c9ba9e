"""One item of a track, as Resolve tells it, to a `TimelineClip`: source frames, speed, and why it cannot be mapped."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.core.errors import OptionError
from cuemark.core.timebase import round_half_up, snap_rate
from cuemark.core.timeline import TimelineClip
from cuemark.hosts.timeline_map import infer_speed

_WITHOUT_FILE = {
    "compound": "compound clip",
    "multicam": "multicam clip",
    "timeline": "nested timeline",
    "fusion": "Fusion clip",
    "generator": "generator",
    "title": "title",
}
"""Words in a clip's type, which Resolve may have translated: they name the reason, the missing file decides."""


def whole(value: object) -> int | None:
    """A frame number, which Resolve may tell as 96.0; None where it told none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return round_half_up(Fraction(value))


def clip_of(
    item: Mapping[str, Any], timeline_rate: Fraction, start_frame: int, exists: Callable[[Path], bool]
) -> TimelineClip | None:
    """The clip behind an item; None for a transition, which holds nothing of its own.

    Items' frames are absolute (`start_frame` is the timeline's first); a clip's count from the timeline's start.
    """
    media: Mapping[str, Any] | None = item.get("media")
    if media is None and not item.get("has_properties"):
        return None
    start, end = whole(item.get("start")) or 0, whole(item.get("finish"))
    duration = end - start if end is not None else whole(item.get("duration")) or 0
    path = Path(str(media["path"])) if media and media.get("path") else None
    rate = _media_rate(media)
    source = source_of(item, rate, timeline_rate, duration) if rate is not None else Source()
    return TimelineClip(
        item=str(item.get("name") or ""),
        track=int(item["track"]),
        index=int(item["index"]),
        start=start - start_frame,
        duration=max(0, duration),
        path=path,
        media_type=str(media.get("kind") or "") if media else "",
        clip_rate=rate,
        media_start_tc=str(media.get("start_tc") or "") if media else "",
        source_start=source.start,
        source_end=source.end,
        speed=source.speed,
        problem=_problem(media, path, exists) or source.problem,
        enabled=item.get("enabled") is not False,
    )


def _media_rate(media: Mapping[str, Any] | None) -> Fraction | None:
    value = (media or {}).get("rate")
    if value in (None, ""):
        return None
    try:
        return snap_rate(value if isinstance(value, (int, str)) else str(value), truncated=True)
    except OptionError:
        return None


def _problem(media: Mapping[str, Any] | None, path: Path | None, exists: Callable[[Path], bool]) -> str:
    if media is None:
        return "generator or title"
    if path is None:
        kind = str(media.get("kind") or "").lower()
        return next((reason for word, reason in _WITHOUT_FILE.items() if word in kind), "no file of its own")
    return "" if exists(path) else "offline"


@dataclass(frozen=True)
class Source:
    """The media frames [start, end) that an item plays, at a constant speed; None where Resolve does not tell."""

    start: int | None = None
    end: int | None = None
    speed: Fraction | None = None
    problem: str = ""


def source_of(item: Mapping[str, Any], rate: Fraction, timeline_rate: Fraction, duration: int) -> Source:
    """The source range with the traps undone, and the speed it implies: no version before 21.1 tells it.

    - The end is exclusive where media and timeline have one rate, inclusive where they differ (measured by others).
    - A start after the end is a reversed item; its range is taken to be told the same way, mirrored (not measured).
    - 0 and 0 is what imported timelines tell: unknown, not "no retime".
    """
    first, last = whole(item.get("source_start")), whole(item.get("source_end"))
    if first is None or last is None or duration <= 0 or first == last == 0:
        return Source()
    inclusive = rate != timeline_rate
    if first <= last:
        start, end = first, last + inclusive
    else:
        start, end = last + (not inclusive), first + 1
    if end <= start:
        return Source()
    speed = infer_speed(end - start, rate, duration, timeline_rate)
    if speed is None or first > last:
        return Source(start, end, None if speed is None else -speed)
    # The unit of the left offset is only sure at one rate.
    is_ramp = rate == timeline_rate and _is_ramp(item, range(start, end), speed, duration)
    return Source(start, end, speed, "speed ramp" if is_ramp else "")


def _is_ramp(item: Mapping[str, Any], source: range, speed: Fraction, duration: int) -> bool:
    """Whether the speed changes within the item, which lies on a timeline of the media's own rate.

    Resolve does not say so.  At a constant speed the left offset is the source position over the speed; where it is
    clearly not, some other speed reigns.  At 100 % and at the media's first frame it says nothing: ramps that are so
    on average, or begin there, are taken for a constant speed.
    """
    offset = whole(item.get("left_offset"))
    if offset is None or speed == 1:
        return False
    # The speed is known to a media frame in the item's length, and the offset lies so many lengths ahead.
    unsure = 2 + 2 * speed + Fraction(abs(offset), duration)
    return abs(offset * speed - source.start) > unsure
