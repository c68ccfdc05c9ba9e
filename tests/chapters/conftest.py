"""A small world of words: texts and frames are bags of words, so that what a frame shows is known."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from cuemark.core.analysis import Moment, RunnerUp
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.evidence.frames.track import FeatureTrack

WIDTH = 96
SILENT = frozenset("a an the is are of on in with and video showing there it while".split())  # noqa: SIM905


Array = npt.NDArray[np.float64]


def _word(word: str) -> Array:
    return np.random.default_rng(zlib.crc32(word.encode())).standard_normal(WIDTH)


def vector(text: str) -> Array:
    words = [word.strip(".,!?\"'").lower() for word in text.split()]
    told = [word for word in words if word and word not in SILENT] or ["<nothing>"]
    total: Array = np.sum([_word(word) for word in told], axis=0)
    unit: Array = total / np.linalg.norm(total)
    return unit


@dataclass(frozen=True)
class BagOfWords:
    """Stands in for CLIP's text tower."""

    logit_scale: float = 20.0

    def encode(self, texts: Sequence[str]) -> torch.Tensor:
        assert texts, "the real tower takes at least one text"
        return torch.tensor(np.stack([vector(text) for text in texts]), dtype=torch.float32)


class World:
    text = BagOfWords()

    @staticmethod
    def evidence(
        scenes: Sequence[tuple[Any, Any, str]], *, step: Fraction = Fraction(1, 2), noise: float = 0.4, seed: int = 0
    ) -> EvidenceBundle:
        """A frame every `step` seconds of [(start, end, what is seen)], gapless from 0."""
        random = np.random.default_rng(seed)
        end = Fraction(scenes[-1][1])
        times = [step * n for n in range(ceil(end / step))]
        seen = [next(text for start, end, text in scenes if start <= time < end) for time in times]
        raw = [vector(text) + noise * random.standard_normal(WIDTH) / WIDTH**0.5 for text in seen]
        vectors = np.array([row / np.linalg.norm(row) for row in raw], dtype=np.float32)
        return EvidenceBundle(FeatureTrack.of(times, vectors, end, "bag-of-words"))

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
