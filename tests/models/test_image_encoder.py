"""Bound buffers and half precision, tried on the CPU through the seam that CUDA uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.models.clip import image_encoder, image_export
from cuemark.models.clip.clip import load_clip
from cuemark.models.clip.image_encoder import BoundSession, ImageEncoder, PlainSession, judge_half_precision, open_tower
from cuemark.models.clip.image_export import ExportedTower, export_half_precision, find_export, lacks_half_precision
from cuemark.models.clip.preprocess import ImagePreprocess
from cuemark.models.runtime.devices import CPU, CUDA, open_session

Folder = Callable[..., Path]
RESNET = {"vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "head_width": 16}}


@pytest.fixture
def tower(clip_folder: Folder, tmp_path: Path) -> ExportedTower:
    """A small ViT in ONNX, with its twin in half precision."""
    return exported(clip_folder(), tmp_path / "cache")


def exported(folder: Path, cache: Path) -> ExportedTower:
    clip = load_clip(folder, cache)
    assert clip.image.dimension == 48
    found = find_export(next(path.parent for path in cache.rglob("image.onnx")))
    assert found is not None
    export_half_precision(clip._torch(), found)
    return found


def pictures(count: int, size: int = 32) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(count).normal(size=(count, 3, size, size)).astype(np.float32)


@pytest.fixture
def cuda_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU under CUDA's name: the same choices, checks and bindings, on buffers of the CPU."""

    def opened(model: Path, provider: str = "", limits: ProcessLimits = UNLIMITED, *, half: bool = False) -> Any:
        session, report = open_session(model, CPU, limits, half=half)
        return session, replace(report, asked=CUDA, used=CUDA, reason="a test says so")

    monkeypatch.setattr(image_encoder, "wanted_provider", lambda: CUDA)
    monkeypatch.setattr(image_encoder, "open_session", opened)
    monkeypatch.setattr(image_encoder, "BoundSession", lambda session, _, wide: BoundSession(session, "cpu", wide))


def test_bound_buffers_give_the_vectors_of_plain_calls(tower: ExportedTower) -> None:
    session, _ = open_session(tower.model, CPU)
    plain, bound = PlainSession(session), BoundSession(session, "cpu", tower.dimension)
    kept = []
    for count in (5, 8, 3, 1, 8, 5):
        batch = pictures(count)
        kept.append((bound(batch), plain(batch)))
    for ours, expected in kept:  # afterwards: a later batch must not write into an earlier answer
        assert ours.shape == expected.shape
        assert np.abs(ours - expected).max() < 1e-5


@pytest.mark.parametrize("config", [{}, RESNET], ids=["vit", "resnet"])
def test_half_precision_keeps_to_the_vectors_of_single_precision(
    clip_folder: Folder, tmp_path: Path, cuda_here: None, config: dict[str, Any]
) -> None:
    made = exported(clip_folder(**config), tmp_path / "cache")
    assert made.half_precision is not None
    run, report = open_tower(made.model, made.dimension, made.half_precision)
    single, _ = open_session(made.model, CPU)
    batch = pictures(6, made.preprocess.height)
    expected = PlainSession(single)(batch)
    assert "half precision, whose vectors differ by" in report.reason
    assert 0 < np.abs(run(batch) - expected).max() <= image_export.HALF_TOLERANCE
    assert np.linalg.norm(run(batch), axis=1) == pytest.approx(1, abs=1e-5)


def test_half_precision_that_differs_is_not_used(tower: ExportedTower, cuda_here: None) -> None:
    assert tower.half_precision is not None
    other = tower.half_precision.expected + np.float32(0.01)
    run, report = open_tower(tower.model, tower.dimension, replace(tower.half_precision, expected=other))
    assert "single precision, because vectors in half precision differ by 0.0" in report.reason
    single, _ = open_session(tower.model, CPU)
    assert np.abs(run(pictures(4)) - PlainSession(single)(pictures(4))).max() < 1e-5


@pytest.mark.parametrize("answer", [RuntimeError("no kernel for Gelu"), np.nan])
def test_half_precision_that_fails_is_not_used(tower: ExportedTower, answer: Any) -> None:
    def run(batch: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return np.full((len(batch), 48), answer, np.float32)

    assert tower.half_precision is not None
    reason, good = judge_half_precision(run, tower.half_precision)
    assert not good and reason.startswith("single precision, because")


def test_without_cuda_single_precision_runs_by_plain_calls(tower: ExportedTower) -> None:
    run, report = open_tower(tower.model, tower.dimension, tower.half_precision, CPU)
    assert isinstance(run, PlainSession) and report.used == CPU and "half" not in report.reason


def test_the_twin_is_made_once_where_cuda_is_used(
    clip_folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, cache = clip_folder(), tmp_path / "cache"
    load_clip(folder, cache).image.encode(pictures(1))
    assert not list(cache.rglob("image-half.onnx"))
    monkeypatch.setattr(image_export, "wanted_provider", lambda: CUDA)
    load_clip(folder, cache).image.encode(pictures(1))
    written = [file.stat().st_mtime_ns for file in cache.rglob("image-half.onnx")]
    load_clip(folder, cache).image.encode(pictures(1))
    assert len(written) == 1 and [file.stat().st_mtime_ns for file in cache.rglob("image-half.onnx")] == written
    assert not list(cache.rglob(".half.*"))


def test_a_tower_without_a_twin_is_not_tried_again(
    clip_folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise ValueError("cannot be halved")

    clip = load_clip(clip_folder(), tmp_path / "cache")
    assert clip.image.dimension == 48
    made = find_export(next(path.parent for path in (tmp_path / "cache").rglob("image.onnx")))
    assert made is not None
    monkeypatch.setattr(image_export, "wanted_provider", lambda: CUDA)
    assert lacks_half_precision(made)
    monkeypatch.setattr(image_export, "_in_half_precision", refuse)
    export_half_precision(clip._torch(), made)
    assert made.half_precision is None and not lacks_half_precision(made)
    assert "cannot be halved" in next(made.folder.glob("*failed*")).read_text()


@pytest.mark.parametrize(("size", "expected"), [(32, 128), (224, 64), (336, 16), (896, 4)])
def test_a_gpu_gets_fewer_of_large_pictures(size: int, expected: int) -> None:
    assert image_encoder._pictures_a_pass("cuda", size, size, UNLIMITED) == expected


def test_the_processor_gets_small_batches(tower: ExportedTower) -> None:
    encoder = ImageEncoder(tower, "id")
    assert encoder.provider.device in ("cpu", "cuda") and encoder.batch >= 1
    assert np.abs(encoder.encode(pictures(20)) - encoder.encode(pictures(20)[::-1])[::-1]).max() < 1e-4


SIZES = st.tuples(st.integers(1, 4000), st.integers(1, 4000))


@given(size=SIZES, tower_size=st.sampled_from([(224, 224), (48, 32), (37, 53)]), mode=st.sampled_from(
    ["shortest", "longest", "squash"]))  # fmt: skip
def test_a_fitted_picture_is_scaled_no_further(size: tuple[int, int], tower_size: tuple[int, int], mode: str) -> None:
    preprocess = ImagePreprocess(*tower_size, mean=(0.5,) * 3, std=(0.5,) * 3, resize_mode=mode)
    fitted = preprocess.fitted_size(*size)
    if max(size) / min(size) < 50:
        assert preprocess.fitted_size(*fitted) == fitted
    covers = min(fitted[0] / tower_size[1], fitted[1] / tower_size[0])
    assert mode == "longest" or covers >= 1, "the middle is never filled up"


def test_footage_is_decoded_to_the_encoders_size_and_never_enlarged(tower: ExportedTower) -> None:
    encoder = ImageEncoder(tower, "id")  # 32 x 32, the short side
    assert encoder.picture_size(1920, 1080) == (56, 32)
    assert encoder.picture_size(1080, 1920) == (32, 56)
    assert encoder.picture_size(20, 15) == (20, 15)


@pytest.mark.cuda
def test_cuda_runs_bound_and_says_in_which_precision(tower: ExportedTower) -> None:
    encoder = ImageEncoder(tower, "id")
    assert encoder.provider.device == "cuda" and "precision" in encoder.provider.reason
    single, _ = open_session(tower.model, CPU)
    batch = pictures(70)
    assert np.abs(encoder.encode(batch) - PlainSession(single)(batch)).max() <= image_export.HALF_TOLERANCE
