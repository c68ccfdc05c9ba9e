"""Content-blind segments: what they are, and which of them suits a dataset best."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.lab.evaluate.baselines import RULES, best_rule, equal_parts, f1
from cuemark.lab.evaluate.truth import Dataset, TrueEvent, TrueVideo

durations = st.fractions(Fraction(1, 1000), 10_000)


def test_equal_parts_by_hand() -> None:
    assert [(one.start, one.end) for one in equal_parts(Fraction(10), 3)] == [
        (Fraction(0), Fraction(10, 3)),
        (Fraction(10, 3), Fraction(20, 3)),
        (Fraction(20, 3), Fraction(10)),
    ]
    assert equal_parts(Fraction(10), 0) == ()


@given(durations, st.integers(1, 40))
def test_equal_parts_are_a_partition(duration: Fraction, count: int) -> None:
    parts = equal_parts(duration, count)
    assert [part.start for part in parts] == [Fraction(0), *(part.end for part in parts[:-1])]
    assert parts[-1].end == duration
    assert {part.end - part.start for part in parts} == {duration / count}


def test_rules_by_hand() -> None:
    found = {name: [(one.start, one.end) for one in rule(Fraction(100))] for name, rule in RULES.items()}

    def shares(*pairs: tuple[int, int]) -> list[tuple[Fraction, Fraction]]:
        return [(Fraction(start), Fraction(end)) for start, end in pairs]

    assert found["whole and halves"] == shares((0, 100), (0, 50), (50, 100))
    assert found["uneven four and whole"] == shares((0, 100), (0, 12), (10, 60), (55, 100))
    assert len(found["10 equal parts"]) == 10
    first, *_, last = found["eight of the middle"]
    # Eight cells of 85/8 s from 12 s on, 15 % of a cell empty on either side.
    cell = Fraction(85, 8)
    assert first == (12 + cell * Fraction(15, 100), 12 + cell * Fraction(85, 100))
    assert last[1] == 97 - cell * Fraction(15, 100)
    assert len(found["eight of the middle"]) == 8


@given(durations, st.sampled_from(sorted(RULES)))
def test_every_rule_stays_inside_and_scales_with_the_video(duration: Fraction, name: str) -> None:
    found, unit = RULES[name](duration), RULES[name](Fraction(1))
    assert all(0 <= one.start < one.end <= duration for one in found)
    assert list(found) == sorted(found, key=lambda one: one.start)
    assert [(one.start, one.end) for one in found] == [(duration * one.start, duration * one.end) for one in unit]


def dataset(*references: list[tuple[float, float]]) -> Dataset:
    """One video of 100 s with one annotator for each list."""
    events = [tuple(TrueEvent(Fraction(a), Fraction(b), ("x",)) for a, b in one) for one in references]
    return Dataset("d", (TrueVideo("v", Path("v.mp4"), tuple(events)),))


@pytest.mark.parametrize("name", sorted(RULES))
def test_the_rule_that_made_a_dataset_is_best_on_it(name: str) -> None:
    made = dataset([(float(one.start), float(one.end)) for one in RULES[name](Fraction(100))])
    assert best_rule(made, [Fraction(100)]) == name


def test_recall_and_precision_take_their_kindest_annotator_at_each_threshold() -> None:
    """The whole video overlaps the first annotator's event by 0.4, and one of the second's three by 0.8.

    Recall at 0.3, 0.5, 0.7, 0.9: 1 (first), 1/3, 1/3 (second), 0; precision: 1, 1, 1, 0.
    """
    both = dataset([(0.0, 40.0)], [(0.0, 80.0), (0.0, 1.0), (1.0, 2.0)])
    recall, precision = 5 / 12, 3 / 4
    wanted = 2 * recall * precision / (recall + precision)
    assert f1(lambda duration: equal_parts(duration, 1), both, [Fraction(100)]) == pytest.approx(wanted)


def test_a_rule_that_says_nothing_counts_as_zero() -> None:
    assert f1(lambda duration: (), dataset([(0.0, 40.0)]), [Fraction(100)]) == 0


def test_without_events_the_first_rule_and_without_videos_an_error() -> None:
    assert best_rule(dataset([]), [Fraction(100)]) == next(iter(RULES))
    with pytest.raises(ValueError, match="no videos"):
        best_rule(Dataset("d", ()), [])
