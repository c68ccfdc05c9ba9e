"""Figures on names by hand: subjects, words a caption, unsupported things, confidences."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

import pytest

from cuemark.lab.evaluate.measures import interval, measure
from cuemark.lab.evaluate.naming_scores import NamingScore, score_naming, subject_right, unsupported
from cuemark.lab.evaluate.outcome import Found
from cuemark.lab.evaluate.score import VideoScore
from cuemark.lab.evaluate.truth import TrueEvent
from cuemark.lab.evaluate.word_forms import words_of

PHRASES = {"subject": {"dog": ("puppy", "basset hound"), "cat": ("kitten",), "boat": ("yawl",)}}


def event(start: float, end: float, subject: str = "", *captions: str) -> TrueEvent:
    told = captions or (f"a photo of a {subject}",)
    return TrueEvent(Fraction(start), Fraction(end), told, {"subject": subject} if subject else {})


def found(start: float, end: float, caption: str, score: float | None = None, *tags: str) -> Found:
    return Found(Fraction(start), Fraction(end), caption, score, tags)


class Kinds:
    """A word list of five things."""

    parents: ClassVar = {"basset hound": "dog", "dog": "animal", "lake": "water", "cat": "animal", "boat": "vehicle"}

    def things_in(self, text: str) -> frozenset[str]:
        return frozenset(word for word in words_of(text) if word in {*self.parents, *self.parents.values()})

    def kin_of(self, text: str) -> frozenset[str]:
        kin = set(self.things_in(text))
        for _ in range(3):
            kin |= {self.parents[word] for word in kin if word in self.parents}
        return frozenset(kin)


@pytest.mark.parametrize(
    ("caption", "right"),
    [
        ("Dogs on a lawn", True),
        ("A basset hound", True),
        ("A puppy", True),
        ("An animal", False),
        ("A dog beside a cat", False),
        ("A cat", False),
        ("", False),
    ],
)
def test_a_subject_is_right_when_it_is_said_and_no_other(caption: str, right: bool) -> None:
    assert subject_right(caption, event(0, 1, "dog"), PHRASES) is right


def test_a_second_subject_that_the_truth_tells_too_is_no_mistake() -> None:
    both = event(0, 1, "dog", "a dog chases a cat")
    assert subject_right("A dog and a cat", both, PHRASES)
    assert not subject_right("A dog in a boat", both, PHRASES)
    assert not subject_right("A cat", both, PHRASES)


def test_counts_by_hand() -> None:
    """Four events, three matched; of these one is right, one wrong, one unnamed but with the right tag."""
    events = [event(0, 10, "dog"), event(10, 20, "cat"), event(20, 30, "boat"), event(40, 50, "dog"), event(50, 60)]
    moments = [
        found(0, 10, "A dog runs", 0.9, "dog"),
        found(10, 19, "A dog", 0.8, "animal"),
        found(20, 30, "", 0.1, "lake", "yawls"),
        found(40, 44, "A dog", 0.6, "dog"),
        found(50, 60, "A red kite over it", 0.5, "kite"),
    ]
    score = score_naming(events, moments, PHRASES, has_tags=True)
    assert (score.events, score.matched, score.right) == (4, 3, 1)
    assert (score.dared, score.dared_right, score.tagged) == (2, 1, 2)
    assert (score.moments, score.captions, score.words) == (5, 4, 3 + 2 + 2 + 5)
    assert (score.judged, score.unsupported) == (None, None)
    # The moment of 40 to 44 s is too short to match its event, and says what is there all the same.
    assert score.confidences == ((0.9, True), (0.8, False), (0.6, True))


def test_a_row_without_tags_has_no_figure_on_tags() -> None:
    score = score_naming([event(0, 10, "dog")], [found(0, 10, "A dog")], PHRASES)
    assert score.tagged is None and score.confidences == ()
    assert measure("subject_tags").of([video(score)]) is None


def test_confidence_where_nothing_happens_is_wrong() -> None:
    score = score_naming([event(0, 10, "dog")], [found(20, 30, "A dog", 0.7)], PHRASES)
    assert score.confidences == ((0.7, False),)


def test_confidence_is_held_against_the_event_most_time_is_shared_with() -> None:
    events = [event(0, 10, "dog"), event(10, 30, "cat")]
    assert score_naming(events, [found(5, 20, "A cat", 0.7)], PHRASES).confidences == ((0.7, True),)
    assert score_naming(events, [found(0, 16, "A cat", 0.7)], PHRASES).confidences == ((0.7, False),)


@pytest.mark.parametrize(
    ("caption", "things"),
    [
        ("A basset hound", set()),
        ("A dog", set()),
        ("An animal", set()),
        ("A dog by a lake", {"lake"}),
        ("A vehicle and a cat", {"vehicle", "cat"}),
        ("Something nice", set()),
    ],
)
def test_things_that_nothing_in_the_truth_supports(caption: str, things: set[str]) -> None:
    assert unsupported(caption, event(0, 1, "dog"), PHRASES, Kinds()) == things


def test_unsupported_captions_are_counted_once() -> None:
    events = [event(0, 10, "dog"), event(10, 20, "boat")]
    moments = [found(0, 10, "A cat by a lake"), found(10, 20, "A yawl")]
    score = score_naming(events, moments, PHRASES, Kinds())
    assert (score.judged, score.unsupported) == (2, 1)
    assert measure("unsupported").of([video(score)]) == 0.5


def video(naming: NamingScore) -> VideoScore:
    return VideoScore("v", "", naming.moments, 0, 0, (0.0,) * 4, (0.0,) * 4, 0, naming=naming)


def judged(*confidences: tuple[float, bool]) -> VideoScore:
    return video(NamingScore(1, 1, 1, 1, 1, None, 1, 1, 1, None, None, confidences))


def test_the_calibration_error_by_hand() -> None:
    """From 0.9: mean 0.9, right 1 of 2, off by 0.4; from 0.2: mean 0.25, none right.  (2 x 0.4 + 0.25) / 3."""
    one, other = judged((0.9, True), (0.25, False)), judged((0.9, False))
    assert measure("calibration").of([one, other]) == pytest.approx((0.8 + 0.25) / 3)
    ends = interval(measure("calibration"), [one, other])
    assert ends is not None and ends[0] == pytest.approx((0.1 + 0.25) / 2) and ends[1] == pytest.approx(0.9)


def test_a_confidence_that_is_right_has_no_error() -> None:
    assert measure("calibration").of([judged((0.5, True)), judged((0.5, False))]) == pytest.approx(0)
    assert measure("calibration").of([judged()]) is None
