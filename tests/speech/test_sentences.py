"""Sentences out of words with times."""

from __future__ import annotations

from fractions import Fraction

from cuemark.core.transcript import Word
from cuemark.evidence.speech.sentences import sentences
from cuemark.models.speech.options import SpeechOptions


def spoken(text: str, pauses: dict[int, float] | None = None, spaced: bool = True) -> list[Word]:
    """Words of 0.3 s, each 0.05 s after the one before, with longer pauses before those numbered."""
    made, time = [], Fraction(0)
    for number, word in enumerate(text.split(" ") if spaced else text):
        time += Fraction((pauses or {}).get(number, 0.05)).limit_denominator(100)
        made.append(Word(time, time + Fraction(3, 10), f" {word}" if spaced else word, 0.8))
        time += Fraction(3, 10)
    return made


def said(words: list[Word]) -> list[str]:
    return [one.text for one in sentences(words, SpeechOptions())]


def test_they_end_at_marks_and_their_times_are_those_of_their_words() -> None:
    words = spoken("We went home. Did it rain? Yes!")
    found = sentences(words, SpeechOptions())
    assert [one.text for one in found] == ["We went home.", "Did it rain?", "Yes!"]
    assert (found[1].start, found[1].end) == (words[3].start, words[5].end)
    assert [word.text for word in found[0].words] == ["We", "went", "home."] and found[0].probability == 0.8


def test_what_only_looks_like_an_end_is_none() -> None:
    assert said(spoken("Mr. Smith paid 3. 5 pounds to J. Brown today. Good.")) == [
        "Mr. Smith paid 3. 5 pounds to J. Brown today.", "Good.",
    ]  # fmt: skip
    assert said(spoken("Es ist z.B. heute so. Ja.")) == ["Es ist z.B. heute so.", "Ja."]
    assert said(spoken("It was, etc. and so on.")) == ["It was, etc. and so on."]
    assert said(spoken("Yes. No. Go.", {1: 0.5, 2: 0.5})) == ["Yes.", "No.", "Go."], "short words with a breath between"


def test_a_long_pause_ends_one_without_a_mark() -> None:
    assert said(spoken("and then he went there was silence", {4: 2.5})) == ["and then he went", "there was silence"]


def test_scripts_without_spaces_and_from_right_to_left() -> None:
    assert said(spoken("今日は晴れ。明日は雨。", spaced=False)) == ["今日は晴れ。", "明日は雨。"]
    assert said(spoken("هل أنت هنا؟ نعم أنا هنا۔")) == ["هل أنت هنا؟", "نعم أنا هنا۔"]
    assert said(spoken("मैं घर गया। वह आया।")) == ["मैं घर गया।", "वह आया।"]


def test_what_has_no_end_is_cut_at_its_longest_pause() -> None:
    words = spoken(" ".join(["so"] * 60), {37: 0.6})
    found = sentences(words, SpeechOptions(sentence_s=20.0))
    assert [len(one.words) for one in found] == [37, 23]
    assert sum(len(one.words) for one in sentences(spoken(" ".join(["so"] * 3000)), SpeechOptions())) == 3000


def test_of_nothing_there_is_nothing() -> None:
    assert sentences([], SpeechOptions()) == []
