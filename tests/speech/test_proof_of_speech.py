"""A GPU is believed only where it encodes a sound as the processor does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cuemark.models.runtime.devices import DeviceChoice
from cuemark.models.speech.proof import drawn_sound, settled

GPU = DeviceChoice("cuda", "CTranslate2 sees an NVIDIA GPU")


def device(**wrong: float | Exception) -> tuple[Any, DeviceChoice]:
    """What is settled on where precisions add so much noise to an encoding, or fail."""

    def open_model(where: str, precision: str) -> tuple[str, str]:
        if isinstance(problem := wrong.get(precision, 0.0) if where == "cuda" else 0.0, Exception):
            raise problem
        return where, precision

    def encode(model: tuple[str, str], samples: Any) -> Any:
        noise = wrong.get(model[1], 0.0) if model[0] == "cuda" else 0.0
        assert isinstance(noise, float)
        return samples + np.random.default_rng(0).normal(0, noise, samples.shape)

    return settled(open_model, encode, GPU, ("float16", "int8"), "int8")


def test_the_best_precision_that_proves_right() -> None:
    assert drawn_sound().shape == (16000,) and np.abs(drawn_sound()).max() < 1
    model, choice = device()
    assert model == ("cuda", "float16") and choice.device == "cuda" and "float16" in choice.reason
    model, choice = device(float16=3.0)
    assert model == ("cuda", "int8") and "cosine 1.0000" in choice.reason


@pytest.mark.parametrize("problem", [RuntimeError("libcublas.so.12 is not found"), 5.0])
def test_a_gpu_that_computes_otherwise_or_not_at_all_is_left(problem: float | Exception) -> None:
    model, choice = device(float16=problem, int8=problem)
    assert model == ("cpu", "int8") and choice.device == "cpu" and "the processor runs instead" in choice.reason
    assert ("libcublas.so.12" if isinstance(problem, Exception) else "encodes a sound otherwise") in choice.reason


def test_without_a_gpu_nothing_is_tried() -> None:
    model, choice = settled(
        lambda *place: place, lambda *_: pytest.fail("encoded"), DeviceChoice("cpu", "none"), (), "int8"
    )
    assert model == ("cpu", "int8") and choice.reason == "none, int8"
