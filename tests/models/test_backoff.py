"""Memory that runs out halves the batch, and what is computed stays the same."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.errors import WorkerError
from cuemark.core.limits import ProcessLimits
from cuemark.models.runtime.memory import BackoffBatches, ModelRuntime, is_out_of_memory
from cuemark.models.store.store import ModelStore

OUT_OF_MEMORY: list[Exception] = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
    RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: ..."),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB)"),
    RuntimeError("BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 150994944"),
    RuntimeError("Available memory of 1024 is smaller than requested bytes of 4096"),
    RuntimeError("std::bad_alloc"),
    MemoryError(),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda error: f"{type(error).__name__} {str(error)[:25]}")
def test_every_way_to_run_out_of_memory_is_known(error: Exception) -> None:
    assert is_out_of_memory(error)


@pytest.mark.parametrize("error", [RuntimeError("shape mismatch"), ValueError("out of memory"), KeyError("memory")])
def test_other_errors_are_not_hidden(error: Exception) -> None:
    def work(part: slice) -> int:
        raise error

    with pytest.raises(type(error)):
        BackoffBatches("things").run(3, work)


@given(
    count=st.integers(0, 60), largest=st.integers(1, 40), fits=st.integers(1, 40), kind=st.sampled_from(OUT_OF_MEMORY)
)
def test_everything_is_done_once_and_in_order_whatever_fits(
    count: int, largest: int, fits: int, kind: Exception
) -> None:
    tried: list[int] = []

    def work(part: slice) -> list[int]:
        tried.append(part.stop - part.start)
        if tried[-1] > fits:
            raise kind
        return list(range(count))[part]

    batches = BackoffBatches("things", largest)
    assert [item for part in batches.run(count, work) for item in part] == list(range(count))
    assert all(size <= largest for size in tried)
    # Each failure at least halves: no size that failed is tried again.
    failed = [size for size in tried if size > fits]
    assert all(after <= before // 2 for before, after in pairwise(failed))
    tried.clear()
    batches.run(count, work)
    assert all(size <= fits for size in tried), "what was learned is kept"


def test_one_item_that_does_not_fit_is_an_error_with_a_way_out() -> None:
    def work(part: slice) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")

    with pytest.raises(WorkerError) as found:
        BackoffBatches("pictures").run(64, work)
    assert found.value.code == "out_of_memory"
    assert "pictures" in found.value.message and "9 GiB" in found.value.message
    assert "--vram" in found.value.next_step


def test_a_model_that_does_not_fit_is_not_called_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    from cuemark.models.lm import lm

    def too_large(*arguments: Any, **more: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.2 GiB.")

    monkeypatch.setattr(lm, "LanguageModel", too_large)
    with pytest.raises(WorkerError) as found:
        lm.load_lm(_weights() / "lm")
    assert found.value.code == "out_of_memory"
    assert "language model" in found.value.message


def test_what_a_failed_pass_held_is_let_go_before_the_next() -> None:
    held: list[weakref.ref[Any]] = []

    class Block:
        """Stands for memory of the device."""

    def work(part: slice) -> int:
        gc.collect()
        assert all(reference() is None for reference in held), "the failed pass still holds its memory"
        block = Block()
        held.append(weakref.ref(block))
        if part.stop - part.start > 2:
            raise MemoryError
        return 0

    BackoffBatches("things").run(8, work)
    assert len(held) > 4


def test_a_gentle_process_rests_between_passes_on_a_gpu_only(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    monkeypatch.setattr(time, "sleep", rests.append)
    BackoffBatches("things", 2, "cuda").run(6, lambda part: part)
    assert rests == [], "not gentle"
    gentle = ModelRuntime(ProcessLimits(gentle=True))
    gentle.batches("things", 2, "cpu").run(6, lambda part: part)
    assert rests == [], "on a CPU the system's priorities do it"
    gentle.batches("things", 2, "cuda").run(6, lambda part: part)
    assert len(rests) == 3 and min(rests) >= 0


def scarce(monkeypatch: pytest.MonkeyPatch, fits: int) -> list[int]:
    """From here on no pass takes more than `fits`; the list receives the sizes that went through."""
    sizes: list[int] = []
    whole = BackoffBatches.run

    def run(self: BackoffBatches, count: int, work: Callable[[slice], Any]) -> list[Any]:
        def guarded(part: slice) -> Any:
            if part.stop - part.start > fits:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            sizes.append(part.stop - part.start)
            return work(part)

        return whole(self, count, guarded)

    monkeypatch.setattr(BackoffBatches, "run", run)
    return sizes


def test_a_language_model_gives_the_same_in_halves(monkeypatch: pytest.MonkeyPatch, sample_lm: Any) -> None:
    ids = torch.randint(1, 50, (7, 5), generator=torch.Generator().manual_seed(1))
    prefix = sample_lm.new_prefix(7)
    expected = sample_lm.logits(ids, prefix)
    state, after = sample_lm.step(sample_lm.start(7), ids)
    expected.sum().backward()
    gradient = prefix.keys.grad.clone()
    prefix.keys.grad = None
    sizes = scarce(monkeypatch, 2)
    found = sample_lm.logits(ids, prefix)
    found.sum().backward()
    halved, after_halved = sample_lm.step(sample_lm.start(7), ids)
    assert max(sizes) <= 2 and sum(sizes) == 14
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(after_halved, after, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(prefix.keys.grad, gradient, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(halved.cache[0][0], state.cache[0][0], atol=1e-4, rtol=1e-4)


def test_steps_on_moments_are_the_same_in_halves(
    monkeypatch: pytest.MonkeyPatch, sample_clip: Any, sample_lm: Any
) -> None:
    from cuemark.captions.context import SearchContext
    from cuemark.captions.joint import JointParameters, TokenLoop
    from cuemark.core.progress import SilentProgress
    from cuemark.evidence.bundle import EvidenceBundle
    from cuemark.evidence.frames.track import FeatureTrack
    from cuemark.moments.options import from_preset

    segments = [(0.0, 0.2), (0.2, 0.5), (0.5, 1.0)]
    generator = torch.Generator().manual_seed(2)
    vectors = torch.nn.functional.normalize(torch.randn(12, 128, generator=generator), dim=1)
    options = from_preset("paper", 3, 0).token_wise
    track = FeatureTrack(np.arange(12, dtype=np.int64), 1, vectors.numpy(), Fraction(12), "")
    rows = [sample_lm.encode("Video of")] * 3

    def stepped() -> tuple[JointParameters, torch.Tensor]:
        learned = JointParameters.start(segments, sample_lm, options)
        context = SearchContext.of(EvidenceBundle(track), sample_clip.text, sample_lm, SilentProgress())
        loop = TokenLoop(context, options)
        return learned, loop.step(rows, learned, 40.0).scores

    whole, scores = stepped()
    sizes = scarce(monkeypatch, 1)
    halved, same_scores = stepped()
    assert set(sizes) == {1}
    torch.testing.assert_close(same_scores, scores, atol=1e-3, rtol=1e-4)
    for ours, theirs in zip(
        [*halved.prefix.parameters(), *halved.masks.parameters()],
        [*whole.prefix.parameters(), *whole.masks.parameters()],
        strict=True,
    ):
        assert ours.grad is not None and theirs.grad is not None
        torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-5, rtol=1e-3)


def test_where_passes_lie_within_passes_the_outermost_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    monkeypatch.setattr(time, "sleep", rests.append)
    gentle = ModelRuntime(ProcessLimits(gentle=True))
    inner, outer = gentle.batches("sentences", 1, "cuda"), gentle.batches("moments", 2, "cuda")
    outer.run(4, lambda part: inner.run(2, lambda one: one))
    assert len(rests) == 2
    with pytest.raises(ValueError, match="nothing"):
        outer.run(1, lambda part: int("nothing"))
    outer.run(1, lambda part: part)
    assert len(rests) == 3, "an error on the way does not end the resting"


def test_what_does_not_fit_within_a_pass_makes_the_pass_smaller() -> None:
    def work(part: slice) -> list[slice]:
        # What the outer pass keeps leaves room for an inner one only where there is little of it.
        def within(one: slice) -> slice:
            if part.stop - part.start > 2:
                raise MemoryError
            return one

        return BackoffBatches("sentences").run(part.stop - part.start, within)

    assert len(BackoffBatches("moments").run(8, work)) == 4


def test_towers_give_the_same_in_halves(monkeypatch: pytest.MonkeyPatch, sample_clip: Any) -> None:
    texts = ["a red ball", "a red ball on the beach", "a blue cat", "nothing at all", "a dog near a tree", "a", ""]
    height, width = sample_clip.image.image_size
    pictures = np.random.default_rng(0).normal(size=(9, 3, height, width)).astype(np.float32)
    sample_clip.text.forget()
    expected = sample_clip.text.encode(texts), sample_clip.text.encode_plain(texts), sample_clip.image.encode(pictures)
    sizes = scarce(monkeypatch, 1)
    sample_clip.text.forget()
    found = sample_clip.text.encode(texts), sample_clip.text.encode_plain(texts), sample_clip.image.encode(pictures)
    assert set(sizes) == {1}
    for ours, whole in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(ours), np.asarray(whole), atol=1e-5)


@pytest.fixture(scope="module")
def sample_clip(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The shipped CLIP, loaded for this module alone: its batches are made smaller here."""
    from cuemark.models.clip.clip import load_clip

    return load_clip(_weights() / "clip", tmp_path_factory.mktemp("towers"))


@pytest.fixture(scope="module")
def sample_lm() -> Any:
    """The shipped language model, for this module alone."""
    from cuemark.models.lm.lm import load_lm

    return load_lm(_weights() / "lm")


def _weights() -> Any:
    return ModelStore(Path()).path("sample")


REAL = """
import resource, sys
from pathlib import Path
import numpy as np, psutil
from cuemark.models.clip.clip import load_clip
from cuemark.models.runtime.memory import ModelRuntime

runtime = ModelRuntime()
image = load_clip(Path(sys.argv[1]), Path(sys.argv[2]), runtime=runtime).image
image._batches = runtime.batches("pictures", 1024)
pictures = np.random.default_rng(0).normal(size=(1200, 3, *image.image_size)).astype(np.float32)
few = image.encode(pictures[:8])
# What is mapped now, and so much more: the batch as it stands cannot have what it needs.
room = psutil.Process().memory_info().vms + (150 << 20)
resource.setrlimit(resource.RLIMIT_AS, (room, resource.RLIM_INFINITY))
vectors = image.encode(pictures)
assert vectors.shape[0] == 1200 and np.abs(vectors[:8] - few).max() < 1e-5
print("halved", runtime.halvings)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of address space are kept by Linux")
def test_onnx_runtime_that_really_runs_out_of_memory_goes_on_in_halves(tmp_path: Any) -> None:
    arguments = [sys.executable, "-c", REAL, str(_weights() / "clip"), str(tmp_path)]
    ran = subprocess.run(arguments, capture_output=True, text=True, timeout=170, check=False)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout.split()[-1]) >= 1
