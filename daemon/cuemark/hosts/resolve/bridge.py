"""The verbs of Resolve, typed: describe a timeline, list, add and remove markers, move the playhead.

Nothing here saves, renders, switches a page or calls what only Studio has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from cuemark.core.markers import COLOURS, HostMarker
from cuemark.core.timeline import OPEN, HostTimeline, TimelineAddress, TimelineSubtitle
from cuemark.hosts.bridge import Changes, Refusal
from cuemark.hosts.resolve.failures import failure
from cuemark.hosts.resolve.source_range import frame_number
from cuemark.hosts.resolve.timeline import timeline_of

VERBS: dict[str, frozenset[str]] = {
    "hello": frozenset({"product", "resolve"}),
    "describe": frozenset(
        {
            "current_tc", "end_frame", "in_out", "is_current", "is_studio", "items", "product", "project", "project_id",
            "project_settings", "resolve", "selection", "settings", "sound_tracks", "start_frame", "start_tc",
            "timeline", "timeline_id", "video_tracks",
        }
    ),
    "list": frozenset({"markers"}),
    "subtitles": frozenset({"subtitle_tracks", "subtitles"}),
    "add": frozenset({"added", "refused"}),
    "remove": frozenset({"removed", "refused"}),
    "goto": frozenset({"moved", "current_tc"}),
}  # fmt: skip
"""What can be asked of Resolve, by any transport, and the keys of the answer (the script may leave out what is nil).

Cuemark.lua and studio_child.py carry these out, each in its own language; marks.lua does what `list`, `add` and
`remove` do, without being asked.
"""
SCRIPT_VERBS = frozenset({"stop"})
"""What only the script knows, because it runs on: to end."""
BATCH = 100
"""Markers a request: Resolve's window waits while one is carried out."""


class Transport(Protocol):
    """What carries verbs to Resolve: `ScriptTransport` (every edition) or `StudioTransport` (Studio's Python API)."""

    async def call(self, verb: str, /, *, timeout: float = ..., **arguments: Any) -> dict[str, Any]:
        """What Resolve answers; raises HostError."""


class ResolveBridge:
    """Resolve as a host of markers.  Every method raises HostError, see `failures.FAILURES`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def describe(self, address: TimelineAddress | str | None = OPEN) -> HostTimeline:
        """The open timeline, or the one of that address or name, with the clips of its video tracks."""
        wanted = TimelineAddress(name=address) if isinstance(address, str) else address or OPEN
        answer = await self._transport.call(
            "describe",
            name=wanted.name or None,
            project=wanted.project_id or None,
            timeline=wanted.timeline_id or None,
        )
        # Whether the media files are there is asked of disks that may be asleep.
        return await asyncio.to_thread(timeline_of, answer)

    async def markers(self, timeline: HostTimeline) -> list[HostMarker]:
        """All markers of a timeline, everybody's, in order of frame."""
        answer = await self._transport.call("list", **_address(timeline))
        return sorted((_marker(marker) for marker in answer["markers"]), key=lambda marker: marker.frame)

    async def subtitles(self, timeline: HostTimeline) -> list[TimelineSubtitle]:
        """The texts of the first subtitle track that has any, in order of frame; one that is enabled goes before."""
        answer = await self._transport.call("subtitles", **_address(timeline))
        found = [_subtitle(each, timeline.description.start_frame) for each in answer["subtitles"]]
        hidden = {number for number, track in enumerate(answer["subtitle_tracks"], 1) if track.get("enabled") is False}
        first = min(((each.track in hidden, each.track) for each in found), default=(False, 0))[1]
        return sorted((each for each in found if each.track == first), key=lambda each: each.start)

    async def add(self, timeline: HostTimeline, markers: Sequence[HostMarker]) -> Changes:
        """Adds markers that are not there yet; on occupied frames it does nothing and says so.

        Carried out again it changes nothing.  Raises also `resolve_markers_refused` where Resolve takes none of them (a
        locked timeline), `resolve_marker_range`.
        """
        for marker in markers:
            _check(marker, timeline)
        wanted = [_sent(marker) for marker in markers]
        return await self._in_batches("add", "added", timeline, wanted)

    async def remove(self, timeline: HostTimeline, markers: Sequence[HostMarker]) -> Changes:
        """Takes off the markers that still lie on that frame with that id, and no others."""
        wanted = [{"frame": marker.frame, "custom_data": marker.custom_data} for marker in markers]
        return await self._in_batches("remove", "removed", timeline, wanted)

    async def go_to(self, timeline: HostTimeline, frame: int) -> None:
        """Moves the playhead to a frame counted from the timeline's start; raises also `resolve_goto_refused`."""
        label = timeline.description.timecode(frame)
        answer = await self._transport.call("goto", timecode=label, **_address(timeline))
        if not answer.get("moved"):
            raise failure("resolve_goto_refused", f"({label})")

    async def _in_batches(
        self, verb: str, done_key: str, timeline: HostTimeline, wanted: list[dict[str, Any]]
    ) -> Changes:
        changes = Changes()
        for first in range(0, len(wanted), BATCH):
            batch = wanted[first : first + BATCH]
            answer = await self._transport.call(verb, markers=batch, **_address(timeline))
            changes += Changes(tuple(answer[done_key]), tuple(Refusal(**refused) for refused in answer["refused"]))
        if changes.refused and not changes.done and all(refused.why == "refused" for refused in changes.refused):
            raise failure("resolve_markers_refused")
        return changes


def _address(timeline: HostTimeline) -> dict[str, Any]:
    return {"project": timeline.project_id, "timeline": timeline.timeline_id}


def _check(marker: HostMarker, timeline: HostTimeline) -> None:
    """Resolve takes a marker on any frame and shows it nowhere: only a check beforehand can tell."""
    length = timeline.description.duration
    fits = marker.frame >= 0 and marker.duration >= 1 and marker.end <= length and marker.color in COLOURS
    if not fits:
        detail = f'("{marker.name}", {marker.color}, frames {marker.frame} to {marker.end} of {length})'
        raise failure("resolve_marker_range", detail)


def _sent(marker: HostMarker) -> dict[str, Any]:
    return {
        "frame": marker.frame,
        "duration": marker.duration,
        "color": marker.color,
        "name": marker.name,
        "note": marker.note,
        "custom_data": marker.custom_data,
    }


def _subtitle(told: dict[str, Any], start_frame: int) -> TimelineSubtitle:
    """Frames of items are absolute."""
    start = (frame_number(told.get("start")) or 0) - start_frame
    end = (frame_number(told.get("finish")) or 0) - start_frame
    return TimelineSubtitle(int(told["track"]), start, max(start + 1, end), str(told.get("text") or ""))


def _marker(held: dict[str, Any]) -> HostMarker:
    return HostMarker(
        frame=frame_number(held["frame"]) or 0,
        duration=max(1, frame_number(held.get("duration")) or 1),
        color=str(held.get("color") or ""),
        name=str(held.get("name") or ""),
        note=str(held.get("note") or ""),
        custom_data=str(held.get("custom_data") or ""),
    )
