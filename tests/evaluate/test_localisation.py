"""Hand-worked cases of the localisation measure."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.lab.evaluate.localisation import Localisation, best_pairs, events_within, hits, localise, mean, tiou
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
