"""From what Resolve tells of a timeline to a `TimelineDescription`.  Every trap of its time base is undone here.

Not verified on a live Resolve: the rules are those of people who measured, and `items.py` names the unsure ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.core.errors import OptionError
from cuemark.core.timebase import LEGAL_RATES, Timecode, allows_drop_frame, frames_of, snap_rate
from cuemark.core.timeline import Edition, HostTimeline, TimelineClip, TimelineDescription
from cuemark.hosts.resolve.failures import failure
from cuemark.hosts.resolve.items import clip_of, whole


def timeline_of(told: Mapping[str, Any], exists: Callable[[Path], bool] = Path.exists) -> HostTimeline:
    """Reads the answer to `describe`; `exists` says whether a media file is there.

    Raises HostError `resolve_timeline_rate` where Resolve told no rate that a timeline of it can have.
    """
    rate = _rate(told)
    start_frame = whole(told.get("start_frame")) or 0
    drop_frame = _drop_frame(told, rate, start_frame)
    start_timecode = str(told.get("start_tc") or Timecode.from_frame(start_frame, rate, drop_frame))
    clips = [clip_of(item, rate, start_frame, exists) for item in told["items"]]
    description = TimelineDescription(
        host="resolve",
        product=str(told.get("product") or "DaVinci Resolve"),
        version=str(told.get("resolve") or ""),
        edition=edition_of(told),
        project=str(told.get("project") or ""),
        timeline=str(told.get("timeline") or ""),
        rate=rate,
        drop_frame=drop_frame,
        start_frame=start_frame,
        start_timecode=start_timecode,
        duration=max(0, (whole(told.get("end_frame")) or 0) - start_frame),
        playhead=_playhead(told, rate, start_frame, drop_frame),
        clips=tuple(clip for clip in clips if clip is not None),
        script_version=str(told.get("version") or ""),
    )
    selected = _selected(told, clips)
    return HostTimeline(
        description, str(told["project_id"]), str(told["timeline_id"]), bool(told.get("is_current")), selected
    )


def edition_of(told: Mapping[str, Any]) -> Edition:
    """Free or Studio, by the product's name; 21.1 also says so itself."""
    is_studio = told.get("is_studio") is True or "studio" in str(told.get("product", "")).lower()
    return "studio" if is_studio else "free"


def _rate(told: Mapping[str, Any]) -> Fraction:
    """The timeline's own rate, else the project's; a number or text, and cut off on old versions ("29" for 29.97)."""
    for settings in (told.get("settings"), told.get("project_settings")):
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


def _drop_frame(told: Mapping[str, Any], rate: Fraction, start_frame: int) -> bool:
    """What the timeline's setting says.  Where its start timecode says otherwise, the start frame tells who is right:
    the same label counts to another frame in drop-frame.  Never guessed from the rate."""
    if not allows_drop_frame(rate):
        return False
    label = str(told.get("start_tc") or "")
    shown = ";" in label if label else None
    value = (told.get("settings") or {}).get("drop_frame")
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


def _playhead(told: Mapping[str, Any], rate: Fraction, start_frame: int, drop_frame: bool) -> int | None:
    """Frames from the timeline's start; Resolve tells an absolute timecode, and none on the Media and Fusion pages."""
    label = told.get("current_tc")
    if not label:
        return None
    try:
        frame = frames_of(replace(Timecode.parse(str(label)), drop_frame=drop_frame), rate) - start_frame
    except OptionError:
        return None
    return frame if frame >= 0 else None


def _selected(told: Mapping[str, Any], clips: list[TimelineClip | None]) -> frozenset[tuple[int, int]] | None:
    ids = told.get("selection")
    if ids is None:
        return None
    pairs = zip(told["items"], clips, strict=True)
    return frozenset((clip.track, clip.index) for item, clip in pairs if clip is not None and item.get("id") in ids)
