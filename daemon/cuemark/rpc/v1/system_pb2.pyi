import datetime

from cuemark.rpc.v1 import error_pb2 as _error_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetVersionRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetVersionResponse(_message.Message):
    __slots__ = ("version", "protocol", "instance_id", "notices")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_ID_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    version: str
    protocol: int
    instance_id: str
    notices: _containers.RepeatedCompositeFieldContainer[_error_pb2.Notice]
    def __init__(self, version: _Optional[str] = ..., protocol: _Optional[int] = ..., instance_id: _Optional[str] = ..., notices: _Optional[_Iterable[_Union[_error_pb2.Notice, _Mapping]]] = ...) -> None: ...

class Device(_message.Message):
    __slots__ = ("role", "asked", "used", "reason")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    ASKED_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    role: str
    asked: str
    used: str
    reason: str
    def __init__(self, role: _Optional[str] = ..., asked: _Optional[str] = ..., used: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("version", "protocol", "instance_id", "pid", "started_at", "endpoint", "data_path", "log_path", "disk_free", "devices", "loaded_models", "jobs_queued", "jobs_running", "worker_pid", "worker_limits")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_ID_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    DATA_PATH_FIELD_NUMBER: _ClassVar[int]
    LOG_PATH_FIELD_NUMBER: _ClassVar[int]
    DISK_FREE_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    LOADED_MODELS_FIELD_NUMBER: _ClassVar[int]
    JOBS_QUEUED_FIELD_NUMBER: _ClassVar[int]
    JOBS_RUNNING_FIELD_NUMBER: _ClassVar[int]
    WORKER_PID_FIELD_NUMBER: _ClassVar[int]
    WORKER_LIMITS_FIELD_NUMBER: _ClassVar[int]
    version: str
    protocol: int
    instance_id: str
    pid: int
    started_at: _timestamp_pb2.Timestamp
    endpoint: str
    data_path: bytes
    log_path: bytes
    disk_free: int
    devices: _containers.RepeatedCompositeFieldContainer[Device]
    loaded_models: _containers.RepeatedScalarFieldContainer[str]
    jobs_queued: int
    jobs_running: int
    worker_pid: int
    worker_limits: str
    def __init__(self, version: _Optional[str] = ..., protocol: _Optional[int] = ..., instance_id: _Optional[str] = ..., pid: _Optional[int] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., endpoint: _Optional[str] = ..., data_path: _Optional[bytes] = ..., log_path: _Optional[bytes] = ..., disk_free: _Optional[int] = ..., devices: _Optional[_Iterable[_Union[Device, _Mapping]]] = ..., loaded_models: _Optional[_Iterable[str]] = ..., jobs_queued: _Optional[int] = ..., jobs_running: _Optional[int] = ..., worker_pid: _Optional[int] = ..., worker_limits: _Optional[str] = ...) -> None: ...

class GetCacheRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCacheResponse(_message.Message):
    __slots__ = ("path", "bytes", "tracks")
    PATH_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    bytes: int
    tracks: int
    def __init__(self, path: _Optional[bytes] = ..., bytes: _Optional[int] = ..., tracks: _Optional[int] = ...) -> None: ...

class PruneCacheRequest(_message.Message):
    __slots__ = ("max_bytes",)
    MAX_BYTES_FIELD_NUMBER: _ClassVar[int]
    max_bytes: int
    def __init__(self, max_bytes: _Optional[int] = ...) -> None: ...

class PruneCacheResponse(_message.Message):
    __slots__ = ("bytes_freed", "files_removed")
    BYTES_FREED_FIELD_NUMBER: _ClassVar[int]
    FILES_REMOVED_FIELD_NUMBER: _ClassVar[int]
    bytes_freed: int
    files_removed: int
    def __init__(self, bytes_freed: _Optional[int] = ..., files_removed: _Optional[int] = ...) -> None: ...

class ShutdownRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ShutdownResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
