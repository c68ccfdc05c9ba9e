"""From what Resolve tells of a timeline and its items to a `TimelineDescription`: every trap of its API undone.

Not verified on a live Resolve: the rules are those of people who measured, and the unsure ones are named as such.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.core.clip_problems import DISABLED_TRACK
from cuemark.core.errors import OptionError
from cuemark.core.timebase import LEGAL_RATES, Timecode, allows_drop_frame, frames_of, snap_rate
from cuemark.core.timeline import Edition, FrameSpan, HostTimeline, TimelineClip, TimelineDescription
from cuemark.hosts.resolve.failures import failure
from cuemark.hosts.resolve.media_kinds import problem_of
from cuemark.hosts.resolve.source_range import Source, frame_number, media_rate, source_of, tells_mirrored


def timeline_of(answer: Mapping[str, Any], exists: Callable[[Path], bool] = Path.exists) -> HostTimeline:
    """Reads the answer to `describe`; `exists` says whether a media file is there.

    Raises HostError `resolve_timeline_rate` where Resolve told no rate that a timeline of it can have.
    """
    rate = _rate(answer)
    start_frame = frame_number(answer.get("start_frame")) or 0
    drop_frame = _drop_frame(answer, rate, start_frame)
    start_timecode = str(answer.get("start_tc") or Timecode.from_frame(start_frame, rate, drop_frame))
    duration = max(0, (frame_number(answer.get("end_frame")) or 0) - start_frame)
    tracks = answer.get("video_tracks") or [], answer.get("sound_tracks") or []
    mirrored = tells_mirrored(answer["items"], rate)
    clips = [
        clip if clip is None else _on_its_track(clip, tracks)
        for clip in (clip_of(item, rate, start_frame, exists, mirrored) for item in answer["items"])
    ]
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
        duration=duration,
        playhead=_playhead(answer, rate, start_frame, drop_frame),
        clips=tuple(clip for clip in clips if clip is not None),
        script_version=str(answer.get("version") or ""),
        in_out=_in_out(answer, start_frame, duration),
    )
    return HostTimeline(
        description,
        str(answer["project_id"]),
        str(answer["timeline_id"]),
        bool(answer.get("is_current")),
        _selected(answer, clips),
        bool((answer.get("in_out") or {}).get("told")),
    )


def _on_its_track(clip: TimelineClip, tracks: Sequence[Sequence[Mapping[str, Any]]]) -> TimelineClip:
    """The clip with its track's name; nothing on a disabled track is shown.  Old scripts tell nothing of tracks."""
    kind, number = tracks[clip.track < 0], abs(clip.track)
    track = kind[number - 1] if 1 <= number <= len(kind) else {}
    problem = DISABLED_TRACK if track.get("enabled") is False else clip.problem
    return replace(clip, track_name=str(track.get("name") or ""), problem=problem)


def _in_out(answer: Mapping[str, Any], start_frame: int, duration: int) -> FrameSpan | None:
    """What the in and out points enclose; one that is not set is the timeline's end.

    Resolve counts them from the timeline's start, the out point inclusive; some builds tell absolute frames (seen by
    others), which lie behind the end of every timeline that starts late enough.
    """
    told = answer.get("in_out") or {}
    first, last = frame_number(told.get("first")), frame_number(told.get("last"))
    if first is None and last is None:
        return None
    if start_frame and max(first or 0, last or 0) >= max(duration, start_frame):
        first, last = (None if frame is None else frame - start_frame for frame in (first, last))
    start = min(max(0, first or 0), duration)
    return FrameSpan(start, duration if last is None else max(start, min(last + 1, duration)))


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


def clip_of(
    item: Mapping[str, Any],
    timeline_rate: Fraction,
    start_frame: int,
    exists: Callable[[Path], bool],
    mirrored: bool = False,
) -> TimelineClip | None:
    """The clip behind an item; None for a transition, which holds nothing of its own.

    Items' frames are absolute (`start_frame` is the timeline's first); a clip's count from the timeline's start.
    `mirrored` is how this Resolve tells the range of reversed items, see `tells_mirrored`.
    """
    media: Mapping[str, Any] | None = item.get("media")
    if media is None and not item.get("has_properties"):
        return None
    start, end = frame_number(item.get("start")) or 0, frame_number(item.get("finish"))
    duration = end - start if end is not None else frame_number(item.get("duration")) or 0
    path = Path(str(media["path"])) if media and media.get("path") else None
    # Sound has no rate of its own: an editor counts it in the frames of the timeline.
    rate = media_rate(media) or (timeline_rate if int(item["track"]) < 0 else None)
    source = source_of(item, rate, timeline_rate, duration, mirrored) if rate is not None else Source()
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
        problem=problem_of(media, path, exists) or source.problem,
        enabled=item.get("enabled") is not False,
        speed_assumed=source.assumed,
    )
