from cuemark.rpc.v1 import error_pb2 as _error_pb2
from cuemark.rpc.v1 import time_pb2 as _time_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Host(_message.Message):
    __slots__ = ("name", "product", "version", "edition", "transport", "reason", "script_version", "problem")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EDITION_FIELD_NUMBER: _ClassVar[int]
    TRANSPORT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SCRIPT_VERSION_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    name: str
    product: str
    version: str
    edition: str
    transport: str
    reason: str
    script_version: str
    problem: _error_pb2.Error
    def __init__(self, name: _Optional[str] = ..., product: _Optional[str] = ..., version: _Optional[str] = ..., edition: _Optional[str] = ..., transport: _Optional[str] = ..., reason: _Optional[str] = ..., script_version: _Optional[str] = ..., problem: _Optional[_Union[_error_pb2.Error, _Mapping]] = ...) -> None: ...

class FootageTranscript(_message.Message):
    __slots__ = ("path", "transcript", "utterances", "warnings")
    PATH_FIELD_NUMBER: _ClassVar[int]
    TRANSCRIPT_FIELD_NUMBER: _ClassVar[int]
    UTTERANCES_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    transcript: bytes
    utterances: int
    warnings: _containers.RepeatedCompositeFieldContainer[_error_pb2.Notice]
    def __init__(self, path: _Optional[bytes] = ..., transcript: _Optional[bytes] = ..., utterances: _Optional[int] = ..., warnings: _Optional[_Iterable[_Union[_error_pb2.Notice, _Mapping]]] = ...) -> None: ...

class ReadSubtitlesRequest(_message.Message):
    __slots__ = ("host", "timeline")
    HOST_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    host: str
    timeline: TimelineAddress
    def __init__(self, host: _Optional[str] = ..., timeline: _Optional[_Union[TimelineAddress, _Mapping]] = ...) -> None: ...

class ReadSubtitlesResponse(_message.Message):
    __slots__ = ("transcripts",)
    TRANSCRIPTS_FIELD_NUMBER: _ClassVar[int]
    transcripts: _containers.RepeatedCompositeFieldContainer[FootageTranscript]
    def __init__(self, transcripts: _Optional[_Iterable[_Union[FootageTranscript, _Mapping]]] = ...) -> None: ...

class TimelineAddress(_message.Message):
    __slots__ = ("name", "project_id", "timeline_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    project_id: str
    timeline_id: str
    def __init__(self, name: _Optional[str] = ..., project_id: _Optional[str] = ..., timeline_id: _Optional[str] = ...) -> None: ...

class TimelineClip(_message.Message):
    __slots__ = ("item", "track", "index", "start", "duration", "path", "media_type", "clip_rate", "media_start_tc", "source_start", "source_end", "speed", "problem", "enabled", "track_name", "speed_assumed")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    TRACK_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    CLIP_RATE_FIELD_NUMBER: _ClassVar[int]
    MEDIA_START_TC_FIELD_NUMBER: _ClassVar[int]
    SOURCE_START_FIELD_NUMBER: _ClassVar[int]
    SOURCE_END_FIELD_NUMBER: _ClassVar[int]
    SPEED_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    TRACK_NAME_FIELD_NUMBER: _ClassVar[int]
    SPEED_ASSUMED_FIELD_NUMBER: _ClassVar[int]
    item: str
    track: int
    index: int
    start: int
    duration: int
    path: bytes
    media_type: str
    clip_rate: _time_pb2.Rate
    media_start_tc: str
    source_start: int
    source_end: int
    speed: _time_pb2.Rate
    problem: str
    enabled: bool
    track_name: str
    speed_assumed: bool
    def __init__(self, item: _Optional[str] = ..., track: _Optional[int] = ..., index: _Optional[int] = ..., start: _Optional[int] = ..., duration: _Optional[int] = ..., path: _Optional[bytes] = ..., media_type: _Optional[str] = ..., clip_rate: _Optional[_Union[_time_pb2.Rate, _Mapping]] = ..., media_start_tc: _Optional[str] = ..., source_start: _Optional[int] = ..., source_end: _Optional[int] = ..., speed: _Optional[_Union[_time_pb2.Rate, _Mapping]] = ..., problem: _Optional[str] = ..., enabled: _Optional[bool] = ..., track_name: _Optional[str] = ..., speed_assumed: _Optional[bool] = ...) -> None: ...

class FrameSpan(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class TimelineDescription(_message.Message):
    __slots__ = ("host", "product", "version", "edition", "project", "timeline", "rate", "drop_frame", "start_frame", "start_timecode", "duration", "playhead", "clips", "script_version", "in_out")
    HOST_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EDITION_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    DROP_FRAME_FIELD_NUMBER: _ClassVar[int]
    START_FRAME_FIELD_NUMBER: _ClassVar[int]
    START_TIMECODE_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    PLAYHEAD_FIELD_NUMBER: _ClassVar[int]
    CLIPS_FIELD_NUMBER: _ClassVar[int]
    SCRIPT_VERSION_FIELD_NUMBER: _ClassVar[int]
    IN_OUT_FIELD_NUMBER: _ClassVar[int]
    host: str
    product: str
    version: str
    edition: str
    project: str
    timeline: str
    rate: _time_pb2.Rate
    drop_frame: bool
    start_frame: int
    start_timecode: str
    duration: int
    playhead: int
    clips: _containers.RepeatedCompositeFieldContainer[TimelineClip]
    script_version: str
    in_out: FrameSpan
    def __init__(self, host: _Optional[str] = ..., product: _Optional[str] = ..., version: _Optional[str] = ..., edition: _Optional[str] = ..., project: _Optional[str] = ..., timeline: _Optional[str] = ..., rate: _Optional[_Union[_time_pb2.Rate, _Mapping]] = ..., drop_frame: _Optional[bool] = ..., start_frame: _Optional[int] = ..., start_timecode: _Optional[str] = ..., duration: _Optional[int] = ..., playhead: _Optional[int] = ..., clips: _Optional[_Iterable[_Union[TimelineClip, _Mapping]]] = ..., script_version: _Optional[str] = ..., in_out: _Optional[_Union[FrameSpan, _Mapping]] = ...) -> None: ...

class Timeline(_message.Message):
    __slots__ = ("description", "project_id", "timeline_id", "is_open", "selected", "tells_in_out")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_ID_FIELD_NUMBER: _ClassVar[int]
    IS_OPEN_FIELD_NUMBER: _ClassVar[int]
    SELECTED_FIELD_NUMBER: _ClassVar[int]
    TELLS_IN_OUT_FIELD_NUMBER: _ClassVar[int]
    description: TimelineDescription
    project_id: str
    timeline_id: str
    is_open: bool
    selected: Selection
    tells_in_out: bool
    def __init__(self, description: _Optional[_Union[TimelineDescription, _Mapping]] = ..., project_id: _Optional[str] = ..., timeline_id: _Optional[str] = ..., is_open: _Optional[bool] = ..., selected: _Optional[_Union[Selection, _Mapping]] = ..., tells_in_out: _Optional[bool] = ...) -> None: ...

class Selection(_message.Message):
    __slots__ = ("clips",)
    CLIPS_FIELD_NUMBER: _ClassVar[int]
    clips: _containers.RepeatedCompositeFieldContainer[ClipPlace]
    def __init__(self, clips: _Optional[_Iterable[_Union[ClipPlace, _Mapping]]] = ...) -> None: ...

class ClipPlace(_message.Message):
    __slots__ = ("track", "index")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    track: int
    index: int
    def __init__(self, track: _Optional[int] = ..., index: _Optional[int] = ...) -> None: ...

class Marker(_message.Message):
    __slots__ = ("frame", "duration", "color", "name", "note", "custom_data")
    FRAME_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    COLOR_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_DATA_FIELD_NUMBER: _ClassVar[int]
    frame: int
    duration: int
    color: str
    name: str
    note: str
    custom_data: str
    def __init__(self, frame: _Optional[int] = ..., duration: _Optional[int] = ..., color: _Optional[str] = ..., name: _Optional[str] = ..., note: _Optional[str] = ..., custom_data: _Optional[str] = ...) -> None: ...

class TimelineMarker(_message.Message):
    __slots__ = ("frame", "duration", "color", "name", "note", "custom_data", "segment_id", "kind", "low", "high", "merged")
    FRAME_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    COLOR_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_DATA_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    MERGED_FIELD_NUMBER: _ClassVar[int]
    frame: int
    duration: int
    color: str
    name: str
    note: str
    custom_data: str
    segment_id: str
    kind: str
    low: int
    high: int
    merged: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, frame: _Optional[int] = ..., duration: _Optional[int] = ..., color: _Optional[str] = ..., name: _Optional[str] = ..., note: _Optional[str] = ..., custom_data: _Optional[str] = ..., segment_id: _Optional[str] = ..., kind: _Optional[str] = ..., low: _Optional[int] = ..., high: _Optional[int] = ..., merged: _Optional[_Iterable[str]] = ...) -> None: ...

class LeftOut(_message.Message):
    __slots__ = ("item", "reason", "track", "frame", "track_name")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TRACK_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    TRACK_NAME_FIELD_NUMBER: _ClassVar[int]
    item: str
    reason: str
    track: int
    frame: int
    track_name: str
    def __init__(self, item: _Optional[str] = ..., reason: _Optional[str] = ..., track: _Optional[int] = ..., frame: _Optional[int] = ..., track_name: _Optional[str] = ...) -> None: ...

class DroppedMarker(_message.Message):
    __slots__ = ("marker", "reason")
    MARKER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    marker: TimelineMarker
    reason: str
    def __init__(self, marker: _Optional[_Union[TimelineMarker, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class MarkerEdit(_message.Message):
    __slots__ = ("marker", "changes", "kept")
    MARKER_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    marker: Marker
    changes: _containers.RepeatedScalarFieldContainer[str]
    kept: bool
    def __init__(self, marker: _Optional[_Union[Marker, _Mapping]] = ..., changes: _Optional[_Iterable[str]] = ..., kept: _Optional[bool] = ...) -> None: ...

class MarkerColours(_message.Message):
    __slots__ = ("moment", "chapter", "shot")
    MOMENT_FIELD_NUMBER: _ClassVar[int]
    CHAPTER_FIELD_NUMBER: _ClassVar[int]
    SHOT_FIELD_NUMBER: _ClassVar[int]
    moment: str
    chapter: str
    shot: str
    def __init__(self, moment: _Optional[str] = ..., chapter: _Optional[str] = ..., shot: _Optional[str] = ...) -> None: ...

class MarkerOptions(_message.Message):
    __slots__ = ("colours", "moments", "chapters", "transliterate", "tags", "said", "shots")
    COLOURS_FIELD_NUMBER: _ClassVar[int]
    MOMENTS_FIELD_NUMBER: _ClassVar[int]
    CHAPTERS_FIELD_NUMBER: _ClassVar[int]
    TRANSLITERATE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    SAID_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    colours: MarkerColours
    moments: bool
    chapters: bool
    transliterate: bool
    tags: bool
    said: bool
    shots: bool
    def __init__(self, colours: _Optional[_Union[MarkerColours, _Mapping]] = ..., moments: _Optional[bool] = ..., chapters: _Optional[bool] = ..., transliterate: _Optional[bool] = ..., tags: _Optional[bool] = ..., said: _Optional[bool] = ..., shots: _Optional[bool] = ...) -> None: ...

class ListHostsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListHostsResponse(_message.Message):
    __slots__ = ("hosts",)
    HOSTS_FIELD_NUMBER: _ClassVar[int]
    hosts: _containers.RepeatedCompositeFieldContainer[Host]
    def __init__(self, hosts: _Optional[_Iterable[_Union[Host, _Mapping]]] = ...) -> None: ...

class DescribeTimelineRequest(_message.Message):
    __slots__ = ("host", "timeline", "with_footage")
    HOST_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    WITH_FOOTAGE_FIELD_NUMBER: _ClassVar[int]
    host: str
    timeline: TimelineAddress
    with_footage: bool
    def __init__(self, host: _Optional[str] = ..., timeline: _Optional[_Union[TimelineAddress, _Mapping]] = ..., with_footage: _Optional[bool] = ...) -> None: ...

class Footage(_message.Message):
    __slots__ = ("path", "fingerprint", "analyses")
    PATH_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    ANALYSES_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    fingerprint: str
    analyses: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, path: _Optional[bytes] = ..., fingerprint: _Optional[str] = ..., analyses: _Optional[_Iterable[str]] = ...) -> None: ...

class DescribeTimelineResponse(_message.Message):
    __slots__ = ("timeline", "markers", "other_markers", "footage", "theirs", "finds")
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    MARKERS_FIELD_NUMBER: _ClassVar[int]
    OTHER_MARKERS_FIELD_NUMBER: _ClassVar[int]
    FOOTAGE_FIELD_NUMBER: _ClassVar[int]
    THEIRS_FIELD_NUMBER: _ClassVar[int]
    FINDS_FIELD_NUMBER: _ClassVar[int]
    timeline: Timeline
    markers: _containers.RepeatedCompositeFieldContainer[Marker]
    other_markers: int
    footage: _containers.RepeatedCompositeFieldContainer[Footage]
    theirs: _containers.RepeatedCompositeFieldContainer[Marker]
    finds: _containers.RepeatedCompositeFieldContainer[Marker]
    def __init__(self, timeline: _Optional[_Union[Timeline, _Mapping]] = ..., markers: _Optional[_Iterable[_Union[Marker, _Mapping]]] = ..., other_markers: _Optional[int] = ..., footage: _Optional[_Iterable[_Union[Footage, _Mapping]]] = ..., theirs: _Optional[_Iterable[_Union[Marker, _Mapping]]] = ..., finds: _Optional[_Iterable[_Union[Marker, _Mapping]]] = ...) -> None: ...

class SendMarkersRequest(_message.Message):
    __slots__ = ("host", "timeline", "analysis_ids", "options", "discard_edits", "in_out")
    HOST_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    ANALYSIS_IDS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    DISCARD_EDITS_FIELD_NUMBER: _ClassVar[int]
    IN_OUT_FIELD_NUMBER: _ClassVar[int]
    host: str
    timeline: TimelineAddress
    analysis_ids: _containers.RepeatedScalarFieldContainer[str]
    options: MarkerOptions
    discard_edits: bool
    in_out: bool
    def __init__(self, host: _Optional[str] = ..., timeline: _Optional[_Union[TimelineAddress, _Mapping]] = ..., analysis_ids: _Optional[_Iterable[str]] = ..., options: _Optional[_Union[MarkerOptions, _Mapping]] = ..., discard_edits: _Optional[bool] = ..., in_out: _Optional[bool] = ...) -> None: ...

class SendMarkersResponse(_message.Message):
    __slots__ = ("timeline", "markers", "left_out", "dropped", "edits", "added", "changed", "removed", "unchanged", "warnings")
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    MARKERS_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    EDITS_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    timeline: Timeline
    markers: _containers.RepeatedCompositeFieldContainer[TimelineMarker]
    left_out: _containers.RepeatedCompositeFieldContainer[LeftOut]
    dropped: _containers.RepeatedCompositeFieldContainer[DroppedMarker]
    edits: _containers.RepeatedCompositeFieldContainer[MarkerEdit]
    added: int
    changed: int
    removed: int
    unchanged: int
    warnings: _containers.RepeatedCompositeFieldContainer[_error_pb2.Notice]
    def __init__(self, timeline: _Optional[_Union[Timeline, _Mapping]] = ..., markers: _Optional[_Iterable[_Union[TimelineMarker, _Mapping]]] = ..., left_out: _Optional[_Iterable[_Union[LeftOut, _Mapping]]] = ..., dropped: _Optional[_Iterable[_Union[DroppedMarker, _Mapping]]] = ..., edits: _Optional[_Iterable[_Union[MarkerEdit, _Mapping]]] = ..., added: _Optional[int] = ..., changed: _Optional[int] = ..., removed: _Optional[int] = ..., unchanged: _Optional[int] = ..., warnings: _Optional[_Iterable[_Union[_error_pb2.Notice, _Mapping]]] = ...) -> None: ...

class RemoveMarkersRequest(_message.Message):
    __slots__ = ("host", "timeline", "analysis_id", "in_out", "finds")
    HOST_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    ANALYSIS_ID_FIELD_NUMBER: _ClassVar[int]
    IN_OUT_FIELD_NUMBER: _ClassVar[int]
    FINDS_FIELD_NUMBER: _ClassVar[int]
    host: str
    timeline: TimelineAddress
    analysis_id: str
    in_out: bool
    finds: bool
    def __init__(self, host: _Optional[str] = ..., timeline: _Optional[_Union[TimelineAddress, _Mapping]] = ..., analysis_id: _Optional[str] = ..., in_out: _Optional[bool] = ..., finds: _Optional[bool] = ...) -> None: ...

class RemoveMarkersResponse(_message.Message):
    __slots__ = ("timeline", "removed", "left")
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    timeline: Timeline
    removed: _containers.RepeatedCompositeFieldContainer[Marker]
    left: int
    def __init__(self, timeline: _Optional[_Union[Timeline, _Mapping]] = ..., removed: _Optional[_Iterable[_Union[Marker, _Mapping]]] = ..., left: _Optional[int] = ...) -> None: ...

class Find(_message.Message):
    __slots__ = ("fingerprint", "start", "end", "name", "note")
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    fingerprint: str
    start: _time_pb2.Time
    end: _time_pb2.Time
    name: str
    note: str
    def __init__(self, fingerprint: _Optional[str] = ..., start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., end: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., name: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class PlacedFind(_message.Message):
    __slots__ = ("number", "find", "frame", "duration", "track", "track_name", "item", "marked_at", "problem")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    FIND_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    TRACK_FIELD_NUMBER: _ClassVar[int]
    TRACK_NAME_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    MARKED_AT_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    number: int
    find: int
    frame: int
    duration: int
    track: int
    track_name: str
    item: str
    marked_at: int
    problem: str
    def __init__(self, number: _Optional[int] = ..., find: _Optional[int] = ..., frame: _Optional[int] = ..., duration: _Optional[int] = ..., track: _Optional[int] = ..., track_name: _Optional[str] = ..., item: _Optional[str] = ..., marked_at: _Optional[int] = ..., problem: _Optional[str] = ...) -> None: ...

class ShowFindsRequest(_message.Message):
    __slots__ = ("host", "timeline", "finds", "most", "in_out", "colour")
    HOST_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    FINDS_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    IN_OUT_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    host: str
    timeline: TimelineAddress
    finds: _containers.RepeatedCompositeFieldContainer[Find]
    most: int
    in_out: bool
    colour: str
    def __init__(self, host: _Optional[str] = ..., timeline: _Optional[_Union[TimelineAddress, _Mapping]] = ..., finds: _Optional[_Iterable[_Union[Find, _Mapping]]] = ..., most: _Optional[int] = ..., in_out: _Optional[bool] = ..., colour: _Optional[str] = ...) -> None: ...

class ShowFindsResponse(_message.Message):
    __slots__ = ("timeline", "placed", "left_out", "removed", "markers")
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    PLACED_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    MARKERS_FIELD_NUMBER: _ClassVar[int]
    timeline: Timeline
    placed: _containers.RepeatedCompositeFieldContainer[PlacedFind]
    left_out: _containers.RepeatedCompositeFieldContainer[LeftOut]
    removed: int
    markers: _containers.RepeatedCompositeFieldContainer[Marker]
    def __init__(self, timeline: _Optional[_Union[Timeline, _Mapping]] = ..., placed: _Optional[_Iterable[_Union[PlacedFind, _Mapping]]] = ..., left_out: _Optional[_Iterable[_Union[LeftOut, _Mapping]]] = ..., removed: _Optional[int] = ..., markers: _Optional[_Iterable[_Union[Marker, _Mapping]]] = ...) -> None: ...

class GoToRequest(_message.Message):
    __slots__ = ("host", "timeline", "frame", "timecode", "marker", "find")
    HOST_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    TIMECODE_FIELD_NUMBER: _ClassVar[int]
    MARKER_FIELD_NUMBER: _ClassVar[int]
    FIND_FIELD_NUMBER: _ClassVar[int]
    host: str
    timeline: TimelineAddress
    frame: int
    timecode: str
    marker: int
    find: int
    def __init__(self, host: _Optional[str] = ..., timeline: _Optional[_Union[TimelineAddress, _Mapping]] = ..., frame: _Optional[int] = ..., timecode: _Optional[str] = ..., marker: _Optional[int] = ..., find: _Optional[int] = ...) -> None: ...

class GoToResponse(_message.Message):
    __slots__ = ("frame", "timecode", "marker")
    FRAME_FIELD_NUMBER: _ClassVar[int]
    TIMECODE_FIELD_NUMBER: _ClassVar[int]
    MARKER_FIELD_NUMBER: _ClassVar[int]
    frame: int
    timecode: str
    marker: Marker
    def __init__(self, frame: _Optional[int] = ..., timecode: _Optional[str] = ..., marker: _Optional[_Union[Marker, _Mapping]] = ...) -> None: ...

class StopScriptRequest(_message.Message):
    __slots__ = ("host",)
    HOST_FIELD_NUMBER: _ClassVar[int]
    host: str
    def __init__(self, host: _Optional[str] = ...) -> None: ...

class StopScriptResponse(_message.Message):
    __slots__ = ("ended",)
    ENDED_FIELD_NUMBER: _ClassVar[int]
    ended: bool
    def __init__(self, ended: _Optional[bool] = ...) -> None: ...

class MakeMarksFileRequest(_message.Message):
    __slots__ = ("host", "analysis_id", "rate", "options", "remove", "path")
    HOST_FIELD_NUMBER: _ClassVar[int]
    ANALYSIS_ID_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    REMOVE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    host: str
    analysis_id: str
    rate: _time_pb2.Rate
    options: MarkerOptions
    remove: bool
    path: bytes
    def __init__(self, host: _Optional[str] = ..., analysis_id: _Optional[str] = ..., rate: _Optional[_Union[_time_pb2.Rate, _Mapping]] = ..., options: _Optional[_Union[MarkerOptions, _Mapping]] = ..., remove: _Optional[bool] = ..., path: _Optional[bytes] = ...) -> None: ...

class MakeMarksFileResponse(_message.Message):
    __slots__ = ("name", "data", "count", "rate", "warnings")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    name: str
    data: bytes
    count: int
    rate: _time_pb2.Rate
    warnings: _containers.RepeatedCompositeFieldContainer[_error_pb2.Notice]
    def __init__(self, name: _Optional[str] = ..., data: _Optional[bytes] = ..., count: _Optional[int] = ..., rate: _Optional[_Union[_time_pb2.Rate, _Mapping]] = ..., warnings: _Optional[_Iterable[_Union[_error_pb2.Notice, _Mapping]]] = ...) -> None: ...
