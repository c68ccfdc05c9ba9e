"""Localisation by hand; SODA by hand, against trying every matching, and on lists that recursion would not survive."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.lab.evaluate.localisation import (
    Localisation,
    best_pairs,
    best_sum,
    events_within,
    hits,
    localise,
    mean,
    soda,
    soda_d,
    tiou,
)
from cuemark.lab.evaluate.outcome import FoundChapter

segments = st.tuples(st.floats(0, 100), st.floats(0.1, 50)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def test_tiou_by_hand() -> None:
    assert tiou((0, 10), (5, 15)) == pytest.approx(5 / 15)
    assert tiou((0, 10), (0, 10)) == 1
    assert tiou((0, 10), (10, 20)) == 0
    assert tiou((0, 10), (2, 4)) == pytest.approx(0.2)


def test_one_of_two_events_found_at_a_tiou_of_0_8() -> None:
    """Hit at 0.3, 0.5 and 0.7, not at 0.9: recall (1/2 + 1/2 + 1/2 + 0) / 4, precision (1 + 1 + 1 + 0) / 4."""
    result = localise([(0, 8)], [(0, 10), (20, 30)])
    assert result.recall == pytest.approx(0.375)
    assert result.precision == pytest.approx(0.75)
    assert result.f1 == pytest.approx(0.5)


def test_nothing_found_counts_as_zero() -> None:
    assert localise([], [(0, 10)]) == Localisation(0, 0)
    assert localise([], [(0, 10)]).f1 == 0
    assert mean([Localisation(1, 1), Localisation(0, 0)]).f1 == 0.5


def test_exact_times_give_an_exact_overlap() -> None:
    assert tiou((Fraction(0), Fraction(10)), (Fraction(5), Fraction(15))) == Fraction(1, 3)
    assert tiou((Fraction(0), Fraction(10)), (Fraction(10), Fraction(15))) == Fraction(0)


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.9])
def test_an_overlap_of_just_the_threshold_is_no_hit(threshold: float) -> None:
    """Not in floats, and not in fractions either, which are above 0.3 and 0.7 as floats are."""
    edge = Fraction(round(threshold * 10))
    assert hits([(Fraction(0), edge)], [[(Fraction(0), Fraction(10))]], threshold) == Localisation(0, 0)
    assert hits([(0.0, float(edge))], [[(0.0, 10.0)]], threshold) == Localisation(0, 0)
    assert hits([(Fraction(0), edge + Fraction(1, 50))], [[(Fraction(0), Fraction(10))]], threshold) == Localisation(
        1, 1
    )


def test_each_of_recall_and_precision_takes_its_best_annotator() -> None:
    """The first annotator's one of two events is hit (1/2, 1/2), the second's only one (1/1, 1/2)."""
    found = [(0.0, 10.0), (20.0, 30.0)]
    references = [[(20.0, 30.0), (50.0, 60.0)], [(0.0, 10.0)]]
    assert hits(found, references, 0.5) == Localisation(1, 0.5)
    assert hits(found[:1], [[(0.0, 10.0), (50.0, 60.0)], [(70.0, 80.0)]], 0.5) == Localisation(0.5, 1)
    assert hits(found, [], 0.5) == Localisation(0, 0)


def test_pairs_are_one_to_one_and_the_best_first() -> None:
    """(9, 20) fits the second event with 10/11, which leaves the first event the moment that fits it worse."""
    events = [(Fraction(0), Fraction(10)), (Fraction(10), Fraction(20))]
    found = [(Fraction(9), Fraction(20)), (Fraction(0), Fraction(4))]
    assert best_pairs(events, found) == {1: (0, Fraction(10, 11)), 0: (1, Fraction(2, 5))}
    assert best_pairs([(0.0, 10.0), (10.0, 20.0)], [(0.0, 20.0)]) == {0: (0, 0.5)}
    assert best_pairs([(0.0, 10.0)], [(10.0, 20.0)]) == {}


def test_an_event_lies_within_when_half_of_it_does() -> None:
    events = [FoundChapter(Fraction(start), Fraction(end)) for start, end in ((0, 4), (5, 15), (6, 16))]
    assert events_within(FoundChapter(Fraction(0), Fraction(10)), events) == events[:2]


@given(st.lists(segments, min_size=1, max_size=6))
def test_the_truth_itself_is_perfect(true: list[tuple[float, float]]) -> None:
    assert localise(true, true) == Localisation(1, 1)


rows = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(st.floats(0, 1), min_size=width, max_size=width), min_size=1, max_size=4)
)


def by_trying(weights: list[list[float]]) -> float:
    """The best sum over every set of order-preserving pairs."""
    events, moments = range(len(weights)), range(len(weights[0]))
    return max(
        sum(weights[i][j] for i, j in zip(left, right, strict=True))
        for size in range(min(len(events), len(moments)) + 1)
        for left in combinations(events, size)
        for right in combinations(moments, size)
    )


def test_two_events_and_two_moments_in_order() -> None:
    """0.5 + 0.4 = 0.9 over two moments and over two events."""
    assert soda([[0.5, 0.2], [0.1, 0.4]]) == pytest.approx(0.45)


def test_the_order_is_kept() -> None:
    """0.8 and 0.7 cross, so only the better one counts: P = R = 0.8 / 2."""
    assert soda([[0.0, 0.8], [0.7, 0.0]]) == pytest.approx(0.4)


def test_moments_too_many_cost_precision() -> None:
    """P = 0.9 / 3, R = 0.9 / 1, F = 2 * 0.3 * 0.9 / 1.2."""
    assert soda([[0.1, 0.9, 0.2]]) == pytest.approx(0.45)


def test_nothing_found_or_nothing_fitting_is_zero() -> None:
    assert soda([[], []]) == 0
    assert soda([]) == 0
    assert soda([[0.0, 0.0]]) == 0


@given(rows)
def test_no_matching_is_better(weights: list[list[float]]) -> None:
    assert best_sum(weights) == pytest.approx(by_trying(weights))


def test_a_long_list_does_not_end_the_stack() -> None:
    assert best_sum([[0.5] for _ in range(5000)]) == 0.5
    assert soda([[float(i == j) for j in range(1200)] for i in range(1200)]) == pytest.approx(1)


def test_by_overlap_alone() -> None:
    """tIoU 0.8 and 0: the sum 0.8 over two and over two; the second annotator's only event is met exactly."""
    found = [(10.0, 30.0), (0.0, 8.0)]
    assert soda_d(found, [[(0.0, 10.0), (30.0, 40.0)]]) == pytest.approx(0.4)
    one = 2 * (1 / 2) * 1 / (1 / 2 + 1)
    assert soda_d(found, [[(0.0, 10.0), (30.0, 40.0)], [(10.0, 30.0)]]) == pytest.approx((0.4 + one) / 2)
    assert soda_d([], [[(0.0, 10.0)]]) == 0
    assert soda_d(found, []) == 0
