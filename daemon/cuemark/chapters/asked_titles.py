"""Titles by a model that the user has, on a server or in a folder: it is given numbered paragraphs, never times.

What it answers is checked: a title for a chapter passes that can stand, is no other chapter's, and has no word with a
meaning that was neither said nor read nor seen there.  For the others ours are written, and it is told why.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cuemark.captions.language.language import Language
from cuemark.captions.language.words import capital
from cuemark.captions.vlm.answer import json_values
from cuemark.captions.vlm.model import Question, VisionLanguageModel, VlmFailure
from cuemark.chapters.chapter_part import ChapterPart, KnownWords, distinct_keys, is_sound
from cuemark.core.errors import CuemarkError, Notice
from cuemark.core.progress import Progress
from cuemark.core.text import one_line, shorten

_STAGE = "titles"
#: Chapters of one question; servers that nobody has told otherwise read about 4,000 tokens and forget the first ones.
_AT_ONCE = 8
_PARAGRAPH = 900
#: After so many questions without an answer, one behind the other, it is not asked again.
_PATIENCE = 2
_FIRST_TIMES = 2
_TOKENS_A_TITLE, _TOKENS = 40, 120
_LONGEST_ANSWER = 200_000
_LONGEST_READ = 400
_TOLD_WORDS = 3
_NUMBERING = re.compile(r"^\s*(?:\d+\s*[.):-]\s+|[-*•]\s+)")
_QUOTES = " \t\"'“”„«»`*"

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "titles": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"paragraph": {"type": "integer"}, "title": {"type": "string"}},
                "required": ["paragraph", "title"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["titles"],
    "additionalProperties": False,
}
_ASKED = """These are {count} numbered paragraphs of a transcript.
{paragraphs}

Write a title for each paragraph: at most {limit} characters, naming its topic, in the language of the paragraph, with
words that stand in it, each title another one, none of them "Introduction". Answer with JSON and nothing else:
{{"titles": [{{"paragraph": 1, "title": "..."}}, ...]}}"""


@dataclass
class AskedTitles:
    """A `TitleAuthor`: asks one model about all chapters of one media, `seconds` for each question."""

    model: VisionLanguageModel
    seconds: float
    progress: Progress
    _outcomes: Counter[str] = field(default_factory=Counter)
    _failure: VlmFailure | None = None
    _invented: list[str] = field(default_factory=list)
    _count: int = 0

    def written(self, parts: Sequence[ChapterPart], language: Language, limit: int) -> dict[int, str]:
        """See `TitleAuthor`; JobCancelled within half a second of a cancel, whatever the model is doing."""
        self._outcomes, self._failure, self._invented, self._count = Counter(), None, [], len(parts)
        titles: dict[int, str] = {}
        silent = 0
        for start in range(0, len(parts), _AT_ONCE):
            self.progress.update(_STAGE, start, len(parts), "chapters")
            numbers = range(start, min(start + _AT_ONCE, len(parts)))
            seconds = self.seconds * (_FIRST_TIMES if start == 0 else 1)
            try:
                answers = self._asked([parts[number] for number in numbers], limit, seconds)
                silent = 0
            except VlmFailure as failure:
                self._failure, silent = failure, silent + 1
                self._outcomes["did not come"] += len(numbers)
                if silent == _PATIENCE:
                    break
                continue
            self._take(answers, numbers, parts, language, limit, titles)
        self.progress.update(_STAGE, len(parts), len(parts), "chapters")
        return titles

    @property
    def notices(self) -> tuple[Notice, ...]:
        """See `TitleAuthor`: one, where a chapter keeps our own title."""
        left = self._count - self._outcomes.total()
        reasons = [f"{count} {reason}" for reason, count in self._outcomes.items() if reason]
        reasons += [f"{left} were not asked for"] if left else []
        kept = self._count - self._outcomes[""]
        if not kept:
            return ()
        words = ", ".join(f'"{word}"' for word in dict.fromkeys(self._invented[:_TOLD_WORDS]))
        message = (
            f"{kept} of {self._count} chapters have Cuemark's own titles; of those of {self.model.name}, "
            f"{', '.join(reasons)}{f' ({words})' if words else ''}."
        )
        return (Notice("titles_kept", f"{message} {self._failure}" if self._failure else message),)

    def _asked(self, parts: Sequence[ChapterPart], limit: int, seconds: float) -> dict[int, str]:
        """The answers by the number of the paragraph, from 0."""
        paragraphs = "\n".join(f"{number}. {paragraph(part)}" for number, part in enumerate(parts, 1))
        text = _ASKED.format(count=len(parts), paragraphs=paragraphs, limit=limit)
        question = Question(text, (), _SCHEMA, _TOKENS + _TOKENS_A_TITLE * len(parts), seconds)
        for answer in self.model.answer(question, self.progress.check):
            if found := titles_in(answer, len(parts)):
                return found
        return {}

    def _take(
        self,
        answers: dict[int, str],
        numbers: range,
        parts: Sequence[ChapterPart],
        language: Language,
        limit: int,
        titles: dict[int, str],
    ) -> None:
        """Keep the answers that pass, and count why the others do not."""
        for place, number in enumerate(numbers):
            title = answers.get(place, "")
            outcome = self._judged(title, parts[number], language, limit, titles.values())
            self._outcomes[outcome] += 1
            if not outcome:
                titles[number] = title

    def _judged(self, title: str, part: ChapterPart, language: Language, limit: int, others: Iterable[str]) -> str:
        """Why a title is not taken; "" for one that is."""
        if not title:
            return "could not be read"
        if not is_sound(title, language, limit):
            return "were too long or broken off"
        if invented := KnownWords.of(part, language).invented(title, language):
            self._invented += [shorten(word, 30) for word in invented]
            return "had words that are not in the chapter"
        keys = distinct_keys(title, language)
        if any(keys == distinct_keys(other, language) for other in others):
            return "were another chapter's"
        return ""


def paragraph(part: ChapterPart) -> str:
    """What a model is told of a chapter, in one line: what is read, the beginning of what is said, what is seen."""
    told = [f"[{one_line(text)}]" for text in (*part.read[:3], *part.seen[:3])]
    return shorten(one_line(" ".join([*told[:3], *part.sentences, *told[3:]])), _PARAGRAPH) or "(nothing)"


def titles_in(answer: str, count: int) -> dict[int, str]:
    """The titles in what a model wrote, by number from 0; numbers that no paragraph has are left out.

    Models give rows with numbers, an object with numbers as its names, or a plain list, which must be whole.
    """
    for value in json_values(answer[:_LONGEST_ANSWER]):
        rows = value.get("titles", value) if isinstance(value, dict) else value
        found = {number: title for number, title in _numbered(rows, count) if 0 <= number < count and title}
        if found:
            return found
    return {}


def _numbered(rows: Any, count: int) -> Iterator[tuple[int, str]]:
    if isinstance(rows, dict):
        yield from ((int(name) - 1, _cleaned(title)) for name, title in rows.items() if _is_number(name))
    elif isinstance(rows, list) and len(rows) == count and all(isinstance(row, str) for row in rows):
        yield from ((place, _cleaned(title)) for place, title in enumerate(rows))
    elif isinstance(rows, list):
        objects = [row for row in rows if isinstance(row, dict) and _is_number(row.get("paragraph"))]
        # Of two titles for one paragraph the first is meant.
        yield from ((int(row["paragraph"]) - 1, _cleaned(row.get("title"))) for row in reversed(objects))


def _is_number(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and value.isdecimal() and len(value) < 6
    )


def _cleaned(value: Any) -> str:
    """A title in one line, without a number, quotes or a full stop around it; "" where it is none."""
    if not isinstance(value, str):
        return ""
    text = _NUMBERING.sub("", one_line(value[:_LONGEST_READ])).strip(_QUOTES)
    return capital(text.rstrip(" .") if not text.endswith("...") else text)


@dataclass(frozen=True)
class UnheardAuthor:
    """A `TitleAuthor` that cannot be asked at all."""

    failure: CuemarkError

    def written(self, parts: Sequence[ChapterPart], language: Language, limit: int) -> dict[int, str]:
        """See `TitleAuthor`: none."""
        return {}

    @property
    def notices(self) -> tuple[Notice, ...]:
        """See `TitleAuthor`: why it was not asked."""
        return (Notice(self.failure.code, f"{self.failure} All chapters have Cuemark's own titles."),)
