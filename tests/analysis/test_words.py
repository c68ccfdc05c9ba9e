"""Words for moments from what is said and written: whose caption stays, who names the others, talk over black."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.analysis.words import MOST_SAID, WordEvidence
from cuemark.chapters.spoken_titles import ChapterPart
from cuemark.core.analysis import READ, SAID, SEEN, Moment
from cuemark.core.screen_text import Place, ScreenText, ScreenTexts, TextKind
from cuemark.core.transcript import Transcript, Utterance

TALK = "We sharpen the plane on a whetstone before every single cut today"


def second_word(parts: Sequence[ChapterPart]) -> list[str]:
    """Titles of no art: the second word of each stretch."""
    return [" ".join(part.sentences).split()[1].capitalize() for part in parts]


def utterance(start: int, end: int, text: str = TALK, probability: float = 0.9) -> Utterance:
    return Utterance(Fraction(start), Fraction(end), text, probability=probability)


def written(start: int, end: int, text: str, kind: TextKind, confidence: float = 0.97) -> ScreenText:
    return ScreenText(Fraction(start), Fraction(end), text, Place(0, 0, 1, 0.2), kind, confidence)


def moment(start: int, end: int, caption: str = "", score: float = 0.2) -> Moment:
    return Moment(f"m{start}", Fraction(start), Fraction(end), caption, score)


def words(said: Sequence[Utterance] = (), read: Sequence[ScreenText] = ()) -> WordEvidence:
    return WordEvidence(Transcript(tuple(said)), ScreenTexts(tuple(read)), second_word, Fraction(120))


def told(moments: Sequence[Moment]) -> list[tuple[str, str, float]]:
    return [(one.caption, one.source, one.score) for one in moments]


def test_a_caption_of_the_pictures_stays_and_keeps_what_is_said() -> None:
    (found,) = words([utterance(2, 9)], [written(1, 5, "THE WORKSHOP", TextKind.TITLE)]).of([moment(0, 10, "a dog")])
    assert (found.caption, found.source, found.said) == ("a dog", SEEN, TALK)


def test_a_slide_is_what_is_written_on_it() -> None:
    slides = [written(start, start + 30, f"STEP {start}", TextKind.TITLE) for start in (0, 30, 60)]
    (found,) = words(read=slides).of([moment(30, 58, "an envelope", 0.9)])
    assert (found.caption, found.source) == ("STEP 30", READ)
    sign = [written(30, 55, "NYK LINE", TextKind.TITLE)]  # in footage of other things it stands on a ship
    (found,) = words(read=sign).of([moment(30, 58, "a container ship", 0.7)])
    assert (found.caption, found.source) == ("a container ship", SEEN)


def test_who_has_no_caption_is_named_by_the_heading_else_by_the_talk() -> None:
    found = words(
        [utterance(2, 9), utterance(12, 19), utterance(21, 22, "Yes.")],
        [written(3, 6, "EXIT", TextKind.OTHER), written(11, 15, "The\nhand plane", TextKind.TITLE)],
    ).of([moment(0, 10), moment(10, 20), moment(20, 30)])
    assert told(found) == [("Sharpen", SAID, 0.9), ("The hand plane", READ, 0.97), ("", SEEN, 0.2)]
    assert [one.said for one in found] == [TALK, TALK, "Yes."]


def test_of_two_neighbours_that_look_alike_the_second_is_told_apart_by_words() -> None:
    found = words([utterance(12, 19)]).of([moment(0, 10, "a man", 0.8), moment(10, 20, "a man", 0.8)])
    assert [(one.caption, one.source) for one in found] == [("a man", SEEN), ("Sharpen", SAID)]
    alone = words().of([moment(0, 10, "a man", 0.8), moment(10, 20, "a man", 0.8)])
    assert [(one.caption, one.source) for one in alone] == [("a man", SEEN)] * 2


def test_a_burnt_in_timecode_is_never_a_caption() -> None:
    (found,) = words(read=[written(0, 10, "01:00:00:00", TextKind.TIMECODE)]).of([moment(0, 10)])
    assert told([found]) == [("", SEEN, 0.2)]


def test_a_mark_that_stands_all_over_the_footage_names_nothing() -> None:
    mark = "(c) Some Channel"
    steady = [written(0, 40, mark, TextKind.LOWER_THIRD)]
    flickering = [written(start, start + 3, mark, TextKind.LOWER_THIRD) for start in (1, 12, 22, 31)]
    moments = [moment(start, start + 10) for start in (0, 10, 20, 30)]
    for read in (steady, flickering):
        assert told(words(read=read).of(moments)) == [("", SEEN, 0.2)] * 4
    name = words(read=[*flickering, written(11, 15, "Ada Lovelace", TextKind.LOWER_THIRD)]).of(moments)
    assert [one.caption for one in name] == ["", "Ada Lovelace", "", ""]


def test_talk_over_black_is_a_moment_and_a_greeting_is_none() -> None:
    media = words([utterance(31, 45), utterance(46, 58), utterance(90, 92, "Hello.")])
    found = media.talk_in(media.unmarked([moment(0, 30, "a dog")]), [Fraction(45)])
    assert [(int(one.start), int(one.end)) for one in found] == [(31, 45), (46, 58)]
    assert {(one.source, one.caption) for one in found} == {(SAID, "")}
    assert [one.source for one in media.of(found)] == [SAID, SAID]
    covered = words([utterance(2, 9)])
    assert covered.talk_in(covered.unmarked([moment(0, 120)]), []) == ()


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 9), st.text(min_size=1, max_size=400)), max_size=12))
def test_what_is_said_is_short_and_in_one_line(spans: list[tuple[int, int, str]]) -> None:
    said = [utterance(start, start + length, text) for start, length, text in sorted(spans)]
    (found,) = words(said).of([moment(0, 100, "a dog")])
    assert len(found.said) <= MOST_SAID and "\n" not in found.said


@pytest.mark.parametrize("text", ["", "   "])
def test_silence_leaves_everything_as_it_is(text: str) -> None:
    moments = [moment(0, 10, "a dog"), moment(10, 20)]
    assert words([utterance(2, 4, text)]).of(moments) == tuple(moments)


def test_talk_in_a_script_without_spaces_names_a_moment_as_any_other() -> None:
    said = Transcript((utterance(1, 9, "最後にパンを厚く切って、バターを塗って味わいます。"),))
    evidence = WordEvidence(said, ScreenTexts(()), lambda parts: ["パン"], Fraction(120))
    assert [one.caption for one in evidence.of([moment(0, 10)])] == ["パン"]
