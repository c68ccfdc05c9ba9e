"""What a model folder must hold, said before anything heavy is loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cuemark.core.errors import CuemarkError, ModelError
from cuemark.core.files import PRIVATE_FILE, atomic_write
from cuemark.models.runtime.memory import is_out_of_memory, out_of_memory

CLIP_CONFIG = "open_clip_config.json"
LM_CONFIG = "config.json"
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model", "vocab.txt", "merges.txt")
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
_CLIP_NEED = "A CLIP folder holds open_clip_config.json and open_clip_model.safetensors."
_PROCESSORS = ("preprocessor_config.json", "processor_config.json")
_VLM_NEED = (
    "A vision-language model folder holds config.json, *.safetensors, its tokenizer and processor_config.json or "
    "preprocessor_config.json."
)
_LM_NEED = "A language model folder holds config.json, *.safetensors and its tokenizer (tokenizer.json)."


def clip_config(folder: Path) -> dict[str, Any]:
    """The parsed `open_clip_config.json`; raises ModelError where the folder is no open_clip directory."""
    _must_exist(folder)
    if not (folder / CLIP_CONFIG).is_file():
        if (folder / LM_CONFIG).is_file():
            kind = _read_json(folder / LM_CONFIG, _CLIP_NEED).get("model_type", "Hugging Face")
            raise ModelError("model_is_not_clip", f"{folder} holds a {kind} model, not an open_clip one.", _CLIP_NEED)
        raise ModelError("model_folder_invalid", f"{folder} has no {CLIP_CONFIG}.", _CLIP_NEED)
    config = _read_json(folder / CLIP_CONFIG, _CLIP_NEED)
    inner = config.get("model_cfg")
    if not isinstance(inner, dict) or not {"embed_dim", "vision_cfg", "text_cfg"} <= inner.keys():
        raise ModelError("model_folder_invalid", f"{folder / CLIP_CONFIG} does not describe a CLIP model.", _CLIP_NEED)
    return config


def clip_weights(folder: Path) -> Path:
    """The safetensors file open_clip would load from the folder."""
    preferred = ("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "model.safetensors")
    found = sorted(folder.glob("*.safetensors"), key=lambda file: file.name)
    named = [folder / name for name in preferred if (folder / name) in found]
    if named or found:
        return (named or found)[0]
    raise _no_weights(folder, _CLIP_NEED)


def lm_config(folder: Path) -> dict[str, Any]:
    """The parsed `config.json`; raises ModelError where the folder is no causal language model with its tokenizer."""
    _must_exist(folder)
    is_clip = (folder / CLIP_CONFIG).is_file()
    if not _has_config(folder) and not is_clip:
        raise ModelError("model_folder_invalid", f"{folder} has no {LM_CONFIG}.", _LM_NEED)
    if is_clip and "architectures" not in (_read_json(folder / LM_CONFIG, _LM_NEED) if _has_config(folder) else {}):
        raise ModelError("model_is_not_lm", f"{folder} holds a CLIP model, not a language model.", _LM_NEED)
    config = _read_json(folder / LM_CONFIG, _LM_NEED)
    if "model_type" not in config:
        raise ModelError("model_folder_invalid", f"{folder / LM_CONFIG} names no model_type.", _LM_NEED)
    kinds = [str(kind) for kind in config.get("architectures") or ()]
    if kinds and not any("CausalLM" in kind or "LMHead" in kind for kind in kinds):
        raise ModelError("model_is_not_lm", f"{folder} holds {kinds[0]}, which does not continue text.", _LM_NEED)
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise ModelError("model_folder_invalid", f"{folder} has no tokenizer beside its weights.", _LM_NEED)
    return config


def lm_weights(folder: Path) -> list[Path]:
    """The safetensors files (shards) of a language model, sorted."""
    found = sorted(folder.glob("*.safetensors"))
    if not found:
        raise _no_weights(folder, _LM_NEED)
    return found


def vlm_config(folder: Path) -> dict[str, Any]:
    """The parsed `config.json`; raises ModelError where the folder is no vision-language model with its processor."""
    _must_exist(folder)
    if not _has_config(folder):
        raise ModelError("model_folder_invalid", f"{folder} has no {LM_CONFIG}.", _VLM_NEED)
    config = _read_json(folder / LM_CONFIG, _VLM_NEED)
    kind = config.get("model_type")
    if not kind:
        raise ModelError("model_folder_invalid", f"{folder / LM_CONFIG} names no model_type.", _VLM_NEED)
    if not any(name.startswith("vision") and isinstance(part, dict) for name, part in config.items()):
        raise ModelError(
            "model_is_not_vlm", f"{folder} holds a {kind} model, which does not look at pictures.", _VLM_NEED
        )
    if not any((folder / name).is_file() for name in _PROCESSORS):
        raise ModelError("model_folder_invalid", f"{folder} does not say how pictures are prepared.", _VLM_NEED)
    return config


def content_id(files: list[Path], extra: str = "") -> str:
    """Hex sha256 over the files' contents (in the order given) and `extra`."""
    digest = hashlib.sha256("".join(content_hash(file) for file in files).encode())
    digest.update(extra.encode())
    return digest.hexdigest()


def content_hash(file: Path) -> str:
    """Hex sha256 of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def remembered_hash(file: Path, memory: Path) -> str:
    """sha256 of a file's content, remembered in the JSON file `memory` by path, size and time of change."""
    stat = file.stat()
    key = f"{file.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    try:
        known: dict[str, str] = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    if not isinstance(known.get(key), str):
        known[key] = content_hash(file)
        memory.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(memory, json.dumps(dict(list(known.items())[-100:]), indent=1), mode=PRIVATE_FILE)
    return known[key]


def check(folder: Path, role: str) -> Path:
    """The folder, once it is known to hold a model of the role; raises ModelError."""
    CHECKS[role](folder)
    return folder


def tokenizer_files(folder: Path) -> list[Path]:
    """Every file that says how text becomes ids, sorted."""
    names = (*_TOKENIZERS, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
    return sorted(folder / name for name in names if (folder / name).is_file())


def broken(folder: Path, what: str, error: Exception) -> CuemarkError:
    """The error for a folder whose files look right but cannot be loaded: they are not, or there is no room."""
    if is_out_of_memory(error):
        return out_of_memory(f"The {what} in {folder} does not fit")
    detail = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    next_step = "The folder's config and weights must belong together; download or export it again."
    return ModelError("model_folder_invalid", f"The {what} in {folder} cannot be loaded: {detail}", next_step)


def _must_exist(folder: Path) -> None:
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise ModelError("model_folder_invalid", f"Model folder {folder} {what}.", "Give a folder or a registry name.")


def _has_config(folder: Path) -> bool:
    return (folder / LM_CONFIG).is_file()


def _read_json(file: Path, need: str) -> dict[str, Any]:
    try:
        loaded = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError("model_folder_invalid", f"{file} cannot be read as JSON: {error}", need) from error
    if not isinstance(loaded, dict):
        raise ModelError("model_folder_invalid", f"{file} is not a JSON object.", need)
    return loaded


def _no_weights(folder: Path, need: str) -> ModelError:
    pickles = sorted(file.name for pattern in _PICKLES for file in folder.glob(pattern))
    if pickles:
        message = f"{folder} has its weights only as {pickles[0]}, a pickle, which can run code when it is loaded."
        return ModelError("model_is_pickle", message, "Convert the weights to safetensors.")
    return ModelError("model_folder_invalid", f"{folder} has no *.safetensors weights.", need)


def _check_clip(folder: Path) -> None:
    clip_config(folder)
    clip_weights(folder)


def _check_lm(folder: Path) -> None:
    lm_config(folder)
    lm_weights(folder)


def _check_vlm(folder: Path) -> None:
    vlm_config(folder)
    if not any(folder.glob("*.safetensors")):
        raise _no_weights(folder, _VLM_NEED)


CHECKS: dict[str, Callable[[Path], None]] = {"clip": _check_clip, "lm": _check_lm, "vlm": _check_vlm}
"""What a folder must hold to be a model of a role."""
