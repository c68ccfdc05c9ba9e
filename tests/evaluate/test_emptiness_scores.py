"""Empty stretches that were kept and events that were lost, by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from cuemark.lab.evaluate.emptiness_scores import EmptinessScore, covered, score_emptiness, stretches
from cuemark.lab.evaluate.outcome import Found
from cuemark.lab.evaluate.truth import TrueEvent


def interval(start: float, end: float) -> tuple[Fraction, Fraction]:
    return Fraction(start), Fraction(end)


def events(*times: tuple[float, float]) -> list[TrueEvent]:
    return [TrueEvent(*interval(*each), ("x",)) for each in times]


def moments(*times: tuple[float, float]) -> list[Found]:
    return [Found(*interval(*each)) for each in times]


TRUE = events((2, 10), (10.5, 20), (25, 40))


def test_stretches_of_a_second_and_more() -> None:
    true = [(one.start, one.end) for one in TRUE]
    assert stretches(true, Fraction(45)) == [interval(0, 2), interval(20, 25), interval(40, 45)]
    assert stretches(true, Fraction(81, 2)) == [interval(0, 2), interval(20, 25)]
    assert stretches(true, None) == [interval(0, 2), interval(20, 25)]
    assert stretches([], Fraction(10)) == [interval(0, 10)]
    assert stretches([interval(0, 10), interval(2, 4)], Fraction(10)) == []


@pytest.mark.parametrize(
    ("found", "kept", "lost"),
    [
        (moments((2, 10), (10, 20), (25, 40)), 0, 0),
        (moments((0, 2), (2, 10), (10, 20), (20, 25), (25, 40), (40, 45)), 3, 0),
        # A moment that runs on over the stretch from its event is none of the stretch's own.
        (moments((2, 10), (10, 25), (25, 45)), 0, 0),
        # Less than half of the stretch, and half of it: not kept.
        (moments((20, 22), (40, 42.5)), 0, 3),
        (moments((20, 22.6)), 1, 3),
        # Half of an event is enough not to be lost, a little less is not.
        (moments((2, 6), (10.5, 15), (25, 32.4)), 0, 2),
        ([], 0, 3),
    ],
)
def test_kept_and_lost(found: list[Found], kept: int, lost: int) -> None:
    assert score_emptiness(TRUE, found, Fraction(45)) == EmptinessScore(3, kept, 3, lost)


def test_an_event_in_two_moments_is_not_lost() -> None:
    assert score_emptiness(events((0, 10)), moments((0, 3), (7, 10)), Fraction(10)).lost == 0


def test_overlapping_parts_count_once() -> None:
    assert covered(interval(0, 10), [interval(1, 4), interval(2, 5), interval(9, 20)]) == 5
