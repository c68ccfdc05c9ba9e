"""Which words of a chapter name its topic: the odds that a person would put them into its title.

A word does so that is said early, in many sentences, more than once, as a name or in a question; where it stands in
other chapters says little, since the subject of a talk is in all of them.  What any talk says counts against.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from cuemark.captions.language.language import Language
from cuemark.captions.language.words import Clause, is_word

#: Log-odds, fitted once on talks with titles by their makers, and rounded: a constant, for each e-fold of the share of
#: words, for the first word against the last, for each of the first sentences (two at most), for a capital letter, for
#: each question (two at most), for each e-fold of rarity among the chapters, for what any talk says.
_BASE = -5.8
_SHARE, _FIRST, _EARLY, _NAME, _ASKED, _RARE, _COMMON = 0.7, 2.2, 0.5, 0.7, 0.2, 0.2, -1.4
#: Where the words of any talk are not known, greetings are early too: what is said again, and only here, counts more.
_NEUTRAL_SHARE, _NEUTRAL_FIRST, _NEUTRAL_EARLY, _NEUTRAL_RARE = 1.6, 0.5, 0.2, 0.8
_EARLY_SENTENCES = 3
_MOST_COUNTED = 2
#: A chapter of fewer words counts as one of so many, where shares of words say more than they know.
_FEWEST_WORDS = 40


@dataclass(frozen=True)
class SpokenPart:
    """What is said in one chapter: its sentences, each as clauses of words."""

    sentences: tuple[tuple[Clause, ...], ...]
    asked: tuple[bool, ...]

    @classmethod
    def of(cls, sentences: Sequence[str], language: Language) -> SpokenPart:
        """The sentences by the rules of their language; of what has no words nothing is kept."""
        told = [(tuple(language.clauses(sentence)), is_question(sentence)) for sentence in sentences]
        return cls(tuple(clauses for clauses, _ in told if clauses), tuple(asked for clauses, asked in told if clauses))


def is_question(sentence: str) -> bool:
    """Whether it ends in a question mark of any script."""
    return sentence.rstrip(" \"'”’»)").endswith(("?", "？", "؟", ";;", "፧"))


@dataclass
class _Said:
    """What is counted of one word in one chapter."""

    times: int = 0
    first: int = 0
    early: int = 0
    asked: int = 0
    names: int = 0


@dataclass(frozen=True)
class TopicWords:
    """The words of N chapters by their keys (`Language.key`), with the odds that each names its chapter's topic."""

    odds: tuple[dict[str, float], ...]
    #: In which share of the chapters each word is said.
    spread: dict[str, float] = field(repr=False)
    #: How each word is written, where nothing else asks for a capital letter.
    written: dict[str, str] = field(repr=False)

    @classmethod
    def of(cls, parts: Sequence[SpokenPart], language: Language) -> TopicWords:
        """Counted over all chapters of one media."""
        counted = [_counted(part, language) for part in parts]
        where = Counter(key for said, _ in counted for key in said)
        odds = tuple(
            {key: _odds(key, one, length, len(parts) / where[key], language) for key, one in said.items()}
            for said, length in counted
        )
        spread = {key: count / len(parts) for key, count in where.items()}
        return cls(odds, spread, _spellings(parts))

    def chance(self, part: int, key: str) -> float:
        """The probability that a word stands in the title of a chapter; 0 for what is not said there."""
        odds = self.odds[part].get(key)
        return 0.0 if odds is None else 1 / (1 + math.exp(-odds))


def _counted(part: SpokenPart, language: Language) -> tuple[dict[str, _Said], int]:
    """The words that could name a topic, and how many words there are in all."""
    said: dict[str, _Said] = {}
    place = 0
    for number, (clauses, asked) in enumerate(zip(part.sentences, part.asked, strict=True)):
        there = set()
        for clause in clauses:
            for position, word in enumerate(clause):
                place += 1
                if not is_word(word) or language.is_function_word(word):
                    continue
                key = language.key(word)
                one = said.setdefault(key, _Said(first=place))
                one.times += 1
                one.names += position > 0 and word[:1].isupper() and not language.capital_nouns
                there.add(key)
        for key in there:
            said[key].early += number < _EARLY_SENTENCES
            said[key].asked += asked
    return said, place


def _odds(key: str, said: _Said, length: int, rarity: float, language: Language) -> float:
    share, first, early, rare = (_SHARE, _FIRST, _EARLY, _RARE)
    if language.is_neutral:
        share, first, early, rare = (_NEUTRAL_SHARE, _NEUTRAL_FIRST, _NEUTRAL_EARLY, _NEUTRAL_RARE)
    return (
        _BASE
        + share * math.log(100 * said.times / max(length, _FEWEST_WORDS))
        + first * (1 - said.first / max(1, length))
        + early * min(said.early, _MOST_COUNTED)
        + _NAME * said.names / said.times
        + _ASKED * min(said.asked, _MOST_COUNTED)
        + rare * math.log(rarity)
        + _COMMON * (key in language.common_keys)
    )


def _spellings(parts: Sequence[SpokenPart]) -> dict[str, str]:
    """For each word in lower case how it is mostly written within a clause, where no capital is due to its place."""
    inner: Counter[tuple[str, str]] = Counter()
    for part in parts:
        for clauses in part.sentences:
            for clause in clauses:
                for position, word in enumerate(clause):
                    # At a beginning only what has capitals further on says how it is written.
                    if position > 0 or any(letter.isupper() for letter in word[1:]) or not word[:1].isupper():
                        inner[(word.casefold(), word)] += 1
    found: dict[str, str] = {}
    for (plain, word), _ in sorted(inner.items(), key=lambda item: (-item[1], item[0])):
        found.setdefault(plain, word)
    return found
