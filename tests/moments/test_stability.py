"""When a search ends early, and that nothing is lost by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cuemark.core.progress import SilentProgress
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.moments.find import _Search, find_moments
from cuemark.moments.options import from_preset
from cuemark.segmentation.stability import Stability

HALVES = [(0.0, 0.5), (0.5, 1.0)]


def test_settled_is_what_has_stayed_long_enough() -> None:
    watched = Stability(rounds=2)
    assert [watched.settled(HALVES, ["a cat", "a dog"]) for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize(
    ("segments", "captions"),
    [
        ([(0.0, 0.6), (0.6, 1.0)], ["a cat", "a dog"]),
        (HALVES, ["a cat", "a red dog"]),
        (HALVES[:1], ["a cat"]),
    ],
)
def test_another_border_caption_or_count_starts_anew(segments: list[tuple[float, float]], captions: list[str]) -> None:
    watched = Stability(rounds=1)
    watched.settled(HALVES, ["a cat", "a dog"])
    assert not watched.settled(segments, captions)
    assert watched.settled(segments, captions)


def test_small_moves_are_forgiven_but_a_drift_is_not() -> None:
    watched = Stability(rounds=3, tolerance=0.01)
    drift = [[(0.0, 0.5 + 0.004 * step)] for step in range(8)]
    assert not any(watched.settled(segments, ["a cat"]) for segments in drift)
    still = Stability(rounds=3, tolerance=0.01)
    shaking = [[(0.0, 0.5 + 0.004 * (step % 2))] for step in range(4)]
    assert [still.settled(segments, ["a cat"]) for segments in shaking] == [False, False, False, True]


def test_no_moments_at_all_are_stable_too() -> None:
    watched = Stability(rounds=1)
    assert [watched.settled([], []) for _ in range(2)] == [False, True]


def test_rounds_that_would_change_nothing_are_left_out(
    three_scenes: FeatureTrack, pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[int] = []
    write = _Search._write

    def counted(self: _Search, weights: Any, number: int) -> None:
        rounds.append(number)
        write(self, weights, number)

    monkeypatch.setattr(_Search, "_write", counted)
    options = replace(from_preset("fast"), rounds=6)
    early = find_moments(three_scenes, pair.clip.text, pair.lm, options, SilentProgress())
    taken = len(rounds)
    monkeypatch.setattr(Stability, "settled", lambda *args: False)
    full = find_moments(three_scenes, pair.clip.text, pair.lm, options, SilentProgress())
    assert taken < 6 == len(rounds) - taken
    assert early.moments == full.moments
