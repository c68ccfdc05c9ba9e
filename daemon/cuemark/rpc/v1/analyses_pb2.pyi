import datetime

from cuemark.rpc.v1 import error_pb2 as _error_pb2
from cuemark.rpc.v1 import media_pb2 as _media_pb2
from cuemark.rpc.v1 import time_pb2 as _time_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ShotSize(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHOT_SIZE_UNSPECIFIED: _ClassVar[ShotSize]
    SHOT_SIZE_CLOSE: _ClassVar[ShotSize]
    SHOT_SIZE_MEDIUM: _ClassVar[ShotSize]
    SHOT_SIZE_WIDE: _ClassVar[ShotSize]

class CameraMove(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAMERA_MOVE_UNSPECIFIED: _ClassVar[CameraMove]
    CAMERA_MOVE_STATIC: _ClassVar[CameraMove]
    CAMERA_MOVE_PAN_LEFT: _ClassVar[CameraMove]
    CAMERA_MOVE_PAN_RIGHT: _ClassVar[CameraMove]
    CAMERA_MOVE_TILT_UP: _ClassVar[CameraMove]
    CAMERA_MOVE_TILT_DOWN: _ClassVar[CameraMove]
    CAMERA_MOVE_PUSH_IN: _ClassVar[CameraMove]
    CAMERA_MOVE_PULL_OUT: _ClassVar[CameraMove]
    CAMERA_MOVE_HANDHELD: _ClassVar[CameraMove]
SHOT_SIZE_UNSPECIFIED: ShotSize
SHOT_SIZE_CLOSE: ShotSize
SHOT_SIZE_MEDIUM: ShotSize
SHOT_SIZE_WIDE: ShotSize
CAMERA_MOVE_UNSPECIFIED: CameraMove
CAMERA_MOVE_STATIC: CameraMove
CAMERA_MOVE_PAN_LEFT: CameraMove
CAMERA_MOVE_PAN_RIGHT: CameraMove
CAMERA_MOVE_TILT_UP: CameraMove
CAMERA_MOVE_TILT_DOWN: CameraMove
CAMERA_MOVE_PUSH_IN: CameraMove
CAMERA_MOVE_PULL_OUT: CameraMove
CAMERA_MOVE_HANDHELD: CameraMove

class ModelUse(_message.Message):
    __slots__ = ("name", "id", "device", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    id: str
    device: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., id: _Optional[str] = ..., device: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class RunnerUp(_message.Message):
    __slots__ = ("caption", "score")
    CAPTION_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    caption: str
    score: float
    def __init__(self, caption: _Optional[str] = ..., score: _Optional[float] = ...) -> None: ...

class Tag(_message.Message):
    __slots__ = ("word", "score")
    WORD_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    word: str
    score: float
    def __init__(self, word: _Optional[str] = ..., score: _Optional[float] = ...) -> None: ...

class MaskCurve(_message.Message):
    __slots__ = ("centre", "width", "sharpness", "values")
    CENTRE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    SHARPNESS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    centre: float
    width: float
    sharpness: float
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, centre: _Optional[float] = ..., width: _Optional[float] = ..., sharpness: _Optional[float] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class Moment(_message.Message):
    __slots__ = ("id", "start", "end", "caption", "score", "scores", "mask", "runners_up", "edited", "tags", "source", "said")
    class ScoresEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    CAPTION_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    RUNNERS_UP_FIELD_NUMBER: _ClassVar[int]
    EDITED_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SAID_FIELD_NUMBER: _ClassVar[int]
    id: str
    start: _time_pb2.Time
    end: _time_pb2.Time
    caption: str
    score: float
    scores: _containers.ScalarMap[str, float]
    mask: MaskCurve
    runners_up: _containers.RepeatedCompositeFieldContainer[RunnerUp]
    edited: bool
    tags: _containers.RepeatedCompositeFieldContainer[Tag]
    source: str
    said: str
    def __init__(self, id: _Optional[str] = ..., start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., end: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., caption: _Optional[str] = ..., score: _Optional[float] = ..., scores: _Optional[_Mapping[str, float]] = ..., mask: _Optional[_Union[MaskCurve, _Mapping]] = ..., runners_up: _Optional[_Iterable[_Union[RunnerUp, _Mapping]]] = ..., edited: _Optional[bool] = ..., tags: _Optional[_Iterable[_Union[Tag, _Mapping]]] = ..., source: _Optional[str] = ..., said: _Optional[str] = ...) -> None: ...

class Chapter(_message.Message):
    __slots__ = ("id", "start", "end", "title", "edited", "confidence")
    ID_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    EDITED_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    id: str
    start: _time_pb2.Time
    end: _time_pb2.Time
    title: str
    edited: bool
    confidence: float
    def __init__(self, id: _Optional[str] = ..., start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., end: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., title: _Optional[str] = ..., edited: _Optional[bool] = ..., confidence: _Optional[float] = ...) -> None: ...

class Shot(_message.Message):
    __slots__ = ("start", "end", "size", "camera", "tags")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    start: _time_pb2.Time
    end: _time_pb2.Time
    size: ShotSize
    camera: CameraMove
    tags: _containers.RepeatedCompositeFieldContainer[Tag]
    def __init__(self, start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., end: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., size: _Optional[_Union[ShotSize, str]] = ..., camera: _Optional[_Union[CameraMove, str]] = ..., tags: _Optional[_Iterable[_Union[Tag, _Mapping]]] = ...) -> None: ...

class Analysis(_message.Message):
    __slots__ = ("id", "media", "models", "options", "moments", "chapters", "warnings", "created_at", "deleted", "shots")
    class ModelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ModelUse
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ModelUse, _Mapping]] = ...) -> None: ...
    class OptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MOMENTS_FIELD_NUMBER: _ClassVar[int]
    CHAPTERS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    media: _media_pb2.Media
    models: _containers.MessageMap[str, ModelUse]
    options: _containers.ScalarMap[str, str]
    moments: _containers.RepeatedCompositeFieldContainer[Moment]
    chapters: _containers.RepeatedCompositeFieldContainer[Chapter]
    warnings: _containers.RepeatedCompositeFieldContainer[_error_pb2.Notice]
    created_at: _timestamp_pb2.Timestamp
    deleted: _containers.RepeatedScalarFieldContainer[str]
    shots: _containers.RepeatedCompositeFieldContainer[Shot]
    def __init__(self, id: _Optional[str] = ..., media: _Optional[_Union[_media_pb2.Media, _Mapping]] = ..., models: _Optional[_Mapping[str, ModelUse]] = ..., options: _Optional[_Mapping[str, str]] = ..., moments: _Optional[_Iterable[_Union[Moment, _Mapping]]] = ..., chapters: _Optional[_Iterable[_Union[Chapter, _Mapping]]] = ..., warnings: _Optional[_Iterable[_Union[_error_pb2.Notice, _Mapping]]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., deleted: _Optional[_Iterable[str]] = ..., shots: _Optional[_Iterable[_Union[Shot, _Mapping]]] = ...) -> None: ...

class AnalysisSummary(_message.Message):
    __slots__ = ("id", "path", "fingerprint", "duration", "preset", "models", "moments", "chapters", "created_at", "damaged")
    class ModelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    MOMENTS_FIELD_NUMBER: _ClassVar[int]
    CHAPTERS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    DAMAGED_FIELD_NUMBER: _ClassVar[int]
    id: str
    path: bytes
    fingerprint: str
    duration: _time_pb2.Time
    preset: str
    models: _containers.ScalarMap[str, str]
    moments: int
    chapters: int
    created_at: _timestamp_pb2.Timestamp
    damaged: bool
    def __init__(self, id: _Optional[str] = ..., path: _Optional[bytes] = ..., fingerprint: _Optional[str] = ..., duration: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., preset: _Optional[str] = ..., models: _Optional[_Mapping[str, str]] = ..., moments: _Optional[int] = ..., chapters: _Optional[int] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., damaged: _Optional[bool] = ...) -> None: ...

class GetAnalysisRequest(_message.Message):
    __slots__ = ("analysis_id", "brief", "path")
    ANALYSIS_ID_FIELD_NUMBER: _ClassVar[int]
    BRIEF_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    analysis_id: str
    brief: bool
    path: bytes
    def __init__(self, analysis_id: _Optional[str] = ..., brief: _Optional[bool] = ..., path: _Optional[bytes] = ...) -> None: ...

class GetAnalysisResponse(_message.Message):
    __slots__ = ("analysis",)
    ANALYSIS_FIELD_NUMBER: _ClassVar[int]
    analysis: Analysis
    def __init__(self, analysis: _Optional[_Union[Analysis, _Mapping]] = ...) -> None: ...

class ListAnalysesRequest(_message.Message):
    __slots__ = ("path", "page_size", "page_token", "fingerprint")
    PATH_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    page_size: int
    page_token: str
    fingerprint: str
    def __init__(self, path: _Optional[bytes] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., fingerprint: _Optional[str] = ...) -> None: ...

class ListAnalysesResponse(_message.Message):
    __slots__ = ("analyses", "next_page_token")
    ANALYSES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    analyses: _containers.RepeatedCompositeFieldContainer[AnalysisSummary]
    next_page_token: str
    def __init__(self, analyses: _Optional[_Iterable[_Union[AnalysisSummary, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class MomentEdit(_message.Message):
    __slots__ = ("moment_id", "caption", "start", "end")
    MOMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CAPTION_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    moment_id: str
    caption: str
    start: _time_pb2.Time
    end: _time_pb2.Time
    def __init__(self, moment_id: _Optional[str] = ..., caption: _Optional[str] = ..., start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., end: _Optional[_Union[_time_pb2.Time, _Mapping]] = ...) -> None: ...

class ChapterEdit(_message.Message):
    __slots__ = ("chapter_id", "title", "start")
    CHAPTER_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    chapter_id: str
    title: str
    start: _time_pb2.Time
    def __init__(self, chapter_id: _Optional[str] = ..., title: _Optional[str] = ..., start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ...) -> None: ...

class DeleteEdit(_message.Message):
    __slots__ = ("item_id",)
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    def __init__(self, item_id: _Optional[str] = ...) -> None: ...

class MergeEdit(_message.Message):
    __slots__ = ("item_id", "other_id")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    OTHER_ID_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    other_id: str
    def __init__(self, item_id: _Optional[str] = ..., other_id: _Optional[str] = ...) -> None: ...

class SplitEdit(_message.Message):
    __slots__ = ("item_id", "at", "text", "new_id")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    NEW_ID_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    at: _time_pb2.Time
    text: str
    new_id: str
    def __init__(self, item_id: _Optional[str] = ..., at: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., text: _Optional[str] = ..., new_id: _Optional[str] = ...) -> None: ...

class AddEdit(_message.Message):
    __slots__ = ("item", "start", "end", "text", "new_id", "rest_id")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    NEW_ID_FIELD_NUMBER: _ClassVar[int]
    REST_ID_FIELD_NUMBER: _ClassVar[int]
    item: str
    start: _time_pb2.Time
    end: _time_pb2.Time
    text: str
    new_id: str
    rest_id: str
    def __init__(self, item: _Optional[str] = ..., start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., end: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., text: _Optional[str] = ..., new_id: _Optional[str] = ..., rest_id: _Optional[str] = ...) -> None: ...

class Edit(_message.Message):
    __slots__ = ("moment", "chapter", "delete", "merge", "split", "add")
    MOMENT_FIELD_NUMBER: _ClassVar[int]
    CHAPTER_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    MERGE_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    ADD_FIELD_NUMBER: _ClassVar[int]
    moment: MomentEdit
    chapter: ChapterEdit
    delete: DeleteEdit
    merge: MergeEdit
    split: SplitEdit
    add: AddEdit
    def __init__(self, moment: _Optional[_Union[MomentEdit, _Mapping]] = ..., chapter: _Optional[_Union[ChapterEdit, _Mapping]] = ..., delete: _Optional[_Union[DeleteEdit, _Mapping]] = ..., merge: _Optional[_Union[MergeEdit, _Mapping]] = ..., split: _Optional[_Union[SplitEdit, _Mapping]] = ..., add: _Optional[_Union[AddEdit, _Mapping]] = ...) -> None: ...

class EditAnalysisRequest(_message.Message):
    __slots__ = ("analysis_id", "edit", "request_id")
    ANALYSIS_ID_FIELD_NUMBER: _ClassVar[int]
    EDIT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    analysis_id: str
    edit: Edit
    request_id: str
    def __init__(self, analysis_id: _Optional[str] = ..., edit: _Optional[_Union[Edit, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class EditAnalysisResponse(_message.Message):
    __slots__ = ("analysis",)
    ANALYSIS_FIELD_NUMBER: _ClassVar[int]
    analysis: Analysis
    def __init__(self, analysis: _Optional[_Union[Analysis, _Mapping]] = ...) -> None: ...

class EditMomentRequest(_message.Message):
    __slots__ = ("analysis_id", "edit")
    ANALYSIS_ID_FIELD_NUMBER: _ClassVar[int]
    EDIT_FIELD_NUMBER: _ClassVar[int]
    analysis_id: str
    edit: MomentEdit
    def __init__(self, analysis_id: _Optional[str] = ..., edit: _Optional[_Union[MomentEdit, _Mapping]] = ...) -> None: ...

class EditMomentResponse(_message.Message):
    __slots__ = ("moment",)
    MOMENT_FIELD_NUMBER: _ClassVar[int]
    moment: Moment
    def __init__(self, moment: _Optional[_Union[Moment, _Mapping]] = ...) -> None: ...

class EditChapterRequest(_message.Message):
    __slots__ = ("analysis_id", "edit")
    ANALYSIS_ID_FIELD_NUMBER: _ClassVar[int]
    EDIT_FIELD_NUMBER: _ClassVar[int]
    analysis_id: str
    edit: ChapterEdit
    def __init__(self, analysis_id: _Optional[str] = ..., edit: _Optional[_Union[ChapterEdit, _Mapping]] = ...) -> None: ...

class EditChapterResponse(_message.Message):
    __slots__ = ("chapters",)
    CHAPTERS_FIELD_NUMBER: _ClassVar[int]
    chapters: _containers.RepeatedCompositeFieldContainer[Chapter]
    def __init__(self, chapters: _Optional[_Iterable[_Union[Chapter, _Mapping]]] = ...) -> None: ...

class UndoEditsRequest(_message.Message):
    __slots__ = ("analysis_id", "item_id")
    ANALYSIS_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    analysis_id: str
    item_id: str
    def __init__(self, analysis_id: _Optional[str] = ..., item_id: _Optional[str] = ...) -> None: ...

class UndoEditsResponse(_message.Message):
    __slots__ = ("analysis",)
    ANALYSIS_FIELD_NUMBER: _ClassVar[int]
    analysis: Analysis
    def __init__(self, analysis: _Optional[_Union[Analysis, _Mapping]] = ...) -> None: ...

class StepEditsRequest(_message.Message):
    __slots__ = ("analysis_id", "forward", "request_id")
    ANALYSIS_ID_FIELD_NUMBER: _ClassVar[int]
    FORWARD_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    analysis_id: str
    forward: bool
    request_id: str
    def __init__(self, analysis_id: _Optional[str] = ..., forward: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class StepEditsResponse(_message.Message):
    __slots__ = ("analysis",)
    ANALYSIS_FIELD_NUMBER: _ClassVar[int]
    analysis: Analysis
    def __init__(self, analysis: _Optional[_Union[Analysis, _Mapping]] = ...) -> None: ...

class GetEditStepsRequest(_message.Message):
    __slots__ = ("analysis_id",)
    ANALYSIS_ID_FIELD_NUMBER: _ClassVar[int]
    analysis_id: str
    def __init__(self, analysis_id: _Optional[str] = ...) -> None: ...

class GetEditStepsResponse(_message.Message):
    __slots__ = ("back", "forward")
    BACK_FIELD_NUMBER: _ClassVar[int]
    FORWARD_FIELD_NUMBER: _ClassVar[int]
    back: int
    forward: int
    def __init__(self, back: _Optional[int] = ..., forward: _Optional[int] = ...) -> None: ...

class DeleteAnalysisRequest(_message.Message):
    __slots__ = ("analysis_id",)
    ANALYSIS_ID_FIELD_NUMBER: _ClassVar[int]
    analysis_id: str
    def __init__(self, analysis_id: _Optional[str] = ...) -> None: ...

class DeleteAnalysisResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
