"""Takes of one shot and copies of a file stand under the best of them; what only resembles it does not."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cuemark.core.search import Ground, Why
from cuemark.library.search.alike import Looks, fold, ordinary_cosine
from cuemark.library.search.findings import Finding
from cuemark.library.search.packed import PackedVectors

ENCODER = "e"


def unit(found: NDArray[np.float64]) -> NDArray[np.float16]:
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float16)


def shot(seed: int, frames: int = 8, vary: float = 0.02, width: int = 64) -> NDArray[np.float16]:
    """Frames of one shot: one direction with a little noise."""
    generator = np.random.default_rng(seed)
    found = generator.standard_normal(width)[None] / np.sqrt(width) + vary * generator.standard_normal((frames, width))
    return unit(found)


def retaken(frames: NDArray[np.float16], vary: float, seed: int = 100) -> NDArray[np.float16]:
    """Another take: the same frames, each a little different."""
    found = frames + vary * np.random.default_rng(seed).standard_normal(frames.shape)
    return unit(found)


def finding(number: int, score: float, *words: str, encoder_id: str = ENCODER) -> Finding:
    why = tuple(Why(Ground.SAID, score, each) for each in words) or (Why(Ground.SEEN, score),)
    start = Fraction(10 * number)
    return Finding(number, start, start + 5, start + 1, score, why, 0, encoder_id)


def folded(
    findings: list[Finding], frames: dict[int, NDArray[np.float16]], ordinary: float = 0.0, most: int = 10
) -> list[list[int]]:
    """Numbers of the media: the best first, then those under it."""

    def looks(one: Finding) -> Looks | None:
        own = frames.get(id(one), frames.get(one.number))
        return None if own is None else Looks.of(one.encoder_id, own, own[len(own) // 2])

    found = fold(findings, looks, lambda encoder_id: ordinary, most)
    return [[each.best.number, *(one.number for one in each.alike)] for each in found]


def test_takes_stand_under_the_best_and_leave_room_for_others() -> None:
    first, second = shot(1), shot(2)
    frames = {
        1: first,
        2: second,
        3: retaken(first, 0.01),
        4: retaken(second, 0.01),
        5: shot(3),
        6: retaken(first, 0.01),
    }
    findings = [finding(number, 1 - number / 10) for number in frames]
    assert folded(findings, frames) == [[1, 3, 6], [2, 4], [5]]
    assert folded(findings, frames, most=2) == [[1, 3, 6], [2, 4]], "those under one that is told are told, too"


def test_how_near_is_a_share_of_what_is_ordinary_to_the_encoder() -> None:
    """To an encoder to which any two pictures are 0.9 alike, 0.97 is another scene; to others it is a take."""
    one = shot(1, frames=1)
    other = retaken(one, 0.03)
    assert float(one[0].astype(np.float32) @ other[0].astype(np.float32)) == pytest.approx(0.97, abs=0.015)
    findings = [finding(1, 0.9), finding(2, 0.8)]
    assert folded(findings, {1: one, 2: other}, ordinary=0.2) == [[1, 2]]
    assert folded(findings, {1: one, 2: other}, ordinary=0.9) == [[1], [2]]


def test_moments_of_one_file_and_what_was_said_differently_stay_apart() -> None:
    frames = shot(1)
    same = [finding(1, 0.9), finding(1, 0.8)]
    assert folded(same, {1: frames}) == [[1], [1]]
    talks = [finding(1, 0.9, "of cats"), finding(2, 0.8, "of dogs"), finding(3, 0.7, "of cats")]
    assert folded(talks, {1: frames, 2: retaken(frames, 0.01), 3: retaken(frames, 0.01)}) == [[1, 3], [2]]


def test_a_shared_black_frame_makes_no_take() -> None:
    black = np.zeros((1, 64), np.float16)
    black[0, 0] = 1
    frames = {1: np.vstack([shot(1), black]), 2: np.vstack([shot(2), black])}
    assert folded([finding(1, 0.9), finding(2, 0.8)], frames) == [[1], [2]]


def test_what_has_no_frames_or_broken_ones_or_another_encoder_stays_alone() -> None:
    frames = shot(1)
    broken = frames.copy()
    broken[3] = np.nan
    findings = [finding(1, 0.9), finding(2, 0.8), finding(3, 0.7), finding(4, 0.6, encoder_id="another")]
    assert folded(findings, {1: frames, 3: broken, 4: frames}) == [[1], [2], [3], [4]]
    assert fold([], lambda one: None, lambda encoder_id: 0.0, 5) == []


def test_what_is_ordinary_is_told_by_frames_of_different_media(tmp_path: Path) -> None:
    packed = PackedVectors(tmp_path, ENCODER)
    assert ordinary_cosine(packed.rows) == 0
    packed.append([(1, "", shot(1, 50))])
    assert ordinary_cosine(packed.rows) > 0.9, "one shot is all there is"
    packed.append((number, "", shot(number, 50)) for number in range(2, 30))
    assert abs(ordinary_cosine(packed.rows)) < 0.1
