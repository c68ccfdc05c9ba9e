"""Towers shaped as those of PE-Core and SigLIP 2, only smaller: loaded, exported, encoded as open_clip does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from cuemark.captions.vocabulary import CaptionVocabulary
from cuemark.models.clip.clip import ClipModel, load_clip
from cuemark.models.runtime.safe_imports import open_clip_module

SMALL = {  # a name of our own: (timm's architecture, what makes it small)
    "small_pe_core": ("vit_pe_core_tiny_patch16_384", {"img_size": 32, "depth": 2}),
    "small_siglip": ("vit_base_patch16_siglip_224", {"img_size": 32, "depth": 2, "embed_dim": 64, "num_heads": 2}),
}
# As open_clip's configurations PE-Core-B-16 and ViT-B-16-SigLIP2 have them, sizes aside.
PE_CORE: dict[str, Any] = {
    "custom_text": True,
    "vision_cfg": {"image_size": 32, "timm_model_name": "small_pe_core", "timm_pool": "map", "timm_proj": None},
    "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 64, "heads": 4, "layers": 2},
}  # fmt: skip
SIGLIP2: dict[str, Any] = {
    "custom_text": True,
    "embed_dim": 64,
    "init_logit_bias": -10,
    "vision_cfg": {"image_size": 32, "timm_model_name": "small_siglip", "timm_pool": "map", "timm_proj": "none"},
    "text_cfg": {
        "context_length": 64, "vocab_size": 400, "width": 64, "heads": 4, "layers": 2, "no_causal_mask": True,
        "hf_tokenizer_name": "timm/ViT-B-16-SigLIP2", "tokenizer_kwargs": {"clean": "canonicalize"},
        "proj_bias": True, "pool_type": "last", "norm_kwargs": {"eps": 1e-6}, "act_kwargs": {"approximate": "tanh"},
    },
}  # fmt: skip
PREPROCESS = {
    "pe": {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bilinear", "resize_mode": "squash"},
    "siglip2": {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "resize_mode": "squash"},
}
TEXTS = ["a red cat sits on the mat", "the blue dog", "Two dogs!", "", "a"]


@pytest.fixture(autouse=True)
def small_towers(monkeypatch: pytest.MonkeyPatch) -> None:
    """timm's own towers with fewer layers, known to it by names: open_clip hands on a name only."""
    open_clip_module()
    import timm
    import timm.models._registry as registry

    def maker(name: str, sizes: dict[str, Any]) -> Callable[..., Any]:
        return lambda pretrained=False, pretrained_cfg=None, pretrained_cfg_overlay=None, **more: timm.create_model(
            name, **sizes, **more
        )

    for name, (architecture, sizes) in SMALL.items():
        monkeypatch.setitem(registry._model_entrypoints, name, maker(architecture, sizes))


@pytest.fixture(params=["pe", "siglip2"])
def folder(request: pytest.FixtureRequest, clip_folder: Callable[..., Path], build: Any) -> Path:
    """An open_clip folder of the kind, with its tokenizer's files where it has its own."""
    kind = request.param
    made = clip_folder(kind, PREPROCESS[kind], **(PE_CORE if kind == "pe" else SIGLIP2))
    if kind == "siglip2":
        build.tokenizer(pad_token="<pad>", eos_token="<eos>").save_pretrained(made)
    return made


@pytest.fixture
def clip(folder: Path, tmp_path: Path) -> ClipModel:
    return load_clip(folder, tmp_path / "cache")


def test_pictures_and_texts_have_open_clips_own_vectors(clip: ClipModel, folder: Path) -> None:
    open_clip = open_clip_module()
    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    frames = [np.random.default_rng(seed).integers(0, 256, (50, 90, 3), dtype=np.uint8) for seed in range(3)]
    tokens = open_clip.get_tokenizer(f"local-dir:{folder}")(TEXTS)
    with torch.no_grad():
        pictures = torch.stack([transform(Image.fromarray(frame)) for frame in frames])
        seen = model.eval().encode_image(pictures, normalize=True).numpy()
        said = model.encode_text(tokens, normalize=True)
    ours = np.stack([clip.image.preprocess(frame) for frame in frames])
    assert np.abs(ours - pictures.numpy()).max() < 1e-6, "prepared as the folder's own file says"
    assert np.abs(clip.image.encode(ours) - seen).max() < 1e-4
    assert torch.allclose(clip.text.encode(TEXTS), said, atol=1e-5)


def test_a_causal_tower_shares_prefixes_and_another_is_encoded_plainly(clip: ClipModel, folder: Path) -> None:
    method, context = {"pe": ("prefix", 32), "siglip2": ("plain", 64)}[folder.name]
    assert clip.text.method == method
    assert clip.context_length == clip.text.context_length == context


@pytest.mark.parametrize("folder", ["pe"], indirect=True)
def test_prompt_and_caption_fit_into_a_context_of_32(clip: ClipModel) -> None:
    lm: Any = SimpleNamespace(token_text=[" cat", "."], eos_id=None, device=torch.device("cpu"), context_length=8192)
    vocabulary = CaptionVocabulary(lm, clip.text.context_length)
    room = vocabulary.room(lead=2, wanted=200)
    assert not clip.text.truncates("video of" + " cat" * room)
    assert clip.text.truncates("video of" + " cat" * (room + 1)), "not a token is given away"
    assert vocabulary.room(lead=2, wanted=24) == 24, "what is wanted by default fits"
