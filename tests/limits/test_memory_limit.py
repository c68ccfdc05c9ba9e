"""How much of a GPU's memory a worker may fill: as it is written, as it travels, as the allocators are told."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core import serialise
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import OptionError
from cuemark.core.jobs import AnalyzeSpec, PullSpec
from cuemark.core.limits import UNLIMITED, MemoryLimit, ProcessLimits
from cuemark.models.runtime import memory
from cuemark.models.runtime.devices import DeviceChoice, open_session, prepare_torch
from cuemark.models.runtime.providers import CUDA
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import jobs_pb2

GIB = 1 << 30
SIZES = st.builds(MemoryLimit, size=st.integers(1, 2**63 - 1))
SHARES = st.builds(MemoryLimit, share=st.fractions(Fraction(1, 10**6), 1, max_denominator=10**6))


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        ("2G", MemoryLimit(size=2_000_000_000)),
        ("1.5GB", MemoryLimit(size=1_500_000_000)),
        ("1536 mib", MemoryLimit(size=1536 * 1024**2)),
        ("800000000", MemoryLimit(size=800_000_000)),
        ("50%", MemoryLimit(share=Fraction(1, 2))),
        ("12.5 %", MemoryLimit(share=Fraction(1, 8))),
        ("100%", MemoryLimit(share=Fraction(1))),
    ],
)
def test_sizes_and_shares_as_people_write_them(written: str, limit: MemoryLimit) -> None:
    assert MemoryLimit.parse(written) == limit
    assert MemoryLimit.parse(str(limit)) == limit


@pytest.mark.parametrize("written", ["", "0", "0%", "101%", "-2G", "lots", "2 apples", "9e9", "99999999T", "50%%"])
def test_what_is_no_amount_is_refused_by_name(written: str) -> None:
    with pytest.raises(OptionError) as refused:
        MemoryLimit.parse(written)
    assert refused.value.code == "option_vram"
    assert "2G" in refused.value.next_step


@given(limit=SIZES | SHARES, gentle=st.sampled_from([None, False, True]))
def test_limits_cross_every_border_unchanged(limit: MemoryLimit, gentle: bool | None) -> None:
    options = AnalysisOptions(vram=limit, gentle=gentle)
    assert serialise.loads(AnalysisOptions, serialise.dumps(options)) == options
    assert from_message(AnalysisOptions, to_message(jobs_pb2.AnalysisOptions, options)) == options


@pytest.mark.parametrize("made", [MemoryLimit(size=0), MemoryLimit(size=-1), MemoryLimit(share=Fraction(2))])
def test_another_program_cannot_send_a_limit_that_is_none(made: MemoryLimit) -> None:
    with pytest.raises(OptionError) as refused:
        from_message(AnalysisOptions, to_message(jobs_pb2.AnalysisOptions, AnalysisOptions(vram=made)))
    assert refused.value.code == "option_vram"


def test_a_job_of_before_there_were_limits_has_none() -> None:
    old = AnalyzeSpec(path=serialise.decode(AnalyzeSpec, {"path": "/a.mp4", "options": {"seed": 1}}).path)
    assert old.limits == PullSpec("light").limits == ProcessLimits(gentle=False, vram=None)


@given(total=st.integers(2 * GIB, 200 * GIB), limit=SIZES | SHARES)
def test_the_parts_never_exceed_the_limit(total: int, limit: MemoryLimit) -> None:
    try:
        parts = memory.divide(limit, total)
    except OptionError as refused:
        assert refused.code == "option_vram"
        assert limit.bytes_of(total) < memory.CONTEXT_BYTES + memory.LEAST_BYTES
        return
    assert min(parts.torch, parts.onnxruntime) > 0
    assert parts.torch + parts.onnxruntime + memory.CONTEXT_BYTES <= limit.bytes_of(total) <= total


def test_torch_is_held_to_its_part_of_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[float, int]] = []
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: SimpleNamespace(total_memory=8 * GIB))
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", lambda share, index: told.append((share, index)))
    prepare_torch(DeviceChoice("cuda:1", "asked"))
    assert told == [], "no limit, nothing said"
    limits = ProcessLimits(vram=MemoryLimit(share=Fraction(1, 2)))
    prepare_torch(DeviceChoice("cpu", "asked"), limits)
    assert told == [], "a CPU has no limit to keep"
    prepare_torch(DeviceChoice("cuda:1", "asked"), limits)
    ((share, index),) = told
    assert index == 1
    assert 0.25 < share < 0.5, "the context and the image tower have the rest"


def test_onnx_runtime_is_told_its_part(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[object]] = []

    def session(path: str, options: object, providers: list[object]) -> SimpleNamespace:
        asked.append(providers)
        return SimpleNamespace(get_providers=lambda: [CUDA, "CPUExecutionProvider"])

    runtime = pytest.importorskip("onnxruntime")
    monkeypatch.setattr(runtime, "InferenceSession", session)
    limit = MemoryLimit(size=4 * GIB)
    open_session(Path("tower.onnx"), CUDA, UNLIMITED)
    assert "gpu_mem_limit" not in asked.pop()[0][1]  # type: ignore[index]
    open_session(Path("tower.onnx"), CUDA, ProcessLimits(vram=limit))
    first = asked[0][0]
    assert isinstance(first, tuple) and first[0] == CUDA
    part = int(first[1]["gpu_mem_limit"])
    assert 0 < part < 4 * GIB - memory.CONTEXT_BYTES
    assert memory.largest_batch(limit, 64, part // 8) == 4
    assert memory.largest_batch(limit, 64, 10 * part) == 1
    assert memory.largest_batch(limit, 64, 1) == memory.largest_batch(None, 64, 10 * part) == 64


def test_a_share_of_a_gpu_that_torch_cannot_see_is_refused() -> None:
    if torch.cuda.is_available():
        pytest.skip("torch sees the GPU")
    with pytest.raises(OptionError) as refused:
        memory.cuda_provider_options(MemoryLimit(share=Fraction(1, 2)))
    assert refused.value.code == "option_vram"


def test_it_is_said_when_a_limit_does_nothing() -> None:
    assert memory.no_effect(None, {"cpu"}) == ""
    limit = MemoryLimit.parse("2G")
    assert "--vram 2G has no effect" in memory.no_effect(limit, {"cpu"})
    assert memory.no_effect(limit, {"cpu", "cuda:0"}) == ""


@pytest.mark.cuda
def test_a_gpu_refuses_what_is_above_the_limit() -> None:
    total = torch.cuda.get_device_properties(0).total_memory
    try:
        memory.limit_torch(MemoryLimit(size=2 * GIB), "cuda")
        with pytest.raises(torch.OutOfMemoryError):
            torch.empty(2 * GIB, dtype=torch.uint8, device="cuda")
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert torch.empty(min(2 * GIB, total // 2), dtype=torch.uint8, device="cuda").numel()
