"""Findings of several grounds in one place are one hit."""

from __future__ import annotations

from fractions import Fraction

import pytest

from cuemark.core.search import Ground, Why
from cuemark.library.search.findings import Finding, fused


def finding(start: int, end: int, score: float, ground: Ground = Ground.SEEN, number: int = 1) -> Finding:
    sample = 0 if ground is Ground.SEEN else None
    middle = Fraction(start + end, 2)
    return Finding(number, Fraction(start), Fraction(end), middle, score, (Why(ground, score, "w"),), sample, "e")


def test_two_witnesses_are_surer_than_either_and_both_are_told() -> None:
    (one,) = fused([finding(10, 20, 0.5), finding(12, 16, 0.6, Ground.SAID)])
    assert one.score == pytest.approx(0.8) and [why.ground for why in one.why] == [Ground.SAID, Ground.SEEN]
    assert [one.start, one.end] == [12, 16], "the segment is that of the surest"
    assert one.sample == 0, "and the picture is that of what was seen"


def test_what_lies_apart_or_in_other_media_stays_apart_best_first() -> None:
    found = fused([finding(0, 10, 0.2), finding(9, 20, 0.9, Ground.SAID), finding(0, 10, 0.4, Ground.READ, 2)])
    assert [one.score for one in found] == [0.9, 0.4, 0.2]


def test_of_one_ground_the_surer_stays_alone() -> None:
    (one,) = fused([finding(0, 10, 0.4), finding(1, 9, 0.7)])
    assert one.score == 0.7 and len(one.why) == 1
