"""Any Hugging Face image-text-to-text model in a folder: pictures and a question in, text out.

Only what is in the folder is used, only weights in safetensors, and no Python of its own.  Weights are float32 or
bfloat16: in float16 several of these models write nothing but exclamation marks.
"""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from cuemark.media.geometry import Picture
from cuemark.models.runtime.devices import DeviceChoice, choose_device, prepare_torch
from cuemark.models.runtime.memory import ModelRuntime
from cuemark.models.runtime.precision import for_language
from cuemark.models.runtime.safe_imports import transformers_module
from cuemark.models.runtime.weight_budget import WithinWeights
from cuemark.models.store import folders
from cuemark.models.store.folder_files import tensors

_REPETITION_PENALTY = 1.05  # small ones else say one thing over and over; more would cost JSON its quotes
#: Float32 takes this share of free memory at most; a larger model is run in bfloat16, which a CPU does slowly.
_MEMORY_SHARE = 0.5
#: What libraries raise for pictures or texts that a model cannot take.
_FOREIGN = (RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError, NotImplementedError, ImportError)


class FolderVlm:
    """A loaded model with its processor."""

    def __init__(self, model: Any, processor: Any, folder: Path, choice: DeviceChoice, model_id: str) -> None:
        """`model` and `processor` are those of transformers; `model` stands on its device already."""
        self._model, self._processor, self._folder, self._choice = model, processor, folder, choice
        self.id = model_id
        self.device = choice.device
        images: Any = getattr(processor, "image_processor", None)
        if hasattr(images, "do_image_splitting"):
            images.do_image_splitting = False  # a frame would become a dozen tiles of 64 tokens and more each

    @property
    def device_reason(self) -> str:
        """Why it runs where it runs, and in which precision."""
        return f"{self._choice.reason}, {str(self._model.dtype).removeprefix('torch.')}"

    @torch.no_grad()
    def write(
        self, text: str, pictures: Sequence[Picture], tokens: int, seconds: float, check: Callable[[], None]
    ) -> str:
        """What it writes about pictures (RGB uint8 [H, W, 3]): at most so many tokens, in about so many seconds.

        `check` is called at every token and may raise.  ModelError, or WorkerError out_of_memory, where it cannot.
        """
        deadline = time.monotonic() + seconds

        def over(ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
            check()
            return torch.full((len(ids),), time.monotonic() > deadline, dtype=torch.bool, device=ids.device)

        try:
            asked = self._asked(text, pictures)
            written = self._model.generate(
                **asked,
                max_new_tokens=tokens,
                do_sample=False,
                repetition_penalty=_REPETITION_PENALTY,
                stopping_criteria=[over],
            )
            new = written[0, asked["input_ids"].shape[1] :]
            return str(self._processor.decode(new, skip_special_tokens=True))
        except _FOREIGN as error:
            raise folders.broken(self._folder, "vision-language model", error) from error

    def _asked(self, text: str, pictures: Sequence[Picture]) -> Any:
        """The inputs of one question, on the model's device and in its precision."""
        from PIL import Image

        content: list[dict[str, Any]] = [{"type": "image", "image": Image.fromarray(picture)} for picture in pictures]
        messages = [{"role": "user", "content": [*content, {"type": "text", "text": text}]}]
        asked = self._processor.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        )
        return asked.to(self._model.device, dtype=self._model.dtype)


def load_vlm(folder: Path, runtime: ModelRuntime | None = None, memory: Path | None = None) -> FolderVlm:
    """The model in a Hugging Face folder; raises ModelError with a code for each way it cannot be one.

    `memory` is the file that keeps hashes of weights.
    """
    folders.check(folder, "vlm")
    choice, runtime = choose_device(), runtime or ModelRuntime()
    prepare_torch(choice, runtime.limits)
    transformers = transformers_module()
    _spare_num2words()
    weights = folders.vlm_weights(folder)
    with folders.loading(folder, "vision-language model"):
        local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        processor = transformers.AutoProcessor.from_pretrained(str(folder), **local)
        with WithinWeights(tensors(weights).values(), f"The vision-language model in {folder}"):
            model, told = transformers.AutoModelForImageTextToText.from_pretrained(
                str(folder),
                use_safetensors=True,
                dtype=_precision(folder, weights, choice),
                output_loading_info=True,
                **local,
            )
        folders.check_complete(told)
        ready = model.eval().requires_grad_(False).to(torch.device(choice.device))
        return FolderVlm(ready, processor, folder, choice, folders.identity(folder, weights, memory))


def _spare_num2words() -> None:
    """SmolVLM's processor will not be made without a package that spells the seconds of videos; pictures need none."""
    with contextlib.suppress(ImportError, AttributeError):
        module: Any = importlib.import_module("transformers.models.smolvlm.processing_smolvlm")
        module.num2words = module.num2words or str


def _precision(folder: Path, weights: Sequence[Path], choice: DeviceChoice) -> torch.dtype:
    if choice.device != "cpu":
        return for_language(torch.device(choice.device)).dtype or torch.float32
    import psutil

    size = sum(file.stat().st_size for file in weights)
    stored = folders.vlm_config(folder)
    halved = any(str(stored.get(name)) in ("bfloat16", "float16") for name in ("dtype", "torch_dtype"))
    needed = size * 2 if halved else size
    return torch.float32 if needed < _MEMORY_SHARE * psutil.virtual_memory().available else torch.bfloat16
