"""HostsService from the client's side: editors, their timelines, and our markers on them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from cuemark.core.finds import Find, FindsOnTimeline
from cuemark.core.markers import MarkerOptions
from cuemark.core.timeline import (
    OPEN,
    Delivery,
    FootageTranscript,
    HostState,
    MarksFile,
    Removal,
    TimelineAddress,
    TimelineView,
    WentTo,
)
from cuemark.rpc.client.connection import HOST_CALL_S, Service, path_bytes
from cuemark.rpc.contract.tables import RATE, from_message, to_message
from cuemark.rpc.v1 import hosts_pb2


class HostsClient(Service):
    """Editors that take markers.  Calls wait for an editor that is busy, up to ten minutes."""

    async def list_hosts(self) -> list[HostState]:
        """Every editor with a bridge, each asked just now; one that cannot be reached carries its `problem`."""
        request = hosts_pb2.ListHostsRequest()
        answer = await self._connection.call(request, hosts_pb2.ListHostsResponse, HOST_CALL_S)
        return [from_message(HostState, message) for message in answer.hosts]

    async def describe_timeline(
        self, host: str, address: TimelineAddress = OPEN, *, with_footage: bool = False
    ) -> TimelineView:
        """A timeline with its clips and our markers on it, and the readable files of its clips; raises HostError."""
        request = hosts_pb2.DescribeTimelineRequest(
            host=host, timeline=to_message(hosts_pb2.TimelineAddress, address), with_footage=with_footage
        )
        answer = await self._connection.call(request, hosts_pb2.DescribeTimelineResponse, HOST_CALL_S)
        return from_message(TimelineView, answer)

    async def read_subtitles(self, host: str, address: TimelineAddress = OPEN) -> list[FootageTranscript]:
        """What a timeline's subtitles say of its footage; raises HostError `host_no_subtitles`."""
        request = hosts_pb2.ReadSubtitlesRequest(host=host, timeline=to_message(hosts_pb2.TimelineAddress, address))
        answer = await self._connection.call(request, hosts_pb2.ReadSubtitlesResponse, HOST_CALL_S)
        return [from_message(FootageTranscript, message) for message in answer.transcripts]

    async def send_markers(
        self,
        host: str,
        analysis_ids: Sequence[str],
        address: TimelineAddress = OPEN,
        options: MarkerOptions | None = None,
        *,
        keep_edits: bool = True,
        in_out: bool = False,
    ) -> Delivery:
        """Puts the markers of analyses on a timeline; again, it changes nothing.

        What the user changed of our markers in the editor stays unless `keep_edits` is off; with `in_out`, what lies
        outside of the timeline's in and out points stays, too.  Raises HostError,
        NotFoundError, OptionError `marker_colour*`.
        """
        request = hosts_pb2.SendMarkersRequest(
            host=host,
            timeline=to_message(hosts_pb2.TimelineAddress, address),
            analysis_ids=analysis_ids,
            options=to_message(hosts_pb2.MarkerOptions, options or MarkerOptions()),
            discard_edits=not keep_edits,
            in_out=in_out,
        )
        answer = await self._connection.call(request, hosts_pb2.SendMarkersResponse, HOST_CALL_S)
        return from_message(Delivery, answer)

    async def remove_markers(
        self,
        host: str,
        analysis_id: str = "",
        address: TimelineAddress = OPEN,
        *,
        in_out: bool = False,
        finds: bool = False,
    ) -> Removal:
        """Takes our markers off a timeline: all, those of one analysis, those between its in and out points.

        With `finds` only the temporary ones of a search, which stay otherwise.

        Raises HostError, NotFoundError.
        """
        request = hosts_pb2.RemoveMarkersRequest(
            host=host,
            timeline=to_message(hosts_pb2.TimelineAddress, address),
            analysis_id=analysis_id,
            in_out=in_out,
            finds=finds,
        )
        answer = await self._connection.call(request, hosts_pb2.RemoveMarkersResponse, HOST_CALL_S)
        return from_message(Removal, answer)

    async def show_finds(
        self,
        host: str,
        finds: Sequence[Find],
        address: TimelineAddress = OPEN,
        *,
        most: int,
        in_out: bool = False,
        colour: str | None = None,
    ) -> FindsOnTimeline:
        """Where a timeline shows what a search found, the first `most` uses; with a `colour`, temporary markers there.

        The markers of earlier finds go then.  Raises HostError, OptionError `marker_colour_unknown`.
        """
        request = hosts_pb2.ShowFindsRequest(
            host=host,
            timeline=to_message(hosts_pb2.TimelineAddress, address),
            finds=[to_message(hosts_pb2.Find, find) for find in finds],
            most=most,
            in_out=in_out,
            colour=colour,
        )
        answer = await self._connection.call(request, hosts_pb2.ShowFindsResponse, HOST_CALL_S)
        return from_message(FindsOnTimeline, answer)

    async def go_to(
        self,
        host: str,
        *,
        marker: int | None = None,
        frame: int | None = None,
        timecode: str | None = None,
        find: int | None = None,
        address: TimelineAddress = OPEN,
    ) -> WentTo:
        """Moves the playhead to one of: our nth marker (from 1), a frame from the timeline's start, a timecode, the
        marker of the find of that number.

        Raises HostError, OptionError `host_marker_unknown`, `frame_outside`, `timecode_invalid`.
        """
        request = hosts_pb2.GoToRequest(
            host=host,
            timeline=to_message(hosts_pb2.TimelineAddress, address),
            marker=marker,
            frame=frame,
            timecode=timecode,
            find=find,
        )
        answer = await self._connection.call(request, hosts_pb2.GoToResponse, HOST_CALL_S)
        return from_message(WentTo, answer)

    async def marks_file(
        self,
        host: str,
        analysis_id: str,
        rate: Fraction | None = None,
        options: MarkerOptions | None = None,
        *,
        path: Path | None = None,
        remove: bool = False,
    ) -> MarksFile:
        """A file with which an editor marks a timeline by itself, or takes the markers off; see `hosts.proto`.

        It is named after the media, which lies at `path` where the caller knows that better than the library.

        Raises NotFoundError, InputError and OptionError `export_*`.
        """
        request = hosts_pb2.MakeMarksFileRequest(
            host=host,
            analysis_id=analysis_id,
            rate=None if rate is None else RATE.to(rate),
            options=to_message(hosts_pb2.MarkerOptions, options or MarkerOptions()),
            remove=remove,
            path=path_bytes(path),
        )
        return from_message(MarksFile, await self._connection.call(request, hosts_pb2.MakeMarksFileResponse))

    async def stop_script(self, host: str) -> bool:
        """Asks our script that runs in an editor to end; whether one did.  Waits a few seconds at most.

        Raises HostError, StoreError, DaemonError `daemon_busy` where others keep the editor busy for longer.
        """
        request = hosts_pb2.StopScriptRequest(host=host)
        return (await self._connection.call(request, hosts_pb2.StopScriptResponse)).ended
