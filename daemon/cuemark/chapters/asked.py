"""Questions that are asked in a chapter and could stand as its title: short, whole, and clear by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cuemark.captions.language.language import Language, plain_form
from cuemark.captions.language.words import joined
from cuemark.chapters.topic_words import is_question

_MOST_WORDS = 10
_FEWEST_WORDS = 3


def questions(sentences: Sequence[str], language: Language) -> Iterator[tuple[str, ...]]:
    """The words of each question that can stand alone, in the order in which they are asked."""
    for sentence in sentences:
        if is_question(sentence):
            clauses = language.clauses(sentence)
            # The last clause asks; what stands before it leads to the question.
            words = _without_lead_in(clauses[-1], language) if clauses else ()
            if _FEWEST_WORDS <= len(words) <= _MOST_WORDS and _stands_alone(words, language):
                yield words


def as_question(words: Sequence[str], language: Language) -> str:
    """The words with the language's question marks around them and a capital at the beginning."""
    opening, closing = language.question_marks
    text = joined(words)
    return f"{opening}{text[:1].upper()}{text[1:]}{closing}"


def _without_lead_in(words: Sequence[str], language: Language) -> tuple[str, ...]:
    start = 0
    while start < len(words) - 1 and plain_form(words[start]) in language.lead_ins:
        start += 1
    return tuple(words[start:])


def _stands_alone(words: Sequence[str], language: Language) -> bool:
    """Whether it begins as a question does and points to nobody and nothing that was named before."""
    plain = [plain_form(word) for word in words]
    points = any(word in language.pronouns for word in plain)
    return plain[0] in language.question_words and not points and language.can_end(words[-1])
