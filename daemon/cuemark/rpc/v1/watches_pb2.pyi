import datetime

from cuemark.rpc.v1 import error_pb2 as _error_pb2
from cuemark.rpc.v1 import jobs_pb2 as _jobs_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WatchState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WATCH_STATE_UNSPECIFIED: _ClassVar[WatchState]
    WATCH_STATE_WATCHING: _ClassVar[WatchState]
    WATCH_STATE_WAITING: _ClassVar[WatchState]
    WATCH_STATE_COPYING: _ClassVar[WatchState]
    WATCH_STATE_RECORDING: _ClassVar[WatchState]
    WATCH_STATE_INDEXING: _ClassVar[WatchState]
    WATCH_STATE_DONE: _ClassVar[WatchState]
    WATCH_STATE_INCOMPLETE: _ClassVar[WatchState]
    WATCH_STATE_PASSED_OVER: _ClassVar[WatchState]
    WATCH_STATE_FAILED: _ClassVar[WatchState]
    WATCH_STATE_GONE: _ClassVar[WatchState]
    WATCH_STATE_MOVED: _ClassVar[WatchState]
WATCH_STATE_UNSPECIFIED: WatchState
WATCH_STATE_WATCHING: WatchState
WATCH_STATE_WAITING: WatchState
WATCH_STATE_COPYING: WatchState
WATCH_STATE_RECORDING: WatchState
WATCH_STATE_INDEXING: WatchState
WATCH_STATE_DONE: WatchState
WATCH_STATE_INCOMPLETE: WatchState
WATCH_STATE_PASSED_OVER: WatchState
WATCH_STATE_FAILED: WatchState
WATCH_STATE_GONE: WatchState
WATCH_STATE_MOVED: WatchState

class WatchRequest(_message.Message):
    __slots__ = ("path", "analyze", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    ANALYZE_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    analyze: bool
    options: _jobs_pb2.AnalysisOptions
    def __init__(self, path: _Optional[bytes] = ..., analyze: _Optional[bool] = ..., options: _Optional[_Union[_jobs_pb2.AnalysisOptions, _Mapping]] = ...) -> None: ...

class WatchedFolder(_message.Message):
    __slots__ = ("request", "since", "known", "present", "polled", "counts")
    class CountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    KNOWN_FIELD_NUMBER: _ClassVar[int]
    PRESENT_FIELD_NUMBER: _ClassVar[int]
    POLLED_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    request: WatchRequest
    since: _timestamp_pb2.Timestamp
    known: bool
    present: bool
    polled: str
    counts: _containers.ScalarMap[str, int]
    def __init__(self, request: _Optional[_Union[WatchRequest, _Mapping]] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., known: _Optional[bool] = ..., present: _Optional[bool] = ..., polled: _Optional[str] = ..., counts: _Optional[_Mapping[str, int]] = ...) -> None: ...

class WatchFolderRequest(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: WatchRequest
    def __init__(self, request: _Optional[_Union[WatchRequest, _Mapping]] = ...) -> None: ...

class WatchFolderResponse(_message.Message):
    __slots__ = ("folder",)
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    folder: WatchedFolder
    def __init__(self, folder: _Optional[_Union[WatchedFolder, _Mapping]] = ...) -> None: ...

class ListWatchesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListWatchesResponse(_message.Message):
    __slots__ = ("folders",)
    FOLDERS_FIELD_NUMBER: _ClassVar[int]
    folders: _containers.RepeatedCompositeFieldContainer[WatchedFolder]
    def __init__(self, folders: _Optional[_Iterable[_Union[WatchedFolder, _Mapping]]] = ...) -> None: ...

class StopWatchRequest(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    def __init__(self, path: _Optional[bytes] = ...) -> None: ...

class StopWatchResponse(_message.Message):
    __slots__ = ("folder",)
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    folder: WatchedFolder
    def __init__(self, folder: _Optional[_Union[WatchedFolder, _Mapping]] = ...) -> None: ...

class FollowWatchRequest(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    def __init__(self, path: _Optional[bytes] = ...) -> None: ...

class FollowWatchResponse(_message.Message):
    __slots__ = ("sequence", "at", "folder", "path", "state", "error", "note", "moved_from", "job_id", "analysis_id", "standing")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    MOVED_FROM_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    ANALYSIS_ID_FIELD_NUMBER: _ClassVar[int]
    STANDING_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    at: _timestamp_pb2.Timestamp
    folder: bytes
    path: bytes
    state: WatchState
    error: _error_pb2.Error
    note: str
    moved_from: bytes
    job_id: str
    analysis_id: str
    standing: bool
    def __init__(self, sequence: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., folder: _Optional[bytes] = ..., path: _Optional[bytes] = ..., state: _Optional[_Union[WatchState, str]] = ..., error: _Optional[_Union[_error_pb2.Error, _Mapping]] = ..., note: _Optional[str] = ..., moved_from: _Optional[bytes] = ..., job_id: _Optional[str] = ..., analysis_id: _Optional[str] = ..., standing: _Optional[bool] = ...) -> None: ...
