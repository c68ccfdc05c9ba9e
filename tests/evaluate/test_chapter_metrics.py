"""Chapters by hand: F1 over the thresholds, matched tIoU, and starts near true starts."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.lab.evaluate.chapter_scores import ChapterScore, score_chapters
from cuemark.lab.evaluate.outcome import FoundChapter

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
    assert score_chapters([], chapters(0, 10)) == ChapterScore(0, 0, (0, 0), (0, 0))


@given(cuts)
def test_the_truth_itself_is_perfect(edges: list[int]) -> None:
    assert score_chapters(chapters(*edges), chapters(*edges)) == ChapterScore(1, 1, (1, 1), (1, 1))


@given(cuts, cuts)
def test_shares_stay_shares(found: list[int], true: list[int]) -> None:
    score = score_chapters(chapters(*found), chapters(*true))
    assert all(0 <= value <= 1 for value in (score.f1, score.tiou, *score.recalls, *score.precisions))
