from cuemark.rpc.v1 import error_pb2 as _error_pb2
from cuemark.rpc.v1 import time_pb2 as _time_pb2
from cuemark.rpc.v1 import transcripts_pb2 as _transcripts_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TextKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TEXT_KIND_UNSPECIFIED: _ClassVar[TextKind]
    TEXT_KIND_TITLE: _ClassVar[TextKind]
    TEXT_KIND_LOWER_THIRD: _ClassVar[TextKind]
    TEXT_KIND_SLATE: _ClassVar[TextKind]
    TEXT_KIND_WINDOW: _ClassVar[TextKind]
    TEXT_KIND_TIMECODE: _ClassVar[TextKind]
    TEXT_KIND_OTHER: _ClassVar[TextKind]
TEXT_KIND_UNSPECIFIED: TextKind
TEXT_KIND_TITLE: TextKind
TEXT_KIND_LOWER_THIRD: TextKind
TEXT_KIND_SLATE: TextKind
TEXT_KIND_WINDOW: TextKind
TEXT_KIND_TIMECODE: TextKind
TEXT_KIND_OTHER: TextKind

class Place(_message.Message):
    __slots__ = ("left", "top", "width", "height")
    LEFT_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    left: float
    top: float
    width: float
    height: float
    def __init__(self, left: _Optional[float] = ..., top: _Optional[float] = ..., width: _Optional[float] = ..., height: _Optional[float] = ...) -> None: ...

class Slate(_message.Message):
    __slots__ = ("scene", "take", "roll", "camera", "date", "production", "director")
    SCENE_FIELD_NUMBER: _ClassVar[int]
    TAKE_FIELD_NUMBER: _ClassVar[int]
    ROLL_FIELD_NUMBER: _ClassVar[int]
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    PRODUCTION_FIELD_NUMBER: _ClassVar[int]
    DIRECTOR_FIELD_NUMBER: _ClassVar[int]
    scene: str
    take: str
    roll: str
    camera: str
    date: str
    production: str
    director: str
    def __init__(self, scene: _Optional[str] = ..., take: _Optional[str] = ..., roll: _Optional[str] = ..., camera: _Optional[str] = ..., date: _Optional[str] = ..., production: _Optional[str] = ..., director: _Optional[str] = ...) -> None: ...

class ScreenText(_message.Message):
    __slots__ = ("start", "end", "text", "place", "kind", "confidence", "slate")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    SLATE_FIELD_NUMBER: _ClassVar[int]
    start: _time_pb2.Time
    end: _time_pb2.Time
    text: str
    place: Place
    kind: TextKind
    confidence: float
    slate: Slate
    def __init__(self, start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., end: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., text: _Optional[str] = ..., place: _Optional[_Union[Place, _Mapping]] = ..., kind: _Optional[_Union[TextKind, str]] = ..., confidence: _Optional[float] = ..., slate: _Optional[_Union[Slate, _Mapping]] = ...) -> None: ...

class ScreenTexts(_message.Message):
    __slots__ = ("texts", "timecode", "warnings")
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    TIMECODE_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    texts: _containers.RepeatedCompositeFieldContainer[ScreenText]
    timecode: ScreenText
    warnings: _containers.RepeatedCompositeFieldContainer[_error_pb2.Notice]
    def __init__(self, texts: _Optional[_Iterable[_Union[ScreenText, _Mapping]]] = ..., timecode: _Optional[_Union[ScreenText, _Mapping]] = ..., warnings: _Optional[_Iterable[_Union[_error_pb2.Notice, _Mapping]]] = ...) -> None: ...

class ChangeCurve(_message.Message):
    __slots__ = ("values", "usual")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    USUAL_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    usual: float
    def __init__(self, values: _Optional[_Iterable[float]] = ..., usual: _Optional[float] = ...) -> None: ...

class MediaEvidence(_message.Message):
    __slots__ = ("transcript", "screen_text", "change")
    TRANSCRIPT_FIELD_NUMBER: _ClassVar[int]
    SCREEN_TEXT_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    transcript: _transcripts_pb2.Transcript
    screen_text: ScreenTexts
    change: ChangeCurve
    def __init__(self, transcript: _Optional[_Union[_transcripts_pb2.Transcript, _Mapping]] = ..., screen_text: _Optional[_Union[ScreenTexts, _Mapping]] = ..., change: _Optional[_Union[ChangeCurve, _Mapping]] = ...) -> None: ...

class Reason(_message.Message):
    __slots__ = ("log_odds", "words")
    LOG_ODDS_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    log_odds: float
    words: str
    def __init__(self, log_odds: _Optional[float] = ..., words: _Optional[str] = ...) -> None: ...

class BorderReasons(_message.Message):
    __slots__ = ("item_id", "start", "end")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    start: _containers.RepeatedCompositeFieldContainer[Reason]
    end: _containers.RepeatedCompositeFieldContainer[Reason]
    def __init__(self, item_id: _Optional[str] = ..., start: _Optional[_Iterable[_Union[Reason, _Mapping]]] = ..., end: _Optional[_Iterable[_Union[Reason, _Mapping]]] = ...) -> None: ...

class GetEvidenceRequest(_message.Message):
    __slots__ = ("fingerprint",)
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    fingerprint: str
    def __init__(self, fingerprint: _Optional[str] = ...) -> None: ...

class GetEvidenceResponse(_message.Message):
    __slots__ = ("evidence",)
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    evidence: MediaEvidence
    def __init__(self, evidence: _Optional[_Union[MediaEvidence, _Mapping]] = ...) -> None: ...

class GetReasonsRequest(_message.Message):
    __slots__ = ("analysis_id",)
    ANALYSIS_ID_FIELD_NUMBER: _ClassVar[int]
    analysis_id: str
    def __init__(self, analysis_id: _Optional[str] = ...) -> None: ...

class GetReasonsResponse(_message.Message):
    __slots__ = ("borders",)
    BORDERS_FIELD_NUMBER: _ClassVar[int]
    borders: _containers.RepeatedCompositeFieldContainer[BorderReasons]
    def __init__(self, borders: _Optional[_Iterable[_Union[BorderReasons, _Mapping]]] = ...) -> None: ...
