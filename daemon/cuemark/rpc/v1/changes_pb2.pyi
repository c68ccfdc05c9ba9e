from cuemark.rpc.v1 import jobs_pb2 as _jobs_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Changed(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANGED_UNSPECIFIED: _ClassVar[Changed]
    CHANGED_ANALYSIS: _ClassVar[Changed]
    CHANGED_MEDIA: _ClassVar[Changed]
    CHANGED_JOB: _ClassVar[Changed]
CHANGED_UNSPECIFIED: Changed
CHANGED_ANALYSIS: Changed
CHANGED_MEDIA: Changed
CHANGED_JOB: Changed

class LibraryChange(_message.Message):
    __slots__ = ("what", "id", "media")
    WHAT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    what: Changed
    id: str
    media: str
    def __init__(self, what: _Optional[_Union[Changed, str]] = ..., id: _Optional[str] = ..., media: _Optional[str] = ...) -> None: ...

class WatchLibraryRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchLibraryResponse(_message.Message):
    __slots__ = ("changes",)
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[LibraryChange]
    def __init__(self, changes: _Optional[_Iterable[_Union[LibraryChange, _Mapping]]] = ...) -> None: ...

class WatchJobsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchJobsResponse(_message.Message):
    __slots__ = ("jobs",)
    JOBS_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[_jobs_pb2.Job]
    def __init__(self, jobs: _Optional[_Iterable[_Union[_jobs_pb2.Job, _Mapping]]] = ...) -> None: ...
