"""Readers of transcripts in JSON: Whisper's dialects, the podcast namespace's, and our own.

| whose | what tells it |
|---|---|
| ours | `kind` |
| openai-whisper, faster-whisper, WhisperX, the API's verbose JSON | a list of segments with `start`, `end`, `text`, alone or as `segments` |
| whisper.cpp | `transcription` with `offsets` in milliseconds |
| podcast namespace (application/json of `podcast:transcript`) | `segments` with `startTime` and `body` |
| columns | lists `start`, `end` and `text` of one length |
"""  # noqa: E501

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from cuemark.core.languages import language_code
from cuemark.core.text import one_line
from cuemark.core.transcript import TranscriptOrigin, Word
from cuemark.core.transcript_text import JSON_KIND
from cuemark.evidence.speech.cues import Cue, CueFile, plain_lines

_LATEST = 10**7
"""Seconds; a later time is none."""
_LONGEST_NUMBER = 60


def parsed(text: str) -> Any:
    """What the JSON says, numbers with a point exactly; raises ValueError."""
    try:
        return json.loads(text, parse_float=_exactly, parse_constant=lambda _: None)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _exactly(number: str) -> Fraction | float:
    """A decimal as a fraction; one whose exponent would make it endless as a float."""
    return float(number) if len(number) > _LONGEST_NUMBER or "e" in number.lower() else Fraction(number)


def transcript_of(data: Any) -> CueFile | None:
    """The cues of a JSON value; None where it is no transcript in any form we know."""
    for reader in _READERS:
        found = reader(data)
        if found is not None:
            return found
    return None


def _ours(data: Any) -> CueFile | None:
    if not isinstance(data, dict) or data.get("kind") != JSON_KIND:
        return None
    found = _cues(_objects(data.get("utterances")), _our_cue)
    file = _file("Cuemark JSON", found, data.get("language"), whole=True, from_picture=True)
    if data.get("origin") == TranscriptOrigin.TIMELINE.value:
        return replace(file, origin=TranscriptOrigin.TIMELINE, name=_line(data.get("name")))
    return file


def _our_cue(one: Mapping[str, Any]) -> Cue | None:
    span = _our_span(one)
    if span is None:
        return None
    words = []
    for word in _objects(one.get("words")):
        times = _our_span(word)
        if times is not None:
            words.append(Word(*times, _line(word.get("text")), _probability(word.get("probability"))))
    lines = tuple(filter(None, (_line(one.get("text")),)))
    return Cue(*span, lines, _line(one.get("speaker")), tuple(words), _probability(one.get("probability")))


def _our_span(one: Mapping[str, Any]) -> tuple[Fraction, Fraction] | None:
    start, end = (_exact_time(one.get(key), one.get(f"{key}_s")) for key in ("start", "end"))
    return None if start is None or end is None else (start, end)


def _exact_time(quotient: Any, number: Any) -> Fraction | None:
    """The exact time, but for one whose number somebody has changed by hand."""
    told = _time(number)
    try:
        exact = _time(Fraction(quotient)) if isinstance(quotient, str) and len(quotient) < _LONGEST_NUMBER else None
    except (ValueError, ZeroDivisionError):
        exact = None
    return told if exact is None or (told is not None and abs(told - exact) > Fraction(1, 10**6)) else exact


def _whisper_cpp(data: Any) -> CueFile | None:
    entries = data.get("transcription") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not any("offsets" in one for one in _objects(entries)):
        return None
    told = data.get("result")
    language = told.get("language") if isinstance(told, dict) else None
    return _file("whisper.cpp JSON", _cues(_objects(entries), _cpp_cue), language)


def _cpp_cue(one: Mapping[str, Any]) -> Cue | None:
    span = _offsets(one)
    if span is None:
        return None
    words: list[Word] = []
    for token in _objects(one.get("tokens")):
        text, times = str(token.get("text") or ""), _offsets(token)
        if times is None or not text.strip() or text.startswith("[_"):
            continue
        if words and not text.startswith(" "):  # a token that goes on with a word
            before = words.pop()
            words.append(Word(before.start, times[1], before.text + text.strip(), before.probability))
        else:
            words.append(Word(*times, text.strip(), _probability(token.get("p"))))
    return Cue(*span, _lines(one.get("text")), _line(one.get("speaker")), tuple(words))


def _offsets(one: Mapping[str, Any]) -> tuple[Fraction, Fraction] | None:
    told = one.get("offsets")
    if not isinstance(told, dict):
        return None
    start, end = _time(told.get("from"), 1000), _time(told.get("to"), 1000)
    return None if start is None or end is None else (start, end)


def _podcast(data: Any) -> CueFile | None:
    entries = data.get("segments") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not any("startTime" in one and "body" in one for one in _objects(entries)):
        return None
    return _file("podcast JSON", _cues(_objects(entries), _podcast_cue), data.get("language"))


def _podcast_cue(one: Mapping[str, Any]) -> Cue | None:
    start = _time(one.get("startTime"))
    end = _time(one.get("endTime"))
    if start is None:
        return None
    return Cue(start, start if end is None else end, _lines(one.get("body")), _line(one.get("speaker")))


def _whisper(data: Any) -> CueFile | None:
    entries = data.get("segments") if isinstance(data, dict) else data
    if not isinstance(entries, list):
        entries = data.get("words") if isinstance(data, dict) else None
    told = list(_objects(entries))
    if not any("start" in one and ("text" in one or "word" in one) for one in told):
        return None
    language = data.get("language") if isinstance(data, dict) else None
    return _file("Whisper JSON", _cues(told, _whisper_cue), language)


def _whisper_cue(one: Mapping[str, Any]) -> Cue | None:
    start, end = _time(one.get("start")), _time(one.get("end"))
    if start is None:
        return None
    end = start if end is None else end
    words = _whisper_words(one.get("words"), start, end)
    logprob = one.get("avg_logprob")
    sure = math.exp(min(0.0, float(logprob))) if isinstance(logprob, (int, float, Fraction)) else 1.0
    text = one.get("text") if "text" in one else one.get("word")
    return Cue(start, end, _lines(text), _line(one.get("speaker")), words, sure)


def _whisper_words(entries: Any, start: Fraction, end: Fraction) -> tuple[Word, ...]:
    """Words of a segment; one without times (a number, in WhisperX) lies between its neighbours."""
    found: list[Word] = []
    told = list(_objects(entries))
    times = [(_time(one.get("start")), _time(one.get("end"))) for one in told]
    for index, one in enumerate(told):
        text = _line(one.get("word") if "word" in one else one.get("text"))
        since, until = times[index]
        if since is None:
            since = found[-1].end if found else start
        if until is None:
            until = next((later for later, _ in times[index + 1 :] if later is not None), end)
        if text:
            sure = one.get("probability") if "probability" in one else one.get("score")
            found.append(Word(since, max(since, until), text, _probability(sure)))
    return tuple(found)


def _columns(data: Any) -> CueFile | None:
    if not isinstance(data, dict):
        return None
    columns = [data.get(key) for key in ("start", "end", "text")]
    if not all(isinstance(column, list) for column in columns) or len({len(column or ()) for column in columns}) != 1:
        return None
    rows = [{"start": start, "end": end, "text": text} for start, end, text in zip(*columns, strict=True)]
    return _file("JSON", _cues(rows, _whisper_cue), data.get("language"))


_READERS: tuple[Callable[[Any], CueFile | None], ...] = (_ours, _whisper_cpp, _podcast, _columns, _whisper)


def _file(
    form: str,
    found: tuple[list[Cue], int, str],
    language: Any,
    *,
    whole: bool = False,
    from_picture: bool = False,
) -> CueFile:
    cues, unreadable, where = found
    code = language_code(language) if isinstance(language, str) else ""
    return CueFile(form, tuple(cues), code, whole, from_picture, unreadable=unreadable, where=where)


def _cues(
    entries: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Cue | None]
) -> tuple[list[Cue], int, str]:
    """The entries' cues, how many have no times, and which is the first of them."""
    cues: list[Cue] = []
    unreadable, where = 0, ""
    for number, one in enumerate(entries, 1):
        cue = read(one)
        if cue is None:
            unreadable, where = unreadable + 1, where or f"entry {number}"
        else:
            cues.append(cue)
    return cues, unreadable, where


def _objects(entries: Any) -> Iterable[Mapping[str, Any]]:
    return [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []


def _time(value: Any, per_second: int = 1) -> Fraction | None:
    """A time in seconds; None for what is no number, infinite, or beyond all footage."""
    if isinstance(value, str):
        try:
            value = Fraction(value) if len(value) < _LONGEST_NUMBER and "e" not in value.lower() else None
        except (ValueError, ZeroDivisionError):
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    seconds = Fraction(value) / per_second
    return seconds if abs(seconds) <= _LATEST else None


def _probability(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
        return 1.0
    return min(1.0, max(0.0, float(value)))


def _lines(text: Any) -> tuple[str, ...]:
    return plain_lines(text) if isinstance(text, str) else ()


def _line(text: Any) -> str:
    return one_line(text) if isinstance(text, str) else ""
