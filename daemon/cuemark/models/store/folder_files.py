"""The files of a model folder: which of them are read, and that they are what they seem before anybody reads them.

A folder may come from anywhere.  Its files are ordinary ones of a bounded size that lie in the folder itself; links
lead nowhere else, but to the blobs beside the snapshots of the Hugging Face cache.  Weights are safetensors whose table
fits their size, also those that an index names.  Libraries that load a folder later decide by the same names, so that
what is checked here, what they read and what a model's id covers are the same files.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cuemark.core.errors import ModelError
from cuemark.core.json_files import read_json
from cuemark.core.sizes import size_text
from cuemark.core.text import shown
from cuemark.models.store.safetensors_header import BrokenWeights, TensorEntry, read_header

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
BUNDLED = Path(__file__).parents[1] / "weights"
_TEXTS = (".json", ".txt", ".model", ".jinja", ".tiktoken", ".spm")
_LARGEST_TEXT = 64 << 20  # the largest tokenizers have some 35 MB; one of 60 MB takes a minute and 2 GB to load
_MOST_SHARDS = 10_000
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle")
_STAY = "A model folder holds its own files: copy them into it, or name the folder that they lie in."
_AGAIN = "Download or export the model again."


def check_files(folder: Path, need: str) -> None:
    """Every file that a loader may open is an ordinary one, of the folder, and not too large; raises ModelError.

    `need` says what such a folder holds.
    """
    for file in _listed(folder, need):
        if file.suffix not in (*_TEXTS, ".safetensors"):
            continue
        try:
            found = file.stat()
        except FileNotFoundError:  # a link to nothing: as if it were not there
            continue
        except OSError as error:
            raise _unreadable(file, error) from error
        _check_ordinary(file, found, need)
        if file.suffix in _TEXTS and found.st_size > _LARGEST_TEXT:
            problem = (
                f"{file} has {size_text(found.st_size)}, where such a file has {size_text(_LARGEST_TEXT)} at most."
            )
            raise ModelError("model_folder_invalid", problem, _AGAIN)


def read_config(file: Path, need: str) -> dict[str, Any]:
    """The JSON object in a configuration; raises ModelError."""
    try:
        told = read_json(file)
    except (OSError, ValueError) as error:
        raise ModelError("model_folder_invalid", f"{file} cannot be read as JSON: {error}", need) from error
    if not isinstance(told, dict):
        raise ModelError("model_folder_invalid", f"{file} is not a JSON object.", need)
    return told


@contextmanager
def reading_weights(file: Path) -> Iterator[None]:
    """What a reader of weights raises becomes the ModelError of the file."""
    try:
        yield
    except BrokenWeights as error:
        raise ModelError("model_folder_invalid", f"{file} cannot be used as weights: {error}.", _AGAIN) from error
    except OSError as error:
        raise _unreadable(file, error) from error


def is_own_name(name: str) -> bool:
    """Whether a name that stands in a file can only be that of a file in its own folder, on any system."""
    return Path(name).name == name and name != ".." and not {"\\", "\0"}.intersection(name)


def check_ordinary(file: Path, need: str) -> None:
    """That a file that will be opened is an ordinary one of its folder; raises ModelError."""
    try:
        _check_ordinary(file, file.stat(), need)
    except OSError as error:
        raise _unreadable(file, error) from error


def text_files(folder: Path) -> list[Path]:
    """Every file but weights that a loader may read (configurations, tokenizers, templates), sorted."""
    return sorted(file for file in folder.iterdir() if file.suffix in _TEXTS and file.is_file())


def shards(folder: Path, need: str) -> list[Path]:
    """The weights of a Hugging Face folder, as its loaders find them: one file, or those that an index names, sorted.

    Raises ModelError: model_is_pickle where they are no safetensors, model_folder_invalid where they are not there.
    """
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if not (folder / INDEX).is_file():
        raise no_weights(folder, need)
    names = _index_names(folder / INDEX)
    for name in names:
        _check_shard(folder, name, need)
    return [folder / name for name in names]


def tensors(weights: list[Path]) -> dict[str, TensorEntry]:
    """What the tables of weights list, by name; raises ModelError where a table and its file do not fit."""
    found: dict[str, TensorEntry] = {}
    for file in weights:
        with reading_weights(file):
            found |= read_header(file)
    return found


def no_weights(folder: Path, need: str) -> ModelError:
    """The error for a folder without weights that may be loaded."""
    pickles = sorted(file.name for pattern in _PICKLES for file in folder.glob(pattern))
    if pickles:
        return is_pickle(folder, pickles[0])
    others = sorted(file.name for file in folder.glob("*.safetensors"))
    told = f"no {WEIGHTS} and no index of its weights; {others[0]} is not asked for" if others else "no weights"
    return ModelError("model_folder_invalid", f"{folder} has {told} (safetensors).", need)


def is_pickle(folder: Path, name: str) -> ModelError:
    """The error for weights that are a pickle."""
    message = f"{folder} has its weights only as {name}, a pickle, which can run code when it is loaded."
    return ModelError("model_is_pickle", message, "Convert the weights to safetensors.")


def _listed(folder: Path, need: str) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise _unreadable(folder, error, need) from error


def _check_ordinary(file: Path, found: os.stat_result, need: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        return
    if not stat.S_ISREG(found.st_mode):
        raise ModelError("model_folder_invalid", f"{file} is no ordinary file.", need)
    if file.is_symlink() and not _stays(file):
        raise ModelError("model_folder_invalid", f"{file} is a link to a file outside of the folder.", _STAY)


def _stays(file: Path) -> bool:
    """Whether a link leads into its own folder, into the cache it is part of, or is one of an installed Cuemark."""
    folder, target = file.parent.resolve(), file.resolve()
    if folder.is_relative_to(BUNDLED.resolve()):  # some installers link every file of a package
        return True
    cache = [folder.parent.parent / "blobs"] if folder.parent.name == "snapshots" else []
    return any(target.is_relative_to(root) for root in (folder, *cache))


def _index_names(index: Path) -> list[str]:
    try:
        told: Any = read_json(index)
    except ValueError as error:
        raise ModelError("model_folder_invalid", f"{index} cannot be read as JSON: {error}", _AGAIN) from error
    except OSError as error:
        raise _unreadable(index, error) from error
    listed = told.get("weight_map") if isinstance(told, dict) else None
    names = set(listed.values()) if isinstance(listed, dict) and all(map(_is_text, listed.values())) else set()
    if not names or len(names) > _MOST_SHARDS:
        raise ModelError("model_folder_invalid", f"{index} names no files of weights.", _AGAIN)
    return sorted(names)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _check_shard(folder: Path, name: str, need: str) -> None:
    if not is_own_name(name):
        problem = f"{folder / INDEX} names {shown(Path(name))} outside of the folder as weights."
        raise ModelError("model_folder_invalid", problem, _STAY)
    if not name.endswith(".safetensors"):
        raise is_pickle(folder, shown(Path(name)))
    check_ordinary(folder / name, need)


def _unreadable(path: Path, error: OSError, next_step: str = _AGAIN) -> ModelError:
    reason = (error.strerror or str(error)).rstrip(".")
    return ModelError("model_folder_invalid", f"{path} cannot be read: {reason}.", next_step)
