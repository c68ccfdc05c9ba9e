"""A chapter and what is known of it: what is said, read and seen; and whether a title keeps to that."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from cuemark.captions.language.language import Language
from cuemark.captions.language.words import is_unspaced, is_word
from cuemark.core.text import one_line

LONGEST_TITLE = 60
"""Characters; a title is never longer."""
_SHORTEST_TITLE = 2
#: What no title ends with, because something was to follow.
_OPEN_SIGNS = (",", ";", ":", "-", "–", "—", "…", "...", "/", "(", "[", "&", "+")
_PAIRS = (("(", ")"), ("[", "]"), ("«", "»"), ("„", "“"), ("{", "}"))


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

    def in_lines(self) -> ChapterPart:
        """The same with each text in one line, without what no title may hold (control characters)."""
        said, read, seen = (tuple(map(one_line, texts)) for texts in (self.sentences, self.read, self.seen))
        return ChapterPart(self.start, self.end, said, read, seen)


@dataclass(frozen=True)
class KnownWords:
    """The words of one chapter, by their keys, and all its text for scripts without spaces."""

    keys: frozenset[str]
    text: str

    @classmethod
    def of(cls, part: ChapterPart, language: Language) -> KnownWords:
        """Of what is said, read and seen."""
        told = [*map(one_line, (*part.sentences, *part.read, *part.seen))]
        keys = {key for text in told for word in language.words(text) for key in _keys(word, language)}
        return cls(frozenset(keys), _plain(" ".join(told)))

    def invented(self, title: str, language: Language) -> list[str]:
        """The words of a title that have a meaning and are neither said nor read nor seen in the chapter."""
        return [word for word in language.words(title) if not self._knows(word, language)]

    def _knows(self, word: str, language: Language) -> bool:
        if language.is_function_word(word) or not self.keys.isdisjoint(_keys(word, language)):
            return True
        if is_unspaced(word):
            return _plain(word) in self.text
        return not is_word(word) and not any(character.isdigit() for character in word)


def _keys(word: str, language: Language) -> set[str]:
    """The word's own key; a word with a hyphen is known by its parts as well."""
    return {language.key(word)} if "-" not in word else {language.key(word), language.key(word.replace("-", ""))}


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def is_sound(title: str, language: Language, limit: int = LONGEST_TITLE) -> bool:
    """Whether it can stand as a title: neither empty nor too long nor broken off, and more than an opening's name."""
    if not _SHORTEST_TITLE <= len(title) <= limit or title != one_line(title) or title.endswith(_OPEN_SIGNS):
        return False
    words = language.words(title)
    if not any(map(is_word, words)) or any(title.count(one) != title.count(other) for one, other in _PAIRS):
        return False
    return language.can_end(words[-1]) and title.casefold().strip(" .!?") not in language.openings


def distinct_keys(title: str, language: Language) -> frozenset[str]:
    """By what two titles are compared: the keys of their words with a meaning, all words where none has one."""
    words = language.words(title)
    return frozenset(language.keys(words) or map(language.key, words))
