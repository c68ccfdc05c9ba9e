"""Models lowered to half precision: which weights are, and that nothing is held twice."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from cuemark.models.runtime.precision import FULL, Precision, checked, for_language, for_vectors, lowered

HALF = Precision(torch.float16, "asked for")


def test_products_are_lowered_and_the_rest_is_left(build: Any) -> None:
    model = build.lm("gpt2")
    made = lowered(model, torch.bfloat16, keep=[model.lm_head])
    types = {name: weight.dtype for name, weight in made.named_parameters()}
    assert types["transformer.h.1.attn.c_attn.weight"] == types["transformer.h.1.mlp.c_fc.bias"] == torch.bfloat16
    assert types["transformer.h.1.ln_1.weight"] == types["transformer.wte.weight"] == torch.float32
    assert made.lm_head.weight is model.lm_head.weight is made.transformer.wte.weight
    assert all(weight.dtype == torch.float32 for weight in model.parameters()), "the original is as it was"


def test_a_weight_used_twice_stays_one() -> None:
    model = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    model[1].weight = model[0].weight
    made = lowered(model, torch.float16)
    assert made[0].weight is made[1].weight and made[0].weight.dtype == torch.float16


def test_a_model_runs_as_lowered_and_gives_float32_sums() -> None:
    torch.manual_seed(0)
    model, x = nn.Sequential(nn.LayerNorm(16), nn.Linear(16, 16)), torch.randn(5, 16)
    bfloat16 = Precision(torch.bfloat16, "asked for")
    with bfloat16.on(torch.device("cpu")):
        made = lowered(model, torch.bfloat16)(x)
    assert made.dtype == torch.bfloat16
    assert 0 < float((made.float() - model(x)).detach().abs().max()) < 0.05


@pytest.mark.parametrize(
    ("difference", "used"), [(1e-4, torch.float16), (3e-3, None), (math.nan, None), (math.inf, None)]
)
def test_what_is_not_close_enough_is_not_used_and_the_figure_is_told(
    difference: float, used: torch.dtype | None
) -> None:
    found = checked(HALF, difference, 2e-3, "vectors")
    assert found.dtype == used and f"{difference:.1e}" in found.reason and "float32" in str(found)


def test_a_processor_and_apples_gpu_stay_in_float32() -> None:
    for name in ("cpu", "mps"):
        assert for_vectors(torch.device(name)) == for_language(torch.device(name)) == FULL


@pytest.mark.parametrize(("generation", "used"), [(7, None), (8, torch.bfloat16), (9, torch.bfloat16)])
def test_older_gpus_have_no_bfloat16(
    monkeypatch: pytest.MonkeyPatch, generation: int, used: torch.dtype | None
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (generation, 0))
    assert for_language(torch.device("cuda")).dtype == used
    assert for_vectors(torch.device("cuda")).dtype == torch.float16
