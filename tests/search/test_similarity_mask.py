"""Segments of a similarity curve: the stretch around each peak, whatever its length and wherever it lies."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from cuemark.segmentation.similarity_mask import similar_segments, watchable

STEP = Fraction(2, 5)


def segments(values: list[float], most: int = 8, background: float = 0.0) -> list[tuple[float, float]]:
    times = [(place + Fraction(1, 2)) * STEP for place in range(len(values))]
    found = similar_segments(np.array(values, float), times, len(values) * STEP, background, most)
    return [(round(float(one.start / STEP), 2), round(float(one.end / STEP), 2)) for one in found]


def test_the_stretch_of_a_plateau_is_found_and_no_more() -> None:
    assert segments([0, 0, 0, 9, 9, 9, 9, 0, 0]) == [(3.0, 7.0)]


def test_a_doubt_in_the_middle_does_not_part_it_and_an_odd_frame_is_no_event() -> None:
    assert segments([0, 0, 9, 9, 3, 3, 9, 9, 9, 0, 0, 0]) == [(2.0, 9.0)]
    assert segments([0, 0, 0, 9, 0, 0, 0]) == []


def test_what_fits_throughout_is_the_whole_media() -> None:
    assert segments([8.0, 9.0, 8.5, 9.0, 8.0]) == [(0.0, 5.0)]
    assert segments([7.0]) == [(0.0, 1.0)]


def test_two_places_are_two_segments_the_higher_first() -> None:
    assert segments([6, 6, 6, 0, 0, 0, 0, 9, 9, 9]) == [(7.0, 10.0), (0.0, 3.0)]
    assert segments([6, 6, 6, 0, 0, 0, 0, 9, 9, 9], most=1) == [(7.0, 10.0)]


def test_a_soft_border_lies_where_the_curve_is_half_way_up() -> None:
    ((start, end),) = segments([0, 0, 0, 2, 4, 6, 8, 8, 8, 8, 8])
    assert 4.2 < start < 4.8 and end == 11.0


def test_nothing_above_the_background_is_no_segment() -> None:
    assert segments([-3.0, -2.0, -4.0], background=-1.0) == []


@example([0.0, 1.0, -1.0, 1e-09, -1.0], 0.0)
@given(st.lists(st.floats(-20, 20), min_size=1, max_size=60), st.floats(-20, 20))
def test_segments_lie_in_the_media_and_apart(values: list[float], background: float) -> None:
    times = [(place + Fraction(1, 2)) * STEP for place in range(len(values))]
    found = similar_segments(np.array(values), times, len(values) * STEP, background, 8)
    inside = sorted((one.start, one.end) for one in found)
    assert all(0 <= start < end <= len(values) * STEP for start, end in inside)
    assert all(before[1] <= after[0] for before, after in pairwise(inside))
    assert all(one.start <= one.best < one.end for one in found)


def widened(values: Sequence[float]) -> list[tuple[float, float]]:
    """Ten samples a second."""
    times = [Fraction(2 * place + 1, 20) for place in range(len(values))]
    duration = Fraction(len(values), 10)
    found = watchable(similar_segments(np.array(values, float), times, duration, 0.0, 8), duration)
    return [(round(float(one.start), 2), round(float(one.end), 2)) for one in found]


def test_a_short_stretch_is_widened_to_a_second_and_joins_what_it_comes_to_lie_upon() -> None:
    assert widened([0] * 20 + [9] * 4 + [0] * 20) == [(1.7, 2.7)]
    assert widened([9] * 3 + [0] * 20) == [(0.0, 1.0)]
    assert widened([9] * 3 + [0] * 2) == [(0.0, 0.5)]
    assert widened([0] * 10 + [9] * 4 + [0] * 4 + [8] * 4 + [0] * 30) == [(0.7, 2.5)]
