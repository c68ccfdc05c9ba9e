"""Cues: the timed pieces of text that a subtitle or transcript file holds, and their text without its markup."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from fractions import Fraction

from cuemark.core.text import joined_text, one_line
from cuemark.core.transcript import TranscriptOrigin, Utterance, Word


@dataclass(frozen=True)
class Cue:
    """A piece of text over [start, end), seconds as its file counts them.

    `lines` are those that are shown, without markup.  `words` have times of their own where the file tells them.
    """

    start: Fraction
    end: Fraction
    lines: tuple[str, ...]
    speaker: str = ""
    words: tuple[Word, ...] = ()
    probability: float = 1.0

    @property
    def text(self) -> str:
        """All of it, in one line."""
        return joined_text(*self.lines)

    @property
    def utterance(self) -> Utterance:
        """The cue as it stands."""
        return Utterance(self.start, self.end, self.text, self.speaker, self.words, self.probability)


@dataclass(frozen=True)
class CueFile:
    """What a file holds: its cues as they stand there, and the language where it says one.

    `form` names the kind of file.  `whole`: each cue is an utterance that is not to be joined with others.
    `from_picture`: times count from the first frame shown and not from a player's 0.  `origin`: who
    told it, and under which `name`, where the file hands on what an editor said.  `unreadable` counts the cues whose
    times are none; the first of them stands at `where`.
    """

    form: str
    cues: tuple[Cue, ...]
    language: str = ""
    whole: bool = False
    from_picture: bool = False
    origin: TranscriptOrigin = TranscriptOrigin.FILE
    name: str = ""
    unreadable: int = 0
    where: str = ""


_MARKUP = re.compile(
    r"</?\s*(?:[biuscv]|font|span|lang|ruby|rt|p|em|strong|br|div)(?:[\s.][^<>]*)?/?\s*>|\{\\[^{}]*\}", re.IGNORECASE
)
"""Tags that subtitles are known to hold, and the overrides of SubStation.  Anything else in angles is text."""
_ANY_TAG = re.compile(r"<[^<>]*>")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_LINE_BREAK = re.compile(r"<\s*br\s*/?\s*>|\\[Nn]", re.IGNORECASE)


def plain_lines(text: str, *, every_tag: bool = False) -> tuple[str, ...]:
    """The lines of a cue's text without tags, entities and characters that reorder others; empty ones left out.

    `every_tag`: whatever stands in angles is a tag, as in WebVTT.
    """
    lines = _LINE_BREAK.sub("\n", text).split("\n")
    tags = _ANY_TAG if every_tag else _MARKUP
    return tuple(plain for line in lines if (plain := _without(tags, line)))


def _without(tags: re.Pattern[str], line: str) -> str:
    return one_line(_ENTITY.sub(lambda match: html.unescape(match[0]), tags.sub("", line)))


_NO_LETTER = re.compile(r"[\W\d_♪♫♬#*]*")
_SOUND = re.compile(r"[\[【［][^\]】］]*[\]】］]|♪[^♪]*♪?|[*＊][^*＊]+[*＊]")
_ASIDE = re.compile(r"[(（][^()（）.!?…]{1,40}[)）]")
_TURN = re.compile(r"^(?:>>+|[-–—‐])\s*(?=\S)")


def spoken(cue: Cue) -> Cue | None:
    """The cue without signs of a turn (">>", a dash); None where it tells of sounds alone: [Music], ♪, (laughter)."""
    text = cue.text
    rest = _SOUND.sub("", text)
    if not rest.strip() or _ASIDE.fullmatch(text) or (rest != text and _NO_LETTER.fullmatch(rest)):
        return None
    lines = tuple(_TURN.sub("", line) for line in cue.lines)
    return cue if lines == cue.lines else replace(cue, lines=lines)
