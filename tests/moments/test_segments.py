"""Change points, merging by meaning and the exact re-segmentation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cuemark.moments.options import ProposalOptions
from cuemark.segmentation.change_points import even_spans, propose, segment, split_to
from cuemark.segmentation.viterbi import merge_alike, runs, viterbi


def _track(lengths: list[int], noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors round one random direction a segment, and their seconds at 3 a second."""
    draw = np.random.default_rng(seed)
    rows = []
    for length in lengths:
        centre = draw.standard_normal(32)
        rows.append(centre / np.linalg.norm(centre) + noise * draw.standard_normal((length, 32)))
    vectors = np.concatenate(rows)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), np.arange(sum(lengths)) / 3


@pytest.mark.parametrize("lengths", [[30, 30], [9, 60, 12, 45], [20, 6, 20, 6, 20]])
def test_change_points_are_found_where_the_content_changes(lengths: list[int]) -> None:
    vectors, seconds = _track(lengths, 0.02)
    borders = [last for _, last in propose(vectors, seconds, ProposalOptions())]
    assert set(np.cumsum(lengths)) <= set(borders)
    assert len(borders) <= 2 * len(lengths)


def test_a_very_long_track_is_searched_in_bounded_memory() -> None:
    vectors, seconds = _track([1500, 2500, 1000], 0.05)
    borders = [last for _, last in propose(vectors, seconds, ProposalOptions())]
    assert borders[-1] == 5000 and all(min(abs(border - true) for border in borders) <= 3 for true in (1500, 4000))


def test_footage_without_change_stays_in_few_segments() -> None:
    vectors, seconds = _track([120], 0.03)
    assert len(propose(vectors, seconds, ProposalOptions())) <= 3


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_handful_of_frames_is_enough(count: int) -> None:
    vectors, seconds = _track([count], 0.02)
    spans = propose(vectors, seconds, ProposalOptions())
    assert spans[0][0] == 0
    assert spans[-1][1] == count


@settings(max_examples=40)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=6), st.integers(1, 4), st.floats(0.001, 2))
def test_segments_tile_the_track(lengths: list[int], shortest: int, penalty: float) -> None:
    vectors, _ = _track(lengths, 0.05)
    if len(vectors) < shortest:
        return
    spans = segment(vectors, penalty, shortest)
    assert [first for first, _ in spans] == [0, *(last for _, last in spans[:-1])]
    assert spans[-1][1] == len(vectors)
    assert all(last - first >= shortest for first, last in spans)


def test_splitting_cuts_where_the_features_change_most() -> None:
    vectors, _ = _track([20, 13, 40], 0.02)
    assert split_to([(0, 73)], vectors, 3, 1) == [(0, 20), (20, 33), (33, 73)]
    assert len(split_to([(0, 73)], vectors, 73, 1)) == 73
    assert len(split_to([(0, 3)], vectors, 9, 1)) == 3


def test_even_spans_are_never_empty() -> None:
    assert even_spans(10, 3) == [(0, 3), (3, 7), (7, 10)]
    assert even_spans(5, 5) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 3), st.floats(0, 5))
def test_viterbi_finds_the_best_of_all_paths(seed: int, frames: int, states: int, switch_cost: float) -> None:
    logits = torch.randn(frames, states, generator=torch.Generator().manual_seed(seed))

    def value(path: tuple[int, ...]) -> float:
        switches = sum(one != other for one, other in itertools.pairwise(path))
        return float(sum(logits[frame, state] for frame, state in enumerate(path))) - switch_cost * switches

    best = max(value(path) for path in itertools.product(range(states), repeat=frames))
    assert value(tuple(viterbi(logits, switch_cost))) == pytest.approx(best, abs=1e-4)


def test_neighbours_that_one_caption_serves_become_one() -> None:
    logits = torch.zeros(30, 3)
    logits[:20, 0], logits[:20, 1] = 10.0, 9.5  # two wordings of one event
    logits[20:, 2] = 10.0
    spans, choices = merge_alike([(0, 10), (10, 20), (20, 30)], [0, 1, 2], logits, 1.5)
    assert spans == [(0, 20), (20, 30)]
    assert choices == [0, 2]


def test_a_caption_much_better_for_its_own_frames_is_not_merged_away() -> None:
    logits = torch.zeros(20, 2)
    logits[:10, 0] = logits[10:, 1] = 10.0
    assert merge_alike([(0, 10), (10, 20)], [0, 1], logits, 1.5)[0] == [(0, 10), (10, 20)]


def test_runs() -> None:
    assert runs([2, 2, 0, 1, 1, 1]) == ([(0, 2), (2, 3), (3, 6)], [2, 0, 1])
