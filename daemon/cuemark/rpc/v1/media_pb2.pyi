from cuemark.rpc.v1 import error_pb2 as _error_pb2
from cuemark.rpc.v1 import time_pb2 as _time_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Media(_message.Message):
    __slots__ = ("fingerprint", "path", "size", "container", "codec", "stream_index", "width", "height", "rotation", "pixel_aspect", "rate", "variable_rate", "duration", "frame_count", "start_time", "start_timecode", "warnings", "keyframes", "picture_start", "jumps", "has_picture")
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    CONTAINER_FIELD_NUMBER: _ClassVar[int]
    CODEC_FIELD_NUMBER: _ClassVar[int]
    STREAM_INDEX_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ROTATION_FIELD_NUMBER: _ClassVar[int]
    PIXEL_ASPECT_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    VARIABLE_RATE_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    FRAME_COUNT_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIMECODE_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    KEYFRAMES_FIELD_NUMBER: _ClassVar[int]
    PICTURE_START_FIELD_NUMBER: _ClassVar[int]
    JUMPS_FIELD_NUMBER: _ClassVar[int]
    HAS_PICTURE_FIELD_NUMBER: _ClassVar[int]
    fingerprint: str
    path: bytes
    size: int
    container: str
    codec: str
    stream_index: int
    width: int
    height: int
    rotation: int
    pixel_aspect: _time_pb2.Rate
    rate: _time_pb2.Rate
    variable_rate: bool
    duration: _time_pb2.Time
    frame_count: int
    start_time: _time_pb2.Time
    start_timecode: str
    warnings: _containers.RepeatedCompositeFieldContainer[_error_pb2.Notice]
    keyframes: Keyframes
    picture_start: _time_pb2.Time
    jumps: _containers.RepeatedCompositeFieldContainer[ClockJump]
    has_picture: bool
    def __init__(self, fingerprint: _Optional[str] = ..., path: _Optional[bytes] = ..., size: _Optional[int] = ..., container: _Optional[str] = ..., codec: _Optional[str] = ..., stream_index: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., rotation: _Optional[int] = ..., pixel_aspect: _Optional[_Union[_time_pb2.Rate, _Mapping]] = ..., rate: _Optional[_Union[_time_pb2.Rate, _Mapping]] = ..., variable_rate: _Optional[bool] = ..., duration: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., frame_count: _Optional[int] = ..., start_time: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., start_timecode: _Optional[str] = ..., warnings: _Optional[_Iterable[_Union[_error_pb2.Notice, _Mapping]]] = ..., keyframes: _Optional[_Union[Keyframes, _Mapping]] = ..., picture_start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., jumps: _Optional[_Iterable[_Union[ClockJump, _Mapping]]] = ..., has_picture: _Optional[bool] = ...) -> None: ...

class ClockJump(_message.Message):
    __slots__ = ("packet", "before", "after")
    PACKET_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    packet: int
    before: int
    after: int
    def __init__(self, packet: _Optional[int] = ..., before: _Optional[int] = ..., after: _Optional[int] = ...) -> None: ...

class Keyframes(_message.Message):
    __slots__ = ("base", "first", "gaps")
    BASE_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    GAPS_FIELD_NUMBER: _ClassVar[int]
    base: _time_pb2.Time
    first: int
    gaps: _containers.RepeatedCompositeFieldContainer[KeyframeGap]
    def __init__(self, base: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., first: _Optional[int] = ..., gaps: _Optional[_Iterable[_Union[KeyframeGap, _Mapping]]] = ...) -> None: ...

class KeyframeGap(_message.Message):
    __slots__ = ("ticks", "times")
    TICKS_FIELD_NUMBER: _ClassVar[int]
    TIMES_FIELD_NUMBER: _ClassVar[int]
    ticks: int
    times: int
    def __init__(self, ticks: _Optional[int] = ..., times: _Optional[int] = ...) -> None: ...

class FindVideosRequest(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    def __init__(self, path: _Optional[bytes] = ...) -> None: ...

class FindVideosResponse(_message.Message):
    __slots__ = ("paths", "passed_over")
    PATHS_FIELD_NUMBER: _ClassVar[int]
    PASSED_OVER_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedScalarFieldContainer[bytes]
    passed_over: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, paths: _Optional[_Iterable[bytes]] = ..., passed_over: _Optional[_Iterable[bytes]] = ...) -> None: ...
