"""Titles against the events under their chapters, and faults of captions, by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from cuemark.lab.evaluate.caption_scores import CaptionScore, finished, repeated, score_captions
from cuemark.lab.evaluate.chapter_scores import TitleScore, score_titles
from cuemark.lab.evaluate.outcome import Found, FoundChapter
from cuemark.lab.evaluate.truth import TrueEvent

PHRASES = {
    "subject": {"cat": ("cat",), "dog": ("dog",)},
    "place": {"beach": ("on the beach",), "forest": ("in the forest",)},
    "relation": {"crate": ("on top of a crate",), "ring": ("inside a ring",)},
}


def event(start: int, end: int, subject: str, place: str) -> TrueEvent:
    return TrueEvent(Fraction(start), Fraction(end), ("",), {"subject": subject, "place": place})


def chapter(start: int, end: int, title: str) -> FoundChapter:
    return FoundChapter(Fraction(start), Fraction(end), title)


def found(start: int, end: int, caption: str) -> Found:
    return Found(Fraction(start), Fraction(end), caption)


EVENTS = [event(0, 10, "cat", "beach"), event(10, 20, "dog", "forest"), event(20, 30, "cat", "beach")]


def test_titles_by_hand() -> None:
    """Cat and beach are true of the first event; dog is of the second, beach is not.  16 + 12 characters."""
    titles = [chapter(0, 10, "Cat on the beach"), chapter(10, 20, "Dog at Beach")]
    assert score_titles(titles, EVENTS, PHRASES) == TitleScore(named=4, true=3, titled=2, characters=28, repeated=0)


def test_an_event_lies_in_a_chapter_that_holds_half_of_it() -> None:
    titles = [chapter(0, 15, "Dog"), chapter(15, 30, "Dog")]
    score = score_titles(titles, EVENTS[:2], PHRASES)
    assert (score.named, score.true) == (2, 2)
    score = score_titles([chapter(0, 14, "Dog"), chapter(14, 30, "")], EVENTS[:2], PHRASES)
    assert (score.named, score.true, score.titled) == (1, 0, 1)


def test_one_title_for_different_content_is_a_repetition_and_for_the_same_it_is_not() -> None:
    same = [chapter(0, 10, "Cat"), chapter(20, 30, "cat.")]
    assert score_titles(same, EVENTS, PHRASES).repeated == 0
    different = [chapter(0, 10, "Cat"), chapter(10, 20, "Cat"), chapter(20, 30, "Cat")]
    assert score_titles(different, EVENTS, PHRASES).repeated == 2
    untitled = [chapter(0, 10, ""), chapter(10, 20, "")]
    assert score_titles(untitled, EVENTS, PHRASES) == TitleScore(0, 0, 0, 0, 1)


def test_without_slots_captions_are_the_content() -> None:
    events = [TrueEvent(Fraction(0), Fraction(5), ("A cat",)), TrueEvent(Fraction(5), Fraction(9), ("a cat.",))]
    assert score_titles([chapter(0, 5, "T"), chapter(5, 9, "T")], events, {}).repeated == 0
    events[1] = TrueEvent(Fraction(5), Fraction(9), ("a dog",))
    assert score_titles([chapter(0, 5, "T"), chapter(5, 9, "T")], events, {}).repeated == 1


def test_a_caption_given_to_different_content_is_counted_once() -> None:
    every = [found(0, 10, "A cat"), found(10, 20, "a cat."), found(20, 30, "a cat")]
    assert repeated(EVENTS, every) == 1
    assert repeated(EVENTS, [every[0], every[2]]) == 0
    assert repeated(EVENTS, [every[0], found(10, 20, "a dog")]) == 0
    # What a moment shows that meets no event is not known.
    assert repeated(EVENTS, [every[0], found(14, 16, "a cat")]) == 0


@pytest.mark.parametrize(
    ("caption", "whole"),
    [
        ("a cat on the beach", True),
        ("A cat on the beach.", True),
        ("a cat", True),
        ("he puts it down", True),
        ("two cats, a dog", True),
        ("in the forest", True),
        ("", False),
        (" . ", False),
        ("a cat on the", False),
        ("a cat on", False),
        ("a cat and.", False),
        ("a cat, ", False),
        ("a cat ...", False),
        ("a cat on top", False),
        ("a cat inside", False),
        ("on top of a crate", True),
    ],
)
def test_an_end_as_far_as_text_can_tell(caption: str, whole: bool) -> None:
    assert finished(caption, PHRASES) is whole


def test_a_phrase_that_also_begins_a_longer_one_is_an_end() -> None:
    phrases = {"subject": {"fish": ("fish",), "tank": ("fish tank of glass",)}}
    assert finished("a red fish", phrases)
    assert not finished("a red fish tank", phrases)


def test_faults_of_a_video() -> None:
    moments = [found(0, 10, "a cat"), found(10, 20, "a cat"), found(20, 30, "a cat on the")]
    assert score_captions(EVENTS, moments, PHRASES) == CaptionScore(captions=3, unfinished=1, repeated=1)
    assert score_captions(EVENTS, [], PHRASES) == CaptionScore(0, 0, 0)
