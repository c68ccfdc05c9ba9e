"""Key phrases: names of one to a few words that a chapter's speech holds, ranked by how much of a title they make.

A phrase is said as it stands: it begins and ends with a word that means something, holds function words only where a
name may ("proof of work"), and crosses no comma.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cuemark.captions.language.language import Language
from cuemark.captions.language.words import Clause, is_word, joined
from cuemark.chapters.topic_words import SpokenPart, TopicWords

_MOST_WORDS = 6
#: Words with a meaning that people put into a title; against longer and shorter ones a title's worth is measured.
_TITLE_WORDS = 2.8
#: What it adds to be said again, for each doubling, in shares of the worth; a name of several words is one by use.
_AGAIN = 0.25
#: What it costs to be a part of a longer name wherever it is said.
_CUT_AT_END, _CUT_AT_START = 0.5, 0.2
#: Words that are said in more than this share of several chapters tell none of them apart.
_SEVERAL_PARTS, _EVERYWHERE, _NOT_OWN = 4, 0.6, 0.6
#: Where no rules tell what belongs together, only saying it again does.
_UNPROVEN = 0.4
#: A single word says enough where it is hardly said elsewhere.
_ELSEWHERE, _BARE = 0.25, 0.75
_KEPT = 40


@dataclass(frozen=True)
class Phrase:
    """Words as they are said, the keys of those with a meaning, and what share of a title they are expected to be."""

    words: Clause
    keys: frozenset[str]
    worth: float
    times: int

    @property
    def text(self) -> str:
        """As it is said."""
        return joined(self.words)


@dataclass(frozen=True)
class _Use:
    """A phrase at one place, and whether a name seems to go on before or behind it."""

    words: Clause
    cut_at_start: bool
    cut_at_end: bool


@dataclass(frozen=True)
class KeyPhrases:
    """The phrases of all chapters of one media."""

    parts: Sequence[SpokenPart]
    topic: TopicWords
    language: Language

    def of(self, part: int, limit: int) -> list[Phrase]:
        """The phrases of one chapter that fit into `limit` characters, the most telling first."""
        uses: dict[tuple[str, ...], list[_Use]] = {}
        for use in self._uses(self.parts[part]):
            uses.setdefault(tuple(map(self.language.key, use.words)), []).append(use)
        found = [self._phrase(part, same) for same in uses.values()]
        fitting = [phrase for phrase in found if len(phrase.text) <= limit and phrase.worth > 0]
        return sorted(fitting, key=lambda phrase: (-phrase.worth, len(phrase.text), phrase.text))[:_KEPT]

    def worth(self, part: int, keys: frozenset[str]) -> float:
        """The share (F1) of words with a meaning that a title of these is expected to have in common with a maker's."""
        return 2 * math.fsum(self.topic.chance(part, key) for key in keys) / (len(keys) + _TITLE_WORDS)

    def _phrase(self, part: int, uses: Sequence[_Use]) -> Phrase:
        spelled = Counter(self._spelled(use.words) for use in uses)
        words = max(spelled.items(), key=lambda item: (item[1], item[0]))[0]
        keys, times = self.keys(words), len(uses)
        several = 1 + _AGAIN * math.log2(times) if len(keys) > 1 else 1.0
        ends = 1 - _CUT_AT_END * sum(use.cut_at_end for use in uses) / times
        begins = 1 - _CUT_AT_START * sum(use.cut_at_start for use in uses) / times
        return Phrase(words, keys, self.worth(part, keys) * several * ends * begins * self._own(keys, times), times)

    def _own(self, keys: frozenset[str], times: int) -> float:
        """What a name is worth that could be another chapter's as well, or is a single plain word; else 1."""
        own = 1.0
        if self.language.is_neutral and len(keys) > 1 and times == 1:
            own *= _UNPROVEN
        if len(self.parts) >= _SEVERAL_PARTS and all(self.topic.spread.get(key, 0) > _EVERYWHERE for key in keys):
            own *= _NOT_OWN
        if len(keys) == 1 and self.topic.spread.get(next(iter(keys)), 0) > _ELSEWHERE:
            own *= _BARE
        return own

    def keys(self, words: Sequence[str]) -> frozenset[str]:
        """The keys of the words that have a meaning."""
        return frozenset(self.language.keys(words))

    def _uses(self, part: SpokenPart) -> Iterator[_Use]:
        for clauses in part.sentences:
            for clause in clauses:
                for start in range(len(clause)):
                    for words in self._from(clause[start : start + _MOST_WORDS]):
                        before, behind = clause[start - 1 : start], clause[start + len(words) :][:1]
                        yield _Use(words, any(map(self._is_noun, before)), any(map(self._is_noun, behind)))

    def _is_noun(self, word: str) -> bool:
        """Whether a word beside a phrase would be part of the name, as far as its form tells."""
        return is_word(word) and not self.language.tells_nothing(word) and not self.language.is_loose(word)

    def _from(self, words: Clause) -> Iterator[Clause]:
        """The phrases that begin with the first of some words."""
        if not self._can_begin(words[0]):
            return
        for end, last in enumerate(words, 1):
            if end > 1 and not self.language.goes_on(words[end - 2], last):
                return
            if self.language.can_close(last) and (end > 1 or is_word(last)) and not self._repeats(words[:end]):
                yield words[:end]

    def _can_begin(self, word: str) -> bool:
        return is_word(word) and not self.language.tells_nothing(word)

    def _repeats(self, words: Clause) -> bool:
        keys = self.language.keys(words)
        return len(set(keys)) < len(keys)

    def _spelled(self, words: Clause) -> Clause:
        """The words as they are written within a sentence."""
        return tuple(self.topic.written.get(word.casefold(), word) for word in words)
