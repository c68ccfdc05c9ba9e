"""Titles of chapters from what is said, read and seen in them: short, in the chapter's own words, each another one.

What is written in the pictures as a heading comes first, then what is said, then what is seen; the name of a part by
its number is left for parts in which there is nothing of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cuemark.captions.language.language import Language, rules_for
from cuemark.chapters.chapter_part import LONGEST_TITLE, ChapterPart
from cuemark.chapters.title_candidates import Candidate, Judge, TitleCandidates
from cuemark.core.analysis_options import DEFAULT_TITLE_STYLE
from cuemark.core.errors import Notice

__all__ = ["LONGEST_TITLE", "ChapterPart", "TitleWriter"]

#: What a title is worth that says no more than one that another chapter has.
_SAID_BEFORE = 0.7


class TitleForm(Protocol):
    """Puts the candidates of one chapter into form, and order."""

    def formed(self, part: ChapterPart, candidates: Sequence[Candidate], language: Language) -> list[Candidate]:
        """The candidates in a better order; raises JobCancelled."""


class TitleAuthor(Protocol):
    """Somebody else who writes the titles."""

    def written(self, parts: Sequence[ChapterPart], language: Language, limit: int) -> dict[int, str]:
        """Titles for the parts it has a title for that can stand, by number; raises JobCancelled."""

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What is to be told of its last answers."""


class TitleWriter:
    """Writes the titles of all chapters of one media; the same parts have the same titles.

    `notices` tell what came in the way when titles were last written.
    """

    def __init__(
        self,
        language: str = "",
        style: str | None = None,
        limit: int = LONGEST_TITLE,
        *,
        form: TitleForm | None = None,
        author: TitleAuthor | None = None,
        judge: Judge | None = None,
    ) -> None:
        """`language` is a code ("en"), "" where the speech itself shall tell; `limit` characters, at most 60.

        `form` puts what is said into form, `author` writes titles itself, `judge` says which captions fit the frames.
        """
        self._language, self._style = language, style or DEFAULT_TITLE_STYLE
        self._limit = min(limit, LONGEST_TITLE)
        self._form, self._author, self._judge = form, author, judge
        self.notices: tuple[Notice, ...] = ()

    def titles(self, parts: Sequence[ChapterPart]) -> list[str]:
        """A title for each part: 1 to 60 characters, none equal to another."""
        parts = [part.in_lines() for part in parts]
        language = rules_for(self._language, [sentence for part in parts for sentence in part.sentences])
        sources = TitleCandidates(parts, language, self._style, self._limit, self._judge)
        written = self._author.written(parts, language, self._limit) if self._author else {}
        self.notices = self._author.notices if self._author else ()
        choices = [
            [] if number in written else self._choices(number, sources, language) for number in range(len(parts))
        ]
        return distinct(written, choices, language)

    def _choices(self, number: int, sources: TitleCandidates, language: Language) -> list[Candidate]:
        candidates = sources.of(number)
        if self._form is None or not sources.is_spoken(number):
            return candidates
        return self._form.formed(sources.parts[number], candidates, language)


def distinct(written: dict[int, str], choices: Sequence[Sequence[Candidate]], language: Language) -> list[str]:
    """A title for each chapter, each another one: those that are `written`, and of the others the best that is free.

    The chapter with the best candidate chooses first; what says no more than a title that is taken is worth less.
    """
    titles = dict(written)
    taken = {title.casefold() for title in titles.values()}
    known: list[frozenset[str]] = []
    order = sorted(
        (number for number in range(len(choices)) if number not in titles),
        key=lambda number: (-choices[number][0].worth if choices[number] else 0.0, number),
    )
    for number in order:
        free = [one for one in choices[number] if one.text.casefold() not in taken and one.keys not in known]
        best = max(free, key=lambda one: one.worth * _freshness(one.keys, known), default=None)
        title = best.text if best else _numbered(number, len(choices), taken, language)
        titles[number] = title
        taken.add(title.casefold())
        if best:
            known.append(best.keys)
    return [titles[number] for number in range(len(choices))]


def _freshness(keys: frozenset[str], known: Sequence[frozenset[str]]) -> float:
    return _SAID_BEFORE if any(keys <= other or other <= keys for other in known) else 1.0


def _numbered(number: int, count: int, taken: set[str], language: Language) -> str:
    """A part's name by its number; another number where a title is called so."""
    while True:
        title = language.numbered.format(number + 1)
        if title.casefold() not in taken:
            return title
        number += count
