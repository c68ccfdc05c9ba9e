"""The table of a CTranslate2 model file, read without loading the model: is each tensor in the file, and nothing else?

The format is its own, without a pickle: version, specification, revision, then variables (name, shape, type, bytes) and
aliases (name, variable).  Its reader in C++ trusts the sizes that stand in the file; here they are held against the
file's size first.  Source: CTranslate2's `models/model.cc` and `specs/model_spec.py`.
"""

from __future__ import annotations

import os
import struct
from math import prod
from pathlib import Path
from typing import BinaryIO

from cuemark.models.store.safetensors_header import BrokenWeights

_VERSIONS = range(4, 8)
_BYTES_OF_TYPE = {0: 4, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2}  # float32, int8, int16, int32, float16, bfloat16
_MOST_VARIABLES, _MOST_DIMENSIONS, _LONGEST_NAME = 20_000, 4, 500


def read_table(file: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of a model's variables by name; its specification stands under "" with no shape.

    Raises BrokenWeights, OSError.
    """
    size = file.stat().st_size
    with file.open("rb") as stream:
        try:
            specification, found = _read(stream, size)
        except (struct.error, UnicodeDecodeError, EOFError):
            raise BrokenWeights("it is cut, or no model of CTranslate2") from None
    if specification != "WhisperSpec":
        raise BrokenWeights(f"it is a model of another kind ({specification[:40]!r})")
    return found


def _read(stream: BinaryIO, size: int) -> tuple[str, dict[str, tuple[int, ...]]]:
    if _number(stream, "<I") not in _VERSIONS:
        raise BrokenWeights("it is no model of CTranslate2, or of an unknown version")
    specification = _text(stream)
    _number(stream, "<I")
    found: dict[str, tuple[int, ...]] = {}
    for _ in range(_bounded(_number(stream, "<I"))):
        name = _text(stream)
        found[name] = _skip_variable(stream, size, name)
    for _ in range(_bounded(_number(stream, "<I"))):
        alias, target = _text(stream), _text(stream)
        if target not in found:
            raise BrokenWeights(f"{alias[:40]!r} stands for a tensor that is not there")
    if stream.tell() != size:
        raise BrokenWeights("there are bytes behind its last tensor")
    return specification, found


def _skip_variable(stream: BinaryIO, size: int, name: str) -> tuple[int, ...]:
    rank = _number(stream, "<B")
    if rank > _MOST_DIMENSIONS:
        raise BrokenWeights(f"{name[:40]!r} has {rank} dimensions")
    shape = tuple(_number(stream, "<I") for _ in range(rank))
    kind, held = _number(stream, "<B"), _number(stream, "<I")
    if kind not in _BYTES_OF_TYPE or prod(shape) * _BYTES_OF_TYPE[kind] != held:
        raise BrokenWeights(f"{name[:40]!r} has another size than its shape says")
    if stream.tell() + held > size:
        raise BrokenWeights("it is cut")
    stream.seek(held, os.SEEK_CUR)
    return shape


def _number(stream: BinaryIO, form: str) -> int:
    return int(struct.unpack(form, stream.read(struct.calcsize(form)))[0])


def _text(stream: BinaryIO) -> str:
    """A name: its length with the zero behind it, the bytes, the zero."""
    length = _number(stream, "<H")
    if not 0 < length <= _LONGEST_NAME:
        raise BrokenWeights("it is no model of CTranslate2")
    data = stream.read(length)
    if len(data) != length:
        raise EOFError
    return data.rstrip(b"\0").decode("utf-8")


def _bounded(count: int) -> int:
    if count > _MOST_VARIABLES:
        raise BrokenWeights("it claims more tensors than any such model has")
    return count
