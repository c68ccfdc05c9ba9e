from cuemark.rpc.v1 import error_pb2 as _error_pb2
from cuemark.rpc.v1 import time_pb2 as _time_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Ground(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GROUND_UNSPECIFIED: _ClassVar[Ground]
    GROUND_SEEN: _ClassVar[Ground]
    GROUND_SAID: _ClassVar[Ground]
    GROUND_READ: _ClassVar[Ground]
GROUND_UNSPECIFIED: Ground
GROUND_SEEN: Ground
GROUND_SAID: Ground
GROUND_READ: Ground

class Example(_message.Message):
    __slots__ = ("path", "time")
    PATH_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    time: _time_pb2.Time
    def __init__(self, path: _Optional[bytes] = ..., time: _Optional[_Union[_time_pb2.Time, _Mapping]] = ...) -> None: ...

class SearchFilter(_message.Message):
    __slots__ = ("within", "recorded_from", "recorded_to", "shortest", "longest", "camera")
    WITHIN_FIELD_NUMBER: _ClassVar[int]
    RECORDED_FROM_FIELD_NUMBER: _ClassVar[int]
    RECORDED_TO_FIELD_NUMBER: _ClassVar[int]
    SHORTEST_FIELD_NUMBER: _ClassVar[int]
    LONGEST_FIELD_NUMBER: _ClassVar[int]
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    within: _containers.RepeatedScalarFieldContainer[bytes]
    recorded_from: str
    recorded_to: str
    shortest: _time_pb2.Time
    longest: _time_pb2.Time
    camera: str
    def __init__(self, within: _Optional[_Iterable[bytes]] = ..., recorded_from: _Optional[str] = ..., recorded_to: _Optional[str] = ..., shortest: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., longest: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., camera: _Optional[str] = ...) -> None: ...

class SearchQuery(_message.Message):
    __slots__ = ("text", "example", "grounds", "top", "filter", "clip", "fold_takes")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    EXAMPLE_FIELD_NUMBER: _ClassVar[int]
    GROUNDS_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    CLIP_FIELD_NUMBER: _ClassVar[int]
    FOLD_TAKES_FIELD_NUMBER: _ClassVar[int]
    text: str
    example: Example
    grounds: _containers.RepeatedScalarFieldContainer[Ground]
    top: int
    filter: SearchFilter
    clip: str
    fold_takes: bool
    def __init__(self, text: _Optional[str] = ..., example: _Optional[_Union[Example, _Mapping]] = ..., grounds: _Optional[_Iterable[_Union[Ground, str]]] = ..., top: _Optional[int] = ..., filter: _Optional[_Union[SearchFilter, _Mapping]] = ..., clip: _Optional[str] = ..., fold_takes: _Optional[bool] = ...) -> None: ...

class Why(_message.Message):
    __slots__ = ("ground", "score", "words")
    GROUND_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    ground: Ground
    score: float
    words: str
    def __init__(self, ground: _Optional[_Union[Ground, str]] = ..., score: _Optional[float] = ..., words: _Optional[str] = ...) -> None: ...

class FoundAlike(_message.Message):
    __slots__ = ("path", "fingerprint", "start", "end", "score")
    PATH_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    fingerprint: str
    start: _time_pb2.Time
    end: _time_pb2.Time
    score: float
    def __init__(self, path: _Optional[bytes] = ..., fingerprint: _Optional[str] = ..., start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., end: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., score: _Optional[float] = ...) -> None: ...

class SearchHit(_message.Message):
    __slots__ = ("path", "fingerprint", "start", "end", "score", "best", "why", "offline", "alike", "thumbnail")
    PATH_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    BEST_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    OFFLINE_FIELD_NUMBER: _ClassVar[int]
    ALIKE_FIELD_NUMBER: _ClassVar[int]
    THUMBNAIL_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    fingerprint: str
    start: _time_pb2.Time
    end: _time_pb2.Time
    score: float
    best: _time_pb2.Time
    why: _containers.RepeatedCompositeFieldContainer[Why]
    offline: bool
    alike: _containers.RepeatedCompositeFieldContainer[FoundAlike]
    thumbnail: _time_pb2.Time
    def __init__(self, path: _Optional[bytes] = ..., fingerprint: _Optional[str] = ..., start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., end: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., score: _Optional[float] = ..., best: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., why: _Optional[_Iterable[_Union[Why, _Mapping]]] = ..., offline: _Optional[bool] = ..., alike: _Optional[_Iterable[_Union[FoundAlike, _Mapping]]] = ..., thumbnail: _Optional[_Union[_time_pb2.Time, _Mapping]] = ...) -> None: ...

class SearchResult(_message.Message):
    __slots__ = ("hits", "media", "vectors", "notices")
    HITS_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    VECTORS_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[SearchHit]
    media: int
    vectors: int
    notices: _containers.RepeatedCompositeFieldContainer[_error_pb2.Notice]
    def __init__(self, hits: _Optional[_Iterable[_Union[SearchHit, _Mapping]]] = ..., media: _Optional[int] = ..., vectors: _Optional[int] = ..., notices: _Optional[_Iterable[_Union[_error_pb2.Notice, _Mapping]]] = ...) -> None: ...

class SearchRequest(_message.Message):
    __slots__ = ("query",)
    QUERY_FIELD_NUMBER: _ClassVar[int]
    query: SearchQuery
    def __init__(self, query: _Optional[_Union[SearchQuery, _Mapping]] = ...) -> None: ...

class SearchResponse(_message.Message):
    __slots__ = ("waiting", "result")
    WAITING_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    waiting: str
    result: SearchResult
    def __init__(self, waiting: _Optional[str] = ..., result: _Optional[_Union[SearchResult, _Mapping]] = ...) -> None: ...
