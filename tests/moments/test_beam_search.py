"""Beam search: which continuations go on, with what score, and whose frames lead it."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from cuemark.captions.beam import (
    BeamSearch,
    Hypothesis,
    best_continuations,
    close,
    repetitions,
    what_may_follow,
)
from cuemark.captions.options import SearchOptions
from cuemark.evidence.frames.track import FeatureTrack

LOG_P = torch.log(torch.tensor([[0.4, 0.3, 0.2, 0.095, 0.005], [0.1, 0.1, 0.1, 0.4, 0.3]]))
END = torch.tensor([False, False, False, False, True])


def hypotheses(*ids: list[int]) -> list[Hypothesis]:
    return [Hypothesis(0, list(one), -1.0, 0.0) for one in ids]


def words() -> torch.Tensor:
    return LOG_P.masked_fill(END, -math.inf)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [([], set()), ([4], {4}), ([1, 2, 1], {1}), ([1, 2, 3, 1, 2], {2, 3}), ([7, 7, 7, 7], {7})],
)
def test_no_token_twice_in_a_row_and_no_triple_again(ids: list[int], expected: set[int]) -> None:
    assert set(repetitions(ids)) == expected


def test_an_end_is_tried_where_it_is_likely_enough_and_the_sentence_long_enough() -> None:
    early = what_may_follow(hypotheses([0], [1]), LOG_P, words(), END, 2)
    assert early.over == []
    later = what_may_follow(hypotheses([0, 1], [1, 0]), LOG_P, words(), END, 2)
    assert later.over == [1]
    assert later.ends == pytest.approx([math.log(0.3)], abs=1e-5)


def test_the_best_of_a_moment_come_from_any_of_its_beams() -> None:
    live = [Hypothesis(0, [9], -1.0, 0.0), Hypothesis(0, [8], -1.0, 0.0)]
    following = what_may_follow(live, LOG_P, words(), END, 3)
    clip = torch.zeros(2, 3)
    clip[1, 0] = 5.0  # token 3 behind the second beam fits the frames
    found = best_continuations(live, following, clip, fluency=1.0, most=2)
    assert [(one.ids, row) for one, row in found] == [([8, 3], 1), ([9, 0], 0)]
    assert found[0][0].score == pytest.approx(5.0 + (-1.0 + math.log(0.4)) / 2, abs=1e-5)
    assert found[0][0].log_probability == pytest.approx(-1.0 + math.log(0.4), abs=1e-5)


def test_each_moment_keeps_beams_of_its_own() -> None:
    live = [Hypothesis(0, [9], -1.0, 0.0), Hypothesis(3, [8], -1.0, 0.0)]
    following = what_may_follow(live, LOG_P, words(), END, 3)
    found = best_continuations(live, following, torch.zeros(2, 3), fluency=1.0, most=1)
    assert [(one.moment, one.ids[-1]) for one, _ in found] == [(0, 0), (3, 3)]


def test_what_must_not_follow_never_goes_on() -> None:
    following = what_may_follow(hypotheses([0], [3]), LOG_P, words(), END, 4)
    found = best_continuations(hypotheses([0], [3]), following, torch.full((2, 4), 50.0), fluency=1.0, most=8)
    assert all(one.ids[-1] != one.ids[-2] and one.ids[-1] != 4 for one, _ in found)
    assert len(found) == 6


def test_a_finished_sentence_counts_its_end() -> None:
    done = close(Hypothesis(0, [1, 2], -2.0, 0.0), -1.0, 20.0, 3.0)
    assert done.log_probability == -3.0
    assert done.score == pytest.approx(20.0 - 3.0)


def test_the_search_is_led_by_the_frames(three_scenes: FeatureTrack, pair: Any) -> None:
    context = pair.context(three_scenes)
    search = BeamSearch(context, SearchOptions(beams=4, candidates=16))
    targets = torch.stack([context.vectors[:18].mean(dim=0), context.vectors[30:].mean(dim=0)])
    found = search.search(targets, "Video of")
    assert "red cat" in found[0][0].sentence.caption.lower()
    assert "yellow boat" in found[1][0].sentence.caption.lower()
    assert all(one.sentence.text.startswith("Video of") and one.sentence.text.endswith(".") for one in found[0])
