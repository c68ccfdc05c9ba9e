"""What is said and written as evidence of a border: pauses, turns, title cards, and how they add up."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cuemark.core.screen_text import Place, ScreenText, ScreenTexts, TextKind
from cuemark.core.transcript import Transcript, Utterance
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.moments.boundaries import known_borders
from cuemark.segmentation.change_points import PictureChange, propose
from cuemark.segmentation.options import BoundaryOptions, ProposalOptions

OPTIONS = BoundaryOptions()


def still(seconds: int) -> FeatureTrack:
    """Two frames a second of one picture with a little noise: somebody talks."""
    rng = np.random.default_rng(0)
    vectors = np.zeros((2 * seconds, 8), np.float32)
    vectors[:, 0] = 1
    vectors += rng.normal(0, 0.01, vectors.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    times = [Fraction(number, 2) for number in range(len(vectors))]
    return FeatureTrack.of(times, vectors, Fraction(seconds), "test")


def said(*spans: tuple[float, float], speakers: str = "") -> Transcript:
    names = speakers or " " * len(spans)
    return Transcript(
        tuple(
            Utterance(Fraction(start), Fraction(end), "So it goes.", who.strip())
            for (start, end), who in zip(spans, names, strict=True)
        )
    )


def card(start: int, end: int, text: str = "Part two", kind: TextKind = TextKind.TITLE) -> ScreenText:
    return ScreenText(Fraction(start), Fraction(end), text, Place(0.2, 0.4, 0.6, 0.2), kind)


def test_footage_without_speech_or_text_has_no_such_borders() -> None:
    track = still(20)
    for bundle in (
        EvidenceBundle(track),
        EvidenceBundle(track, transcript=Transcript(()), screen_text=ScreenTexts(())),
        EvidenceBundle(track, transcript=said((0, 5), (5, 9))),
    ):
        assert known_borders(bundle, OPTIONS) is None


def test_a_longer_pause_says_more_and_three_seconds_say_all() -> None:
    known = known_borders(EvidenceBundle(still(60), transcript=said((0, 5), (6, 9), (11, 20), (40, 50))), OPTIONS)
    assert known is not None and known.seconds == (6.0, 11.0, 40.0)
    assert known.weights == pytest.approx((0.33 / 2, 0.66 / 2, 0.99 / 2))


def test_evidence_of_one_place_adds_up() -> None:
    bundle = EvidenceBundle(
        still(60),
        transcript=said((0, 9), (10, 19), (20, 30), speakers="ABB"),
        screen_text=ScreenTexts((card(10, 14), card(10, 14, "The harbour"), card(30, 40, "EXIT", TextKind.OTHER))),
    )
    known = known_borders(bundle, OPTIONS)
    assert known is not None and known.seconds == (10.0, 20.0)
    assert known.weights == pytest.approx(((0.33 + 0.5 + 3.0) / 2, 0.33 / 2))


def test_people_who_speak_at_once_make_no_pause() -> None:
    known = known_borders(EvidenceBundle(still(60), transcript=said((0, 9), (7, 19), speakers="AA")), OPTIONS)
    assert known is None


def test_where_enough_is_said_a_change_of_topic_parts_what_looks_the_same() -> None:
    bees = "The bees fill the hive with honey and the queen lays her eggs in the comb."
    boats = "The boat needs paint below the water line before the mast and the sails go up."
    said_of = [*[bees] * 10, *[boats] * 10]
    talk = Transcript(tuple(Utterance(Fraction(6 * n), Fraction(6 * n + 6), text) for n, text in enumerate(said_of)))
    track = still(120)
    known: Any = known_borders(EvidenceBundle(track, transcript=talk), OPTIONS)
    strongest = max(zip(known.weights, known.seconds, strict=True))
    assert strongest[1] == 60 and strongest[0] >= 1
    assert 120 in [first for first, _ in propose(track, ProposalOptions(), (PictureChange(), known))]


def test_a_title_card_parts_a_picture_that_never_changes_and_a_breath_does_not() -> None:
    track = still(60)
    options = ProposalOptions()
    plain = propose(track, options)
    for bundle, border in (
        (EvidenceBundle(track, screen_text=ScreenTexts((card(30, 34),))), 60),
        (EvidenceBundle(track, transcript=said((0, 29.5), (30, 60))), None),
    ):
        known: Any = known_borders(bundle, OPTIONS)
        found = propose(track, options, (PictureChange(), known))
        assert found == plain if border is None else border in [first for first, _ in found]
