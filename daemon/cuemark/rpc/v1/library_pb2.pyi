import datetime

from cuemark.rpc.v1 import analyses_pb2 as _analyses_pb2
from cuemark.rpc.v1 import error_pb2 as _error_pb2
from cuemark.rpc.v1 import jobs_pb2 as _jobs_pb2
from cuemark.rpc.v1 import media_pb2 as _media_pb2
from cuemark.rpc.v1 import time_pb2 as _time_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IndexedMedia(_message.Message):
    __slots__ = ("media", "paths", "indexed_at", "encoders", "vectors", "shots", "utterances", "texts", "thumbnails", "recorded", "camera", "offline", "size", "warnings", "number")
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    INDEXED_AT_FIELD_NUMBER: _ClassVar[int]
    ENCODERS_FIELD_NUMBER: _ClassVar[int]
    VECTORS_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    UTTERANCES_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    THUMBNAILS_FIELD_NUMBER: _ClassVar[int]
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    OFFLINE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    media: _media_pb2.Media
    paths: _containers.RepeatedScalarFieldContainer[bytes]
    indexed_at: _timestamp_pb2.Timestamp
    encoders: _containers.RepeatedCompositeFieldContainer[_analyses_pb2.ModelUse]
    vectors: _containers.RepeatedScalarFieldContainer[int]
    shots: _containers.RepeatedCompositeFieldContainer[_analyses_pb2.Shot]
    utterances: int
    texts: int
    thumbnails: _containers.RepeatedCompositeFieldContainer[_time_pb2.Time]
    recorded: _timestamp_pb2.Timestamp
    camera: str
    offline: bool
    size: int
    warnings: _containers.RepeatedCompositeFieldContainer[_error_pb2.Notice]
    number: int
    def __init__(self, media: _Optional[_Union[_media_pb2.Media, _Mapping]] = ..., paths: _Optional[_Iterable[bytes]] = ..., indexed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., encoders: _Optional[_Iterable[_Union[_analyses_pb2.ModelUse, _Mapping]]] = ..., vectors: _Optional[_Iterable[int]] = ..., shots: _Optional[_Iterable[_Union[_analyses_pb2.Shot, _Mapping]]] = ..., utterances: _Optional[int] = ..., texts: _Optional[int] = ..., thumbnails: _Optional[_Iterable[_Union[_time_pb2.Time, _Mapping]]] = ..., recorded: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., camera: _Optional[str] = ..., offline: _Optional[bool] = ..., size: _Optional[int] = ..., warnings: _Optional[_Iterable[_Union[_error_pb2.Notice, _Mapping]]] = ..., number: _Optional[int] = ...) -> None: ...

class Indexed(_message.Message):
    __slots__ = ("media", "modified_ns", "asked", "opening")
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    MODIFIED_NS_FIELD_NUMBER: _ClassVar[int]
    ASKED_FIELD_NUMBER: _ClassVar[int]
    OPENING_FIELD_NUMBER: _ClassVar[int]
    media: _media_pb2.Media
    modified_ns: int
    asked: str
    opening: str
    def __init__(self, media: _Optional[_Union[_media_pb2.Media, _Mapping]] = ..., modified_ns: _Optional[int] = ..., asked: _Optional[str] = ..., opening: _Optional[str] = ...) -> None: ...

class EntryProblem(_message.Message):
    __slots__ = ("code", "fingerprint", "message", "path")
    CODE_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    code: str
    fingerprint: str
    message: str
    path: bytes
    def __init__(self, code: _Optional[str] = ..., fingerprint: _Optional[str] = ..., message: _Optional[str] = ..., path: _Optional[bytes] = ...) -> None: ...

class IndexReport(_message.Message):
    __slots__ = ("media", "size", "offline", "problems", "swept", "unclaimed", "jobs")
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    OFFLINE_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    SWEPT_FIELD_NUMBER: _ClassVar[int]
    UNCLAIMED_FIELD_NUMBER: _ClassVar[int]
    JOBS_FIELD_NUMBER: _ClassVar[int]
    media: int
    size: int
    offline: int
    problems: _containers.RepeatedCompositeFieldContainer[EntryProblem]
    swept: int
    unclaimed: int
    jobs: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, media: _Optional[int] = ..., size: _Optional[int] = ..., offline: _Optional[int] = ..., problems: _Optional[_Iterable[_Union[EntryProblem, _Mapping]]] = ..., swept: _Optional[int] = ..., unclaimed: _Optional[int] = ..., jobs: _Optional[_Iterable[str]] = ...) -> None: ...

class ListMediaRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListMediaResponse(_message.Message):
    __slots__ = ("media", "next_page_token")
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    media: _containers.RepeatedCompositeFieldContainer[IndexedMedia]
    next_page_token: str
    def __init__(self, media: _Optional[_Iterable[_Union[IndexedMedia, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetMediaRequest(_message.Message):
    __slots__ = ("fingerprint", "path")
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    fingerprint: str
    path: bytes
    def __init__(self, fingerprint: _Optional[str] = ..., path: _Optional[bytes] = ...) -> None: ...

class GetMediaResponse(_message.Message):
    __slots__ = ("media",)
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    media: IndexedMedia
    def __init__(self, media: _Optional[_Union[IndexedMedia, _Mapping]] = ...) -> None: ...

class RemoveMediaRequest(_message.Message):
    __slots__ = ("fingerprint",)
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    fingerprint: str
    def __init__(self, fingerprint: _Optional[str] = ...) -> None: ...

class RemoveMediaResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class VerifyLibraryRequest(_message.Message):
    __slots__ = ("mend", "sweep")
    MEND_FIELD_NUMBER: _ClassVar[int]
    SWEEP_FIELD_NUMBER: _ClassVar[int]
    mend: bool
    sweep: bool
    def __init__(self, mend: _Optional[bool] = ..., sweep: _Optional[bool] = ...) -> None: ...

class VerifyLibraryResponse(_message.Message):
    __slots__ = ("report",)
    REPORT_FIELD_NUMBER: _ClassVar[int]
    report: IndexReport
    def __init__(self, report: _Optional[_Union[IndexReport, _Mapping]] = ...) -> None: ...

class GetThumbnailRequest(_message.Message):
    __slots__ = ("fingerprint", "time")
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    fingerprint: str
    time: _time_pb2.Time
    def __init__(self, fingerprint: _Optional[str] = ..., time: _Optional[_Union[_time_pb2.Time, _Mapping]] = ...) -> None: ...

class GetThumbnailResponse(_message.Message):
    __slots__ = ("jpeg",)
    JPEG_FIELD_NUMBER: _ClassVar[int]
    jpeg: bytes
    def __init__(self, jpeg: _Optional[bytes] = ...) -> None: ...

class ImportEntriesRequest(_message.Message):
    __slots__ = ("entries", "options")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[Indexed]
    options: _jobs_pb2.AnalysisOptions
    def __init__(self, entries: _Optional[_Iterable[_Union[Indexed, _Mapping]]] = ..., options: _Optional[_Union[_jobs_pb2.AnalysisOptions, _Mapping]] = ...) -> None: ...

class ImportEntriesResponse(_message.Message):
    __slots__ = ("imported", "problems")
    IMPORTED_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    imported: int
    problems: _containers.RepeatedCompositeFieldContainer[EntryProblem]
    def __init__(self, imported: _Optional[int] = ..., problems: _Optional[_Iterable[_Union[EntryProblem, _Mapping]]] = ...) -> None: ...

class FindUnchangedRequest(_message.Message):
    __slots__ = ("paths", "options")
    PATHS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedScalarFieldContainer[bytes]
    options: _jobs_pb2.AnalysisOptions
    def __init__(self, paths: _Optional[_Iterable[bytes]] = ..., options: _Optional[_Union[_jobs_pb2.AnalysisOptions, _Mapping]] = ...) -> None: ...

class FindUnchangedResponse(_message.Message):
    __slots__ = ("paths",)
    PATHS_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, paths: _Optional[_Iterable[bytes]] = ...) -> None: ...
