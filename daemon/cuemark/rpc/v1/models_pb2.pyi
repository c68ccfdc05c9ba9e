from cuemark.rpc.v1 import analyses_pb2 as _analyses_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Model(_message.Message):
    __slots__ = ("name", "description", "architectures", "licence", "size", "size_on_disk", "ready", "built_in", "title", "understands", "source", "is_default", "pages", "fits", "recommended", "why", "memory", "seconds_a_minute", "seconds_from")
    class ArchitecturesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class PagesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ARCHITECTURES_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SIZE_ON_DISK_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    BUILT_IN_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    UNDERSTANDS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    IS_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    PAGES_FIELD_NUMBER: _ClassVar[int]
    FITS_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDED_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    SECONDS_A_MINUTE_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FROM_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    architectures: _containers.ScalarMap[str, str]
    licence: str
    size: int
    size_on_disk: int
    ready: bool
    built_in: bool
    title: str
    understands: str
    source: str
    is_default: bool
    pages: _containers.ScalarMap[str, str]
    fits: bool
    recommended: bool
    why: str
    memory: int
    seconds_a_minute: float
    seconds_from: str
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., architectures: _Optional[_Mapping[str, str]] = ..., licence: _Optional[str] = ..., size: _Optional[int] = ..., size_on_disk: _Optional[int] = ..., ready: _Optional[bool] = ..., built_in: _Optional[bool] = ..., title: _Optional[str] = ..., understands: _Optional[str] = ..., source: _Optional[str] = ..., is_default: _Optional[bool] = ..., pages: _Optional[_Mapping[str, str]] = ..., fits: _Optional[bool] = ..., recommended: _Optional[bool] = ..., why: _Optional[str] = ..., memory: _Optional[int] = ..., seconds_a_minute: _Optional[float] = ..., seconds_from: _Optional[str] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ("measure",)
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    measure: bool
    def __init__(self, measure: _Optional[bool] = ...) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models",)
    MODELS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[Model]
    def __init__(self, models: _Optional[_Iterable[_Union[Model, _Mapping]]] = ...) -> None: ...

class RemoveModelRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RemoveModelResponse(_message.Message):
    __slots__ = ("bytes_freed",)
    BYTES_FREED_FIELD_NUMBER: _ClassVar[int]
    bytes_freed: int
    def __init__(self, bytes_freed: _Optional[int] = ...) -> None: ...

class EncodeTextsRequest(_message.Message):
    __slots__ = ("texts", "clip")
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    CLIP_FIELD_NUMBER: _ClassVar[int]
    texts: _containers.RepeatedScalarFieldContainer[str]
    clip: bytes
    def __init__(self, texts: _Optional[_Iterable[str]] = ..., clip: _Optional[bytes] = ...) -> None: ...

class EncodeTextsResponse(_message.Message):
    __slots__ = ("model", "vectors")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    VECTORS_FIELD_NUMBER: _ClassVar[int]
    model: _analyses_pb2.ModelUse
    vectors: _containers.RepeatedCompositeFieldContainer[TextVector]
    def __init__(self, model: _Optional[_Union[_analyses_pb2.ModelUse, _Mapping]] = ..., vectors: _Optional[_Iterable[_Union[TextVector, _Mapping]]] = ...) -> None: ...

class TextVector(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, values: _Optional[_Iterable[float]] = ...) -> None: ...
