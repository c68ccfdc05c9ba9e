"""From what Resolve tells of a timeline and its items to a `TimelineDescription`: every trap of its API undone.

Not verified on a live Resolve: the rules are those of people who measured, and the unsure ones are named as such.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.core.errors import OptionError
from cuemark.core.timebase import LEGAL_RATES, Timecode, allows_drop_frame, frames_of, round_half_up, snap_rate
from cuemark.core.timeline import Edition, HostTimeline, TimelineClip, TimelineDescription
from cuemark.hosts.resolve.failures import failure
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


def timeline_of(answer: Mapping[str, Any], exists: Callable[[Path], bool] = Path.exists) -> HostTimeline:
    """Reads the answer to `describe`; `exists` says whether a media file is there.

    Raises HostError `resolve_timeline_rate` where Resolve told no rate that a timeline of it can have.
    """
    rate = _rate(answer)
    start_frame = frame_number(answer.get("start_frame")) or 0
    drop_frame = _drop_frame(answer, rate, start_frame)
    start_timecode = str(answer.get("start_tc") or Timecode.from_frame(start_frame, rate, drop_frame))
    clips = [clip_of(item, rate, start_frame, exists) for item in answer["items"]]
    description = TimelineDescription(
        host="resolve",
        product=str(answer.get("product") or "DaVinci Resolve"),
        version=str(answer.get("resolve") or ""),
        edition=edition_of(answer),
        project=str(answer.get("project") or ""),
        timeline=str(answer.get("timeline") or ""),
        rate=rate,
        drop_frame=drop_frame,
        start_frame=start_frame,
        start_timecode=start_timecode,
        duration=max(0, (frame_number(answer.get("end_frame")) or 0) - start_frame),
        playhead=_playhead(answer, rate, start_frame, drop_frame),
        clips=tuple(clip for clip in clips if clip is not None),
        script_version=str(answer.get("version") or ""),
    )
    selected = _selected(answer, clips)
    return HostTimeline(
        description, str(answer["project_id"]), str(answer["timeline_id"]), bool(answer.get("is_current")), selected
    )


def edition_of(answer: Mapping[str, Any]) -> Edition:
    """Free or Studio, by the product's name; 21.1 also says so itself."""
    is_studio = answer.get("is_studio") is True or "studio" in str(answer.get("product", "")).lower()
    return "studio" if is_studio else "free"


def _rate(answer: Mapping[str, Any]) -> Fraction:
    """The timeline's own rate, else the project's; a number or text, and cut off on old versions ("29" for 29.97)."""
    for settings in (answer.get("settings"), answer.get("project_settings")):
        value = (settings or {}).get("rate")
        if value in (None, ""):
            continue
        try:
            rate = snap_rate(value if isinstance(value, (int, str)) else str(value), truncated=True)
        except OptionError:
            continue
        if rate in LEGAL_RATES:
            return rate
    raise failure("resolve_timeline_rate")


def _drop_frame(answer: Mapping[str, Any], rate: Fraction, start_frame: int) -> bool:
    """What the timeline's setting says.  Where its start timecode says otherwise, the start frame tells who is right:
    the same label counts to another frame in drop-frame.  Never guessed from the rate."""
    if not allows_drop_frame(rate):
        return False
    label = str(answer.get("start_tc") or "")
    shown = ";" in label if label else None
    value = (answer.get("settings") or {}).get("drop_frame")
    setting = None if value in (None, "") else str(value).lower() in ("1", "1.0", "true")
    if setting is None or shown is None or setting == shown:
        return bool(setting if setting is not None else shown)
    fits = [drop for drop in (False, True) if _counts_to(label, drop, rate) == start_frame]
    return fits[0] if len(fits) == 1 else setting


def _counts_to(label: str, drop_frame: bool, rate: Fraction) -> int | None:
    try:
        return frames_of(replace(Timecode.parse(label), drop_frame=drop_frame), rate)
    except OptionError:
        return None


def _playhead(answer: Mapping[str, Any], rate: Fraction, start_frame: int, drop_frame: bool) -> int | None:
    """Frames from the timeline's start; Resolve tells an absolute timecode, and none on the Media and Fusion pages."""
    label = answer.get("current_tc")
    if not label:
        return None
    try:
        frame = frames_of(replace(Timecode.parse(str(label)), drop_frame=drop_frame), rate) - start_frame
    except OptionError:
        return None
    return frame if frame >= 0 else None


def _selected(answer: Mapping[str, Any], clips: list[TimelineClip | None]) -> frozenset[tuple[int, int]] | None:
    ids = answer.get("selection")
    if ids is None:
        return None
    pairs = zip(answer["items"], clips, strict=True)
    return frozenset((clip.track, clip.index) for item, clip in pairs if clip is not None and item.get("id") in ids)


def frame_number(value: object) -> int | None:
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
    start, end = frame_number(item.get("start")) or 0, frame_number(item.get("finish"))
    duration = end - start if end is not None else frame_number(item.get("duration")) or 0
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
    first, last = frame_number(item.get("source_start")), frame_number(item.get("source_end"))
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
    offset = frame_number(item.get("left_offset"))
    if offset is None or speed == 1:
        return False
    # The speed is known to a media frame in the item's length, and the offset lies so many lengths ahead.
    unsure = 2 + 2 * speed + Fraction(abs(offset), duration)
    return abs(offset * speed - source.start) > unsure
