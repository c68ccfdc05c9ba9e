"""Where the titles of a chapter come from: headings that are read, phrases and questions that are said, captions.

Each source gives candidates with what each is worth; which chapter has which is decided over all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from cuemark.captions.language import en
from cuemark.captions.language.language import Language
from cuemark.captions.language.words import capital, is_word
from cuemark.chapters.asked import as_question, questions
from cuemark.chapters.chapter_part import ChapterPart, distinct_keys, is_sound
from cuemark.chapters.key_phrases import KeyPhrases, Phrase
from cuemark.chapters.topic_words import SpokenPart, TopicWords
from cuemark.core.text import one_line

#: Of texts: how well each fits the frames of [start, end).
Judge = Callable[[Sequence[str], Fraction, Fraction], Sequence[float]]

_JOINED_TRIED = 12
#: A title of two phrases must be worth so much more than either: it reads less well.
_WORTH_JOINING = 1.25
#: A question that was asked is a whole sentence already.
_ASKED = 1.5
#: More than any phrase is worth: what somebody wrote as a heading is meant as one.
_READ, _SEEN_IN_PICTURES, _SEEN_BESIDE_SPEECH, _ASKED_FOR = 20.0, 10.0, 1e-6, 5.0
_NEXT = 0.99
#: Chapters in which fewer words are said, or fewer a second, are told by their pictures.
_FEW_WORDS, _FEW_A_SECOND = 12, Fraction(1, 3)
#: A heading that stands in more than half of several chapters is the name of the whole.
_SEVERAL = 3
_MOST_KEYWORDS, _KEYWORD_SIGN = 4, ", "
#: Of the worth of the best one, what a keyword must be worth.
_KEYWORD_WORTH = 0.12
_KEPT = 16


@dataclass(frozen=True)
class Candidate:
    """A title, what it is worth beside the others of its chapter, and the keys of its words (`distinct_keys`)."""

    text: str
    worth: float
    keys: frozenset[str]


@dataclass(frozen=True)
class TitleCandidates:
    """The candidates for the titles of all chapters of one media."""

    parts: Sequence[ChapterPart]
    language: Language
    style: str
    limit: int
    judge: Judge | None = None

    @cached_property
    def phrases(self) -> KeyPhrases:
        """What is said in them."""
        spoken = [SpokenPart.of(part.sentences, self.language) for part in self.parts]
        return KeyPhrases(spoken, TopicWords.of(spoken, self.language), self.language)

    def of(self, number: int) -> list[Candidate]:
        """Those of one chapter, the best first; none where nothing is known of it."""
        told = [*self._read(number), *self._seen(number), *self.said(number)]
        sound = [(worth, text) for worth, text in told if is_sound(text, self.language, self.limit)]
        ranked = sorted(sound, key=lambda item: (-item[0], len(item[1]), item[1]))
        return [Candidate(text, worth, distinct_keys(text, self.language)) for worth, text in ranked]

    def is_spoken(self, number: int) -> bool:
        """Whether a chapter is told by what is said, not by a heading or by its pictures."""
        return not any(True for _ in self._read(number)) and not self._is_visual(number)

    def said(self, number: int) -> list[tuple[float, str]]:
        """Phrases and questions of one chapter with what each is worth, the best first."""
        found = self.phrases.of(number, self.limit)
        told = [*self._asked(number), *self._joined(number, found), *((one.worth, one.text) for one in found)]
        if self.style == "keywords":
            told += self._keywords(found)
        ranked = sorted(told, key=lambda item: (-item[0], len(item[1]), item[1]))[:_KEPT]
        return [(worth, capital(text)) for worth, text in ranked]

    def _read(self, number: int) -> Iterator[tuple[float, str]]:
        worth = _READ
        for text in self.parts[number].read:
            heading = self._heading(text)
            if heading and not self._is_everywhere(text):
                yield worth, heading
                worth *= _NEXT

    def _heading(self, text: str) -> str:
        """A heading in one line; one all in capital letters as the speech writes its words."""
        line = one_line(text).strip(" .,:;-–—|•*")
        if line.isupper() and sum(map(str.isalpha, line)) > 3:
            line = capital(" ".join(self.phrases.topic.written.get(word.casefold(), word) for word in _lowered(line)))
        return line if len(line) <= self.limit else ""

    def _is_everywhere(self, text: str) -> bool:
        where = sum(text in part.read for part in self.parts)
        return len(self.parts) >= _SEVERAL and 2 * where > len(self.parts)

    def _seen(self, number: int) -> Iterator[tuple[float, str]]:
        part = self.parts[number]
        told = [en.titles(caption, self.limit) for caption in part.seen]
        texts = list(dict.fromkeys(choice for choices in told for choice in choices))
        if self.judge is not None and len(texts) > 1:
            fit = self.judge(texts, part.start, part.end)
            texts = [texts[place] for place in sorted(range(len(texts)), key=lambda place: -fit[place])]
        worth = _SEEN_IN_PICTURES if self._is_visual(number) else _SEEN_BESIDE_SPEECH
        for text in texts:
            yield worth, text
            worth *= _NEXT

    def _is_visual(self, number: int) -> bool:
        part = self.parts[number]
        words = sum(len(clause) for clauses in self.phrases.parts[number].sentences for clause in clauses)
        return bool(part.seen) and (words < _FEW_WORDS or words < _FEW_A_SECOND * (part.end - part.start))

    def _asked(self, number: int) -> Iterator[tuple[float, str]]:
        for words in questions(self.parts[number].sentences, self.language):
            worth = self.phrases.worth(number, self.phrases.keys(words)) * _ASKED
            yield worth + (_ASKED_FOR if self.style == "question" else 0), as_question(words, self.language)

    def _joined(self, number: int, found: Sequence[Phrase]) -> Iterator[tuple[float, str]]:
        """Two phrases with "and" between them, where that says more than either."""
        conjunction = self.language.conjunction
        for place, one in enumerate(found[:_JOINED_TRIED]):
            for other in found[place + 1 : _JOINED_TRIED]:
                text = f"{one.text} {conjunction} {other.text}"
                if conjunction and self._stands(one) and self._stands(other) and not one.keys & other.keys:
                    worth = self.phrases.worth(number, one.keys | other.keys) / _WORTH_JOINING
                    if worth > max(one.worth, other.worth):
                        yield worth, text

    def _stands(self, phrase: Phrase) -> bool:
        """Whether it is a name of several words, or a word that was not said by the way."""
        return not self.language.is_loose(phrase.words[0]) and (len(phrase.keys) > 1 or phrase.times > 1)

    def _keywords(self, found: Sequence[Phrase]) -> Iterator[tuple[float, str]]:
        """The best phrases that share no word, the fullest list first."""
        chosen: list[str] = []
        known: set[str] = set()
        for phrase in found:
            if phrase.worth < _KEYWORD_WORTH * found[0].worth:
                break
            if not known & phrase.keys and len(_KEYWORD_SIGN.join([*chosen, phrase.text])) <= self.limit:
                chosen.append(phrase.text)
                known |= phrase.keys
            if len(chosen) == _MOST_KEYWORDS:
                break
        for count in range(len(chosen), 1, -1):
            yield _ASKED_FOR + count, _KEYWORD_SIGN.join(chosen[:count])


def _lowered(text: str) -> list[str]:
    """The words of a text in capital letters, in lower case where they have a letter."""
    return [word.casefold() if is_word(word) and len(word) > 1 else word for word in text.split(" ")]
