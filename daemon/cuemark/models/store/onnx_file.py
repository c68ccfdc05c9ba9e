"""Where an ONNX file keeps its tensors, read without loading the model: in itself, or in files beside it.

ONNX is protobuf: a model holds a graph, a graph nodes and initialisers, a node attributes that may hold graphs again.
Tensors may name a file and a place in it ("external data"); a model from anywhere may name any file.  Only the outline
is read here, byte by byte past everything else.  Source: onnx.proto3 (field numbers), protobuf's wire format.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cuemark.models.store.safetensors_header import BrokenWeights

_GRAPH, _NODE, _ATTRIBUTE, _INITIALISER = 7, 1, 5, 5  # ModelProto.graph, GraphProto.node, NodeProto, GraphProto
_ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = (5, 10), (6, 11)  # AttributeProto.t, .tensors; .g, .graphs
_EXTERNAL, _KEY, _VALUE = 13, 1, 2  # TensorProto.external_data, StringStringEntryProto
_IR_VERSION = 1
_DEEPEST, _LARGEST_ENTRY = 8, 4096
_BYTES, _VARINT, _FIXED64, _FIXED32 = 2, 0, 1, 5


def external_files(file: Path) -> set[str]:
    """The names of the files that hold tensors of a model; raises BrokenWeights, OSError."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        parts = list(_fields(stream, size))
        graphs = [place for number, place in parts if number == _GRAPH]
        if len(graphs) != 1 or not any(number == _IR_VERSION for number, _ in parts):
            raise BrokenWeights("it is no ONNX model")
        return set(_of_graph(stream, graphs[0], 0))


Place = tuple[int, int]
"""Where the content of a field begins and ends."""


def _of_graph(stream: BinaryIO, place: Place, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise BrokenWeights("its graphs are nested too deeply")
    for number, inside in _within(stream, place):
        if number == _INITIALISER:
            yield from _of_tensor(stream, inside)
        elif number == _NODE:
            for name, attribute in _within(stream, inside):
                if name == _ATTRIBUTE:
                    yield from _of_attribute(stream, attribute, depth)


def _of_attribute(stream: BinaryIO, place: Place, depth: int) -> Iterator[str]:
    for number, inside in _within(stream, place):
        if number in _ATTRIBUTE_TENSORS:
            yield from _of_tensor(stream, inside)
        elif number in _ATTRIBUTE_GRAPHS:
            yield from _of_graph(stream, inside, depth + 1)


def _of_tensor(stream: BinaryIO, place: Place) -> Iterator[str]:
    for number, inside in _within(stream, place):
        if number != _EXTERNAL:
            continue
        entry = {name: _text(stream, text) for name, text in _within(stream, inside) if name in (_KEY, _VALUE)}
        if entry.get(_KEY) == "location":
            yield entry.get(_VALUE, "")


def _within(stream: BinaryIO, place: Place) -> list[tuple[int, Place]]:
    stream.seek(place[0])
    return list(_fields(stream, place[1]))


def _fields(stream: BinaryIO, end: int) -> Iterator[tuple[int, Place]]:
    """The fields from here to `end`: number, and where their content lies."""
    while stream.tell() < end:
        tag = _varint(stream)
        number, kind = tag >> 3, tag & 7
        begin = stream.tell()
        if kind == _BYTES:
            length = _varint(stream)
            begin = stream.tell()
            stream.seek(length, os.SEEK_CUR)
        elif kind == _VARINT:
            _varint(stream)
        elif kind in (_FIXED64, _FIXED32):
            stream.seek(8 if kind == _FIXED64 else 4, os.SEEK_CUR)
        else:
            raise BrokenWeights("it is no ONNX model")
        if number == 0 or stream.tell() > end:
            raise BrokenWeights("it is cut, or no ONNX model")
        yield number, (begin, stream.tell())


def _varint(stream: BinaryIO) -> int:
    value = 0
    for shift in range(0, 64, 7):
        byte = stream.read(1)
        if not byte:
            raise BrokenWeights("it is cut, or no ONNX model")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise BrokenWeights("it is no ONNX model")


def _text(stream: BinaryIO, place: Place) -> str:
    stream.seek(place[0])
    data = stream.read(min(place[1] - place[0], _LARGEST_ENTRY))
    return data.decode("utf-8", "replace")
