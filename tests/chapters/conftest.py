"""A small world of words: texts and frames are bags of words, so that what a frame shows is known."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from cuemark.results import Moment, RunnerUp

WIDTH = 96
SILENT = frozenset("a an the is are of on in with and video showing there it while".split())  # noqa: SIM905


def _word(word: str) -> np.ndarray:
    return np.random.default_rng(zlib.crc32(word.encode())).standard_normal(WIDTH)


def vector(text: str) -> np.ndarray:
    words = [word.strip(".,!?\"'").lower() for word in text.split()]
    told = [word for word in words if word and word not in SILENT] or ["<nothing>"]
    total = np.sum([_word(word) for word in told], axis=0)
    return total / np.linalg.norm(total)


@dataclass(frozen=True)
class BagOfWords:
    """Stands in for CLIP's text tower."""

    logit_scale: float = 20.0

    def encode(self, texts: Sequence[str]) -> torch.Tensor:
        assert texts, "the real tower takes at least one text"
        return torch.tensor(np.stack([vector(text) for text in texts]), dtype=torch.float32)


@dataclass(frozen=True)
class FakeTrack:
    """What chapters use of a FeatureTrack."""

    seconds: np.ndarray
    vectors: np.ndarray


class World:
    text = BagOfWords()

    @staticmethod
    def track(
        scenes: Sequence[tuple[Any, Any, str]], *, fps: float = 2.0, noise: float = 0.4, seed: int = 0
    ) -> FakeTrack:
        """Frames of [(start, end, what is seen)], gapless."""
        random = np.random.default_rng(seed)
        times = np.arange(float(scenes[0][0]), float(scenes[-1][1]), 1 / fps)
        seen = [next(text for start, end, text in scenes if float(start) <= time < float(end)) for time in times]
        raw = [vector(text) + noise * random.standard_normal(WIDTH) / WIDTH**0.5 for text in seen]
        vectors = np.array([row / np.linalg.norm(row) for row in raw], dtype=np.float32).reshape(len(times), WIDTH)
        return FakeTrack(times, vectors)

    @staticmethod
    def moments(rows: Sequence[tuple[Any, ...]]) -> tuple[Moment, ...]:
        """Moments of [(start, end, caption, *runners-up)]."""
        return tuple(
            Moment(
                f"m{n}",
                Fraction(row[0]),
                Fraction(row[1]),
                row[2],
                1.0,
                runners_up=tuple(RunnerUp(r, 0.5) for r in row[3:]),
            )
            for n, row in enumerate(rows, 1)
        )


@pytest.fixture(scope="session")
def world() -> World:
    return World()
