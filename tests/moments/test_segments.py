"""Change points, merging by meaning and the exact re-segmentation."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cuemark.evidence.frames.track import FeatureTrack
from cuemark.segmentation.change_points import ExplicitBorders, PictureChange, propose, segment, split_to
from cuemark.segmentation.options import ProposalOptions
from cuemark.segmentation.segments import Convergence, LabelledSegment, Span, even_spans
from cuemark.segmentation.viterbi import merge_alike, resegment, runs, viterbi


def _track(lengths: list[int], noise: float, seed: int = 0) -> FeatureTrack:
    """Unit vectors round one random direction a segment, at 3 a second."""
    draw = np.random.default_rng(seed)
    rows = []
    for length in lengths:
        centre = draw.standard_normal(32)
        rows.append(centre / np.linalg.norm(centre) + noise * draw.standard_normal((length, 32)))
    vectors = np.concatenate(rows)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ticks = np.arange(sum(lengths), dtype=np.int64)
    return FeatureTrack(ticks, 3, vectors.astype(np.float32), Fraction(sum(lengths), 3), "")


def _proposed(track: FeatureTrack) -> list[Span]:
    return propose(track, ProposalOptions())


def _labelled(*segments: tuple[Span, int]) -> list[LabelledSegment[int]]:
    return [LabelledSegment(span, label) for span, label in segments]


@pytest.mark.parametrize("lengths", [[30, 30], [9, 60, 12, 45], [20, 6, 20, 6, 20]])
def test_change_points_are_found_where_the_content_changes(lengths: list[int]) -> None:
    track = _track(lengths, 0.02)
    borders = [last for _, last in _proposed(track)]
    assert set(np.cumsum(lengths)) <= set(borders)
    assert len(borders) <= 2 * len(lengths)


def test_a_very_long_track_is_searched_in_bounded_memory() -> None:
    track = _track([1500, 2500, 1000], 0.05)
    borders = [last for _, last in _proposed(track)]
    assert borders[-1] == 5000 and all(min(abs(border - true) for border in borders) <= 3 for true in (1500, 4000))


def test_footage_without_change_stays_in_few_segments() -> None:
    track = _track([120], 0.03)
    assert len(_proposed(track)) <= 3


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_handful_of_frames_is_enough(count: int) -> None:
    track = _track([count], 0.02)
    spans = _proposed(track)
    assert spans[0][0] == 0
    assert spans[-1][1] == count


@settings(max_examples=40)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=6), st.integers(1, 4), st.floats(0.001, 2))
def test_segments_tile_the_track(lengths: list[int], shortest: int, penalty: float) -> None:
    vectors = _track(lengths, 0.05).vectors
    if len(vectors) < shortest:
        return
    spans = segment(vectors, penalty, shortest)
    assert [first for first, _ in spans] == [0, *(last for _, last in spans[:-1])]
    assert spans[-1][1] == len(vectors)
    assert all(last - first >= shortest for first, last in spans)


def test_splitting_cuts_where_the_features_change_most() -> None:
    vectors = _track([20, 13, 40], 0.02).vectors
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
    merged = merge_alike(_labelled(((0, 10), 0), ((10, 20), 1), ((20, 30), 2)), logits, 1.5)
    assert merged == _labelled(((0, 20), 0), ((20, 30), 2))


def test_a_caption_much_better_for_its_own_frames_is_not_merged_away() -> None:
    logits = torch.zeros(20, 2)
    logits[:10, 0] = logits[10:, 1] = 10.0
    apart = _labelled(((0, 10), 0), ((10, 20), 1))
    assert merge_alike(apart, logits, 1.5) == apart


def test_runs() -> None:
    assert runs([2, 2, 0, 1, 1, 1]) == _labelled(((0, 2), 2), ((2, 3), 0), ((3, 6), 1))


def test_resegmentation_moves_borders_to_where_the_labels_fit() -> None:
    logits = {"a cat": torch.zeros(30), "a boat": torch.zeros(30), "a ship": torch.zeros(30)}
    logits["a cat"][:18] = logits["a boat"][18:] = 10.0
    logits["a ship"][18:] = 9.0  # the same boat in other words
    spans = [(0, 16), (16, 22), (22, 30)]
    wrong = [LabelledSegment(span, label) for span, label in zip(spans, logits, strict=True)]
    found = resegment(wrong, lambda labels: torch.stack([logits[label] for label in labels], dim=1), 1.5, 8.0)
    assert found == [LabelledSegment((0, 18), "a cat"), LabelledSegment((18, 30), "a boat")]


def test_a_border_known_from_elsewhere_is_proposed_where_the_pictures_do_not_change() -> None:
    track = _track([60], 0.02)
    pictures: list[Any] = [PictureChange()]
    plain = propose(track, ProposalOptions(), pictures)
    told = propose(track, ProposalOptions(), [*pictures, ExplicitBorders((9.9,), (3.0,))])
    assert 30 not in [first for first, _ in plain]
    assert 30 in [first for first, _ in told]
    assert propose(track, ProposalOptions(), [*pictures, ExplicitBorders((), ())]) == plain


def test_a_border_known_from_elsewhere_is_the_one_the_pictures_show() -> None:
    track = _track([30, 30], 0.02)
    told = propose(track, ProposalOptions(), [PictureChange(), ExplicitBorders((9.9,), (1.0,))])
    assert told == propose(track, ProposalOptions())


HALVES = [(0.0, 0.5), (0.5, 1.0)]


def test_converged_is_what_has_stayed_long_enough() -> None:
    watched = Convergence(rounds=2)
    assert [watched.reached(HALVES, ["a cat", "a dog"]) for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize(
    ("segments", "captions"),
    [
        ([(0.0, 0.6), (0.6, 1.0)], ["a cat", "a dog"]),
        (HALVES, ["a cat", "a red dog"]),
        (HALVES[:1], ["a cat"]),
    ],
)
def test_another_border_caption_or_count_starts_anew(segments: list[tuple[float, float]], captions: list[str]) -> None:
    watched = Convergence(rounds=1)
    watched.reached(HALVES, ["a cat", "a dog"])
    assert not watched.reached(segments, captions)
    assert watched.reached(segments, captions)


def test_small_moves_are_forgiven_but_a_drift_is_not() -> None:
    watched = Convergence(rounds=3, tolerance=0.01)
    drift = [[(0.0, 0.5 + 0.004 * step)] for step in range(8)]
    assert not any(watched.reached(segments, ["a cat"]) for segments in drift)
    still = Convergence(rounds=3, tolerance=0.01)
    shaking = [[(0.0, 0.5 + 0.004 * (step % 2))] for step in range(4)]
    assert [still.reached(segments, ["a cat"]) for segments in shaking] == [False, False, False, True]


def test_no_moments_at_all_are_stable_too() -> None:
    watched = Convergence(rounds=1)
    assert [watched.reached([], []) for _ in range(2)] == [False, True]
