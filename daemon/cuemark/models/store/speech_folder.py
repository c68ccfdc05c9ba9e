"""What a folder of a speech model must hold, by the engine that runs it, said before the engine opens anything.

Both engines trust what they open: CTranslate2 the sizes in its file, ONNX Runtime the files that a model names.
Without a tokenizer in the folder faster-whisper would ask the hub for one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cuemark.core.errors import ModelError
from cuemark.core.json_files import read_json
from cuemark.models.store import ctranslate2_file, onnx_file
from cuemark.models.store.folder_files import check_files, check_ordinary

CTRANSLATE2, ONNX = "faster-whisper", "onnx-asr"
NEED = (
    "A speech model folder holds Whisper for CTranslate2 (model.bin, config.json, tokenizer.json, vocabulary.txt or "
    ".json), or NeMo's models for onnx-asr (config.json, vocab.txt, *.onnx)."
)
WEIGHTS = "model.bin"
KINDS = {
    "nemo-conformer-tdt": ("encoder-model", "decoder_joint-model"),
    "nemo-conformer-rnnt": ("encoder-model", "decoder_joint-model"),
    "nemo-conformer-ctc": ("model",),
}
"""The models of onnx-asr that are run, by the model_type of their config.json, and their files less the precision."""
PRECISIONS = (".int8", "")
"""The endings of a model's files, the first that is there is taken."""
_AGAIN = "Download or export the model again."
_VOCABULARIES = ("vocabulary.txt", "vocabulary.json")
_LAYER = re.compile(r"/layer_\d+/")


def engine_of(folder: Path) -> str:
    """Which engine a folder's files are made for; ModelError where for none."""
    if (folder / WEIGHTS).is_file():
        return CTRANSLATE2
    if any(folder.glob("*.onnx")):
        return ONNX
    if any(folder.glob("*.safetensors")) or any(folder.glob("pytorch_model*.bin")):
        told = f"{folder} holds weights that are not made for CTranslate2 or ONNX."
        step = "Name a converted model, or one of `cuemark models list`: --speech whisper-base."
        raise ModelError("model_is_not_speech", told, step)
    raise ModelError("model_folder_invalid", f"{folder} holds no speech model.", NEED)


def weights(folder: Path) -> list[Path]:
    """The files of weights that the engine reads; raises ModelError."""
    return [folder / WEIGHTS] if engine_of(folder) == CTRANSLATE2 else onnx_files(folder)[2]


def check_speech(folder: Path) -> None:
    """Raises ModelError where the folder holds no speech model, or one that is not what it seems."""
    check_files(folder, NEED)
    if engine_of(folder) == CTRANSLATE2:
        check_whisper(folder)
    else:
        onnx_files(folder)


def check_whisper(folder: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of a Whisper model's tensors, by name; raises ModelError."""
    config = _config(folder)
    for names in (("tokenizer.json",), _VOCABULARIES):
        if not any((folder / name).is_file() for name in names):
            raise ModelError("model_folder_invalid", f"{folder} has no {' or '.join(names)}.", NEED)
    if not isinstance(config.get("suppress_ids"), list):
        raise ModelError("model_is_not_speech", f"{folder / 'config.json'} describes no Whisper model.", NEED)
    file = folder / WEIGHTS
    check_ordinary(file, NEED)
    try:
        shapes = ctranslate2_file.read_table(file)
        _check_whisper_shapes(shapes)
    except ctranslate2_file.BrokenModel as error:
        raise ModelError("model_folder_invalid", f"{file} cannot be used as weights: {error}.", _AGAIN) from error
    except OSError as error:
        raise ModelError(
            "model_folder_invalid", f"{file} cannot be read: {error.strerror or error}.", _AGAIN
        ) from error
    return shapes


def _check_whisper_shapes(shapes: dict[str, tuple[int, ...]]) -> None:
    """That layers are alike and the towers meet: the engine computes with the sizes of the first."""
    words, mels = shapes.get("decoder/embeddings/weight", ()), shapes.get("encoder/conv1/weight", ())
    if len(words) != 2 or len(mels) != 3 or words[1] != mels[0]:
        raise ctranslate2_file.BrokenModel("it lacks the tensors of Whisper, or they do not fit each other")
    for name, shape in shapes.items():
        first = _LAYER.sub("/layer_0/", name)
        if shape != shapes.get(first, shape) or first not in shapes:
            raise ctranslate2_file.BrokenModel(f"{name} has another shape than in the first layer")


def onnx_files(folder: Path) -> tuple[str, str, list[Path]]:
    """The kind of an onnx-asr model, the precision of its files ("int8" or ""), and those files; raises ModelError."""
    kind = _config(folder).get("model_type")
    if kind not in KINDS:
        known = ", ".join(KINDS)
        told = f"{folder / 'config.json'} describes no model that is run here (model_type is one of {known})."
        raise ModelError("model_is_not_speech", told, NEED)
    if not (folder / "vocab.txt").is_file():
        raise ModelError("model_folder_invalid", f"{folder} has no vocab.txt.", NEED)
    for ending in PRECISIONS:
        files = [folder / f"{name}{ending}.onnx" for name in KINDS[kind]]
        if all(file.is_file() for file in files):
            return kind, ending.removeprefix("."), _checked(folder, files)
    missing = " and ".join(f"{name}.int8.onnx" for name in KINDS[kind])
    raise ModelError("model_folder_invalid", f"{folder} has no {missing}.", NEED)


def _checked(folder: Path, files: list[Path]) -> list[Path]:
    """The files, and those that they keep tensors in, of which each lies in the folder."""
    beside: set[str] = set()
    for file in files:
        check_ordinary(file, NEED)
        try:
            beside |= onnx_file.external_files(file)
        except onnx_file.BrokenModel as error:
            raise ModelError("model_folder_invalid", f"{file} cannot be used as weights: {error}.", _AGAIN) from error
        except OSError as error:
            told = f"{file} cannot be read: {error.strerror or error}."
            raise ModelError("model_folder_invalid", told, _AGAIN) from error
    for name in sorted(beside):
        if Path(name).name != name or "\\" in name or "\0" in name or name in (".", ".."):
            told = f"{files[0]} keeps its weights outside of the folder ({name[:80]!r})."
            raise ModelError("model_folder_invalid", told, _AGAIN)
        check_ordinary(folder / name, NEED)
    return [*files, *(folder / name for name in sorted(beside))]


def _config(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    if not file.is_file():
        raise ModelError("model_folder_invalid", f"{folder} has no config.json.", NEED)
    try:
        told = read_json(file)
    except (OSError, ValueError) as error:
        raise ModelError("model_folder_invalid", f"{file} cannot be read as JSON: {error}", NEED) from error
    if not isinstance(told, dict):
        raise ModelError("model_folder_invalid", f"{file} is not a JSON object.", NEED)
    return told
