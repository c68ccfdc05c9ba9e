"""A track keeps exact times and refuses parts that do not fit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cuemark.evidence.frames.track import FeatureTrack

Vectors = NDArray[np.float32]
STEPS = st.lists(st.fractions(Fraction(1, 1000), 10, max_denominator=1001), min_size=1, max_size=20)


@given(STEPS)
def test_times_stay_exact(steps: list[Fraction]) -> None:
    times = [sum(steps[: i + 1], Fraction(0)) for i in range(len(steps))]
    vectors = np.tile(np.array([1, 0], np.float32), (len(times), 1))
    try:
        track = FeatureTrack.of(times, vectors, times[-1] + 1, "e")
    except OverflowError:  # denominators no footage has
        return
    assert list(track.times) == times
    assert track.seconds == pytest.approx([float(time) for time in times])


def unit(count: int) -> Vectors:
    return np.tile(np.array([0.6, 0.8], np.float32), (count, 1))


@pytest.mark.parametrize(
    ("ticks", "vectors"),
    [
        ([0, 1], unit(3)),
        ([], unit(0)),
        ([1, 1], unit(2)),
        ([2, 1], unit(2)),
        ([-1, 1], unit(2)),
        ([0, 1], 2 * unit(2)),
        ([0, 1], unit(2) * np.float32(np.nan)),
        ([0], unit(1)[0]),
        ([0, 1], unit(2).astype(np.float64)),
    ],
)
def test_parts_that_do_not_fit_are_refused(ticks: list[int], vectors: Vectors) -> None:
    with pytest.raises(ValueError):
        FeatureTrack(np.array(ticks, np.int64), 10, vectors, Fraction(1), "e")


def test_nobody_changes_a_track() -> None:
    track = FeatureTrack(np.array([0, 1]), 10, unit(2), Fraction(1), "e")
    with pytest.raises(ValueError, match="read-only"):
        track.vectors[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        track.ticks[0] = 5
