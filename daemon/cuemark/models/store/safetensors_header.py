"""The header of a safetensors file: which tensors it holds and where, believed only where the file bears it out.

Read without loading a number, so that a cut file, a web page under the name of weights, or tensors that would lie
outside of the file, in a gap or over one another are known before anything heavy is imported.  The layout is the
format's own: the header's length in 8 bytes (little-endian), the header (JSON), the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from cuemark.core.json_files import parse_json

# Bits of a number by kind; a kind that a later version of the format adds is checked for its place alone.
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64,
    "C64": 64,
}  # fmt: skip
_LENGTH = 8
_LARGEST = 32 << 20  # a thousand tensors take about 0.1 MB
_METADATA = "__metadata__"


class BrokenWeights(Exception):
    """What is said to be a file of weights is none of its kind; says why, about "it"."""


@dataclass(frozen=True)
class TensorEntry:
    """A tensor as the header has it: kind of number, shape, and its bytes [start, end) behind the header."""

    kind: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def numbers(self) -> int:
        """How many there are."""
        return prod(self.shape)


def read_header(file: Path) -> dict[str, TensorEntry]:
    """The tensors of a safetensors file by name; raises BrokenWeights, or OSError where it cannot be read."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        told = stream.read(_LENGTH)
        length = int.from_bytes(told, "little")
        if len(told) < _LENGTH or length > size - _LENGTH or length > _LARGEST:
            raise BrokenWeights("it does not begin as weights do (safetensors)")
        content = stream.read(length)
    tensors = _tensors(content)
    _check_places(tensors, size - _LENGTH - length)
    return tensors


def _tensors(content: bytes) -> dict[str, TensorEntry]:
    try:
        header = parse_json(content)
    except ValueError as error:
        raise BrokenWeights(f"its table of tensors cannot be read ({error})"[:200]) from error
    if not isinstance(header, dict):
        raise BrokenWeights("its table of tensors is none")
    return {name: _entry(name, told) for name, told in header.items() if name != _METADATA}


def _entry(name: str, told: Any) -> TensorEntry:
    try:
        kind, shape, (start, end) = told["dtype"], tuple(told["shape"]), told["data_offsets"]
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenWeights(f"its entry {name[:80]!r} describes no tensor") from error
    if not isinstance(kind, str) or any(type(number) is not int or number < 0 for number in (*shape, start, end)):
        raise BrokenWeights(f"its entry {name[:80]!r} describes no tensor")
    found = TensorEntry(kind, shape, start, end)
    bits = _BITS.get(kind)
    if bits is not None and bits * found.numbers != 8 * (end - start):
        raise BrokenWeights(f"its entry {name[:80]!r} is not as long as its shape says")
    return found


def _check_places(tensors: dict[str, TensorEntry], room: int) -> None:
    """The tensors lie behind one another, from the first byte to the last."""
    end = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].end)):
        if tensor.start != end or tensor.end < tensor.start:
            raise BrokenWeights(f"its entry {name[:80]!r} does not lie behind the one before it")
        end = tensor.end
    if end > room:
        raise BrokenWeights(f"it is cut off: {end - room} bytes are missing at its end")
    if end < room:
        raise BrokenWeights(f"{room - end} bytes follow its last tensor")
