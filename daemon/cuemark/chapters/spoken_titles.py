"""Titles of chapters from what is said, read and seen in them: short, in the chapter's own words, each another one.

What is written in the pictures as a heading comes first, then what is said, then what is seen; the name of a part by
its number is left for parts in which there is nothing of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cuemark.captions.language.language import rules_for
from cuemark.chapters.key_phrases import KeyPhrases, Phrase
from cuemark.chapters.topic_words import SpokenPart, TopicWords

LONGEST_TITLE = 60
"""Characters; a title is never longer."""
_JOINED_TRIED = 12
#: A second phrase must add so much of what a title is worth.
_WORTH_JOINING = 1.15


@dataclass(frozen=True)
class ChapterPart:
    """A chapter [start, end) in seconds, and what is known of it.

    `sentences` are said in it, `read` are title cards and headings of slides, `seen` captions of its moments, in order.
    """

    start: Fraction
    end: Fraction
    sentences: tuple[str, ...]
    read: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()


class TitleWriter:
    """Writes the titles of all chapters of one media; the same parts have the same titles."""

    def __init__(self, language: str = "", limit: int = LONGEST_TITLE) -> None:
        """`language` is a code ("en"), "" where the speech itself shall tell."""
        self._language, self._limit = language, min(limit, LONGEST_TITLE)

    def titles(self, parts: Sequence[ChapterPart]) -> list[str]:
        """A title for each part: 1 to 60 characters, none equal to another."""
        language = rules_for(self._language, [sentence for part in parts for sentence in part.sentences])
        spoken = [SpokenPart.of(part.sentences, language) for part in parts]
        phrases = KeyPhrases(spoken, TopicWords.of(spoken, language), language)
        taken: set[str] = set()
        titles = []
        for number in range(len(parts)):
            title = next(one for one in self._choices(number, phrases) if one.casefold() not in taken)
            taken.add(title.casefold())
            titles.append(title)
        return titles

    def _choices(self, number: int, phrases: KeyPhrases) -> Iterator[str]:
        """Titles for one part, the best first, without end."""
        found = phrases.of(number, self._limit)
        ranked = sorted([*self._joined(number, found, phrases), *((p.worth, p.text) for p in found)], reverse=True)
        yield from (capital(text) for _, text in ranked)
        yield phrases.language.numbered.format(number + 1)
        raise AssertionError("a number is no other part's")

    def _joined(self, number: int, found: Sequence[Phrase], phrases: KeyPhrases) -> Iterator[tuple[float, str]]:
        """Two phrases with "and" between them, where that says more than either."""
        conjunction = phrases.language.conjunction
        for place, one in enumerate(found[:_JOINED_TRIED]):
            for other in found[place + 1 : _JOINED_TRIED]:
                text = f"{one.text} {conjunction} {other.text}"
                if conjunction and len(text) <= self._limit and not one.keys & other.keys:
                    worth = phrases.worth(number, one.keys | other.keys) / _WORTH_JOINING
                    if worth > max(one.worth, other.worth):
                        yield worth, text


def capital(text: str) -> str:
    """First letter large, unless the word has its own capitals (iPhone)."""
    first = text.split(" ", 1)[0]
    return text if any(letter.isupper() for letter in first) else text[:1].upper() + text[1:]
