"""Messages of the contract to and from our own types: editors, their timelines and markers.

Names come from editors and from paths; what UTF-8 cannot carry is made printable.
"""

from __future__ import annotations

from pathlib import Path

from cuemark.core.errors import CuemarkError, HostError
from cuemark.core.markers import (
    DroppedMarker,
    HostMarker,
    MarkerColours,
    MarkerEdit,
    MarkerKind,
    MarkerOptions,
    TimelineMarker,
)
from cuemark.core.text import printable
from cuemark.core.timeline import (
    Delivery,
    Edition,
    Footage,
    HostState,
    HostTimeline,
    LeftOut,
    MarksFile,
    Removal,
    TimelineAddress,
    TimelineClip,
    TimelineDescription,
    TimelineView,
    WentTo,
)
from cuemark.rpc.contract.convert import notices_from, notices_to, path_from, path_to, rate_from, rate_to
from cuemark.rpc.v1 import hosts_pb2


def state_to(state: HostState) -> hosts_pb2.Host:
    message = hosts_pb2.Host(
        name=state.name,
        product=printable(state.product),
        version=printable(state.version),
        edition=state.edition,
        way=state.transport,
        reason=printable(state.reason),
        script_version=printable(state.script_version),
    )
    if state.problem is not None:
        problem = state.problem
        message.problem.CopyFrom(
            hosts_pb2.HostProblem(
                code=problem.code, message=printable(problem.message), next_step=printable(problem.next_step)
            )
        )
    return message


def state_from(message: hosts_pb2.Host) -> HostState:
    problem: CuemarkError | None = None
    if message.HasField("problem"):
        problem = HostError(message.problem.code, message.problem.message, message.problem.next_step)
    return HostState(
        message.name,
        message.product,
        message.version,
        message.edition,
        message.way,
        message.reason,
        message.script_version,
        problem,
    )


def address_to(host: str, address: TimelineAddress) -> hosts_pb2.TimelineAddress:
    return hosts_pb2.TimelineAddress(
        host=host, name=address.name, project_id=address.project_id, timeline_id=address.timeline_id
    )


def address_from(message: hosts_pb2.TimelineAddress) -> TimelineAddress:
    return TimelineAddress(message.name, message.project_id, message.timeline_id)


def timeline_to(timeline: HostTimeline) -> hosts_pb2.Timeline:
    told = timeline.description
    selected = timeline.selected or frozenset()
    return hosts_pb2.Timeline(
        host=told.host,
        product=printable(told.product),
        version=printable(told.version),
        edition=told.edition,
        project=printable(told.project),
        name=printable(told.timeline),
        rate=rate_to(told.rate),
        drop_frame=told.drop_frame,
        start_frame=told.start_frame,
        start_timecode=told.start_timecode,
        duration=told.duration,
        playhead=told.playhead,
        clips=[_clip_to(clip, (clip.track, clip.index) in selected) for clip in told.clips],
        script_version=printable(told.script_version),
        project_id=timeline.project_id,
        timeline_id=timeline.timeline_id,
        is_open=timeline.is_open,
        tells_selection=timeline.selected is not None,
    )


def timeline_from(message: hosts_pb2.Timeline) -> HostTimeline:
    edition: Edition = "studio" if message.edition == "studio" else "free"
    description = TimelineDescription(
        host=message.host,
        product=message.product,
        version=message.version,
        edition=edition,
        project=message.project,
        timeline=message.name,
        rate=rate_from(message.rate),
        drop_frame=message.drop_frame,
        start_frame=message.start_frame,
        start_timecode=message.start_timecode,
        duration=message.duration,
        playhead=message.playhead if message.HasField("playhead") else None,
        clips=tuple(map(_clip_from, message.clips)),
        script_version=message.script_version,
    )
    selected = frozenset((clip.track, clip.index) for clip in message.clips if clip.selected)
    return HostTimeline(
        description,
        message.project_id,
        message.timeline_id,
        message.is_open,
        selected if message.tells_selection else None,
    )


def _clip_to(clip: TimelineClip, selected: bool) -> hosts_pb2.TimelineClip:
    return hosts_pb2.TimelineClip(
        item=printable(clip.item),
        track=clip.track,
        index=clip.index,
        start=clip.start,
        duration=clip.duration,
        path=None if clip.path is None else path_to(clip.path),
        media_type=printable(clip.media_type),
        clip_rate=None if clip.clip_rate is None else rate_to(clip.clip_rate),
        media_start_timecode=printable(clip.media_start_tc),
        source_start=clip.source_start,
        source_end=clip.source_end,
        speed=None if clip.speed is None else rate_to(clip.speed),
        problem=clip.problem,
        enabled=clip.enabled,
        selected=selected,
    )


def _clip_from(message: hosts_pb2.TimelineClip) -> TimelineClip:
    path: Path | None = path_from(message.path) if message.HasField("path") else None
    return TimelineClip(
        item=message.item,
        track=message.track,
        index=message.index,
        start=message.start,
        duration=message.duration,
        path=path,
        media_type=message.media_type,
        clip_rate=rate_from(message.clip_rate) if message.HasField("clip_rate") else None,
        media_start_tc=message.media_start_timecode,
        source_start=message.source_start if message.HasField("source_start") else None,
        source_end=message.source_end if message.HasField("source_end") else None,
        speed=rate_from(message.speed) if message.HasField("speed") else None,
        problem=message.problem,
        enabled=message.enabled,
    )


def view_to(view: TimelineView) -> hosts_pb2.DescribeTimelineResponse:
    return hosts_pb2.DescribeTimelineResponse(
        timeline=timeline_to(view.timeline),
        markers=map(marker_to, view.markers),
        other_markers=view.other_markers,
        footage=[
            hosts_pb2.Footage(path=path_to(each.path), fingerprint=each.fingerprint, analysis_ids=each.analyses)
            for each in view.footage
        ],
    )


def view_from(message: hosts_pb2.DescribeTimelineResponse) -> TimelineView:
    return TimelineView(
        timeline_from(message.timeline),
        tuple(map(marker_from, message.markers)),
        message.other_markers,
        tuple(map(footage_from, message.footage)),
    )


def went_to(went: WentTo) -> hosts_pb2.GoToResponse:
    marker = None if went.marker is None else marker_to(went.marker)
    return hosts_pb2.GoToResponse(frame=went.frame, timecode=went.timecode, marker=marker)


def went_from(message: hosts_pb2.GoToResponse) -> WentTo:
    marker = marker_from(message.marker) if message.HasField("marker") else None
    return WentTo(message.frame, message.timecode, marker)


def marks_file_to(made: MarksFile) -> hosts_pb2.MakeMarksFileResponse:
    return hosts_pb2.MakeMarksFileResponse(
        name=printable(made.name),
        data=made.data,
        count=made.count,
        rate=rate_to(made.rate),
        warnings=notices_to(made.warnings),
    )


def marks_file_from(message: hosts_pb2.MakeMarksFileResponse) -> MarksFile:
    return MarksFile(message.name, message.data, message.count, rate_from(message.rate), notices_from(message.warnings))


def footage_from(message: hosts_pb2.Footage) -> Footage:
    return Footage(path_from(message.path), message.fingerprint, tuple(message.analysis_ids))


def marker_to(marker: HostMarker) -> hosts_pb2.Marker:
    return hosts_pb2.Marker(
        frame=marker.frame,
        duration=marker.duration,
        color=printable(marker.color),
        name=printable(marker.name),
        note=printable(marker.note),
        custom_data=printable(marker.custom_data),
    )


def marker_from(message: hosts_pb2.Marker) -> HostMarker:
    return HostMarker(message.frame, message.duration, message.color, message.name, message.note, message.custom_data)


def options_to(options: MarkerOptions) -> hosts_pb2.MarkerOptions:
    return hosts_pb2.MarkerOptions(
        moment_color=options.colours.moment,
        chapter_color=options.colours.chapter,
        without_moments=not options.moments,
        without_chapters=not options.chapters,
        transliterate=options.transliterate,
    )


def options_from(message: hosts_pb2.MarkerOptions) -> MarkerOptions:
    """Raises OptionError `marker_colour_unknown`, `marker_colours_equal`."""
    return MarkerOptions(
        colours=MarkerColours.named(message.moment_color or None, message.chapter_color or None),
        moments=not message.without_moments,
        chapters=not message.without_chapters,
        transliterate=message.transliterate,
    )


def delivery_to(delivery: Delivery) -> hosts_pb2.SendMarkersResponse:
    return hosts_pb2.SendMarkersResponse(
        timeline=timeline_to(delivery.timeline),
        markers=[
            hosts_pb2.SentMarker(marker=marker_to(m.on_host()), moment=m.segment_id, kind=m.kind, merged=[*m.merged])
            for m in delivery.markers
        ],
        left_out=[hosts_pb2.LeftOutItem(item=printable(each.item), reason=each.reason) for each in delivery.left_out],
        dropped=[
            hosts_pb2.DroppedMarker(
                marker=marker_to(each.marker.on_host()),
                moment=each.marker.segment_id,
                kind=each.marker.kind,
                reason=each.reason,
            )
            for each in delivery.dropped
        ],
        edits=[
            hosts_pb2.MarkerEdit(marker=marker_to(edit.marker), changes=edit.changes, kept=edit.kept)
            for edit in delivery.edits
        ],
        added=delivery.added,
        changed=delivery.changed,
        removed=delivery.removed,
        unchanged=delivery.unchanged,
    )


def delivery_from(message: hosts_pb2.SendMarkersResponse) -> Delivery:
    return Delivery(
        timeline=timeline_from(message.timeline),
        markers=tuple(_wanted_from(m.marker, m.moment, m.kind, tuple(m.merged)) for m in message.markers),
        dropped=tuple(DroppedMarker(_wanted_from(m.marker, m.moment, m.kind), m.reason) for m in message.dropped),
        edits=tuple(MarkerEdit(marker_from(m.marker), tuple(m.changes), m.kept) for m in message.edits),
        added=message.added,
        changed=message.changed,
        removed=message.removed,
        unchanged=message.unchanged,
        left_out=tuple(LeftOut(each.item, each.reason) for each in message.left_out),
    )


def _wanted_from(message: hosts_pb2.Marker, moment: str, kind: str, merged: tuple[str, ...] = ()) -> TimelineMarker:
    is_kind: MarkerKind = "chapter" if kind == "chapter" else "moment"
    marker = marker_from(message)
    return TimelineMarker(
        marker.frame,
        marker.duration,
        marker.color,
        marker.name,
        marker.note,
        marker.custom_data,
        moment,
        is_kind,
        merged=merged,
    )


def removal_to(removal: Removal) -> hosts_pb2.RemoveMarkersResponse:
    return hosts_pb2.RemoveMarkersResponse(
        timeline=timeline_to(removal.timeline), removed=map(marker_to, removal.removed), left=removal.left
    )


def removal_from(message: hosts_pb2.RemoveMarkersResponse) -> Removal:
    return Removal(timeline_from(message.timeline), tuple(map(marker_from, message.removed)), message.left)
