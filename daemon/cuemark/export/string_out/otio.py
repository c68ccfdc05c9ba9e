"""OpenTimelineIO: picture on one track, sound on another, each clip in the source timecode of its media."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cuemark.core.analysis import Notice
from cuemark.core.text import printable
from cuemark.export.base import json_file
from cuemark.export.otio import item, rational_time, reference, target_url, time_range
from cuemark.export.string_out.base import Cut, Reel, StringOut, Timeline


class OtioStringOut(StringOut):
    """Clips in frames of their own media, at its rate; what a track has not is a gap."""

    suffix = ".otio"
    description = "OpenTimelineIO timeline, for Resolve, Premiere, Kdenlive and others"

    def _write(self, timeline: Timeline) -> tuple[str, list[Notice]]:
        base = timeline.timebase
        kinds = [("Video", any(reel.media.has_picture for reel in timeline.reels))]
        kinds.append(("Audio", any(reel.has_sound for reel in timeline.reels)))
        tracks = [_track(kind, timeline) for kind, there in kinds if there]
        made = {
            "OTIO_SCHEMA": "Timeline.1",
            "metadata": {"cuemark": {"kind": "string-out"}},
            "name": timeline.name,
            "global_start_time": rational_time(base.start_frame, base.rate),
            "tracks": item("Stack.1", "tracks", children=tracks),
        }
        return json_file(made), []


def _track(kind: str, timeline: Timeline) -> dict[str, Any]:
    children = [_clip(cut, kind, timeline.timebase.rate) for cut in timeline.cuts]
    return item("Track.1", f"{kind[0]}1", children=children, kind=kind)


def _clip(cut: Cut, kind: str, rate: Fraction) -> dict[str, Any]:
    reel, there = cut.reel, cut.reel.media.has_picture if kind == "Video" else cut.reel.has_sound
    base = reel.timebase
    if not there:
        return item("Gap.1", "", source_range=time_range(0, cut.end - cut.start, rate))
    told: dict[str, Any] = {"kind": "pick", "caption": printable(cut.caption), "score": round(cut.pick.score, 4)}
    return item(
        "Clip.2",
        printable(cut.caption) or reel.title,
        metadata={"cuemark": {**told, "why": [printable(each) for each in cut.pick.why]}},
        source_range=time_range(base.start_frame + cut.first, cut.after - cut.first, base.rate),
        media_references={"DEFAULT_MEDIA": _reference(reel)},
        active_media_reference_key="DEFAULT_MEDIA",
    )


def _reference(reel: Reel) -> dict[str, Any]:
    whole = time_range(reel.timebase.start_frame, reel.frames, reel.timebase.rate)
    return reference(target_url(reel.media.path), reel.title, whole)
