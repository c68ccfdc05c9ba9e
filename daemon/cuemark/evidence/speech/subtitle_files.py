"""Readers of subtitle text: SubRip as the world writes it, WebVTT (W3C, 4 April 2019), SubStation through pysubs2.

SubRip has no standard.  Read are times with a point or a comma, of one to nine decimals or none, without hours, with
hours beyond 99, with spaces in them, and cues without numbers, without blank lines between them or with some in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from cuemark.core.languages import language_code
from cuemark.core.text import joined_text, one_line
from cuemark.core.transcript import Word
from cuemark.core.transcript_text import VTT_SIGN
from cuemark.evidence.speech.cues import Cue, CueFile, plain_lines

_TIME = r"(?:(\d{1,4})\s*:\s*)?(\d{1,2})\s*:\s*(\d{1,2})(?:\s*[.,]\s*(\d{1,9}))?"
_TIMES = re.compile(rf"\s*{_TIME}\s*-{{1,3}}\s*>\s*{_TIME}(?=\s|$)")
_LIKE_TIMES = re.compile(r"\s*\d+\s*:.*-->|.*-->\s*\d+\s*:")
"""A line that was meant to hold times, and does not."""
_NUMBER = re.compile(r"\s*\d{1,7}\s*")


def is_subrip(text: str) -> bool:
    """Whether some line has a cue's two times."""
    return any(_TIMES.match(line) for line in text.split("\n") if ">" in line)


def subrip(text: str) -> CueFile:
    """The cues of a SubRip file, in its order; a line of times begins one, a number right before it belongs to it."""
    lines = text.split("\n")
    heads = [index for index, line in enumerate(lines) if ">" in line and _is_head(lines, index)]
    cues, unreadable, where = [], 0, ""
    for index, following in zip(heads, [*heads[1:], len(lines)], strict=True):
        found = _TIMES.match(lines[index])
        if found is None:
            unreadable, where = unreadable + 1, where or f"line {index + 1}"
            continue
        body = lines[index + 1 : following]
        if following < len(lines) and body and _NUMBER.fullmatch(body[-1]):
            body.pop()
        cues.append(Cue(*_span(found), plain_lines("\n".join(body))))
    return CueFile("SubRip", tuple(cues), unreadable=unreadable, where=where)


def _is_head(lines: Sequence[str], index: int) -> bool:
    """Whether a line has a cue's times, or stands where they should: an arrow behind a number of its own."""
    line = lines[index]
    numbered = index > 0 and "-->" in line and _NUMBER.fullmatch(lines[index - 1])
    return bool(
        _TIMES.match(line) or _LIKE_TIMES.match(line) or (numbered and (index < 2 or not lines[index - 2].strip()))
    )


def _span(found: re.Match[str]) -> tuple[Fraction, Fraction]:
    return _seconds(*found.group(1, 2, 3, 4)), _seconds(*found.group(5, 6, 7, 8))


def _seconds(hours: str | None, minutes: str, seconds: str, decimals: str | None) -> Fraction:
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return Fraction(whole) + (Fraction(int(decimals), 10 ** len(decimals)) if decimals else 0)


_NOT_CUES = ("NOTE", "STYLE", "REGION")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?(?:[ \t]+([^>]*))?>", re.IGNORECASE)
_WORD_TIME = re.compile(r"<((?:\d+:)?\d{2}:\d{2}[.,]\d{3})>")
_HEADER_LANGUAGE = re.compile(r"^Language:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


def webvtt(text: str) -> CueFile:
    """The cues of a WebVTT file; a voice span is a speaker, a time stamp within a cue the time of a word.

    One written by us is recognised by its note: each cue is an utterance.
    """
    head, blocks = _blocks(text)
    cues: list[Cue] = []
    unreadable, where = 0, ""
    for block in blocks:
        timing = next(index for index, line in enumerate(block) if "-->" in line)
        found = _TIMES.match(block[timing])
        if found is None:
            unreadable, where = unreadable + 1, where or f'"{one_line(block[timing])[:40]}"'
        else:
            cues += voices("\n".join(block[timing + 1 :]), *_span(found))
    told = _HEADER_LANGUAGE.search(head)
    language = language_code(told[1]) if told else ""
    return CueFile("WebVTT", tuple(cues), language, VTT_SIGN in text[:4096], unreadable=unreadable, where=where)


def _blocks(text: str) -> tuple[str, list[list[str]]]:
    """The header, and the lines of each cue: at most a name, its times, its text.

    An empty line ends a cue (one of blanks does not), and so does another line of times.
    """
    head, _, body = text.partition("\n\n")
    if "-->" in head:  # no empty line behind the header
        head, _, body = text.partition("\n")
    found: list[list[str]] = []
    for block in re.split(r"\n\n+", body.strip("\n")):
        lines = block.split("\n")
        heads = [index for index, line in enumerate(lines) if "-->" in line]
        if not heads or (lines[0].split(" ")[0] in _NOT_CUES and heads[0] > 1):
            continue
        begins = [max(0, heads[0] - 1), *(heads[1:])]
        found += [lines[begin:end] for begin, end in zip(begins, [*begins[1:], len(lines)], strict=True)]
    return head, found


def voices(text: str, start: Fraction, end: Fraction) -> Iterator[Cue]:
    """A cue, or one for each voice in it, which share its time by the length of what they say."""
    first, *rest = _VOICE.split(text)
    spans = [("", first), *zip(rest[::2], rest[1::2], strict=True)]
    named = [(one_line(speaker or ""), said) for speaker, said in spans if plain_lines(said, every_tag=True)]
    if not named:
        yield Cue(start, end, ())
        return
    total, begun = sum(len(said) for _, said in named), 0
    for speaker, said in named:
        since = start + (end - start) * Fraction(begun, total)
        begun += len(said)
        until = start + (end - start) * Fraction(begun, total)
        yield Cue(since, until, plain_lines(said, every_tag=True), speaker, timed_words(said, since, until))


def timed_words(text: str, start: Fraction, end: Fraction) -> tuple[Word, ...]:
    """The words between the time stamps in a cue's text; none where it has no stamps, or they run backwards.

    A line without stamps has been said before, where captions roll.
    """
    stamped = [line for line in text.split("\n") if _WORD_TIME.search(line)]
    if not stamped:
        return ()
    pieces = _WORD_TIME.split("\n".join(stamped))
    times = [start, *(_stamp(stamp) for stamp in pieces[1::2]), end]
    if any(later < sooner for sooner, later in pairwise(times)):
        return ()
    said = (joined_text(*plain_lines(piece, every_tag=True)) for piece in pieces[::2])
    return tuple(Word(since, until, word) for word, (since, until) in zip(said, pairwise(times), strict=True) if word)


def _stamp(text: str) -> Fraction:
    *hours, minutes, seconds = text.replace(",", ".").split(":")
    whole, _, decimals = seconds.partition(".")
    return _seconds(hours[0] if hours else None, minutes, whole, decimals)


def is_substation(text: str) -> bool:
    """Whether it is an ASS or SSA file."""
    return "[Script Info]" in text[:4096] or ("[Events]" in text and "Dialogue:" in text)


def substation(text: str) -> CueFile:
    """The dialogue of an ASS or SSA file; its names are speakers, comments and drawings are left out.

    Raises ValueError with the reason.
    """
    import pysubs2

    try:
        subs = pysubs2.SSAFile.from_string(text)
    except (KeyError, IndexError, pysubs2.exceptions.Pysubs2Error) as error:
        raise ValueError(one_line(str(error))[:200]) from error
    spoken = [event for event in subs if not event.is_comment and not event.is_drawing]
    return CueFile(
        "SubStation", tuple(_dialogue(event.start, event.end, event.plaintext, event.name) for event in spoken)
    )


def _dialogue(start: int, end: int, text: str, name: str) -> Cue:
    return Cue(Fraction(start, 1000), Fraction(end, 1000), plain_lines(text), one_line(name))


def dialogue_text(fields: str) -> tuple[str, tuple[str, ...]]:
    """Speaker and lines of a line of dialogue as a container keeps it: its order, layer, style, name, margins, text."""
    parts = fields.split(",", 8)
    return (one_line(parts[3]), plain_lines(parts[8])) if len(parts) == 9 else ("", plain_lines(fields))
