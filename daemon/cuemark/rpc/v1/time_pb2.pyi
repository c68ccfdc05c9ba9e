from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Time(_message.Message):
    __slots__ = ("ticks", "timescale")
    TICKS_FIELD_NUMBER: _ClassVar[int]
    TIMESCALE_FIELD_NUMBER: _ClassVar[int]
    ticks: int
    timescale: int
    def __init__(self, ticks: _Optional[int] = ..., timescale: _Optional[int] = ...) -> None: ...

class Rate(_message.Message):
    __slots__ = ("numerator", "denominator")
    NUMERATOR_FIELD_NUMBER: _ClassVar[int]
    DENOMINATOR_FIELD_NUMBER: _ClassVar[int]
    numerator: int
    denominator: int
    def __init__(self, numerator: _Optional[int] = ..., denominator: _Optional[int] = ...) -> None: ...

class Segment(_message.Message):
    __slots__ = ("start", "end", "start_frame", "end_frame")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    START_FRAME_FIELD_NUMBER: _ClassVar[int]
    END_FRAME_FIELD_NUMBER: _ClassVar[int]
    start: Time
    end: Time
    start_frame: int
    end_frame: int
    def __init__(self, start: _Optional[_Union[Time, _Mapping]] = ..., end: _Optional[_Union[Time, _Mapping]] = ..., start_frame: _Optional[int] = ..., end_frame: _Optional[int] = ...) -> None: ...
