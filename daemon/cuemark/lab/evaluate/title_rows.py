"""Ways to title the true chapters of a talk, and the figures of titles beside those that people gave.

Titles are judged on the true chapters, so that a border in the wrong place costs a title nothing.  The row to beat is
the premise that a title is nothing but the tf-idf words of its chapter, at the number of words that is best here.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cuemark.core.transcript import Utterance
from cuemark.lab.evaluate.content_words import content_words, mean, word_overlap
from cuemark.lab.evaluate.talks import Talk

#: A title is at most so long, in characters.
LONGEST = 60
#: How many tf-idf words a title may be, of which the best number is taken for a dataset.
TFIDF_WORDS = (1, 2, 3, 4, 5, 6)
#: The cosine of each pair of texts, in [-1, 1].
Likeness = Callable[[Sequence[tuple[str, str]]], list[float]]


@dataclass(frozen=True)
class TitleRow:
    """A way to title the true chapters of a talk: its name, what it does, whether it is ours, and the titles."""

    name: str
    about: str
    titles: Callable[[Talk], Sequence[str]]
    ours: bool = False


@dataclass(frozen=True)
class TitleScore:
    """Titles of one talk.  `words` and `likeness` (None where nobody can say) are means over the chapters that people
    gave a title; `characters` is the mean length, the rest are counts of titles."""

    words: float | None
    likeness: float | None
    characters: float
    too_long: int
    repeated: int
    broken_off: int
    empty: int


def score_titles(titles: Sequence[str], talk: Talk, likeness: Likeness | None = None) -> TitleScore:
    """Hold titles, one for each true chapter, against those that people gave; chapters without one are passed over."""
    pairs = [(title, chapter.title) for title, chapter in zip(titles, talk.chapters, strict=True) if chapter.title]
    return TitleScore(
        words=mean([word_overlap(*pair) for pair in pairs]),
        likeness=mean(likeness(pairs)) if likeness and pairs else None,
        characters=sum(map(len, titles)) / len(titles),
        too_long=sum(len(title) > LONGEST for title in titles),
        repeated=len(titles) - len({" ".join(title.casefold().split()) for title in titles}),
        broken_off=sum(is_broken_off(title) for title in titles),
        empty=sum(not title.strip() for title in titles),
    )


_OPEN_WORDS = "a an the and or but nor of to at from for by with as than that which whose its their my our"
_OPEN = frozenset(_OPEN_WORDS.split())


def is_broken_off(title: str) -> bool:
    """Whether something must follow: a last word such as "the" or "of", an ellipsis, a comma, an open bracket."""
    text = title.strip()
    if not text:
        return False
    last = re.sub(r"\W+$", "", text).rsplit(" ", 1)[-1].casefold()
    return last in _OPEN or text.endswith(("…", "...", ",", ":", ";", "-", "–")) or text.count("(") != text.count(")")


# ---- the premise: a title is the tf-idf words of its chapter


def tfidf_row(talks: Sequence[Talk]) -> TitleRow:
    """The row at the number of words that is best for these talks."""

    def quality(count: int) -> float:
        return sum(score_titles(tfidf_titles(talk, count), talk).words or 0.0 for talk in talks)

    best = max(TFIDF_WORDS, key=quality)
    about = f"the {best} tf-idf words of each chapter, the number of words that is best here"
    return TitleRow("tf-idf", about, lambda talk: tfidf_titles(talk, best))


def tfidf_titles(talk: Talk, count: int) -> list[str]:
    """For each true chapter its `count` words of the greatest tf-idf against the other chapters, best first."""
    spoken = [said_in(talk, place) for place in range(len(talk.chapters))]
    bags = [Counter(word for one in sentences for word in content_words(one.text)) for sentences in spoken]
    chapters_with = Counter(word for bag in bags for word in bag)
    return [" ".join(_best(bag, chapters_with, len(bags), count)).capitalize() for bag in bags]


def _best(bag: Counter[str], chapters_with: Counter[str], chapters: int, count: int) -> list[str]:
    def weight(word: str) -> float:
        return bag[word] * math.log((1 + chapters) / chapters_with[word])

    return sorted(bag, key=lambda word: (-weight(word), word))[:count]


def said_in(talk: Talk, place: int) -> tuple[Utterance, ...]:
    """The sentences of a true chapter: those whose middle lies in it."""
    chapter = talk.chapters[place]
    return talk.transcript.within(chapter.start, chapter.end)


def first_words(talk: Talk) -> list[str]:
    """The beginning of the first sentence of each chapter, cut at a word to at most 60 characters."""
    found = []
    for place in range(len(talk.chapters)):
        said = said_in(talk, place)
        text = " ".join(said[0].text.split()) if said else ""
        found.append(text if len(text) <= LONGEST else text[: LONGEST + 1].rpartition(" ")[0])
    return found


FIRST_WORDS = TitleRow("first-words", "the first words said in each chapter, cut at 60 characters", first_words)
