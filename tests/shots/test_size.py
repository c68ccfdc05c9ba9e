"""The size of shots: by CLIP's words where it knows them; none is told where it does not, or nothing is clear."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import torch

from cuemark.core.shots import Shot, ShotSize
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.evidence.shots.size import ShotSizes

SECOND = Fraction(1)


class Words:
    """Stands at the model seam: a text tower in which the words of film makers have an axis each, or none has."""

    logit_scale = 20.0

    def __init__(self, knows: bool) -> None:
        self._knows = knows

    def encode(self, texts: Sequence[str]) -> torch.Tensor:
        """Unit vectors."""
        return torch.nn.functional.normalize(torch.stack([self._vector(text) for text in texts]), dim=1)

    def _vector(self, text: str) -> torch.Tensor:
        wide = any(word in text for word in ("wide", "long", "aerial"))
        close = any(word in text for word in ("close-up", "macro", "tight"))
        axis = 2 if wide else 0 if close else 1
        rest = torch.tensor([0.0, 0.0, 0.0, 1.0])
        return rest + (torch.nn.functional.one_hot(torch.tensor(axis), 4).float() if self._knows else 0)


def track(*frames: Sequence[float]) -> FeatureTrack:
    """One frame a second."""
    vectors = np.array(frames, np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    times = [place + SECOND / 2 for place in range(len(frames))]
    return FeatureTrack.of(times, vectors, SECOND * len(frames), "words")


def test_sizes_follow_the_words_that_fit() -> None:
    sizes = ShotSizes.of(Words(knows=True))
    assert sizes is not None
    seen = track([1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1], [0.5, 0.5, 0.5, 1])
    shots = [Shot(place * SECOND, (place + 1) * SECOND) for place in range(4)]
    told = [sizes.size_of(shot, seen) for shot in shots]
    assert told == [ShotSize.CLOSE, ShotSize.MEDIUM, ShotSize.WIDE, None]


def test_a_shot_between_two_samples_takes_the_nearest() -> None:
    sizes = ShotSizes.of(Words(knows=True))
    assert sizes is not None
    short = Shot(Fraction(6, 10), Fraction(7, 10))
    assert sizes.size_of(short, track([1, 0, 0, 1], [0, 0, 1, 1])) is ShotSize.CLOSE


def test_a_clip_that_does_not_know_the_words_tells_no_size() -> None:
    assert ShotSizes.of(Words(knows=False)) is None
