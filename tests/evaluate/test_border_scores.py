"""Near F1, Pk, WindowDiff and the count's error, by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.lab.evaluate.border_scores import matched, near_f1, score_borders, window_errors

borders = st.lists(st.integers(1, 99), unique=True, max_size=8).map(lambda found: tuple(map(Fraction, sorted(found))))


def at(*seconds: float) -> tuple[Fraction, ...]:
    return tuple(Fraction(second) for second in seconds)


def test_borders_are_near_up_to_the_distance() -> None:
    """Of three found two lie at most 5 s from one of two true ones: P = 2/3, R = 1, F = 4/5."""
    assert near_f1(at(15, 40, 80), at(10, 85), Fraction(5)) == pytest.approx(4 / 5)
    assert near_f1(at(15.001), at(10), Fraction(5)) == 0


def test_a_true_border_counts_once() -> None:
    """Two borders beside one true one: one hit and one miss, F = 2/3; counted freely it would be 1."""
    assert near_f1(at(9, 11), at(10), Fraction(5)) == pytest.approx(2 / 3)


def test_the_matching_is_the_greatest_one() -> None:
    """10 could take 12, and 14 would then have none: matched in order, both find one."""
    assert matched(at(10, 14), at(8, 12), Fraction(4)) == 2


few = st.lists(st.integers(1, 60), unique=True, max_size=5).map(lambda found: tuple(map(Fraction, sorted(found))))


def most_pairs(found: tuple[Fraction, ...], true: tuple[Fraction, ...], distance: int) -> int:
    """The greatest number of pairs, by trying every one."""
    if not found:
        return 0
    with_first = [
        1 + most_pairs(found[1:], (*true[:place], *true[place + 1 :]), distance)
        for place, one in enumerate(true)
        if abs(one - found[0]) <= distance
    ]
    return max([most_pairs(found[1:], true, distance), *with_first])


@given(few, few, st.integers(0, 30))
def test_no_other_matching_is_greater(found: tuple[Fraction, ...], true: tuple[Fraction, ...], distance: int) -> None:
    assert matched(found, true, Fraction(distance)) == most_pairs(found, true, distance)


def test_nothing_found() -> None:
    assert near_f1((), at(10), Fraction(5)) == near_f1(at(10), (), Fraction(5)) == 0
    assert near_f1((), (), Fraction(5)) == 1


def test_pk_and_window_diff_of_a_border_two_seconds_late() -> None:
    """12 s, true border at 6: parts of 6 s, k = 3, nine places (0, 3), (1, 4) ... (8, 11).

    The true border is inside of windows from 3, 4 and 5, the found one at 8 of those from 5, 6 and 7: they differ from
    3, 4, 6 and 7 on, 4 of 9.
    """
    assert window_errors(at(8), at(6), Fraction(12)) == pytest.approx((4 / 9, 4 / 9))


def test_window_diff_counts_borders_where_pk_sees_only_that_there_are_some() -> None:
    """True at 6, found at 6 and 7: windows from 4 and 5 hold one more, the one from 6 holds one where none is.

    Pk errs only at that last one (1 of 9), WindowDiff at all three.
    """
    assert window_errors(at(6, 7), at(6), Fraction(12)) == pytest.approx((1 / 9, 3 / 9))


def test_the_window_is_half_a_true_part() -> None:
    """Three true parts of 40 s: k = 20; none found errs where a window holds a border: 40 of the 100 places."""
    assert window_errors((), at(40, 80), Fraction(120)) == pytest.approx((0.4, 0.4))


@given(borders)
def test_the_truth_is_perfect(true: tuple[Fraction, ...]) -> None:
    score = score_borders(true, true, Fraction(100))
    assert (score.near, score.pk, score.window_diff, score.count_error) == ((1, 1), 0, 0, 0)


def test_the_count_is_of_parts() -> None:
    """Two borders are three parts; five parts are two thirds too many."""
    assert score_borders(at(10, 20, 30, 40), at(10, 20), Fraction(100)).count_error == pytest.approx(2 / 3)
    assert score_borders((), at(10, 20), Fraction(100)).count_error == pytest.approx(2 / 3)


def test_a_recording_of_a_moment_is_no_division_by_zero() -> None:
    assert window_errors((), (), Fraction(1, 2)) == (0, 0)
