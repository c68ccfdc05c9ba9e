"""Any open_clip local directory: its image tower in ONNX Runtime, its text tower in torch."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuemark.core.derived import read_object, write_object
from cuemark.core.errors import CuemarkError, ModelError, StoreError
from cuemark.core.files import is_disk_full
from cuemark.core.progress import Progress, SilentProgress
from cuemark.models.clip.emptiness_probe import PROBE_VERSION, knows_emptiness
from cuemark.models.clip.image_encoder import ImageEncoder
from cuemark.models.clip.image_export import (
    EXPORT_VERSION,
    ExportedTower,
    complete,
    export_tower,
    find_export,
    lacks,
)
from cuemark.models.clip.preprocess import PREPROCESSING_VERSION
from cuemark.models.runtime.devices import DeviceChoice, choose_device, prepare_torch
from cuemark.models.runtime.memory import ModelRuntime
from cuemark.models.runtime.safe_imports import never_ask_to_run_code, open_clip_module
from cuemark.models.store import folders
from cuemark.models.store.folder_files import tensors, text_files

if TYPE_CHECKING:
    from cuemark.models.clip.text_encoder import TextEncoder


class ClipModel:
    """A CLIP in a folder.  Its towers are loaded when first asked for; with the export cached, `image` needs no torch.

    `id` is a sha256 over weights, configuration and preprocessing: vectors with the same id are comparable.
    """

    def __init__(self, folder: Path, cache: Path, progress: Progress, runtime: ModelRuntime) -> None:
        """Checks the folder and hashes its weights; use `load_clip`."""
        folders.check(folder, "clip")
        self.folder = folder
        self._config = folders.clip_config(folder)
        self._weights = folders.clip_weights(folder)
        self._cache = cache
        self._progress = progress
        self._runtime = runtime
        described = json.dumps([self._config, PREPROCESSING_VERSION, *self._tokenizer_hashes()], sort_keys=True)
        weights = folders.remembered_hash(self._weights, cache / "weight_hashes.json", progress.note)
        self.id = hashlib.sha256(f"{weights} {described}".encode()).hexdigest()
        self._export_key = self._key_of_version(EXPORT_VERSION)
        self._torch_model: Any = None
        self._text_choice: DeviceChoice | None = None

    @property
    def context_length(self) -> int:
        """Tokens a text may have."""
        return int(self._config["model_cfg"]["text_cfg"].get("context_length", 77))

    @property
    def device_reason(self) -> str:
        """Where the text tower runs and why, and off the CPU, once it is loaded, in which precision."""
        choice = self._text_choice or choose_device()
        text: TextEncoder | None = self.__dict__.get("text")
        told = f"; {text.precision}" if text is not None and text.device.type != "cpu" else ""
        return f"{choice.device}: {choice.reason}{told}"

    @property
    def image_is_loaded(self) -> bool:
        """Whether `image` was asked for."""
        return "image" in self.__dict__

    @cached_property
    def image(self) -> ImageEncoder:
        """The image tower; exported to ONNX first where this checkpoint was never met before."""
        return ImageEncoder(self._exported(), self.id, self._runtime)

    @cached_property
    def text(self) -> TextEncoder:
        """The text tower, on the device `devices` chooses, if its vectors there are those of the processor.

        Asked for after `image`, it costs no second load.
        """
        from cuemark.models.clip.text_encoder import TextEncoder, prove_device

        choice = choose_device()
        prepare_torch(choice, self._runtime.limits)
        model = self._torch()
        self._torch_model = None
        with folders.loading(self.folder, "text tower or tokenizer"):
            with _quiet():
                tokenizer = open_clip_module().get_tokenizer(f"local-dir:{self.folder}", **self._tokenizer_options())
            model = _without_image_tower(model)
            self._text_choice = prove_device(model, tokenizer, choice)
            encoder = TextEncoder(model, tokenizer, runtime=self._runtime)
            if not encoder.encode(["a red ball"]).isfinite().all():
                raise ValueError("it gives no numbers, so its weights are damaged")
            encoder.knows_emptiness = cache(lambda: self._knows_emptiness(encoder))
            return encoder

    def _knows_emptiness(self, encoder: TextEncoder) -> bool:
        """The answer of the probe: asked once for a checkpoint, and kept beside its exported tower."""
        kept = self._cache / self._export_key / f"knows-emptiness-{PROBE_VERSION}.json"
        known = read_object(kept, f"{self._export_key} {kept.name}", self._progress.note)
        if known is not None and isinstance(known.get("answer"), bool):
            return bool(known["answer"])
        answer = knows_emptiness(self.image, encoder)
        with suppress(OSError):  # then it is asked again next time
            write_object(kept, f"{self._export_key} {kept.name}", {"answer": answer})
        return answer

    def _tokenizer_hashes(self) -> list[str]:
        """Of the files of a tokenizer that the folder brings; none where open_clip's own one is used."""
        brought = self._config["model_cfg"]["text_cfg"].get("hf_tokenizer_name")
        kept = text_files(self.folder) if brought else []
        return [folders.content_hash(file) for file in kept if file.name != folders.CLIP_CONFIG]

    def _tokenizer_options(self) -> dict[str, bool]:
        """A folder may ask, in its `tokenizer_kwargs`, that its own Python be run; the answer is no."""
        text: dict[str, Any] = self._config["model_cfg"]["text_cfg"]
        return {"trust_remote_code": False} if text.get("hf_tokenizer_name") else {}

    def _exported(self) -> ExportedTower:
        folder = self._cache / self._export_key
        found = find_export(folder, self._progress.note)
        if found is not None:
            if lacks(found):
                complete(self._torch(), found)
            return found
        # Of several workers that begin together one writes it: each would take the memory of the whole model.
        with _alone(self._cache / f".{self._export_key}.lock", self._progress):
            return find_export(folder, lambda _: None) or self._made(folder)

    def _made(self, folder: Path) -> ExportedTower:
        self._progress.note(f"Preparing the image tower of {self.folder.name} for ONNX Runtime (once).")
        try:
            made = export_tower(self._torch(), folder, self._runtime.limits)
            for version in range(1, EXPORT_VERSION):
                shutil.rmtree(self._cache / self._key_of_version(version), ignore_errors=True)
            return made
        except CuemarkError:
            raise
        except Exception as error:
            cause: BaseException = error
            while cause.__cause__ is not None:  # the exporter wraps what went wrong in advice about itself
                cause = cause.__cause__
            if isinstance(cause, OSError):
                raise _not_kept(self._cache, cause) from error
            detail = (str(cause).strip() or type(cause).__name__).splitlines()[0][:200]
            message = f"The image tower in {self.folder} cannot be written as ONNX: {detail}"
            raise ModelError("model_export_failed", message, "Use another --clip, or update torch.") from error

    def _key_of_version(self, version: int) -> str:
        """The name of the folder in which an export of this checkpoint lies."""
        return hashlib.sha256(f"{self.id} {version}".encode()).hexdigest()[:32]

    def _torch(self) -> Any:
        """The whole model on the CPU; kept until the text tower takes it over."""
        if self._torch_model is None:
            with folders.loading(self.folder, "CLIP model"):
                self._torch_model = _load_torch(self.folder, self._weights)
        return self._torch_model


def load_clip(
    folder: Path, cache: Path, progress: Progress | None = None, runtime: ModelRuntime | None = None
) -> ClipModel:
    """The CLIP in an open_clip local directory.

    `cache` is where exported image towers are kept.  Raises ModelError with the codes model_folder_invalid,
    model_is_not_clip, model_is_pickle, and on first use model_export_failed.
    """
    return ClipModel(folder, cache, progress or SilentProgress(), runtime or ModelRuntime())


def _load_torch(folder: Path, weights: Path) -> Any:
    """The model with its safetensors weights (open_clip on its own might prefer a pickle, or go to the network)."""
    from cuemark.models.runtime.weight_budget import WithinWeights

    open_clip = open_clip_module()
    never_ask_to_run_code()
    with _quiet():
        with WithinWeights(tensors([weights]).values(), f"The CLIP model in {folder}"):
            model = open_clip.create_model(
                f"local-dir:{folder}", load_weights=False, pretrained_text=False, precision="fp32", device="cpu"
            )
        open_clip.load_checkpoint(model, str(weights))
    return model.eval().requires_grad_(False)


def _not_kept(cache: Path, error: OSError) -> StoreError:
    """The error for an image tower that cannot be written where it is kept."""
    if is_disk_full(error):
        message = f"No space is left in {cache} for the image tower in ONNX, which is as large as the weights."
        return StoreError("disk_full", message, "Free some disk space, then try again.")
    reason = error.strerror or type(error).__name__
    message = f"The image tower cannot be kept in {cache}: {reason}."
    return StoreError("cache_unusable", message, "Look at the folder's permissions, then try again.")


def _without_image_tower(model: Any) -> Any:
    import torch

    model.visual = torch.nn.Identity()
    return model


@contextmanager
def _alone(file: Path, progress: Progress) -> Iterator[None]:
    """While nobody else of this machine is here; where no lock can be had (a folder that has none), beside others."""
    from filelock import FileLock, Timeout

    lock = FileLock(file)
    try:
        with suppress(OSError, NotImplementedError):
            file.parent.mkdir(parents=True, exist_ok=True)
            while not lock.is_locked:
                progress.check()
                with suppress(Timeout):
                    lock.acquire(timeout=0.4)
        yield
    finally:
        lock.release()
        with suppress(OSError):  # who waits for it has it open, and at worst works beside the next
            file.unlink()


@contextmanager
def _quiet() -> Iterator[None]:
    """open_clip logs on the root logger, among it that weights are random (it does not see us load them)."""

    def keep(record: logging.LogRecord) -> bool:
        return "open_clip" not in record.pathname

    logging.getLogger().addFilter(keep)
    try:
        yield
    finally:
        logging.getLogger().removeFilter(keep)
