"""What a folder of a speech model must hold, by the engine that runs it, said before the engine opens anything.

Both engines trust what they open: CTranslate2 the sizes in its file, ONNX Runtime the files that a model names.
Without a tokenizer in the folder faster-whisper would ask the hub for one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cuemark.core.errors import ModelError
from cuemark.models.store.ctranslate2_file import read_table
from cuemark.models.store.folder_files import check_files, check_ordinary, is_own_name, read_config, reading_weights
from cuemark.models.store.onnx_file import external_files
from cuemark.models.store.safetensors_header import BrokenWeights

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
_KERNEL, _FRAMES, _TEXT, _HEAD_WIDTH = 3, 1500, 448, 64  # the same in every size of Whisper


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
    return [folder / WEIGHTS] if engine_of(folder) == CTRANSLATE2 else _with_tensors(folder, onnx_model(folder)[2])


def check_speech(folder: Path) -> None:
    """Raises ModelError where the folder holds no speech model, or one that is not what it seems."""
    check_files(folder, NEED)
    if engine_of(folder) == CTRANSLATE2:
        _check_whisper(folder)
    else:
        weights(folder)


def _check_whisper(folder: Path) -> None:
    config = _config(folder)
    for names in (("tokenizer.json",), _VOCABULARIES):
        if not any((folder / name).is_file() for name in names):
            raise ModelError("model_folder_invalid", f"{folder} has no {' or '.join(names)}.", NEED)
    if not isinstance(config.get("suppress_ids"), list):
        raise ModelError("model_is_not_speech", f"{folder / 'config.json'} describes no Whisper model.", NEED)
    file = folder / WEIGHTS
    check_ordinary(file, NEED)
    with reading_weights(file):
        shapes = read_table(file)
        _check_whisper_shapes(shapes)
    _check_alignment(folder / "config.json", config, shapes)


def _check_whisper_shapes(shapes: dict[str, tuple[int, ...]]) -> None:
    """That every tensor has a shape of Whisper's: the engine multiplies them without asking."""
    width = shapes.get("decoder/embeddings/weight", (0, 0))[-1]
    mels = shapes.get("encoder/conv1/weight", (0, 0, 0))[1:2]
    known = {
        "decoder/embeddings/weight": (*shapes.get("decoder/embeddings/weight", (0,))[:1], width),
        "encoder/conv1/weight": (width, *mels, _KERNEL),
        "encoder/conv2/weight": (width, width, _KERNEL),
        "encoder/position_encodings/encodings": (_FRAMES, width),
        "decoder/position_encodings/encodings": (_TEXT, width),
    }
    if width <= 0 or width % _HEAD_WIDTH or any(shapes.get(name) != shape for name, shape in known.items()):
        raise BrokenWeights("it lacks the tensors of Whisper, or they do not fit each other")
    for name, shape in shapes.items():
        if _LAYER.search(name) and not _fits(name, shape, shapes, width):
            raise BrokenWeights(f"{name} has a shape that does not fit the others")


def _fits(name: str, shape: tuple[int, ...], shapes: dict[str, tuple[int, ...]], width: int) -> bool:
    """Whether a tensor of a layer is as in the first layer, and as wide as what it is multiplied with."""
    if shape != shapes.get(_LAYER.sub("/layer_0/", name)):
        return False
    if name.endswith("/weight"):
        return len(shape) == 2 and all(side in (width, 2 * width, 3 * width, 4 * width) for side in shape)
    if name.endswith(("/bias", "/weight_scale")):
        return shape[:1] == shapes.get(f"{name.rpartition('/')[0]}/weight", ())[:1] and len(shape) == 1
    return shape in ((), (width,)) or shape == (1,)


def _check_alignment(file: Path, config: dict[str, Any], shapes: dict[str, tuple[int, ...]]) -> None:
    """That the heads which align words are heads of the decoder; the engine looks them up unasked."""
    layers = {name.split("/")[1] for name in shapes if name.startswith("decoder/layer_")}
    heads = shapes["decoder/embeddings/weight"][1] // _HEAD_WIDTH
    listed = config.get("alignment_heads")
    pairs = listed if isinstance(listed, list) else []
    right = [isinstance(pair, list) and len(pair) == 2 and all(type(each) is int for each in pair) for pair in pairs]
    if not pairs or not all(right) or any(not (0 <= a < len(layers) and 0 <= b < heads) for a, b in pairs):
        told = f"{file} names alignment_heads that the model does not have; without them words have no times."
        raise ModelError("model_folder_invalid", told, _AGAIN)


def onnx_model(folder: Path) -> tuple[str, str, list[Path]]:
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
            return kind, ending.removeprefix("."), files
    missing = " and ".join(f"{name}.int8.onnx" for name in KINDS[kind])
    raise ModelError("model_folder_invalid", f"{folder} has no {missing}.", NEED)


def _with_tensors(folder: Path, files: list[Path]) -> list[Path]:
    """The files, and those that they keep tensors in, of which each lies in the folder."""
    beside: set[str] = set()
    for file in files:
        check_ordinary(file, NEED)
        with reading_weights(file):
            beside |= external_files(file)
    for name in sorted(beside):
        if not is_own_name(name):
            told = f"{files[0]} keeps its weights outside of the folder ({name[:80]!r})."
            raise ModelError("model_folder_invalid", told, _AGAIN)
        check_ordinary(folder / name, NEED)
    return [*files, *(folder / name for name in sorted(beside))]


def _config(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    if not file.is_file():
        raise ModelError("model_folder_invalid", f"{folder} has no config.json.", NEED)
    return read_config(file, NEED)
