"""HostsService: editors, their timelines, and our markers on them."""

from __future__ import annotations

from typing import Any

from cuemark.daemon.core import Core
from cuemark.daemon.oneshot import ask
from cuemark.hosts.sessions import HostSessions
from cuemark.library.sent_store import SentStore
from cuemark.rpc.contract import convert_hosts as convert
from cuemark.rpc.contract.convert import rate_from
from cuemark.rpc.v1 import hosts_pb2 as pb
from cuemark.rpc.v1 import hosts_pb2_grpc


class HostsService(hosts_pb2_grpc.HostsServiceServicer):
    """See hosts.proto."""

    def __init__(self, core: Core) -> None:
        sent = SentStore(core.settings.data / "sent")
        analyses = core.library.analyses
        self._sessions = HostSessions(core.hosts, analyses, sent, lambda paths: ask("fingerprints", paths=paths))

    async def ListHosts(self, request: pb.ListHostsRequest, context: Any) -> pb.ListHostsResponse:
        return pb.ListHostsResponse(hosts=map(convert.state_to, await self._sessions.states()))

    async def DescribeTimeline(self, request: pb.DescribeTimelineRequest, context: Any) -> pb.DescribeTimelineResponse:
        address = convert.address_from(request.timeline)
        view = await self._sessions.view(request.timeline.host, address, with_footage=request.with_footage)
        return convert.view_to(view)

    async def SendMarkers(self, request: pb.SendMarkersRequest, context: Any) -> pb.SendMarkersResponse:
        host, address = request.timeline.host, convert.address_from(request.timeline)
        options, keep = convert.options_from(request.options), not request.discard_edits
        done = await self._sessions.send(host, address, request.analysis_ids, options, keep_edits=keep)
        return convert.delivery_to(done)

    async def RemoveMarkers(self, request: pb.RemoveMarkersRequest, context: Any) -> pb.RemoveMarkersResponse:
        address = convert.address_from(request.timeline)
        return convert.removal_to(await self._sessions.remove(request.timeline.host, address, request.analysis_id))

    async def GoTo(self, request: pb.GoToRequest, context: Any) -> pb.GoToResponse:
        kind = request.WhichOneof("target")
        target = getattr(request, kind or "frame")
        address = convert.address_from(request.timeline)
        went = await self._sessions.go_to(request.timeline.host, address, target, is_marker=kind == "marker")
        return convert.went_to(went)

    async def StopScript(self, request: pb.StopScriptRequest, context: Any) -> pb.StopScriptResponse:
        return pb.StopScriptResponse(ended=await self._sessions.stop_script(request.host))

    async def MakeMarksFile(self, request: pb.MakeMarksFileRequest, context: Any) -> pb.MakeMarksFileResponse:
        rate = rate_from(request.rate) if request.HasField("rate") else None
        options = convert.options_from(request.options)
        made = self._sessions.marks_file(request.host, request.analysis_id, rate, options, remove=request.remove)
        return convert.marks_file_to(made)
