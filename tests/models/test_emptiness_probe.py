"""Which CLIP is believed when a statement says that nothing is there: the one that proved it on drawn pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cuemark.lab.sample.train import WEIGHTS
from cuemark.models.clip import clip
from cuemark.models.clip.clip import load_clip
from cuemark.models.clip.emptiness_probe import STATEMENTS, blank_pictures, knows_emptiness, pictures_of_things


class Eyes:
    """An image tower whose vector is (how plain the picture is, how much there is in it)."""

    def preprocess(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The spread of the picture's edges."""
        edges = np.abs(np.diff(rgb.astype(np.float32), axis=1)).max()
        return np.array([edges > 60], np.float32)

    def encode(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Unit vectors."""
        return np.concatenate([1 - batch, batch], axis=1)


class Words:
    """A text tower; `knows`: whether statements of emptiness mean something to it."""

    logit_scale = 20.0

    def __init__(self, knows: bool) -> None:
        self._knows = knows

    def encode(self, texts: Sequence[str]) -> torch.Tensor:
        """Plain for statements, where it knows them, and something in it for all else."""
        plain = [self._knows and text in STATEMENTS for text in texts]
        return torch.tensor([[1.0, 0.0] if one else [0.0, 1.0] for one in plain])


def test_the_pictures_are_what_they_are_said_to_be() -> None:
    eyes = Eyes()
    assert not any(eyes.preprocess(picture)[0] for picture in blank_pictures())
    assert all(eyes.preprocess(picture)[0] for picture in pictures_of_things())


def test_a_clip_passes_when_statements_of_emptiness_fit_pictures_of_nothing() -> None:
    assert knows_emptiness(Eyes(), Words(knows=True))
    assert not knows_emptiness(Eyes(), Words(knows=False))


def test_the_sample_clip_knows_emptiness_and_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_clip(WEIGHTS / "clip", tmp_path).text.knows_emptiness()
    monkeypatch.setattr(clip, "knows_emptiness", None)  # a second question would be an error
    assert load_clip(WEIGHTS / "clip", tmp_path).text.knows_emptiness()
