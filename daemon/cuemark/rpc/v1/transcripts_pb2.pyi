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

class TranscriptOrigin(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSCRIPT_ORIGIN_UNSPECIFIED: _ClassVar[TranscriptOrigin]
    TRANSCRIPT_ORIGIN_SPEECH: _ClassVar[TranscriptOrigin]
    TRANSCRIPT_ORIGIN_FILE: _ClassVar[TranscriptOrigin]
    TRANSCRIPT_ORIGIN_SUBTITLES: _ClassVar[TranscriptOrigin]
    TRANSCRIPT_ORIGIN_TIMELINE: _ClassVar[TranscriptOrigin]
TRANSCRIPT_ORIGIN_UNSPECIFIED: TranscriptOrigin
TRANSCRIPT_ORIGIN_SPEECH: TranscriptOrigin
TRANSCRIPT_ORIGIN_FILE: TranscriptOrigin
TRANSCRIPT_ORIGIN_SUBTITLES: TranscriptOrigin
TRANSCRIPT_ORIGIN_TIMELINE: TranscriptOrigin

class Word(_message.Message):
    __slots__ = ("start", "end", "text", "probability")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    start: _time_pb2.Time
    end: _time_pb2.Time
    text: str
    probability: float
    def __init__(self, start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., end: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., text: _Optional[str] = ..., probability: _Optional[float] = ...) -> None: ...

class Utterance(_message.Message):
    __slots__ = ("start", "end", "text", "speaker", "words", "probability")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    start: _time_pb2.Time
    end: _time_pb2.Time
    text: str
    speaker: str
    words: _containers.RepeatedCompositeFieldContainer[Word]
    probability: float
    def __init__(self, start: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., end: _Optional[_Union[_time_pb2.Time, _Mapping]] = ..., text: _Optional[str] = ..., speaker: _Optional[str] = ..., words: _Optional[_Iterable[_Union[Word, _Mapping]]] = ..., probability: _Optional[float] = ...) -> None: ...

class Transcript(_message.Message):
    __slots__ = ("utterances", "language", "origin", "name", "warnings")
    UTTERANCES_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    utterances: _containers.RepeatedCompositeFieldContainer[Utterance]
    language: str
    origin: TranscriptOrigin
    name: str
    warnings: _containers.RepeatedCompositeFieldContainer[_error_pb2.Notice]
    def __init__(self, utterances: _Optional[_Iterable[_Union[Utterance, _Mapping]]] = ..., language: _Optional[str] = ..., origin: _Optional[_Union[TranscriptOrigin, str]] = ..., name: _Optional[str] = ..., warnings: _Optional[_Iterable[_Union[_error_pb2.Notice, _Mapping]]] = ...) -> None: ...

class Transcription(_message.Message):
    __slots__ = ("media", "transcript")
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    TRANSCRIPT_FIELD_NUMBER: _ClassVar[int]
    media: _media_pb2.Media
    transcript: Transcript
    def __init__(self, media: _Optional[_Union[_media_pb2.Media, _Mapping]] = ..., transcript: _Optional[_Union[Transcript, _Mapping]] = ...) -> None: ...

class GetTranscriptRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class GetTranscriptResponse(_message.Message):
    __slots__ = ("part",)
    PART_FIELD_NUMBER: _ClassVar[int]
    part: Transcription
    def __init__(self, part: _Optional[_Union[Transcription, _Mapping]] = ...) -> None: ...
