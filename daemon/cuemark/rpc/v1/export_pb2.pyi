from cuemark.rpc.v1 import error_pb2 as _error_pb2
from cuemark.rpc.v1 import time_pb2 as _time_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExportFormat(_message.Message):
    __slots__ = ("name", "suffix", "description")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SUFFIX_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    suffix: str
    description: str
    def __init__(self, name: _Optional[str] = ..., suffix: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class ExportOptions(_message.Message):
    __slots__ = ("rate", "drop_frame", "start_timecode", "transliterate", "tags", "said", "shots")
    RATE_FIELD_NUMBER: _ClassVar[int]
    DROP_FRAME_FIELD_NUMBER: _ClassVar[int]
    START_TIMECODE_FIELD_NUMBER: _ClassVar[int]
    TRANSLITERATE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    SAID_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    rate: _time_pb2.Rate
    drop_frame: bool
    start_timecode: str
    transliterate: bool
    tags: bool
    said: bool
    shots: bool
    def __init__(self, rate: _Optional[_Union[_time_pb2.Rate, _Mapping]] = ..., drop_frame: _Optional[bool] = ..., start_timecode: _Optional[str] = ..., transliterate: _Optional[bool] = ..., tags: _Optional[bool] = ..., said: _Optional[bool] = ..., shots: _Optional[bool] = ...) -> None: ...

class ListFormatsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListFormatsResponse(_message.Message):
    __slots__ = ("formats",)
    FORMATS_FIELD_NUMBER: _ClassVar[int]
    formats: _containers.RepeatedCompositeFieldContainer[ExportFormat]
    def __init__(self, formats: _Optional[_Iterable[_Union[ExportFormat, _Mapping]]] = ...) -> None: ...

class ExportAnalysisRequest(_message.Message):
    __slots__ = ("analysis_id", "format", "options", "path")
    ANALYSIS_ID_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    analysis_id: str
    format: str
    options: ExportOptions
    path: bytes
    def __init__(self, analysis_id: _Optional[str] = ..., format: _Optional[str] = ..., options: _Optional[_Union[ExportOptions, _Mapping]] = ..., path: _Optional[bytes] = ...) -> None: ...

class ExportAnalysisResponse(_message.Message):
    __slots__ = ("suggested_name", "warnings", "data")
    SUGGESTED_NAME_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    suggested_name: str
    warnings: _containers.RepeatedCompositeFieldContainer[_error_pb2.Notice]
    data: bytes
    def __init__(self, suggested_name: _Optional[str] = ..., warnings: _Optional[_Iterable[_Union[_error_pb2.Notice, _Mapping]]] = ..., data: _Optional[bytes] = ...) -> None: ...
