"""What is asked of an editor: show a timeline, mark it, clear it, move its playhead; each one session with its bridge.

Everything is in the words of core, so that whoever serves it only hands over.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.errors import HostError, InputError, NotFoundError, OptionError, StoreError
from cuemark.core.finds import Find, FindId, FindsOnTimeline
from cuemark.core.markers import CustomId, HostMarker, MarkerOptions
from cuemark.core.media import MediaInfo
from cuemark.core.model_notices import sample_warning
from cuemark.core.system_errors import system_error
from cuemark.core.text import first_few, shown
from cuemark.core.timeline import (
    Delivery,
    Footage,
    FootageTranscript,
    FrameSpan,
    HostState,
    HostTimeline,
    MarksFile,
    Removal,
    TimelineAddress,
    TimelineDescription,
    TimelineView,
    WentTo,
)
from cuemark.hosts.bridge import Bridge, Hosts, host_named
from cuemark.hosts.delivery import deliver, withdraw
from cuemark.hosts.finds import MediaOf, show_finds, withdraw_finds
from cuemark.hosts.timeline_map import Window, desired_markers
from cuemark.hosts.timeline_speech import heard_through, kept, transcripts_of
from cuemark.library.analyses import AnalysisStore
from cuemark.library.sent_markers import SentMarkers

MOST_NAMED = 3
"""So many clips are named in one line."""
MOST_FINGERPRINTS = 4096
"""Files whose content is remembered: a large project uses hundreds, and an entry takes some 300 bytes."""

NOT_READ = ("offline", "still image", "image sequence")
"""Clips whose file holds no footage, or is not there."""

Fingerprints = Callable[[Sequence[Path]], Awaitable[dict[str, str]]]
"""Reads files and tells their fingerprints by path; those that cannot be read are left out."""


Probe = Callable[[Path], Awaitable[MediaInfo]]
"""What is known of a file without decoding it; raises MediaError."""


class FingerprintCache:
    """Fingerprints of files, each read once as long as it does not change; the least used are forgotten."""

    def __init__(self, read: Fingerprints, most: int = MOST_FINGERPRINTS) -> None:
        self._read = read
        self._most = most
        self._known: OrderedDict[tuple[Path, int, int], str] = OrderedDict()

    async def of(self, paths: Sequence[Path]) -> dict[Path, str]:
        """The fingerprints of the files that can be read, in the order of `paths`."""
        states = {path: state for path in paths if (state := _state(path)) is not None}
        unknown = [path for path, state in states.items() if state not in self._known]
        read = await self._read(unknown) if unknown else {}
        found: dict[Path, str] = {}
        for path, state in states.items():
            fingerprint = self._known.get(state) or read.get(str(path))
            if fingerprint:
                found[path] = self._known[state] = fingerprint
                self._known.move_to_end(state)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return found


def _state(path: Path) -> tuple[Path, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return path, found.st_size, found.st_mtime_ns


class HostSessions:
    """The editors of this daemon, with the library whose analyses they are marked with.

    Every method raises HostError, and NotFoundError `host_unknown` for an editor there is no bridge to.
    """

    def __init__(self, hosts: Hosts, analyses: AnalysisStore, sent: SentMarkers, fingerprints: Fingerprints) -> None:
        self._hosts = hosts
        self._analyses = analyses
        self._sent = sent
        self._contents = FingerprintCache(fingerprints)

    async def states(self) -> list[HostState]:
        """Every editor, asked just now."""
        return [await host.state() for host in self._hosts.values()]

    async def view(self, host: str, address: TimelineAddress, *, with_footage: bool = False) -> TimelineView:
        """A timeline and our markers on it; its footage only where that is asked for, because files are read for it."""
        async with host_named(self._hosts, host).session() as bridge:
            timeline = await bridge.describe(address)
            markers = await bridge.markers(timeline)
        ours = _ours(markers)
        footage = await self._footage(timeline) if with_footage else ()
        finds = tuple(marker for marker in markers if FindId.parse(marker.custom_data))
        theirs = tuple(marker for marker in markers if marker not in ours and marker not in finds)
        return TimelineView(timeline, tuple(ours), len(theirs), footage, theirs, finds)

    async def send(
        self,
        host: str,
        address: TimelineAddress,
        analysis_ids: Iterable[str],
        options: MarkerOptions,
        *,
        keep_edits: bool = True,
        in_out: bool = False,
    ) -> Delivery:
        """Puts the markers of analyses on a timeline, in place of those of other analyses of the same footage.

        With `in_out`, only between the timeline's in and out points; markers outside stay as they are.

        Raises NotFoundError, and HostError: `host_footage_unused` where no clip shows the footage, `host_in_out_unset`,
        `host_in_out_unknown`.
        """
        found = map(self._analyses.get, analysis_ids)
        # Two of the same footage would mark it twice: the last one named counts.
        analyses = list({analysis.media.fingerprint: analysis for analysis in found}.values())
        async with host_named(self._hosts, host).session() as bridge:
            timeline = await bridge.describe(address)
            description = timeline.description
            span = timeline.in_out_span() if in_out else None
            window = None if span is None else Window.of(span, await bridge.markers(timeline))
            contents = await self._contents.of(_files_of(description))
            desired = desired_markers(description.clips, description.rate, analyses, contents, options, window)
            _check_used(desired.unused, timeline)
            scope = [each for analysis in analyses for each in self._of_content(analysis.media.fingerprint)]
            done = await deliver(
                bridge,
                timeline,
                desired.markers,
                self._sent,
                analyses=scope,
                keep_edits=keep_edits,
                span=span,
                taken_out=self._analyses.deleted_of([analysis.media.fingerprint for analysis in analyses]),
            )
        warnings = dict.fromkeys(filter(None, map(sample_warning, analyses)))
        assumed = _assumed(timeline, contents, {analysis.media.fingerprint for analysis in analyses}, span)
        return replace(done, left_out=desired.left_out, warnings=(*warnings, *assumed, *done.warnings))

    async def transcripts(
        self, host: str, address: TimelineAddress, probe: Probe, folder: Path
    ) -> list[FootageTranscript]:
        """What a timeline's subtitles say of its footage, each file's as a transcript in `folder`.

        Raises HostError `host_no_subtitles`, StoreError where they cannot be kept.
        """
        async with host_named(self._hosts, host).session() as bridge:
            timeline = await bridge.describe(address)
            subtitles = await bridge.subtitles(timeline)
        placed = heard_through(timeline.description, subtitles)
        paths = list(dict.fromkeys(clip.path for clip, _ in placed if clip.path is not None))
        media = {path: info for path in paths if (info := await _probed(path, probe)) is not None}
        try:
            return [kept(spoken, folder) for spoken in transcripts_of(timeline.description, placed, media)]
        except OSError as error:
            raise system_error(error) or StoreError("file_not_written", str(error), "Check the disk.") from error

    async def remove(
        self, host: str, address: TimelineAddress, analysis_id: str = "", *, in_out: bool = False
    ) -> Removal:
        """Takes our markers off a timeline: all, those of one analysis, those between its in and out points."""
        async with host_named(self._hosts, host).session() as bridge:
            timeline = await bridge.describe(address)
            meant = await self._meant(bridge, timeline, analysis_id)
            span = timeline.in_out_span() if in_out else None
            return await withdraw(bridge, timeline, self._sent, meant, span)

    async def show_finds(
        self,
        host: str,
        address: TimelineAddress,
        finds: Sequence[Find],
        media_of: MediaOf,
        *,
        most: int,
        in_out: bool = False,
        colour: str | None = None,
    ) -> FindsOnTimeline:
        """Where a timeline shows what a search found; with a `colour`, temporary markers there: see `hosts.finds`.

        With `in_out`, only between the timeline's in and out points.
        """
        async with host_named(self._hosts, host).session() as bridge:
            timeline = await bridge.describe(address)
            span = timeline.in_out_span() if in_out else None
            contents = await self._contents.of(_files_of(timeline.description))
            return await show_finds(bridge, timeline, finds, contents, media_of, most=most, span=span, colour=colour)

    async def remove_finds(self, host: str, address: TimelineAddress) -> Removal:
        """Takes the temporary markers of a search off a timeline."""
        async with host_named(self._hosts, host).session() as bridge:
            return await withdraw_finds(bridge, await bridge.describe(address))

    async def go_to(self, host: str, address: TimelineAddress, target: int | str, kind: str = "frame") -> WentTo:
        """Moves the playhead to a timecode (text), a frame, our nth marker in order of frame (from 1), or the marker
        of the find of that number: `kind` is "marker" or "find".

        Raises OptionError `host_marker_unknown`, `frame_outside`, `timecode_invalid`.
        """
        async with host_named(self._hosts, host).session() as bridge:
            timeline = await bridge.describe(address)
            description, marker = timeline.description, None
            if isinstance(target, str):
                frame = description.frame_at(target)
            elif kind in ("marker", "find"):
                markers = await bridge.markers(timeline)
                marker = _find_numbered(markers, target) if kind == "find" else _numbered(_ours(markers), target)
                frame = marker.frame
            else:
                description.check_frame(target)
                frame = target
            await bridge.go_to(timeline, frame)
        return WentTo(frame, description.timecode(frame), marker)

    async def stop_script(self, host: str) -> bool:
        """Ends our scripts that run inside an editor; whether one did."""
        return await host_named(self._hosts, host).stop_script()

    def marks_file(
        self, host: str, analysis: Analysis, rate: Fraction | None, options: MarkerOptions, *, remove: bool = False
    ) -> MarksFile:
        """A file that puts the markers of an analysis on a timeline, or takes them off, without the daemon."""
        return host_named(self._hosts, host).marks_file(analysis, rate, options, remove=remove)

    async def _footage(self, timeline: HostTimeline) -> tuple[Footage, ...]:
        contents = await self._contents.of(_files_of(timeline.description))
        return tuple(Footage(path, content, tuple(self._of_content(content))) for path, content in contents.items())

    def _of_content(self, fingerprint: str) -> list[str]:
        """All analyses of some footage, newest first; a timeline shows one of them at a time."""
        found: list[str] = []
        token = ""
        while True:
            page, token = self._analyses.page([fingerprint], page_token=token)
            found += [summary.id for summary in page]
            if not token:
                return found

    async def _meant(self, bridge: Bridge, timeline: HostTimeline, analysis: str) -> str:
        """The analysis a user named, also one that was deleted and still has markers there."""
        if not analysis:
            return ""
        try:
            return self._analyses.get(analysis).id
        except (NotFoundError, StoreError):  # deleted, or damaged
            there = await bridge.markers(timeline)
            found = {custom.analysis for marker in there if (custom := CustomId.parse(marker.custom_data))}
            named = [each for each in found if each.startswith(analysis)]
            if len(named) != 1:
                raise
            return named[0]


async def _probed(path: Path, probe: Probe) -> MediaInfo | None:
    """What is known of a file; None where it cannot be read, which its analysis will say."""
    try:
        return await probe(path)
    except InputError:
        return None


def _files_of(description: TimelineDescription) -> list[Path]:
    """The files that its clips show and that are there, each once, in order of first use."""
    ordered = sorted(description.clips, key=lambda clip: (clip.start, clip.track))
    return list(dict.fromkeys(clip.path for clip in ordered if clip.path is not None and clip.problem not in NOT_READ))


def _assumed(
    timeline: HostTimeline, contents: Mapping[Path, str], fingerprints: Container[str], span: FrameSpan | None
) -> list[Notice]:
    """What is not known of retimed clips: a ramp in them would put markers beside their moments."""
    told = timeline.description
    clips = [
        f"{clip.item} ({clip.track_shown} at {told.timecode(clip.start)})"
        for clip in told.clips
        if clip.speed_assumed and not clip.obstacle and clip.path is not None
        and contents.get(clip.path) in fingerprints and (span is None or span.meets(clip.start, clip.end))
    ]  # fmt: skip
    if not clips:
        return []
    message = (
        f"{first_few(clips, MOST_NAMED)}: taken to play at one speed throughout, which {told.product} "
        f"{told.version} does not tell here. If the speed changes within, markers there lie beside their moments."
    )
    return [Notice("speed_assumed", message)]


def _ours(markers: Iterable[HostMarker]) -> list[HostMarker]:
    return [marker for marker in markers if CustomId.parse(marker.custom_data)]


def _check_used(unused: Iterable[Analysis], timeline: HostTimeline) -> None:
    names = ", ".join(shown(Path(analysis.media.path.name)) for analysis in unused)
    if names:
        raise HostError(
            "host_footage_unused",
            f"No clip of the timeline {timeline.description.timeline!r} shows {names}.",
            "Open the timeline that does, or name it with --timeline.",
        )


def _numbered(markers: list[HostMarker], number: int) -> HostMarker:
    if not 1 <= number <= len(markers):
        count = len(markers)
        message = f"There is no marker {number}: the timeline has {count} of Cuemark's."
        raise OptionError("host_marker_unknown", message, "`cuemark resolve status` lists them.")
    return markers[number - 1]


def _find_numbered(markers: Iterable[HostMarker], number: int) -> HostMarker:
    for marker in markers:
        found = FindId.parse(marker.custom_data)
        if found is not None and found.number == number:
            return marker
    message = f"There is no marker of a find {number} on the timeline."
    raise OptionError("host_marker_unknown", message, 'Set them with: cuemark resolve find "..." --mark')
