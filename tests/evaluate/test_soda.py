"""SODA's matching by hand, against trying every matching, and on lists that recursion would not survive."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.lab.evaluate.localisation import best_sum, soda, soda_d

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
