"""Beams: which continuations go on, and with what score."""

from __future__ import annotations

import math

import pytest
import torch

from cuemark.captions.beams import Beam, best_continuations, close, stutters, what_may_follow

LOG_P = torch.log(torch.tensor([[0.4, 0.3, 0.2, 0.095, 0.005], [0.1, 0.1, 0.1, 0.4, 0.3]]))
END = torch.tensor([False, False, False, False, True])


def beams(*ids: list[int]) -> list[Beam]:
    return [Beam(0, list(one), -1.0, 0.0) for one in ids]


def words() -> torch.Tensor:
    return LOG_P.masked_fill(END, -math.inf)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [([], set()), ([4], {4}), ([1, 2, 1], {1}), ([1, 2, 3, 1, 2], {2, 3}), ([7, 7, 7, 7], {7})],
)
def test_no_token_twice_in_a_row_and_no_triple_again(ids: list[int], expected: set[int]) -> None:
    assert set(stutters(ids)) == expected


def test_an_end_is_tried_where_it_is_likely_enough_and_the_sentence_long_enough() -> None:
    early = what_may_follow(beams([0], [1]), LOG_P, words(), END, 2)
    assert early.over == []
    later = what_may_follow(beams([0, 1], [1, 0]), LOG_P, words(), END, 2)
    assert later.over == [1]
    assert later.ends == pytest.approx([math.log(0.3)], abs=1e-5)


def test_the_best_of_a_moment_come_from_any_of_its_beams() -> None:
    live = [Beam(0, [9], -1.0, 0.0), Beam(0, [8], -1.0, 0.0)]
    options = what_may_follow(live, LOG_P, words(), END, 3)
    clip = torch.zeros(2, 3)
    clip[1, 0] = 5.0  # token 3 behind the second beam fits the frames
    found = best_continuations(live, options, clip, fluency=1.0, most=2)
    assert [(beam.ids, row) for beam, row in found] == [([8, 3], 1), ([9, 0], 0)]
    assert found[0][0].score == pytest.approx(5.0 + (-1.0 + math.log(0.4)) / 2, abs=1e-5)
    assert found[0][0].log_probability == pytest.approx(-1.0 + math.log(0.4), abs=1e-5)


def test_each_moment_keeps_beams_of_its_own() -> None:
    live = [Beam(0, [9], -1.0, 0.0), Beam(3, [8], -1.0, 0.0)]
    options = what_may_follow(live, LOG_P, words(), END, 3)
    found = best_continuations(live, options, torch.zeros(2, 3), fluency=1.0, most=1)
    assert [(beam.moment, beam.ids[-1]) for beam, _ in found] == [(0, 0), (3, 3)]


def test_what_must_not_follow_never_goes_on() -> None:
    options = what_may_follow(beams([0], [3]), LOG_P, words(), END, 4)
    found = best_continuations(beams([0], [3]), options, torch.full((2, 4), 50.0), fluency=1.0, most=8)
    assert all(beam.ids[-1] != beam.ids[-2] and beam.ids[-1] != 4 for beam, _ in found)
    assert len(found) == 6


def test_a_finished_sentence_counts_its_end() -> None:
    done = close(Beam(0, [1, 2], -2.0, 0.0), -1.0, 20.0, 3.0)
    assert done.log_probability == -3.0
    assert done.score == pytest.approx(20.0 - 3.0)
