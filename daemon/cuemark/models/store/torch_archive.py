"""Weights out of a torch archive (`*.bin`, `*.pt`) into safetensors, without loading the pickle in it.

Some publishers offer their weights in no other form.  Such an archive is a zip file: the bytes of tensors, one entry a
storage, and a pickle that says which tensor lies where.  A pickle that is loaded may run any code; this one never is.
Its operations are read one by one by a reader that knows the few of a plain table of tensors, keeps what they say as
values of its own, and calls nothing; whatever else stands there is refused.

What an archive says of itself is bounded before it is believed: the size of its directory and of its table, the number
of operations, no compression (torch never compresses, so there are no bombs), and tensors no larger than the file.

Not covered: archives of torch before 1.6 (no zip), quantised and sparse tensors, tensors that are not contiguous.
"""

from __future__ import annotations

import errno
import json
import pickletools
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

from cuemark.core.drafts import draft_beside
from cuemark.core.errors import StoreError
from cuemark.core.files import put_in_place
from cuemark.core.text import one_line, shorten

# Kinds of storages: (name in safetensors, bytes of a number).
_STORAGES = {
    "DoubleStorage": ("F64", 8), "FloatStorage": ("F32", 4), "HalfStorage": ("F16", 2), "BFloat16Storage": ("BF16", 2),
    "LongStorage": ("I64", 8), "IntStorage": ("I32", 4), "ShortStorage": ("I16", 2), "CharStorage": ("I8", 1),
    "ByteStorage": ("U8", 1), "BoolStorage": ("BOOL", 1),
}  # fmt: skip
_DICT, _TENSOR = ("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2")
_LARGEST_TABLE, _MOST_OPERATIONS = 8 << 20, 1_000_000  # a thousand tensors take 0.1 MB and 40,000
_LARGEST_DIRECTORY = 16 << 20
_END, _END_LENGTH, _LONGEST_REMARK = b"PK\5\6", 22, 1 << 16  # of a zip file, where its directory is told
_ZIP64 = 0xFFFFFFFF
_BLOCK = 1 << 20
_METADATA = "__metadata__"
_MOST_TIMES = 2  # some tensors share a storage


@dataclass(frozen=True)
class _Storage:
    """An entry of the archive: its key, kind in safetensors, bytes of a number, and how many there are."""

    key: str
    kind: str
    width: int
    count: int


@dataclass(frozen=True)
class _Tensor:
    """Where a tensor's numbers lie: in a storage, from `offset` numbers on, in order."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * self.storage.width


class _Refused(Exception):
    """What stands in the archive is no plain table of tensors; says why."""


# What zipfile raises of broken, encrypted and strangely compressed archives, beside our own.
_BROKEN = (
    _Refused, zipfile.BadZipFile, zlib.error, struct.error, KeyError, EOFError, NotImplementedError, RuntimeError,
    ValueError, OverflowError,
)  # fmt: skip


def convert(archive: Path, target: Path) -> None:
    """Write the tensors of a torch archive to a safetensors file; raises StoreError `model_archive_refused`."""
    draft = draft_beside(target)
    try:
        _check_directory(archive)
        with zipfile.ZipFile(archive) as opened:
            name = _table_name(opened)
            root = name.removesuffix("data.pkl")
            table = _tensors(_read_table(opened, name))
            _check(opened, root, table)
            _check_sums(opened, root, table)
            if sum(tensor.nbytes for tensor in table.values()) > _MOST_TIMES * archive.stat().st_size:
                raise _Refused("its tensors would take far more room than itself")
            with draft.open("wb") as stream:
                _write(opened, root, table, stream)
        put_in_place(draft, target)
    except _BROKEN as error:
        raise _refusal(archive, error) from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the file's first byte
            raise
        raise _refusal(archive, error) from error
    finally:
        draft.unlink(missing_ok=True)


def _refusal(archive: Path, error: Exception) -> StoreError:
    reason = shorten(one_line(str(error)), 200) or type(error).__name__
    message = f"{archive.name} is no plain archive of weights: {reason}."
    return StoreError("model_archive_refused", message, "Pull again; if it stays, use another model.")


def _check_directory(archive: Path) -> None:
    """The directory is not too large: zipfile reads all of it when it opens an archive."""
    with archive.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _END_LENGTH - _LONGEST_REMARK))
        last = stream.read()
    place = last.rfind(_END)
    if place < 0 or len(last) - place < _END_LENGTH:
        raise _Refused("it is no zip file")
    length, start = struct.unpack_from("<II", last, place + 12)
    if _ZIP64 in (length, start):  # told in 8 bytes elsewhere: whatever lies behind the entries cannot be longer
        length = _long_directory(archive, size - len(last) + place)
    if length > _LARGEST_DIRECTORY:
        raise _Refused("its directory is too large")


def _long_directory(archive: Path, end: int) -> int:
    """The length of a directory as the zip64 record before the end tells it."""
    with archive.open("rb") as stream:
        stream.seek(max(0, end - 20))
        place = struct.unpack("<4sIQI", stream.read(20))[2]
        stream.seek(place)
        record = stream.read(56)
    if record[:4] != b"PK\6\6":
        raise _Refused("its directory is not where it says")
    return int(struct.unpack_from("<Q", record, 40)[0])


def _table_name(opened: zipfile.ZipFile) -> str:
    names = [entry.filename for entry in opened.infolist() if Path(entry.filename).name == "data.pkl"]
    if len(names) != 1:
        raise _Refused("it holds no table of tensors" if not names else "it holds several tables of tensors")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in opened.infolist()):
        raise _Refused("it is compressed")
    return names[0]


def _read_table(opened: zipfile.ZipFile, name: str) -> bytes:
    if opened.getinfo(name).file_size > _LARGEST_TABLE:
        raise _Refused("its table of tensors is too large")
    return opened.read(name)


def _tensors(table: bytes) -> dict[str, _Tensor]:
    """Tensors by name, as the table says."""
    found = _Reader().read(table)
    if not isinstance(found, dict) or not found or not all(isinstance(one, _Tensor) for one in found.values()):
        raise _Refused("its table holds something else than tensors by name")
    if not all(isinstance(name, str) and name.isprintable() and name != _METADATA for name in found):
        raise _Refused("its table has tensors under names that are none")
    return found


def _check(opened: zipfile.ZipFile, root: str, table: dict[str, _Tensor]) -> None:
    """Every tensor lies within a storage that is as long as it says."""
    for name, tensor in table.items():
        storage = tensor.storage
        if opened.getinfo(f"{root}data/{storage.key}").file_size != storage.count * storage.width:
            raise _Refused(f"the storage of {name} is not as long as it says")
        if tensor.offset < 0 or tensor.offset + prod(tensor.shape) > storage.count:
            raise _Refused(f"{name} does not lie within its storage")
    order = f"{root}byteorder"
    if order in opened.namelist() and opened.read(order) != b"little":
        raise _Refused("its numbers begin with the high byte")


def _check_sums(opened: zipfile.ZipFile, root: str, table: dict[str, _Tensor]) -> None:
    """Storages of which a part is wanted are what the archive's sums say.

    zipfile compares them only where an entry is read from its first byte to its last, as the others will be.
    """
    for key in {one.storage.key for one in table.values() if prod(one.shape) < one.storage.count}:
        with opened.open(f"{root}data/{key}") as numbers:
            while numbers.read(_BLOCK):
                pass


def _write(opened: zipfile.ZipFile, root: str, table: dict[str, _Tensor], stream: IO[bytes]) -> None:
    """The safetensors file: the length of its header, the header (padded to 8 bytes), the numbers."""
    header: dict[str, Any] = {_METADATA: {"format": "pt"}}
    end = 0
    for name, tensor in table.items():
        start, end = end, end + tensor.nbytes
        header[name] = {"dtype": tensor.storage.kind, "shape": tensor.shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode("utf-8")
    text += b" " * (-len(text) % 8)
    stream.write(len(text).to_bytes(8, "little") + text)
    for tensor in table.values():
        with opened.open(f"{root}data/{tensor.storage.key}") as numbers:
            numbers.seek(tensor.offset * tensor.storage.width)
            left = tensor.nbytes
            while left:
                block = numbers.read(min(_BLOCK, left))
                if not block:
                    raise _Refused("it ends too early")
                left -= stream.write(block)


class _Reader:
    """Reads the operations of a pickle of tensors by name; a machine with a stack that makes nothing but our values."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def read(self, table: bytes) -> Any:
        """What the pickle says; raises _Refused at the first operation that a table of tensors does not need."""
        try:
            for number, (operation, argument, _) in enumerate(pickletools.genops(table)):
                if number > _MOST_OPERATIONS:
                    raise _Refused("its table is too long")
                if operation.name == "STOP":
                    return self._stack.pop()
                act = _OPERATIONS.get(operation.name)
                if act is None:
                    raise _Refused(f"its table asks for {operation.name}")
                act(self, argument)
        except (ValueError, IndexError, TypeError, KeyError, AttributeError) as error:
            raise _Refused(f"its table makes no sense ({error})") from error
        raise _Refused("its table does not end")

    def push(self, value: Any) -> None:
        """A value as it stands."""
        self._stack.append(value)

    def name(self, argument: str) -> None:
        """The name of a class or function: kept as a name, and only if it is one of those expected."""
        module, _, name = argument.partition(" ")
        if (module, name) not in (_DICT, _TENSOR) and not (module == "torch" and name in _STORAGES):
            raise _Refused(f"its table names {module}.{name}")
        self._stack.append((module, name))

    def mark(self, _: Any) -> None:
        """Where a tuple or a row of items begins."""
        self._marks.append(len(self._stack))

    def since_mark(self) -> list[Any]:
        """What was pushed since the last mark; it leaves the stack."""
        start = self._marks.pop()
        found = self._stack[start:]
        del self._stack[start:]
        return found

    def tuple_of(self, count: int) -> None:
        """A tuple of the last values."""
        found = tuple(self._stack[len(self._stack) - count :])
        del self._stack[len(self._stack) - count :]
        self._stack.append(found)

    def items(self, found: list[Any]) -> None:
        """Names and values into the dict below them."""
        self._stack[-1].update(zip(found[::2], found[1::2], strict=True))

    def storage(self, _: Any) -> None:
        """A reference ("storage", kind, key, device, count) to an entry of the archive."""
        word, kind, key, _device, count = self._stack.pop()
        if word != "storage" or kind[0] != "torch":
            raise _Refused("its table refers to something else than storages")
        name, width = _STORAGES[kind[1]]
        self._stack.append(_Storage(str(key), name, width, int(count)))

    def made(self, _: Any) -> None:
        """What a name makes of its arguments: an empty dict, or a tensor."""
        arguments, what = self._stack.pop(), self._stack.pop()
        if what == _DICT and arguments == ():
            self._stack.append({})
        elif what == _TENSOR:
            self._stack.append(_tensor(*arguments[:4]))
        else:
            raise _Refused("its table makes something else than tensors")

    def put(self, place: int) -> None:
        """Remember the last value."""
        self._memo[place] = self._stack[-1]

    def drop(self, _: Any) -> None:
        """Attributes of the dict below them (torch keeps versions of modules there): not needed."""
        self._stack.pop()


def _tensor(storage: Any, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]) -> _Tensor:
    """A tensor, if its numbers lie in order."""
    if not isinstance(storage, _Storage):
        raise _Refused("its table has a tensor without a storage")
    expected, steps = 1, []
    for size in reversed(shape):
        steps.append(expected)
        expected *= size
    if any(size != 1 and step != want for size, step, want in zip(shape, stride, reversed(steps), strict=True)):
        raise _Refused("it holds a tensor that is not contiguous")
    return _Tensor(storage, int(offset), tuple(int(size) for size in shape))


_VALUES = ("BINUNICODE", "SHORT_BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1")
_OPERATIONS: dict[str, Callable[[_Reader, Any], None]] = {
    **dict.fromkeys(_VALUES, _Reader.push),
    "PROTO": lambda reader, version: None,
    "FRAME": lambda reader, length: None,
    "NONE": lambda reader, _: reader.push(None),
    "NEWTRUE": lambda reader, _: reader.push(True),
    "NEWFALSE": lambda reader, _: reader.push(False),
    "EMPTY_DICT": lambda reader, _: reader.push({}),
    "EMPTY_TUPLE": lambda reader, _: reader.push(()),
    "GLOBAL": _Reader.name,
    "MARK": _Reader.mark,
    "TUPLE": lambda reader, _: reader.push(tuple(reader.since_mark())),
    "TUPLE1": lambda reader, _: reader.tuple_of(1),
    "TUPLE2": lambda reader, _: reader.tuple_of(2),
    "TUPLE3": lambda reader, _: reader.tuple_of(3),
    "SETITEM": lambda reader, _: reader.items([*reversed([reader._stack.pop(), reader._stack.pop()])]),
    "SETITEMS": lambda reader, _: reader.items(reader.since_mark()),
    "BINPERSID": _Reader.storage,
    "REDUCE": _Reader.made,
    "BUILD": _Reader.drop,
    "BINPUT": _Reader.put,
    "LONG_BINPUT": _Reader.put,
    "BINGET": lambda reader, place: reader.push(reader._memo[place]),
    "LONG_BINGET": lambda reader, place: reader.push(reader._memo[place]),
}
