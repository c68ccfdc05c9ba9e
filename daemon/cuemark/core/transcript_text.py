"""A transcript as text: SubRip, WebVTT, plain text, and the JSON in which it is exact.

SubRip and WebVTT are for players, whose 0 is the start of the container: their times have the distance to the first
frame shown added.  One cue is one utterance, so that what is read again is what was written.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cuemark.core.analysis_json import notice_object
from cuemark.core.text import joined_text, json_safe, one_line, printable, printable_path
from cuemark.core.timebase import ClockStyle, clock, round_half_up
from cuemark.core.transcript import Transcription, Utterance, Word

JSON_KIND = "cuemark-transcript"
"""By what a JSON file is known to be a transcript of ours."""
VTT_SIGN = "NOTE Cuemark transcript: each cue is one utterance"
_PAUSE_S = 2
_PARAGRAPH = 700
"""Plain text begins a paragraph behind a pause, with a new speaker, and after so many characters."""


@dataclass(frozen=True)
class TranscriptFormat:
    """A format a transcript can be written in: its name, the file's suffix, what it is, and its writer."""

    name: str
    suffix: str
    help: str
    write: Callable[[Transcription], str]


def subrip(spoken: Transcription) -> str:
    """A SubRip file; it has no place for speakers and words."""
    cues = enumerate(_shown(spoken), 1)
    return "".join(f"{number}\n{_times(one, 'hh:mm:ss,mmm')}\n{_subrip_text(one.text)}\n\n" for number, one in cues)


_LIKE_MARKUP = re.compile(r"<(?=/?\s*[a-zA-Z])|&(?=#?\w{1,8};)")


def _subrip_text(text: str) -> str:
    """The text in one line that no reader takes for a tag, an entity, or a line of times."""
    line = one_line(text).replace("-->", "->")
    return _LIKE_MARKUP.sub(lambda match: "&lt;" if match[0] == "<" else "&amp;", line)


def webvtt(spoken: Transcription) -> str:
    """A WebVTT file; a speaker is the voice of a cue."""
    language = f"\nLanguage: {spoken.transcript.language}" if spoken.transcript.language else ""
    cues = (f"{_times(one, 'hh:mm:ss.mmm')}\n{_voice(one)}{_escaped(one.text)}\n" for one in _shown(spoken))
    return "\n".join([f"WEBVTT{language}\n", f"{VTT_SIGN}\n", *cues])


def _escaped(text: str) -> str:
    return one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _voice(utterance: Utterance) -> str:
    return f"<v {_escaped(utterance.speaker)}>" if one_line(utterance.speaker) else ""


def plain_text(spoken: Transcription) -> str:
    """What is said as people read it: paragraphs, each with its speaker where one is known."""
    return "".join(f"{paragraph}\n\n" for paragraph in _paragraphs(spoken.transcript.utterances)).rstrip("\n") + "\n"


def _paragraphs(utterances: tuple[Utterance, ...]) -> Iterator[str]:
    text, speaker, end = "", "", Fraction(0)
    for one in utterances:
        if not one_line(one.text):
            continue
        if text and (one.speaker != speaker or one.start - end > _PAUSE_S or len(text) > _PARAGRAPH):
            yield text
            text = ""
        named = f"{one_line(one.speaker)}: " if not text and one_line(one.speaker) else ""
        text = joined_text(text, one_line(one.text)) if text else named + one_line(one.text)
        speaker, end = one.speaker, one.end
    if text:
        yield text


def _shown(spoken: Transcription) -> list[Utterance]:
    """Utterances with the times of a player, to the millisecond, none without length and none without text."""
    ahead = spoken.media.picture_start
    found = []
    for one in spoken.transcript.utterances:
        start = Fraction(max(0, round_half_up((one.start + ahead) * 1000)), 1000)
        end = max(Fraction(round_half_up((one.end + ahead) * 1000), 1000), start + Fraction(1, 1000))
        if one_line(one.text):
            found.append(Utterance(start, end, one.text, one.speaker))
    return found


def _times(utterance: Utterance, style: ClockStyle) -> str:
    return f"{clock(utterance.start, style)} --> {clock(utterance.end, style)}"


def transcription_object(spoken: Transcription) -> dict[str, Any]:
    """The transcript as plain dicts and lists; times are seconds from the first frame shown.

    `start` and `end` are exact, as a quotient; `start_s` and `end_s` the same as numbers.
    """
    told = spoken.transcript
    return {
        "kind": JSON_KIND,
        "version": 1,
        "media": {"path": printable_path(spoken.media.path), "duration_s": float(spoken.media.duration)},
        "language": told.language,
        "origin": told.origin.value,
        "name": printable(told.name),
        "utterances": [_utterance(one) for one in told.utterances],
        "warnings": [notice_object(notice) for notice in told.warnings],
    }


def _utterance(one: Utterance) -> dict[str, Any]:
    found: dict[str, Any] = {**_span(one), "text": printable(one.text)}
    if one.speaker:
        found["speaker"] = printable(one.speaker)
    if one.probability != 1.0:
        found["probability"] = _finite(one.probability)
    if one.words:
        found["words"] = [
            {**_span(word), "text": printable(word.text), "probability": _finite(word.probability)}
            for word in one.words
        ]
    return found


def _span(one: Utterance | Word) -> dict[str, Any]:
    return {"start_s": float(one.start), "end_s": float(one.end), "start": str(one.start), "end": str(one.end)}


def _finite(probability: float) -> float:
    return probability if math.isfinite(probability) else 0.0


def exact_json(spoken: Transcription) -> str:
    """Our JSON: all that is known, exactly."""
    return json_safe(json.dumps(transcription_object(spoken), ensure_ascii=False, indent=1)) + "\n"


TRANSCRIPT_FORMATS = {
    known.name: known
    for known in (
        TranscriptFormat("srt", ".srt", "SubRip", subrip),
        TranscriptFormat("vtt", ".vtt", "WebVTT, with speakers", webvtt),
        TranscriptFormat("json", ".json", "exact, with words", exact_json),
        TranscriptFormat("txt", ".txt", "plain text", plain_text),
    )
}
