"""What captions name: phrases as whole words, the longer one where two overlap, and counts by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from cuemark.lab.evaluate.caption_scores import SlotScore, matched_moments, named, says, score_slots, slot_right
from cuemark.lab.evaluate.outcome import Found
from cuemark.lab.evaluate.truth import SlotPhrases, TrueEvent

PLACES: dict[str, tuple[str, ...]] = {
    "beach": ("on the beach", "at the beach"),
    "sea": ("under the sea",),
    "seabed": ("under the sea floor",),
}
PHRASES: SlotPhrases = {"subject": {"cat": ("cat",), "dog": ("dog",)}, "place": PLACES}


def event(start: int, end: int, subject: str, place: str) -> TrueEvent:
    return TrueEvent(Fraction(start), Fraction(end), ("",), {"subject": subject, "place": place})


def found(start: int, end: int, caption: str) -> Found:
    return Found(Fraction(start), Fraction(end), caption)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A cat AT THE  Beach.", {"beach"}),
        ("a cat at the beaches", set()),
        ("on the beach, under the sea", {"beach", "sea"}),
        ("a crab under the sea floor", {"seabed"}),
        ("under the sea floor and under the sea", {"seabed", "sea"}),
        ("on the beach and at the beach", {"beach"}),
        ("", set()),
    ],
)
def test_named_values(text: str, values: set[str]) -> None:
    assert named(text, PLACES) == values


def test_one_phrase_of_two_values_names_both() -> None:
    assert named("by the water", {"sea": ("by the water",), "lake": ("by the water",)}) == {"sea", "lake"}


def test_a_slot_is_right_when_its_value_and_no_other_is_named() -> None:
    assert slot_right("a cat on the beach", "subject", "cat", PHRASES)
    assert not slot_right("a cat and a dog", "subject", "cat", PHRASES)
    assert not slot_right("a caterpillar", "subject", "cat", PHRASES)
    assert not slot_right("nothing here", "subject", "cat", PHRASES)
    # A value, or a slot, without phrases is known by its own name.
    assert slot_right("a horse", "subject", "horse", PHRASES)
    assert slot_right("a slow one", "speed", "slow", PHRASES)


def test_says_whole_words() -> None:
    assert says("A cat, on the beach", ("cat",)) and not says("concatenate", ("cat",)) and not says("x", ("", " "))


def test_counts_by_hand() -> None:
    """Three events; the first all right, the second with the wrong place, the third not met at a tIoU of a half."""
    events = [event(0, 10, "cat", "beach"), event(10, 20, "dog", "sea"), event(20, 30, "cat", "sea")]
    moments = [
        found(0, 9, "a cat on the beach"),
        found(10, 20, "a dog on the beach"),
        found(26, 30, "a cat under the sea"),
    ]
    assert score_slots(events, moments, PHRASES) == SlotScore(
        events=3, matched=2, all_right=1, told={"subject": 2, "place": 2}, right={"subject": 2, "place": 1}
    )


def test_a_moment_counts_for_one_event_and_half_is_enough() -> None:
    events = [event(0, 10, "cat", "beach"), event(10, 20, "dog", "sea")]
    both = found(0, 20, "a cat on the beach")
    assert matched_moments(events, [both]) == [(events[0], both)]
    score = score_slots(events, [both], PHRASES)
    assert score is not None and (score.events, score.matched, score.all_right) == (2, 1, 1)


def test_nothing_found_is_nothing_right_and_no_slots_no_score() -> None:
    assert score_slots([event(0, 10, "cat", "sea")], [], PHRASES) == SlotScore(1, 0, 0, {}, {})
    assert score_slots([TrueEvent(Fraction(0), Fraction(1), ("a cat",))], [], PHRASES) is None


def test_an_event_without_slots_beside_one_with_them_is_not_judged() -> None:
    bare = TrueEvent(Fraction(10), Fraction(20), ("x",))
    moments = [found(0, 10, "a cat under the sea"), found(10, 20, "a cat")]
    score = score_slots([event(0, 10, "cat", "sea"), bare], moments, PHRASES)
    assert score is not None and (score.events, score.matched, score.all_right) == (1, 1, 1)
