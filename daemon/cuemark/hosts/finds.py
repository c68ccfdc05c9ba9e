"""What a search found, on a timeline: every use of every find through the clips, and temporary markers for them.

Nothing is written down of these markers: their ids say what they are.  Each pass reads the timeline and makes the
difference to what is wanted, so that the next call finishes what a kill cut short.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cuemark.core.finds import Find, FindId, FindsOnTimeline, PlacedFind
from cuemark.core.markers import HostMarker
from cuemark.core.media import MediaInfo
from cuemark.core.timeline import FrameSpan, HostTimeline, LeftOut, Removal, TimelineClip, TimelineDescription
from cuemark.hosts.bridge import Bridge
from cuemark.hosts.reconcile import FreeFrames, reach
from cuemark.hosts.timeline_map import Window, place
from cuemark.markers.build import MarkedSegment, PlacedSegment

MediaOf = Callable[[str], Awaitable[MediaInfo | None]]
"""What is known of some content, by its fingerprint; None where nothing is."""

ROUNDS = 4
"""Times a timeline is read and changed: once to change it, once to see that it is so, more where its user works on
it meanwhile."""
_NO_FRAME = "there is no free frame within half a second"
_REFUSED = "the editor refused it"
Wanted = dict[int, HostMarker]
"""Markers by the number of their use."""


@dataclass(frozen=True)
class _Use:
    """A find as one showing has it."""

    find: int
    placed: PlacedSegment
    marker: HostMarker | None = None


async def show_finds(
    bridge: Bridge,
    timeline: HostTimeline,
    finds: Sequence[Find],
    contents: Mapping[Path, str],
    media_of: MediaOf,
    *,
    most: int,
    span: FrameSpan | None = None,
    colour: str | None = None,
) -> FindsOnTimeline:
    """The first `most` uses of finds on a timeline, best find first; with a `colour`, markers of it on them, in place
    of those of earlier finds.

    `contents` are the fingerprints of the clips' files.  What lies outside of a `span` does not count.
    Raises HostError.
    """
    uses, left_out = await _uses_of(timeline, finds, contents, media_of, span)
    uses = uses[:most]
    if colour is None:
        return _told(timeline, uses, left_out)
    marks = _Marks(bridge, timeline)
    await marks.become(lambda taken: _markers(timeline.description, uses, finds, colour, taken))
    shown = [replace(use, marker=marks.there.get(number)) for number, use in enumerate(uses, 1)]
    return replace(_told(timeline, shown, left_out, marks), removed=marks.removed, markers=tuple(marks.there.values()))


async def withdraw_finds(bridge: Bridge, timeline: HostTimeline) -> Removal:
    """Takes the markers of finds off a timeline; nobody else's.  Raises HostError."""
    marks = _Marks(bridge, timeline)
    await marks.become(lambda taken: {})
    return Removal(timeline, tuple(marks.gone), marks.left)


async def _uses_of(
    timeline: HostTimeline,
    finds: Sequence[Find],
    contents: Mapping[Path, str],
    media_of: MediaOf,
    span: FrameSpan | None,
) -> tuple[list[_Use], list[LeftOut]]:
    told, window = timeline.description, None if span is None else Window(span, {})
    uses: list[_Use] = []
    left_out: list[LeftOut] = []
    for fingerprint in dict.fromkeys(find.fingerprint for find in finds):
        paths = [path for path, content in contents.items() if content == fingerprint]
        media = await media_of(fingerprint) if paths else None
        if media is not None:
            segments = [_segment(at, find) for at, find in enumerate(finds) if find.fingerprint == fingerprint]
            placement = place(told.clips, told.rate, media, segments, paths, window)
            uses += [_Use(int(each.segment.segment_id), each) for each in placement.placed]
            left_out += placement.left_out
    uses.sort(key=lambda use: (use.find, use.placed.frame, -use.placed.duration, use.placed.track))
    return list(_each_once(uses)), list(dict.fromkeys(left_out))


def _segment(at: int, find: Find) -> MarkedSegment:
    return MarkedSegment(str(at), "moment", find.start, find.end, find.name, find.note)


def _each_once(uses: Iterable[_Use]) -> Iterable[_Use]:
    """What two tracks show of a find at once is one use."""
    until: dict[int, int] = {}
    for use in uses:
        if use.placed.frame >= until.get(use.find, 0):
            until[use.find] = use.placed.end
            yield use


def _markers(
    told: TimelineDescription, uses: Sequence[_Use], finds: Sequence[Find], colour: str, taken: Iterable[int]
) -> Wanted:
    """A marker for each use that has a free frame of its own within half a second and its clip, by the use's number."""
    frames = FreeFrames(taken, told.duration)
    found = {}
    for number, use in enumerate(uses, 1):
        placed, find = use.placed, finds[use.find]
        frame = frames.nearest(placed.frame, reach(told.rate), placed.low, placed.high)
        if frame is not None:
            frames.take(frame)
            end = told.duration if placed.high is None else min(placed.high, told.duration)
            length = max(1, min(placed.duration, end - frame))
            found[number] = HostMarker(frame, length, colour, find.name, find.note, str(FindId(number)))
    return found


class _Marks:
    """The markers of finds on one timeline: what they become, and what became of those that were there."""

    def __init__(self, bridge: Bridge, timeline: HostTimeline) -> None:
        self._bridge, self._timeline = bridge, timeline
        self._before: list[HostMarker] | None = None
        self._refused: set[str] = set()
        self.there: Wanted = {}
        self.left = 0
        """All markers of the timeline, everybody's, as it was read last."""

    async def become(self, wanted: Callable[[Iterable[int]], Wanted]) -> None:
        """Make them what `wanted` says of the frames that other markers take."""
        for _ in range(ROUNDS):
            actual = await self._bridge.markers(self._timeline)
            ours = [marker for marker in actual if FindId.parse(marker.custom_data)]
            self._before, self.left = ours if self._before is None else self._before, len(actual)
            asked = wanted([marker.frame for marker in actual if marker not in ours])
            self.there = {number: each for number, each in asked.items() if each.custom_data not in self._refused}
            if not await self._change(ours):
                break

    async def _change(self, ours: Sequence[HostMarker]) -> bool:
        """Removals first: their frames are needed.  Whether there was anything to do."""
        remove = [marker for marker in ours if marker not in self.there.values()]
        add = [marker for marker in self.there.values() if marker not in ours]
        if remove:
            await self._bridge.remove(self._timeline, remove)
        if add:
            done = await self._bridge.add(self._timeline, add)
            self._refused |= {each.custom_data for each in done.refused if each.why == "refused"}
        return bool(remove or add)

    @property
    def gone(self) -> list[HostMarker]:
        """Those that were there before and are not any more."""
        return [marker for marker in self._before or () if marker not in self.there.values()]

    @property
    def removed(self) -> int:
        """How many of them."""
        return len(self.gone)

    def problem(self, number: int) -> str:
        """Why a use has no marker, "" where it has one."""
        if number in self.there:
            return ""
        return _REFUSED if str(FindId(number)) in self._refused else _NO_FRAME


def _told(
    timeline: HostTimeline, uses: Sequence[_Use], left_out: Sequence[LeftOut], marks: _Marks | None = None
) -> FindsOnTimeline:
    placed = []
    for number, use in enumerate(uses, 1):
        one = PlacedFind(number, use.find, use.placed.frame, use.placed.duration, use.placed.track)
        clip = _clip_at(timeline.description.clips, use.placed)
        one = one if clip is None else replace(one, track_name=clip.track_name, item=clip.item)
        marked_at = None if use.marker is None else use.marker.frame
        placed.append(replace(one, marked_at=marked_at, problem="" if marks is None else marks.problem(number)))
    return FindsOnTimeline(timeline, tuple(placed), tuple(left_out))


def _clip_at(clips: Iterable[TimelineClip], placed: PlacedSegment) -> TimelineClip | None:
    on_track = (clip for clip in clips if clip.track == placed.track)
    return next((clip for clip in on_track if clip.start <= placed.frame < clip.end), None)
