"""Sentences out of words with times: utterances that end where the sentence does, also across the cuts of a sound.

A sentence ends at its mark, unless the next word goes on in small letters or the word looks like an abbreviation said
in one breath with what follows; and at a long pause.  What has no end for too long is cut at its longest pause.
Nothing here knows a language: marks of many scripts, and scripts without spaces, are told by Unicode alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from cuemark.core.transcript import Utterance, Word
from cuemark.models.speech.options import SpeechOptions

_END = re.compile(r"[.!?…。！？｡؟۔।॥։።]+[\"'”’»«“„)\]】」』]*$")
_CLAUSE = re.compile(r"[,;:，、；：،؛–—-]$")
_ABBREVIATION = re.compile(r"^\W*(?:[^\W\d_]|[A-ZÀ-Þ][a-zß-ÿ]{1,3})\.$")
_NUMBER = re.compile(r"\d[.]$")
_BREATH_S = Fraction(25, 100)  # said in one breath
_PAUSE_S = Fraction(2)
_AT_MARKS_S = Fraction(3, 10)  # what a comma is worth as a pause, where a long sentence has to be cut
_MOST_WORDS = 80


def sentences(words: Sequence[Word], options: SpeechOptions) -> list[Utterance]:
    """Utterances of words in order of time; the text of each word keeps the space before it, where it has one."""
    made: list[Utterance] = []
    begin = 0
    for place, word in enumerate(words):
        after = words[place + 1] if place + 1 < len(words) else None
        if after is None or _ends(word, after):
            made += map(_utterance, _bounded(words[begin : place + 1], options))
            begin = place + 1
    return made


def _ends(word: Word, after: Word) -> bool:
    """Whether a sentence ends between two words."""
    pause = after.start - word.end
    text = word.text.strip()
    if pause > _PAUSE_S:
        return True
    if not _END.search(text):
        return False
    beginning = next((letter for letter in after.text if letter.isalnum()), "")
    if beginning.islower() and text[-1:] not in "!?":
        return False
    in_one_breath = pause < _BREATH_S
    unfinished = _ABBREVIATION.search(text) or (_NUMBER.search(text) and beginning.isdigit())
    return not (in_one_breath and unfinished)


def _bounded(words: Sequence[Word], options: SpeechOptions) -> Iterator[Sequence[Word]]:
    """The words, cut where they are too many for one sentence."""
    longest = Fraction(options.sentence_s)
    if len(words) < 2 or (words[-1].end - words[0].start <= longest and len(words) <= _MOST_WORDS):
        yield words
        return
    places = range(1, len(words))
    cut = max(places, key=lambda place: (_gap(words, place), -abs(2 * place - len(words))))
    yield from _bounded(words[:cut], options)
    yield from _bounded(words[cut:], options)


def _gap(words: Sequence[Word], place: int) -> Fraction:
    """How good a cut before a word is, as seconds of pause; near the ends it would leave a word alone."""
    share = Fraction(min(place, len(words) - place), len(words))
    pause = max(Fraction(0), words[place].start - words[place - 1].end)
    mark = _AT_MARKS_S if _CLAUSE.search(words[place - 1].text.strip()) else Fraction(0)
    return (pause + mark + Fraction(1, 100)) * min(share, Fraction(1, 4))


def _utterance(words: Sequence[Word]) -> Utterance:
    spoken = tuple(Word(one.start, one.end, one.text.strip(), one.probability) for one in words)
    text = " ".join("".join(one.text for one in words).split())
    sure = sum(one.probability for one in words) / len(words)
    return Utterance(words[0].start, max(one.end for one in words), text, words=spoken, probability=round(sure, 4))
