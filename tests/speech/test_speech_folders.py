"""Folders that are no speech model, or pretend to be one: refused before an engine opens them."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.errors import ModelError
from cuemark.models.speech.recogniser import open_recogniser, recogniser_id
from cuemark.models.store.speech_folder import CTRANSLATE2, ONNX, engine_of
from cuemark.models.store.store import ModelStore
from tests.speech.small_models import transducer_folder, whisper_folder


def refusal(folder: Path) -> ModelError:
    """The error of choosing, which is that of opening."""
    with pytest.raises(ModelError) as error:
        ModelStore(folder.parent / "store").folder(folder, "speech")
    with pytest.raises(ModelError) as opened:
        open_recogniser(folder)
    assert str(opened.value) == str(error.value) and error.value.next_step and "\n" not in str(error.value)
    return error.value


def copied(folder: Path, name: str) -> Path:
    """A file that may be written to: the others of the folder are links to the package's."""
    file = folder / name
    data = file.read_bytes()
    file.unlink()
    file.write_bytes(data)
    return file


def test_both_kinds_are_known_by_their_files(tmp_path: Path) -> None:
    whisper, transducer = whisper_folder(tmp_path / "w"), transducer_folder(tmp_path / "t")
    assert (engine_of(whisper), engine_of(transducer)) == (CTRANSLATE2, ONNX)
    store = ModelStore(tmp_path / "store")
    assert store.folder(whisper, "speech") == whisper and store.folder(str(transducer), "speech") == transducer
    known = recogniser_id(whisper)
    copied(whisper, "config.json").write_text(json.dumps({**json.loads((whisper / "config.json").read_text()), "a": 1}))
    assert recogniser_id(whisper) != known, "every file that is read counts"


def test_folders_of_other_models(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text('{"model_type": "whisper"}')
    (other / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    assert refusal(tmp_path / "empty").code == refusal(tmp_path / "nowhere").code == "model_folder_invalid"
    assert refusal(other).code == "model_is_not_speech" and "--speech whisper-base" in refusal(other).next_step


@pytest.mark.parametrize("name", ["tokenizer.json", "config.json"])
def test_a_whisper_that_lacks_a_file(tmp_path: Path, name: str) -> None:
    folder = whisper_folder(tmp_path / "w")
    (folder / name).unlink()
    assert refusal(folder).code == "model_folder_invalid" and name in str(refusal(folder))


def claims_more(data: bytearray) -> None:
    place = data.index(b"decoder/embeddings/weight\0") + len(b"decoder/embeddings/weight\0") + 1
    data[place : place + 4] = struct.pack("<I", 2**31)


def claims_many(data: bytearray) -> None:
    place = data.index(b"WhisperSpec\0") + len(b"WhisperSpec\0") + 4
    data[place : place + 4] = struct.pack("<I", 2**32 - 1)


HARMS: dict[str, Callable[[bytearray], Any]] = {
    "cut": lambda data: data.__delitem__(slice(len(data) // 2, None)),
    "longer": lambda data: data.extend(b"more"),
    "empty": lambda data: data.clear(),
    "a pickle": lambda data: data.__setitem__(slice(0, 4), b"\x80\x04cp"),
    "another kind": lambda data: data.__setitem__(slice(6, 17), b"TransfmSpec"),
    "a shape beyond its bytes": claims_more,
    "tensors without end": claims_many,
}


@pytest.mark.parametrize("harm", HARMS)
def test_weights_that_are_not_what_they_seem(tmp_path: Path, harm: str) -> None:
    folder = whisper_folder(tmp_path / "w")
    file = copied(folder, "model.bin")
    data = bytearray(file.read_bytes())
    HARMS[harm](data)
    file.write_bytes(data)
    assert refusal(folder).code == "model_folder_invalid" and "model.bin" in str(refusal(folder))


def test_shapes_that_do_not_fit_each_other(tmp_path: Path) -> None:
    """An engine that multiplies without asking would read beyond its memory."""
    folder = whisper_folder(tmp_path / "w")
    file = copied(folder, "model.bin")
    data = bytearray(file.read_bytes())
    for layer in range(4):
        name = f"decoder/layer_{layer}/ffn/linear_0/weight\0".encode()
        place = data.index(name) + len(name) + 1
        wide, narrow = struct.unpack_from("<II", data, place)
        struct.pack_into("<II", data, place, narrow, wide)
    file.write_bytes(data)
    assert "does not fit the others" in str(refusal(folder))


@pytest.mark.parametrize("heads", [[[99, 0]], [[-1, -1]], [[0, 6]], [], "all", [[0]], [[True, 0]], [[0.5, 0]], None])
def test_words_are_aligned_by_heads_that_there_are(tmp_path: Path, heads: object) -> None:
    folder = whisper_folder(tmp_path / "w")
    file = copied(folder, "config.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), "alignment_heads": heads}))
    assert "alignment_heads" in str(refusal(folder))


def test_links_lead_nowhere_else(tmp_path: Path) -> None:
    folder = whisper_folder(tmp_path / "w")
    real = copied(folder, "model.bin")
    real.rename(tmp_path / "elsewhere.bin")
    real.symlink_to(tmp_path / "elsewhere.bin")
    assert "link to a file outside" in str(refusal(folder))


@pytest.mark.parametrize("place", ["../secret.bin", "/etc/passwd", "sub/x.bin", "..", "missing.bin"])
def test_an_onnx_model_keeps_its_weights_in_the_folder(tmp_path: Path, place: str) -> None:
    import onnx

    folder = transducer_folder(tmp_path / "t")
    (tmp_path / "secret.bin").write_bytes(b"\0" * 4096)
    file = folder / "decoder_joint-model.int8.onnx"
    model = onnx.load(str(file))
    tensor = model.graph.initializer[0]
    tensor.ClearField("float_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)
    file.write_bytes(model.SerializeToString())
    assert refusal(folder).code == "model_folder_invalid"


def test_onnx_folders_that_are_none(tmp_path: Path) -> None:
    folder = transducer_folder(tmp_path / "t")
    config = folder / "config.json"
    config.write_text('{"model_type": "whisper-ort"}')
    assert refusal(folder).code == "model_is_not_speech" and "nemo-conformer-tdt" in str(refusal(folder))
    config.write_text('{"model_type": "nemo-conformer-tdt"}')
    (folder / "encoder-model.int8.onnx").write_bytes(b"<html>log in</html>")
    assert refusal(folder).code == "model_folder_invalid" and "no ONNX model" in str(refusal(folder))
    (folder / "encoder-model.int8.onnx").unlink()
    assert "has no encoder-model.int8.onnx" in str(refusal(folder))


def test_weights_that_fit_nothing_end_as_an_error_of_the_folder(tmp_path: Path) -> None:
    folder = transducer_folder(tmp_path / "t")
    (folder / "vocab.txt").write_text("no number here\n")
    with pytest.raises(ModelError) as error:
        open_recogniser(folder)
    assert error.value.code == "model_folder_invalid"
