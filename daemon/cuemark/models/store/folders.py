"""What a model folder must hold, said before anything heavy is loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cuemark.core.derived import Tell, log, read_object, write_object
from cuemark.core.errors import CuemarkError, ModelError
from cuemark.core.files import PRIVATE_FILE
from cuemark.core.text import first_few
from cuemark.models.runtime.memory import is_out_of_memory, out_of_memory
from cuemark.models.store import clip_description
from cuemark.models.store.folder_files import check_files, no_weights, read_config, shards, tensors, text_files
from cuemark.models.store.speech_folder import check_speech

CLIP_CONFIG = "open_clip_config.json"
LM_CONFIG = "config.json"
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model", "vocab.txt", "merges.txt")
_CLIP_NEED = "A CLIP folder holds open_clip_config.json and open_clip_model.safetensors."
_HASH_LENGTH = 64
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
            kind = read_config(folder / LM_CONFIG, _CLIP_NEED).get("model_type", "Hugging Face")
            raise ModelError("model_is_not_clip", f"{folder} holds a {kind} model, not an open_clip one.", _CLIP_NEED)
        raise ModelError("model_folder_invalid", f"{folder} has no {CLIP_CONFIG}.", _CLIP_NEED)
    config = read_config(folder / CLIP_CONFIG, _CLIP_NEED)
    problem = clip_description.problem(config)
    if problem:
        raise ModelError("model_folder_invalid", f"{folder / CLIP_CONFIG} {problem}.", _CLIP_NEED)
    return config


def clip_weights(folder: Path) -> Path:
    """The safetensors file open_clip would load from the folder; raises ModelError where it is none."""
    preferred = ("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "model.safetensors")
    found = sorted(folder.glob("*.safetensors"), key=lambda file: file.name)
    named = [folder / name for name in preferred if (folder / name) in found]
    if not found:
        raise no_weights(folder, _CLIP_NEED)
    chosen = (named or found)[0]
    tensors([chosen])
    return chosen


def lm_config(folder: Path) -> dict[str, Any]:
    """The parsed `config.json`; raises ModelError where the folder is no causal language model with its tokenizer."""
    _must_exist(folder)
    is_clip = (folder / CLIP_CONFIG).is_file()
    if not _has_config(folder) and not is_clip:
        raise ModelError("model_folder_invalid", f"{folder} has no {LM_CONFIG}.", _LM_NEED)
    if is_clip and "architectures" not in (read_config(folder / LM_CONFIG, _LM_NEED) if _has_config(folder) else {}):
        raise ModelError("model_is_not_lm", f"{folder} holds a CLIP model, not a language model.", _LM_NEED)
    config = read_config(folder / LM_CONFIG, _LM_NEED)
    kinds = _check_hugging_face(folder, config, _LM_NEED)
    if kinds and not any("CausalLM" in kind or "LMHead" in kind for kind in kinds):
        raise ModelError("model_is_not_lm", f"{folder} holds {kinds[0]}, which does not continue text.", _LM_NEED)
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise ModelError("model_folder_invalid", f"{folder} has no tokenizer beside its weights.", _LM_NEED)
    return config


def lm_weights(folder: Path) -> list[Path]:
    """The safetensors files (shards) of a language model, sorted; raises ModelError where they are none."""
    found = shards(folder, _LM_NEED)
    tensors(found)
    return found


def vlm_weights(folder: Path) -> list[Path]:
    """The same of a vision-language model."""
    found = shards(folder, _VLM_NEED)
    tensors(found)
    return found


def vlm_config(folder: Path) -> dict[str, Any]:
    """The parsed `config.json`; raises ModelError where the folder is no vision-language model with its processor."""
    _must_exist(folder)
    if not _has_config(folder):
        raise ModelError("model_folder_invalid", f"{folder} has no {LM_CONFIG}.", _VLM_NEED)
    config = read_config(folder / LM_CONFIG, _VLM_NEED)
    _check_hugging_face(folder, config, _VLM_NEED)
    kind = config["model_type"]
    if not any(name.startswith("vision") and isinstance(part, dict) for name, part in config.items()):
        raise ModelError(
            "model_is_not_vlm", f"{folder} holds a {kind} model, which does not look at pictures.", _VLM_NEED
        )
    if not any((folder / name).is_file() for name in _PROCESSORS):
        raise ModelError("model_folder_invalid", f"{folder} does not say how pictures are prepared.", _VLM_NEED)
    return config


def identity(folder: Path, weights: Sequence[Path], memory: Path | None = None) -> str:
    """Hex sha256 over every file of a Hugging Face folder that is read: its weights and all that describes them.

    `memory` is the file that keeps hashes of weights: to read gigabytes anew may take longer than to use them.
    """
    described = text_files(folder)
    hashes = [remembered_hash(file, memory) if memory else content_hash(file) for file in weights]
    names = " ".join(file.name for file in described)
    return hashlib.sha256("".join([*hashes, *map(content_hash, described), names]).encode()).hexdigest()


def content_hash(file: Path) -> str:
    """Hex sha256 of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def remembered_hash(file: Path, memory: Path, tell: Tell = log.warning) -> str:
    """sha256 of a file's content, remembered in the JSON file `memory` by path, size and time of change.

    `tell` hears of a memory that does not fit, and is begun anew.
    """
    stat = file.stat()
    key = f"{file.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    known = _remembered(memory, tell)
    if key not in known:
        known[key] = content_hash(file)
        with suppress(OSError):  # a full or foreign disk costs the next run the same seconds again, and nothing else
            memory.parent.mkdir(parents=True, exist_ok=True)
            write_object(memory, memory.name, dict(list(known.items())[-100:]), mode=PRIVATE_FILE)
    return known[key]


def _remembered(memory: Path, tell: Tell) -> dict[str, str]:
    """What of the memory is a hash; empty where it does not fit: a wrong one would give a model another's vectors."""
    known = read_object(memory, memory.name, tell) or {}
    return {file: found for file, found in known.items() if isinstance(found, str) and len(found) == _HASH_LENGTH}


def check(folder: Path, role: str) -> Path:
    """The folder, once it is known to hold a model of the role; raises ModelError."""
    CHECKS[role](folder)
    return folder


@contextmanager
def loading(folder: Path, what: str) -> Iterator[None]:
    """Whatever foreign loaders raise becomes the error for the folder, which is the user's input."""
    try:
        yield
    except CuemarkError:
        raise
    except Exception as error:
        raise broken(folder, what, error) from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise broken(folder, what, error) from error


def check_complete(told: Mapping[str, Any]) -> None:
    """Nothing of a model was left to chance: transformers only warns of weights that are not there.

    `told` is what it says of a loaded model; raises ValueError.
    """
    missing = sorted(told.get("missing_keys") or ())
    if missing:
        raise ValueError(f"its weights lack {first_few(missing, 1)}, which its config describes")


def is_panic(error: BaseException) -> bool:
    """Whether a library in Rust gave up (tokenizers, safetensors), which Python does not count among Exceptions."""
    return type(error).__name__ == "PanicException"


def broken(folder: Path, what: str, error: BaseException) -> CuemarkError:
    """The error for a folder whose files look right but cannot be loaded: they are not, or there is no room."""
    if is_out_of_memory(error):
        return out_of_memory(f"The {what} in {folder} does not fit")
    detail = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    next_step = "The folder's config and weights must belong together; download or export it again."
    return ModelError("model_folder_invalid", f"The {what} in {folder} cannot be loaded: {detail}", next_step)


def _must_exist(folder: Path) -> None:
    try:
        is_folder, is_there = folder.is_dir(), folder.exists()
    except (OSError, ValueError):  # names that no disk can hold
        is_folder = is_there = False
    if not is_folder:
        what = "is a file, not a folder" if is_there else "does not exist"
        raise ModelError("model_folder_invalid", f"Model folder {folder} {what}.", "Give a folder or a registry name.")


def _check_hugging_face(folder: Path, config: dict[str, Any], need: str) -> list[str]:
    """The architectures that a `config.json` names; ModelError where transformers would look for weights elsewhere."""
    file = folder / LM_CONFIG
    if not isinstance(config.get("model_type"), str) or not config["model_type"]:
        raise ModelError("model_folder_invalid", f"{file} names no model_type.", need)
    kinds = config.get("architectures") or []
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        raise ModelError("model_folder_invalid", f"{file} names no list of architectures.", need)
    if "transformers_weights" in config:
        raise ModelError("model_folder_invalid", f"{file} names other files as its weights.", need)
    if (folder / "adapter_config.json").exists():
        problem = f"{folder} holds an adapter (adapter_config.json), which is not loaded."
        raise ModelError("model_folder_invalid", problem, "Merge it into the model, or remove that file.")
    return kinds


def _has_config(folder: Path) -> bool:
    return (folder / LM_CONFIG).is_file()


def _check_clip(folder: Path) -> None:
    _must_exist(folder)
    check_files(folder, _CLIP_NEED)
    clip_config(folder)
    clip_weights(folder)


def _check_lm(folder: Path) -> None:
    _must_exist(folder)
    check_files(folder, _LM_NEED)
    lm_config(folder)
    lm_weights(folder)


def _check_vlm(folder: Path) -> None:
    _must_exist(folder)
    check_files(folder, _VLM_NEED)
    vlm_config(folder)
    shards(folder, _VLM_NEED)  # torn ones are found when it is loaded, and then our own captions stay


def _check_speech(folder: Path) -> None:
    _must_exist(folder)
    check_speech(folder)


CHECKS: dict[str, Callable[[Path], None]] = {
    "clip": _check_clip, "lm": _check_lm, "vlm": _check_vlm, "speech": _check_speech,
}  # fmt: skip
"""What a folder must hold to be a model of a role."""
