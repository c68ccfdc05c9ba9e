from cuemark.rpc.v1 import error_pb2 as _error_pb2
from cuemark.rpc.v1 import media_pb2 as _media_pb2
from cuemark.rpc.v1 import time_pb2 as _time_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PickOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PICK_ORDER_UNSPECIFIED: _ClassVar[PickOrder]
    PICK_ORDER_TIME: _ClassVar[PickOrder]
    PICK_ORDER_SCORE: _ClassVar[PickOrder]

class RenderKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RENDER_KIND_UNSPECIFIED: _ClassVar[RenderKind]
    RENDER_KIND_MOVIE: _ClassVar[RenderKind]
    RENDER_KIND_CLIPS: _ClassVar[RenderKind]
    RENDER_KIND_WEBDATASET: _ClassVar[RenderKind]
PICK_ORDER_UNSPECIFIED: PickOrder
PICK_ORDER_TIME: PickOrder
PICK_ORDER_SCORE: PickOrder
RENDER_KIND_UNSPECIFIED: RenderKind
RENDER_KIND_MOVIE: RenderKind
RENDER_KIND_CLIPS: RenderKind
RENDER_KIND_WEBDATASET: RenderKind

class SelectionOptions(_message.Message):
    __slots__ = ("length", "per_moment", "order", "on_keyframes")
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    PER_MOMENT_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    ON_KEYFRAMES_FIELD_NUMBER: _ClassVar[int]
    length: _time_pb2.Time
    per_moment: _time_pb2.Time
    order: PickOrder
    on_keyframes: bool
    def __init__(self, length: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., per_moment: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., order: _Optional[_Union[PickOrder, str]] = ..., on_keyframes: _Optional[bool] = ...) -> None: ...

class Candidate(_message.Message):
    __slots__ = ("start", "end", "caption", "score", "said", "tags")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    CAPTION_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    SAID_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    start: _time_pb2.Time
    end: _time_pb2.Time
    caption: str
    score: float
    said: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., end: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., caption: _Optional[str] = ..., score: _Optional[float] = ..., said: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ...) -> None: ...

class SelectionSource(_message.Message):
    __slots__ = ("media", "candidates", "encoder", "options", "cuts")
    class OptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    ENCODER_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    CUTS_FIELD_NUMBER: _ClassVar[int]
    media: _media_pb2.Media
    candidates: _containers.RepeatedCompositeFieldContainer[Candidate]
    encoder: str
    options: _containers.ScalarMap[str, str]
    cuts: _containers.RepeatedCompositeFieldContainer[_time_pb2.Time]
    def __init__(self, media: _Optional[_Union[_media_pb2.Media, _Mapping]] = ..., candidates: _Optional[_Iterable[_Union[Candidate, _Mapping]]] = ..., encoder: _Optional[str] = ..., options: _Optional[_Mapping[str, str]] = ..., cuts: _Optional[_Iterable[_Union[_time_pb2.Time, _Mapping]]] = ...) -> None: ...

class SelectSpec(_message.Message):
    __slots__ = ("sources", "options")
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    sources: _containers.RepeatedCompositeFieldContainer[SelectionSource]
    options: SelectionOptions
    def __init__(self, sources: _Optional[_Iterable[_Union[SelectionSource, _Mapping]]] = ..., options: _Optional[_Union[SelectionOptions, _Mapping]] = ...) -> None: ...

class SelectedMedia(_message.Message):
    __slots__ = ("media", "channels", "sound_rate", "offline")
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    SOUND_RATE_FIELD_NUMBER: _ClassVar[int]
    OFFLINE_FIELD_NUMBER: _ClassVar[int]
    media: _media_pb2.Media
    channels: int
    sound_rate: int
    offline: bool
    def __init__(self, media: _Optional[_Union[_media_pb2.Media, _Mapping]] = ..., channels: _Optional[int] = ..., sound_rate: _Optional[int] = ..., offline: _Optional[bool] = ...) -> None: ...

class Pick(_message.Message):
    __slots__ = ("path", "fingerprint", "start", "end", "caption", "score", "value", "sharpness", "stability", "difference", "said", "tags", "why")
    PATH_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    CAPTION_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    SHARPNESS_FIELD_NUMBER: _ClassVar[int]
    STABILITY_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    SAID_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    fingerprint: str
    start: _time_pb2.Time
    end: _time_pb2.Time
    caption: str
    score: float
    value: float
    sharpness: float
    stability: float
    difference: float
    said: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    why: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, path: _Optional[bytes] = ..., fingerprint: _Optional[str] = ..., start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., end: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., caption: _Optional[str] = ..., score: _Optional[float] = ..., value: _Optional[float] = ..., sharpness: _Optional[float] = ..., stability: _Optional[float] = ..., difference: _Optional[float] = ..., said: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., why: _Optional[_Iterable[str]] = ...) -> None: ...

class FootageSelection(_message.Message):
    __slots__ = ("media", "picks", "notices")
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    PICKS_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    media: _containers.RepeatedCompositeFieldContainer[SelectedMedia]
    picks: _containers.RepeatedCompositeFieldContainer[Pick]
    notices: _containers.RepeatedCompositeFieldContainer[_error_pb2.Notice]
    def __init__(self, media: _Optional[_Iterable[_Union[SelectedMedia, _Mapping]]] = ..., picks: _Optional[_Iterable[_Union[Pick, _Mapping]]] = ..., notices: _Optional[_Iterable[_Union[_error_pb2.Notice, _Mapping]]] = ...) -> None: ...

class RenderOptions(_message.Message):
    __slots__ = ("rate", "width", "height", "overwrite", "per_shard")
    RATE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    OVERWRITE_FIELD_NUMBER: _ClassVar[int]
    PER_SHARD_FIELD_NUMBER: _ClassVar[int]
    rate: _time_pb2.Rate
    width: int
    height: int
    overwrite: bool
    per_shard: int
    def __init__(self, rate: _Optional[_Union[_time_pb2.Rate, _Mapping]] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., overwrite: _Optional[bool] = ..., per_shard: _Optional[int] = ...) -> None: ...

class RenderSpec(_message.Message):
    __slots__ = ("selection", "output", "render", "options")
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    RENDER_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    selection: FootageSelection
    output: bytes
    render: RenderKind
    options: RenderOptions
    def __init__(self, selection: _Optional[_Union[FootageSelection, _Mapping]] = ..., output: _Optional[bytes] = ..., render: _Optional[_Union[RenderKind, str]] = ..., options: _Optional[_Union[RenderOptions, _Mapping]] = ...) -> None: ...

class Rendering(_message.Message):
    __slots__ = ("path", "files", "size", "seconds", "clips", "copied", "encoder", "notices")
    PATH_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    CLIPS_FIELD_NUMBER: _ClassVar[int]
    COPIED_FIELD_NUMBER: _ClassVar[int]
    ENCODER_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    files: _containers.RepeatedScalarFieldContainer[bytes]
    size: int
    seconds: _time_pb2.Time
    clips: int
    copied: int
    encoder: str
    notices: _containers.RepeatedCompositeFieldContainer[_error_pb2.Notice]
    def __init__(self, path: _Optional[bytes] = ..., files: _Optional[_Iterable[bytes]] = ..., size: _Optional[int] = ..., seconds: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., clips: _Optional[int] = ..., copied: _Optional[int] = ..., encoder: _Optional[str] = ..., notices: _Optional[_Iterable[_Union[_error_pb2.Notice, _Mapping]]] = ...) -> None: ...

class StringOutOptions(_message.Message):
    __slots__ = ("rate", "drop_frame", "start_timecode", "name")
    RATE_FIELD_NUMBER: _ClassVar[int]
    DROP_FRAME_FIELD_NUMBER: _ClassVar[int]
    START_TIMECODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    rate: _time_pb2.Rate
    drop_frame: bool
    start_timecode: str
    name: str
    def __init__(self, rate: _Optional[_Union[_time_pb2.Rate, _Mapping]] = ..., drop_frame: _Optional[bool] = ..., start_timecode: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class GetSelectionRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class GetSelectionResponse(_message.Message):
    __slots__ = ("selection",)
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    selection: FootageSelection
    def __init__(self, selection: _Optional[_Union[FootageSelection, _Mapping]] = ...) -> None: ...

class ExportSelectionRequest(_message.Message):
    __slots__ = ("selection", "format", "options")
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    selection: FootageSelection
    format: str
    options: StringOutOptions
    def __init__(self, selection: _Optional[_Union[FootageSelection, _Mapping]] = ..., format: _Optional[str] = ..., options: _Optional[_Union[StringOutOptions, _Mapping]] = ...) -> None: ...

class ExportSelectionResponse(_message.Message):
    __slots__ = ("suggested_name", "warnings", "data")
    SUGGESTED_NAME_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    suggested_name: str
    warnings: _containers.RepeatedCompositeFieldContainer[_error_pb2.Notice]
    data: bytes
    def __init__(self, suggested_name: _Optional[str] = ..., warnings: _Optional[_Iterable[_Union[_error_pb2.Notice, _Mapping]]] = ..., data: _Optional[bytes] = ...) -> None: ...

class GetRenderingRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class GetRenderingResponse(_message.Message):
    __slots__ = ("rendering",)
    RENDERING_FIELD_NUMBER: _ClassVar[int]
    rendering: Rendering
    def __init__(self, rendering: _Optional[_Union[Rendering, _Mapping]] = ...) -> None: ...
