"""A torch device is believed only where it gives the processor's numbers; tried on the CPU under another name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cuemark.core.errors import WorkerError
from cuemark.models.clip import clip as clip_module
from cuemark.models.clip.clip import load_clip
from cuemark.models.lm import lm as lm_module
from cuemark.models.lm.lm import load_lm
from cuemark.models.runtime.devices import DeviceChoice
from cuemark.models.runtime.proof import settled

GPU = DeviceChoice("cpu:0", "torch sees a GPU")  # torch's other name of the processor


def answers(then: Tensor | Exception) -> Callable[[torch.device], Tensor]:
    """Zeros on the processor; on the device what it is given."""

    def run(device: torch.device) -> Tensor:
        if str(device) == "cpu":
            return torch.zeros(3)
        if isinstance(then, Exception):
            raise then
        return then

    return run


def test_a_device_that_gives_the_same_is_used() -> None:
    found = settled(nn.Linear(2, 2), GPU, answers(torch.full((3,), 1e-5)), 1e-3, "vectors")
    assert found.device == "cpu:0"
    assert found.reason == "torch sees a GPU; vectors within 1e-05 of the processor's"


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (torch.full((3,), 0.5), "vectors on cpu:0 differ from the processor's by 0.5"),
        (torch.full((3,), float("nan")), "vectors on cpu:0 differ from the processor's by nan"),
        (NotImplementedError("aten::foo is not implemented for MPS"), "failed (aten::foo is not implemented for MPS)"),
    ],
)
def test_a_device_that_does_not_is_left_for_the_processor(then: Any, said: str) -> None:
    found = settled(nn.Linear(2, 2), GPU, answers(then), 1e-3, "vectors")
    assert found.device == "cpu" and said in found.reason and found.reason.endswith("the processor runs instead")


def test_too_little_memory_is_said_and_not_taken_for_a_wrong_device() -> None:
    with pytest.raises(RuntimeError, match="out of memory"):
        settled(nn.Linear(2, 2), GPU, answers(RuntimeError("MPS backend out of memory")), 1e-3, "vectors")
    with pytest.raises(WorkerError):
        settled(nn.Linear(2, 2), GPU, answers(WorkerError("out_of_memory", "x", "y")), 1e-3, "vectors")


def test_the_processor_itself_is_not_proved() -> None:
    def never(device: torch.device) -> Tensor:
        raise AssertionError(device)

    choice = DeviceChoice("cpu", "torch sees no GPU")
    assert settled(nn.Linear(2, 2), choice, never, 0, "vectors") is choice


def test_both_models_are_proved_when_they_are_loaded(
    clip_folder: Callable[..., Path], lm_folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (clip_module, lm_module):
        monkeypatch.setattr(module, "choose_device", lambda: GPU)
    clip = load_clip(clip_folder(), tmp_path / "cache")
    assert clip.text.encode(["a red cat"]).shape == (1, 48)
    assert "cpu:0: torch sees a GPU; unit vectors within" in clip.device_reason
    lm = load_lm(lm_folder())
    assert str(lm.device) == "cpu:0" and "probabilities within" in lm.device_reason
