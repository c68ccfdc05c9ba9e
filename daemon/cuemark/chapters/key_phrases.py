"""Key phrases: names of one to a few words that a chapter's speech holds, ranked by how much of a title they make.

A phrase is said as it stands: it begins and ends with a word that means something, holds function words only where a
name may ("proof of work"), and crosses no comma.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cuemark.captions.language.language import Language, plain_form
from cuemark.captions.language.words import Clause, is_word, joined
from cuemark.chapters.topic_words import SpokenPart, TopicWords

_MOST_WORDS = 6
#: Words with a meaning that people put into a title; against longer and shorter ones a title's worth is measured.
_TITLE_WORDS = 2.8
#: What it adds to be said again, for each doubling, in shares of the worth; a name of several words is one by use.
_AGAIN = 0.25
_KEPT = 40


@dataclass(frozen=True)
class Phrase:
    """Words as they are said, the keys of those with a meaning, and what share of a title they are expected to be."""

    words: Clause
    keys: frozenset[str]
    worth: float

    @property
    def text(self) -> str:
        """As it is said."""
        return joined(self.words)


@dataclass(frozen=True)
class KeyPhrases:
    """The phrases of all chapters of one media."""

    parts: Sequence[SpokenPart]
    topic: TopicWords
    language: Language

    def of(self, part: int, limit: int) -> list[Phrase]:
        """The phrases of one chapter that fit into `limit` characters, the most telling first."""
        counted: Counter[tuple[str, ...]] = Counter()
        spelled: dict[tuple[str, ...], Counter[Clause]] = {}
        for words in self._spans(self.parts[part]):
            keys = tuple(map(self.language.key, words))
            counted[keys] += 1
            spelled.setdefault(keys, Counter())[self._spelled(words)] += 1
        found = [
            self._phrase(part, max(spelled[keys].items(), key=lambda item: (item[1], item[0]))[0], times)
            for keys, times in counted.items()
        ]
        fitting = [phrase for phrase in found if len(phrase.text) <= limit and phrase.worth > 0]
        return sorted(fitting, key=lambda phrase: (-phrase.worth, len(phrase.text), phrase.text))[:_KEPT]

    def worth(self, part: int, keys: frozenset[str]) -> float:
        """The share (F1) of words with a meaning that a title of these is expected to have in common with a maker's."""
        return 2 * sum(self.topic.chance(part, key) for key in keys) / (len(keys) + _TITLE_WORDS)

    def _phrase(self, part: int, words: Clause, times: int) -> Phrase:
        keys = self.keys(words)
        several = 1 + _AGAIN * math.log2(times) if len(keys) > 1 else 1.0
        return Phrase(words, keys, self.worth(part, keys) * several)

    def keys(self, words: Sequence[str]) -> frozenset[str]:
        """The keys of the words that have a meaning."""
        language = self.language
        return frozenset(language.key(word) for word in words if not language.is_function_word(word))

    def _spans(self, part: SpokenPart) -> Iterator[Clause]:
        for clauses in part.sentences:
            for clause in clauses:
                for start, first in enumerate(clause):
                    if not self._can_begin(first):
                        continue
                    for end in range(start + 1, min(len(clause), start + _MOST_WORDS) + 1):
                        last = clause[end - 1]
                        if end > start + 1 and not self._can_follow(clause[end - 2], last):
                            break
                        if self._can_end(last, end - start) and not self._repeats(clause[start:end]):
                            yield clause[start:end]

    def _can_begin(self, word: str) -> bool:
        return is_word(word) and not self.language.tells_nothing(word)

    def _can_follow(self, before: str, word: str) -> bool:
        """Whether a phrase goes on with a word: one with a meaning, or a joint that does not follow three others."""
        language = self.language
        return not language.is_function_word(word) or plain_form(word) in language.joints

    def _can_end(self, word: str, length: int) -> bool:
        language = self.language
        if language.tells_nothing(word) or not language.can_end(word) or language.is_loose(word):
            return False
        return is_word(word) or length > 1

    def _repeats(self, words: Clause) -> bool:
        keys = [self.language.key(word) for word in words if not self.language.is_function_word(word)]
        return len(set(keys)) < len(keys)

    def _spelled(self, words: Clause) -> Clause:
        """The words as they are written within a sentence."""
        return tuple(self.topic.written.get(word.casefold(), word) for word in words)
