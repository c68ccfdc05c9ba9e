"""HostsService: editors, their timelines, and our markers on them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from cuemark.core.analysis import Analysis
from cuemark.core.errors import HostError, NotFoundError, OptionError
from cuemark.core.markers import CustomId, HostMarker
from cuemark.core.text import shown
from cuemark.core.timeline import HostTimeline, TimelineDescription
from cuemark.daemon.core import Core
from cuemark.daemon.oneshot import ask
from cuemark.hosts.bridge import Bridge, Host, host_named
from cuemark.hosts.delivery import deliver, withdraw
from cuemark.hosts.timeline_map import desired_markers
from cuemark.library.sent_store import SentStore
from cuemark.rpc.contract import convert_hosts as convert
from cuemark.rpc.contract.convert import path_to
from cuemark.rpc.v1 import hosts_pb2, hosts_pb2_grpc


class HostsService(hosts_pb2_grpc.HostsServiceServicer):
    """See hosts.proto."""

    def __init__(self, core: Core) -> None:
        self._hosts = core.hosts
        self._analyses = core.library.analyses
        self._sent = SentStore(core.settings.data / "sent")
        self._contents: dict[tuple[Path, int, int], str] = {}

    async def ListHosts(self, request: hosts_pb2.ListHostsRequest, context: Any) -> hosts_pb2.ListHostsResponse:
        states = [convert.state_to(await host.state()) for host in self._hosts.values()]
        return hosts_pb2.ListHostsResponse(hosts=states)

    async def DescribeTimeline(
        self, request: hosts_pb2.DescribeTimelineRequest, context: Any
    ) -> hosts_pb2.DescribeTimelineResponse:
        async with self._host(request.timeline).session() as bridge:
            timeline = await bridge.describe(convert.address_from(request.timeline))
            markers = await bridge.markers(timeline)
        ours = _ours(markers)
        footage = await self._footage(timeline) if request.with_footage else []
        return hosts_pb2.DescribeTimelineResponse(
            timeline=convert.timeline_to(timeline),
            markers=map(convert.marker_to, ours),
            other_markers=len(markers) - len(ours),
            footage=footage,
        )

    async def SendMarkers(self, request: hosts_pb2.SendMarkersRequest, context: Any) -> hosts_pb2.SendMarkersResponse:
        options = convert.options_from(request.options)
        found = map(self._analyses.get, request.analysis_ids)
        # Two of the same footage would mark it twice: the last one named counts.
        analyses = list({analysis.media.fingerprint: analysis for analysis in found}.values())
        async with self._host(request.timeline).session() as bridge:
            timeline = await bridge.describe(convert.address_from(request.timeline))
            description = timeline.description
            contents = await self._contents_of(files_of(description))
            desired = desired_markers(description.clips, description.rate, analyses, contents, options)
            _check_used(desired.unused, timeline)
            scope = [each for analysis in analyses for each in self._of_content(analysis.media.fingerprint)]
            keep = not request.discard_edits
            done = await deliver(bridge, timeline, desired.markers, self._sent, analyses=scope, keep_edits=keep)
        return convert.delivery_to(replace(done, left_out=desired.left_out))

    async def RemoveMarkers(
        self, request: hosts_pb2.RemoveMarkersRequest, context: Any
    ) -> hosts_pb2.RemoveMarkersResponse:
        async with self._host(request.timeline).session() as bridge:
            timeline = await bridge.describe(convert.address_from(request.timeline))
            analysis = await self._meant(bridge, timeline, request.analysis_id)
            done = await withdraw(bridge, timeline, self._sent, analysis)
        return convert.removal_to(done)

    async def GoTo(self, request: hosts_pb2.GoToRequest, context: Any) -> hosts_pb2.GoToResponse:
        async with self._host(request.timeline).session() as bridge:
            timeline = await bridge.describe(convert.address_from(request.timeline))
            marker: HostMarker | None = None
            if request.HasField("marker"):
                marker = _numbered(_ours(await bridge.markers(timeline)), request.marker)
                frame = marker.frame
            else:
                frame = _frame(timeline, request)
            await bridge.go_to(timeline, frame)
        return hosts_pb2.GoToResponse(
            frame=frame,
            timecode=timeline.description.timecode(frame),
            marker=None if marker is None else convert.marker_to(marker),
        )

    async def StopScript(self, request: hosts_pb2.StopScriptRequest, context: Any) -> hosts_pb2.StopScriptResponse:
        return hosts_pb2.StopScriptResponse(ended=await host_named(self._hosts, request.host).stop_script())

    def _host(self, address: hosts_pb2.TimelineAddress) -> Host:
        return host_named(self._hosts, address.host)

    def _of_content(self, fingerprint: str) -> list[str]:
        """All analyses of some footage, newest first; a timeline shows one of them at a time."""
        found: list[str] = []
        token = ""
        while True:
            page, token = self._analyses.page([fingerprint], page_token=token)
            found += [summary.id for summary in page]
            if not token:
                return found

    async def _footage(self, timeline: HostTimeline) -> list[hosts_pb2.Footage]:
        contents = await self._contents_of(files_of(timeline.description))
        return [
            hosts_pb2.Footage(path=path_to(path), fingerprint=fingerprint, analysis_ids=self._of_content(fingerprint))
            for path, fingerprint in contents.items()
        ]

    async def _contents_of(self, paths: list[Path]) -> dict[Path, str]:
        """Fingerprints of the files that can be read; each is read once as long as it does not change."""
        states = {path: state for path in paths if (state := _state(path)) is not None}
        unknown = [path for path, state in states.items() if state not in self._contents]
        if unknown:
            found = await ask("fingerprints", paths=unknown)
            self._contents |= {states[path]: found[str(path)] for path in unknown if str(path) in found}
        return {path: self._contents[state] for path, state in states.items() if state in self._contents}

    async def _meant(self, bridge: Bridge, timeline: HostTimeline, analysis: str) -> str:
        """The analysis a user named, also one that was deleted and still has markers there."""
        if not analysis:
            return ""
        try:
            return self._analyses.get(analysis).id
        except NotFoundError:
            found = {
                custom.analysis for m in await bridge.markers(timeline) if (custom := CustomId.parse(m.custom_data))
            }
            named = [each for each in found if each.startswith(analysis)]
            if len(named) != 1:
                raise
            return named[0]


def files_of(description: TimelineDescription) -> list[Path]:
    """The files that its clips show and that are there, each once, in order of first use."""
    ordered = sorted(description.clips, key=lambda clip: (clip.start, clip.track))
    return list(dict.fromkeys(clip.path for clip in ordered if clip.path is not None and clip.problem != "offline"))


def _state(path: Path) -> tuple[Path, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return path, found.st_size, found.st_mtime_ns


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


def _frame(timeline: HostTimeline, request: hosts_pb2.GoToRequest) -> int:
    description = timeline.description
    if request.HasField("timecode"):
        return description.frame_at(request.timecode)
    description.check_frame(request.frame)
    return request.frame
