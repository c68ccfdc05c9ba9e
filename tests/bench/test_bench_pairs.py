"""Ratios are formed pair by pair, and the two sides really run in turn."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.errors import JobCancelled
from cuemark.core.progress import SilentProgress
from cuemark.lab.bench.comparison import Comparison, Kind, alternate, timed

SECONDS = st.lists(st.tuples(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6)), min_size=1, max_size=20)


def compared(kind: Kind, ours: tuple[float, ...], rival: tuple[float, ...], goal: float | None = None) -> Comparison:
    return Comparison("x", "Ours is a, the rival is b.", "s", kind, ours, rival, goal)


def test_a_drift_of_the_machine_leaves_the_ratio_alone() -> None:
    # The machine slows by ten from pair to pair: medians of the sides would still say 3, and so do all the ratios.
    found = compared("faster", (1.0, 10.0, 100.0), (3.0, 30.0, 300.0), goal=3)
    assert found.ratios == (3.0, 3.0, 3.0) and found.met
    assert compared("share", (1.0, 10.0), (3.0, 30.0)).ratio_max == pytest.approx(1 / 3)


def test_median_and_range() -> None:
    found = compared("faster", (1.0, 1.0, 1.0), (2.0, 9.0, 4.0))
    assert (found.ratio_min, found.ratio_median, found.ratio_max) == (2.0, 4.0, 9.0)
    assert found.met is None, "without a goal there is nothing to meet"


@pytest.mark.parametrize(
    ("kind", "goal", "met"),
    [("faster", 2.0, True), ("faster", 2.1, False), ("share", 0.5, True), ("share", 0.4, False)],
)
def test_goals_of_both_kinds(kind: Kind, goal: float, met: bool) -> None:
    """Ours takes 1 s, the rival 2 s."""
    assert compared(kind, (1.0,), (2.0,), goal).met is met


@given(SECONDS)
def test_the_two_kinds_are_each_other_upside_down(pairs: list[tuple[float, float]]) -> None:
    ours, rival = tuple(one for one, _ in pairs), tuple(other for _, other in pairs)
    faster, share = compared("faster", ours, rival), compared("share", ours, rival)
    for ratio, upside_down in zip(faster.ratios, share.ratios, strict=True):
        assert ratio * upside_down == pytest.approx(1)
    assert faster.ratio_min <= faster.ratio_median <= faster.ratio_max


@pytest.mark.parametrize(("ours", "rival"), [((), ()), ((1.0,), (1.0, 2.0)), ((0.0,), (1.0,)), ((1.0,), (-1.0,))])
def test_numbers_that_make_no_ratio_are_refused(ours: tuple[float, ...], rival: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="x:"):
        compared("faster", ours, rival)


def recorder(log: list[str], name: str) -> Callable[[], float]:
    def run() -> float:
        log.append(name)
        return float(len(log))

    return run


def test_both_run_in_turn_and_warm_runs_do_not_count() -> None:
    log: list[str] = []
    ours, rival = alternate(recorder(log, "A"), recorder(log, "B"), 2, SilentProgress())
    assert "".join(log) == "ABABAB" and ours == (3.0, 5.0) and rival == (4.0, 6.0)
    log.clear()
    assert alternate(recorder(log, "A"), recorder(log, "B"), 1, SilentProgress(), warm=False) == ((1.0,), (2.0,))


def test_no_pair_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="one pair"):
        alternate(lambda: 1.0, lambda: 1.0, 0, SilentProgress())


def test_a_stop_is_heeded_between_runs() -> None:
    class Stopped(SilentProgress):
        def check(self) -> None:
            if len(log) == 3:
                raise JobCancelled

    log: list[str] = []
    with pytest.raises(JobCancelled):
        alternate(recorder(log, "A"), recorder(log, "B"), 5, Stopped())
    assert "".join(log) == "ABA"


def test_timed_gives_wall_clock_seconds() -> None:
    assert timed(lambda: time.sleep(0.02)) >= 0.02
