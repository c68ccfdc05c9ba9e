"""Chapters, titles and faults of captions, by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.lab.evaluate.border_scores import BorderScore
from cuemark.lab.evaluate.caption_scores import CaptionScore, finished, repeated, score_captions
from cuemark.lab.evaluate.chapter_scores import ChapterScore, TitleScore, score_chapters, score_titles
from cuemark.lab.evaluate.outcome import Found, FoundChapter
from cuemark.lab.evaluate.truth import TrueEvent

cuts = st.lists(st.integers(1, 99), unique=True, max_size=6).map(lambda numbers: [0, *sorted(numbers), 100])


def chapters(*starts: float) -> list[FoundChapter]:
    """Chapters from start to start; the last number is the end."""
    edges = [Fraction(start) for start in starts]
    return [FoundChapter(start, end) for start, end in pairwise(edges)]


def test_one_boundary_a_second_late() -> None:
    """tIoU 11/12 and 8/9: both hit at 0.50 to 0.85 (8 of 10), one of two at 0.90, none at 0.95."""
    score = score_chapters(chapters(0, 12, 20), chapters(0, 11, 20))
    assert score.f1 == pytest.approx((8 * 1 + 0.5) / 10)
    assert score.tiou == pytest.approx((11 / 12 + 8 / 9) / 2)
    assert score.recalls == score.precisions == (1, 1)


def test_a_threshold_that_is_just_reached_counts() -> None:
    """True (0, 10), found (0, 9.5) and (9.5, 10): tIoU 0.95 is reached at all ten, P = 1/2, R = 1, F = 2/3."""
    score = score_chapters(chapters(0, 9.5, 10), chapters(0, 10))
    assert score.f1 == pytest.approx(2 / 3)
    assert score.tiou == pytest.approx(0.95)


def test_what_lies_before_the_first_chapter_is_one_more() -> None:
    """Found (4, 20) stands for (0, 4) and (4, 20), which are the true ones."""
    score = score_chapters(chapters(4, 20), chapters(0, 4, 20))
    assert (score.f1, score.tiou) == (1, 1)
    assert score.recalls == (0.5, 1)  # starts are compared as they are: 0 is 4 s from 4, too far for 3 s only
    assert score.precisions == (1, 1)


def test_starts_are_near_below_the_distance_not_at_it() -> None:
    score = score_chapters(chapters(0, 13, 30), chapters(0, 10, 30))
    assert score.recalls == score.precisions == (0.5, 1)


def test_a_pair_is_matched_once() -> None:
    """One found chapter over two true ones is matched with the longer, 12 / 20; the other is left out."""
    assert score_chapters(chapters(0, 20), chapters(0, 8, 20)).tiou == pytest.approx(0.6)


def test_no_chapters_are_zero() -> None:
    assert score_chapters([], chapters(0, 10)) == ChapterScore(0, 0, (0, 0), (0, 0), BorderScore((1, 1), 0, 0, 0))
    # One chapter where two are true: half of them are missing, and the border.
    assert score_chapters([], chapters(0, 10, 20)).borders == BorderScore((0, 0), 5 / 15, 5 / 15, 0.5)


def test_titles_are_held_against_those_of_the_chapter_that_shares_most() -> None:
    """Found: bread over the first true chapter, a car over most of the second; the third has no partner: 1/3."""
    true = [
        replace(one, title=title) for one, title in zip(chapters(0, 10, 20, 22), ("Bread", "Sea", "Sky"), strict=True)
    ]
    found = [replace(one, title=title) for one, title in zip(chapters(0, 10, 22), ("The bread", "A car"), strict=True)]
    assert score_chapters(found, true).title_words == pytest.approx(1 / 3)
    assert score_chapters(found, chapters(0, 10, 22)).title_words is None


@given(cuts)
def test_the_truth_itself_is_perfect(edges: list[int]) -> None:
    score = score_chapters(chapters(*edges), chapters(*edges))
    assert score == ChapterScore(1, 1, (1, 1), (1, 1), BorderScore((1, 1), 0, 0, 0))


@given(cuts, cuts)
def test_shares_stay_shares(found: list[int], true: list[int]) -> None:
    score = score_chapters(chapters(*found), chapters(*true))
    assert all(0 <= value <= 1 for value in (score.f1, score.tiou, *score.recalls, *score.precisions))


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
