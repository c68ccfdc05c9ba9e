"""Real sizes without a download: text tower, image tower and language model with random weights, ready to run.

Objects for a measurement in this process, folders for one that goes through the worker.  What takes long to make
(an ONNX export, a tokenizer) is kept in the benchmark's work folder.  Weights are the same for the same seed.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuemark.lab.bench import random_models
from cuemark.models.store import folders

if TYPE_CHECKING:
    from cuemark.models.clip.image_encoder import ImageEncoder
    from cuemark.models.clip.text_encoder import TextEncoder
    from cuemark.models.lm.lm import LanguageModel

CLIP = "ViT-B-32"
LM = "gpt2"


def text_encoder(name: str = CLIP, seed: int = 0) -> TextEncoder:
    """A text tower of the size ("ViT-B-32", "ViT-L-14"), where models usually run here."""
    import torch

    from cuemark.models.clip.text_encoder import TextEncoder
    from cuemark.models.runtime.devices import choose_device, prepare_torch

    model = random_models.random_clip(name, seed)
    model.visual = torch.nn.Identity()
    return TextEncoder(model.to(prepare_torch(choose_device())), random_models.clip_tokenizer(name))


def image_encoder(name: str, work: Path, seed: int = 0) -> ImageEncoder:
    """An image tower of the size in ONNX Runtime; its export is made in `work` when it is not there yet."""
    from cuemark.models.clip.image_encoder import ImageEncoder
    from cuemark.models.clip.image_export import export_tower, find_export

    folder = work / f"{_label(name, seed)}-onnx"
    tower = find_export(folder) or export_tower(random_models.random_clip(name, seed), folder)
    return ImageEncoder(tower, f"random-{_label(name, seed)}")


def torch_clip(name: str, seed: int = 0) -> Any:
    """The whole open_clip model on the CPU: what rivals in torch run, with the weights of the two above."""
    return random_models.random_clip(name, seed)


def language_model(name: str = LM, seed: int = 0) -> LanguageModel:
    """A GPT-2 of the size ("gpt2", "gpt2-medium") with its own tokenizer of 50257 tokens."""
    from cuemark.models.lm.lm import LanguageModel
    from cuemark.models.runtime.devices import choose_device, prepare_torch

    choice = choose_device()
    prepare_torch(choice)
    return LanguageModel(
        random_models.random_lm(name, seed), _lm_tokenizer(), model_id=f"random-{_label(name, seed)}", choice=choice
    )


def clip_folder(name: str, work: Path, seed: int = 0) -> Path:
    """An open_clip directory of the size, written into `work` once: for `--clip`."""

    def write(folder: Path) -> None:
        from safetensors.torch import save_file

        weights = random_models.random_clip(name, seed).state_dict()
        save_file({key: value.contiguous() for key, value in weights.items()}, folder / "open_clip_model.safetensors")
        described = json.dumps(random_models.clip_config(name))
        (folder / folders.CLIP_CONFIG).write_text(described, encoding="utf-8")

    return _once(work / _label(name, seed), write)


def lm_folder(name: str, work: Path, seed: int = 0) -> Path:
    """A Hugging Face directory of the size, written into `work` once: for `--lm`."""

    def write(folder: Path) -> None:
        random_models.random_lm(name, seed).save_pretrained(folder, safe_serialization=True)
        _lm_tokenizer().save_pretrained(folder)

    return _once(work / _label(name, seed), write)


@lru_cache(maxsize=1)
def _lm_tokenizer() -> Any:
    return random_models.lm_tokenizer()


def _label(name: str, seed: int) -> str:
    return f"{name.lower()}-seed{seed}"


def _once(folder: Path, write: Callable[[Path], None]) -> Path:
    """`folder`, filled by `write` under another name first, so that a half-written one never counts."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        write(fresh)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder
