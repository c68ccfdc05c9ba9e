"""Zeros behind footage: of a recording whose place was reserved, or of a download that is under way."""

from __future__ import annotations

import errno
import io
import os
from collections import OrderedDict
from collections.abc import Callable

from cuemark.media.boxes import TOP_BOXES

_BLOCK = 1 << 20
_ZEROS = bytes(_BLOCK)
_MOST_KNOWN = 16
_known: OrderedDict[tuple[int, int, int, int], int] = OrderedDict()
"""What was found of the last few files: each is opened several times."""


def footage_end(file: io.FileIO, heard: Callable[[int], None] | None = None) -> int:
    """How many bytes of a file come before the zeros at its end, where these are a megabyte or more; else its size.

    Its size for MP4 and MOV, too: their index says where everything lies, and they may end in a black picture without
    anything around it; and for plain sound, whose silence is zeros.  `heard` is called with 0 for
    each megabyte looked at, and may raise.
    """
    size = file.seek(0, io.SEEK_END)
    try:
        head = _block(file, 0, 12)
        if (
            size < 2 * _BLOCK
            or head[4:8] in TOP_BOXES
            or _is_plain_sound(head)
            or _block(file, size - _BLOCK) != _ZEROS
        ):
            return size
        found = os.fstat(file.fileno())
        key = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
        if key not in _known:
            _known[key] = _last_byte(file, _end_of_data(file, size), heard)
            while len(_known) > _MOST_KNOWN:
                _known.popitem(last=False)
        return _known[key]
    finally:
        file.seek(0)


def _block(file: io.FileIO, place: int, count: int = _BLOCK) -> bytes:
    file.seek(place)
    return file.read(count) or b""


def _end_of_data(file: io.FileIO, size: int) -> int:
    """Where the hole at the end of a sparse file begins; the size where the system does not tell."""
    if not hasattr(os, "SEEK_DATA"):
        return size
    low, high = 0, size
    while high - low > _BLOCK:
        middle = (low + high) // 2
        try:
            os.lseek(file.fileno(), middle, os.SEEK_DATA)
            low = middle
        except OSError as error:
            if error.errno != errno.ENXIO:
                return size
            high = middle
    return high


def _is_plain_sound(head: bytes) -> bool:
    """WAV, its forms for large files (RF64, BW64, Wave64), AIFF and CAF, by their first 12 bytes."""
    return head[:4] in (b"RF64", b"BW64", b"riff", b"FORM", b"caff") or head[8:12] == b"WAVE"


def _last_byte(file: io.FileIO, end: int, heard: Callable[[int], None] | None) -> int:
    """The byte behind the last one that is not zero, looking backwards from `end`."""
    while end > 0:
        start = max(0, end - _BLOCK)
        block = _block(file, start, end - start)
        if heard is not None:
            heard(0)
        if block != _ZEROS[: len(block)]:
            return start + len(block.rstrip(b"\0"))
        end = start
    return 0
