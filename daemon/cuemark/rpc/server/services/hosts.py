"""HostsService: editors, their timelines, and our markers on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cuemark.core.errors import NotFoundError
from cuemark.core.finds import Find, find_colour
from cuemark.core.markers import MarkerOptions
from cuemark.core.media import MediaInfo
from cuemark.core.serialise import decode
from cuemark.core.timeline import TimelineAddress
from cuemark.daemon.core import Core
from cuemark.daemon.oneshot import ask
from cuemark.hosts.sessions import HostSessions
from cuemark.rpc.contract.tables import RATE, from_message, to_message
from cuemark.rpc.v1 import hosts_pb2 as pb
from cuemark.rpc.v1 import hosts_pb2_grpc


async def _probe(path: Path) -> MediaInfo:
    return decode(MediaInfo, await ask("probe", path=path))


class HostsService(hosts_pb2_grpc.HostsServiceServicer):
    """See hosts.proto."""

    def __init__(self, core: Core) -> None:
        library, self._core = core.library, core
        self._sessions = HostSessions(
            core.hosts, library.analyses, library.sent_markers, lambda paths: ask("fingerprints", paths=paths)
        )

    async def ListHosts(self, request: pb.ListHostsRequest, context: Any) -> pb.ListHostsResponse:
        return pb.ListHostsResponse(hosts=[to_message(pb.Host, state) for state in await self._sessions.states()])

    async def DescribeTimeline(self, request: pb.DescribeTimelineRequest, context: Any) -> pb.DescribeTimelineResponse:
        address = from_message(TimelineAddress, request.timeline)
        view = await self._sessions.view(request.host, address, with_footage=request.with_footage)
        return to_message(pb.DescribeTimelineResponse, view)

    async def ReadSubtitles(self, request: pb.ReadSubtitlesRequest, context: Any) -> pb.ReadSubtitlesResponse:
        address, folder = from_message(TimelineAddress, request.timeline), self._core.settings.cache / "transcripts"
        found = await self._sessions.transcripts(request.host, address, _probe, folder)
        return pb.ReadSubtitlesResponse(transcripts=[to_message(pb.FootageTranscript, each) for each in found])

    async def SendMarkers(self, request: pb.SendMarkersRequest, context: Any) -> pb.SendMarkersResponse:
        host, address = request.host, from_message(TimelineAddress, request.timeline)
        options, keep = from_message(MarkerOptions, request.options), not request.discard_edits
        done = await self._sessions.send(
            host, address, request.analysis_ids, options, keep_edits=keep, in_out=request.in_out
        )
        return to_message(pb.SendMarkersResponse, done)

    async def RemoveMarkers(self, request: pb.RemoveMarkersRequest, context: Any) -> pb.RemoveMarkersResponse:
        address = from_message(TimelineAddress, request.timeline)
        if request.finds:
            return to_message(pb.RemoveMarkersResponse, await self._sessions.remove_finds(request.host, address))
        done = await self._sessions.remove(request.host, address, request.analysis_id, in_out=request.in_out)
        return to_message(pb.RemoveMarkersResponse, done)

    async def ShowFinds(self, request: pb.ShowFindsRequest, context: Any) -> pb.ShowFindsResponse:
        address = from_message(TimelineAddress, request.timeline)
        colour = find_colour(request.colour) if request.HasField("colour") else None
        finds, most = [from_message(Find, each) for each in request.finds], request.most
        done = await self._sessions.show_finds(
            request.host, address, finds, self._media_of, most=most, in_out=request.in_out, colour=colour
        )
        return to_message(pb.ShowFindsResponse, done)

    async def _media_of(self, fingerprint: str) -> MediaInfo | None:
        try:
            return self._core.library.footage.row(fingerprint).media
        except NotFoundError:  # taken out of the library just now
            return None

    async def GoTo(self, request: pb.GoToRequest, context: Any) -> pb.GoToResponse:
        kind = request.WhichOneof("target")
        target = getattr(request, kind or "frame")
        address = from_message(TimelineAddress, request.timeline)
        went = await self._sessions.go_to(request.host, address, target, kind)
        return to_message(pb.GoToResponse, went)

    async def StopScript(self, request: pb.StopScriptRequest, context: Any) -> pb.StopScriptResponse:
        return pb.StopScriptResponse(ended=await self._sessions.stop_script(request.host))

    async def MakeMarksFile(self, request: pb.MakeMarksFileRequest, context: Any) -> pb.MakeMarksFileResponse:
        rate = RATE.back(request.rate) if request.HasField("rate") else None
        options = from_message(MarkerOptions, request.options)
        analysis = await self._core.analysis_of(request.analysis_id, request.path)
        made = self._sessions.marks_file(request.host, analysis, rate, options, remove=request.remove)
        return to_message(pb.MakeMarksFileResponse, made)
