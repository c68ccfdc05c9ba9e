"""Bins of confidence by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.lab.evaluate.calibration import Bin, bin_of, calibration_error, mean_of, reliability


def test_bins_by_hand() -> None:
    judged = [(0.05, False), (0.95, True), (1.0, True), (0.91, False), (0.55, True)]
    low, middle, high = reliability(judged)
    assert low == Bin(0.0, 0.1, 1, 0.05, 0.0)
    assert middle == Bin(0.5, 0.6, 1, 0.55, 1.0)
    assert (high.low, high.count) == (0.9, 3)
    assert high.right == pytest.approx(2 / 3)
    assert high.confidence == pytest.approx((0.95 + 1 + 0.91) / 3)
    assert calibration_error(judged) == pytest.approx((0.05 + 0.45 + (2.86 - 2)) / 5)
    assert list(mean_of((low, middle, high))) == pytest.approx([3.46 / 5, 3 / 5])


def test_nothing_judged() -> None:
    assert reliability([]) == () and calibration_error([]) is None


@pytest.mark.parametrize(("confidence", "number"), [(0, 0), (0.1, 1), (0.999, 9), (1, 9), (1.2, 9), (-0.1, 0)])
def test_the_bin_of_a_confidence(confidence: float, number: int) -> None:
    assert bin_of(confidence) == number


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_the_error_is_at_least_what_the_means_are_apart(judged: list[tuple[float, bool]]) -> None:
    error = calibration_error(judged)
    confidence, right = mean_of(reliability(judged))
    assert error is not None and abs(confidence - right) - 1e-9 <= error <= 1
