"""The image tower in ONNX Runtime against open_clip in torch, on towers of several kinds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from cuemark.core.errors import ModelError
from cuemark.models.clip import image_export
from cuemark.models.clip.clip import load_clip
from cuemark.models.runtime import devices
from cuemark.models.runtime.safe_imports import open_clip_module

Folder = Callable[..., Path]
TOWERS: dict[str, dict[str, Any]] = {
    "vit": {},
    "oblong": {"vision_cfg": {"image_size": [48, 32], "patch_size": 16, "layers": 1, "width": 32, "head_width": 16}},
    "resnet": {"vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "head_width": 16}},
    "average": {
        "vision_cfg": {
            "image_size": 40, "patch_size": 8, "layers": 1, "width": 32, "head_width": 16,
            "pool_type": "avg", "no_ln_pre": True, "final_ln_after_pool": True,
        },
    },
    "timm": {
        "custom_text": True,
        "vision_cfg": {"image_size": 32, "timm_model_name": "resnet10t", "timm_pool": "avg", "timm_proj": "linear"},
    },
}  # fmt: skip


def picture(height: int, width: int, seed: int = 0) -> np.ndarray[Any, Any]:
    """Soft colours with hard edges, as footage has them."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (9, 16, 3), dtype=np.uint8)).resize((width, height))
    pixels = np.asarray(coarse).copy()
    pixels[height // 3 : height // 2, width // 4 :] = (250, 10, 30)
    return pixels


@pytest.mark.parametrize("name", TOWERS)
def test_vectors_are_open_clips_own(clip_folder: Folder, tmp_path: Path, name: str) -> None:
    folder = clip_folder(**TOWERS[name])
    made = load_clip(folder, tmp_path / "cache").image
    model, _, transform = open_clip_module().create_model_and_transforms(f"local-dir:{folder}")
    frames = [picture(90, 160, seed) for seed in range(3)]
    with torch.no_grad():
        batch = torch.stack([transform(Image.fromarray(frame)) for frame in frames])
        expected = model.eval().encode_image(batch, normalize=True).numpy()
    ours = np.stack([made.preprocess(frame) for frame in frames])
    assert ours.shape[2:] == made.image_size
    apart = float(np.abs(expected[0] - expected[1]).max())  # small where random weights see little difference
    assert apart > 1e-5
    assert np.abs(made.encode(ours) - expected).max() < min(1e-4, apart / 10)
    assert np.abs(made.encode(ours[:1]) - expected[:1]).max() < 1e-4, "any number of frames at once"
    assert made.encode(ours[:0]).shape == (0, made.dimension)


@pytest.mark.parametrize("mode", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("size", [(32, 32), (48, 32), (37, 53)])
@pytest.mark.parametrize("shape", [(90, 160), (161, 90), (32, 32), (20, 31), (33, 640)])
def test_preprocessing_is_open_clips_own(
    mode: str, interpolation: str, size: tuple[int, int], shape: tuple[int, int]
) -> None:
    from cuemark.models.clip.preprocess import ImagePreprocess

    transforms = open_clip_module().transform
    config = {"size": size, "mean": (0.5, 0.4, 0.3), "std": (0.2, 0.3, 0.25), "fill_color": 7}
    config |= {"resize_mode": mode, "interpolation": interpolation}
    theirs = transforms.image_transform_v2(transforms.PreprocessCfg(**config), is_train=False)
    frame = picture(*shape)
    expected = theirs(Image.fromarray(frame)).numpy()
    ours = ImagePreprocess.of(config)(frame)
    assert ours.shape == expected.shape == (3, *size) and ours.dtype == np.float32
    assert np.abs(ours - expected).max() < 1e-6


def test_the_provider_is_read_back(clip_folder: Folder, tmp_path: Path) -> None:
    report = load_clip(clip_folder(), tmp_path / "cache").image.provider
    assert report.used.endswith("ExecutionProvider") and report.reason and report.device in ("cpu", "cuda")


def test_a_device_that_is_not_there_is_answered_with_the_reason(
    clip_folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine has CUDA")
    monkeypatch.setenv("CUEMARK_DEVICE", "cuda")
    clip = load_clip(clip_folder(), tmp_path / "cache")
    assert clip.image.provider.used == "CPUExecutionProvider" and "CUDA" in clip.image.provider.reason
    assert "cuda" in clip.device_reason and clip.device_reason.startswith("cpu")


ENCODE = """
import sys, numpy
from pathlib import Path
from cuemark.models.clip.clip import load_clip
clip = load_clip(Path(sys.argv[1]), Path(sys.argv[2]))
clip.image.encode(numpy.zeros((2, 3, *clip.image.image_size), dtype=numpy.float32))
print("torch" in sys.modules, clip.id)
"""


def test_a_later_run_uses_the_export_and_needs_no_torch(clip_folder: Folder, tmp_path: Path) -> None:
    folder, cache = clip_folder(), tmp_path / "cache"
    first = load_clip(folder, cache)
    assert first.image is first.image
    written = {file: file.stat().st_mtime_ns for file in cache.rglob("image.onnx")}
    assert len(written) == 1
    done = subprocess.run([sys.executable, "-c", ENCODE, folder, cache], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", first.id]
    assert {file: file.stat().st_mtime_ns for file in cache.rglob("image.onnx")} == written
    assert not [file for file in cache.iterdir() if file.name.startswith(".")], "no work left lying about"


def test_an_unfinished_export_is_made_again(clip_folder: Folder, tmp_path: Path) -> None:
    folder, cache = clip_folder(), tmp_path / "cache"
    load_clip(folder, cache).image.encode(np.zeros((1, 3, 32, 32), dtype=np.float32))
    next(cache.rglob("image.json")).unlink()
    assert load_clip(folder, cache).image.dimension == 48


def test_an_export_that_differs_from_torch_is_refused(
    clip_folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = devices.open_session

    class Off:
        def __init__(self, session: Any) -> None:
            self.session = session

        def run(self, names: Any, feed: dict[str, Any]) -> list[Any]:
            return [self.session.run(names, feed)[0] + np.float32(2e-4)]

    monkeypatch.setattr(image_export, "open_session", lambda *a, **k: (Off(plain(*a, **k)[0]), None))
    with pytest.raises(ModelError) as error:
        _ = load_clip(clip_folder(), tmp_path / "cache").image
    assert error.value.code == "model_export_failed" and not list((tmp_path / "cache").rglob("image.onnx"))


def test_the_id_follows_weights_and_preprocessing(clip_folder: Folder, tmp_path: Path) -> None:
    folder, cache = clip_folder(), tmp_path / "cache"
    first = load_clip(folder, cache).id
    assert load_clip(folder, cache).id == first
    config = json.loads((folder / "open_clip_config.json").read_text())
    config["preprocess_cfg"] = {"mean": [0.5, 0.5, 0.5]}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    second = load_clip(folder, cache).id
    weights = folder / "open_clip_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    os.utime(weights, (1, 1))
    assert len({first, second, load_clip(folder, cache).id}) == 3


def test_both_towers_of_one_folder_agree_with_open_clip(clip_folder: Folder, tmp_path: Path) -> None:
    folder = clip_folder(preprocess={"resize_mode": "squash"})
    clip = load_clip(folder, tmp_path / "cache")
    model, _, _ = open_clip_module().create_model_and_transforms(f"local-dir:{folder}")
    tokens = open_clip_module().get_tokenizer(f"local-dir:{folder}")(["a red cat", "the beach"])
    with torch.no_grad():
        expected = model.eval().encode_text(tokens, normalize=True)
    assert torch.allclose(clip.text.encode(["a red cat", "the beach"]), expected, atol=1e-5)
    assert clip.context_length == clip.text.context_length == 77
    assert clip.image.encode(clip.image.preprocess(picture(50, 90))[None]).shape == (1, 48)
