"""Knows a file by its content, quickly even when it is huge, whatever its name, and also when it has grown.

What a recorder appends leaves the bytes before it as they were, except for the header: when a recording ends, its
length and the places of its parts are filled in there.  So the first 4 KiB are left out of the marks of growth.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from pathlib import Path

from cuemark.core.files import unreadable
from cuemark.media.source import stat_media

_WHOLE_BYTES = 8 << 20
_END_BYTES = 1 << 20
_BLOCK_BYTES = 64 << 10
_BLOCKS = 32
_VERSION = b"cuemark-fingerprint-1"


def fingerprint(path: Path) -> str:
    """32 hex digits of the size and the content: all of it up to 8 MiB, else head, tail and 32 blocks between.

    At most 4 MiB are read, so an hour of footage costs what a minute does.  A rename or a move keeps the
    fingerprint.  An edit of the same length that touches none of the blocks is not seen; re-encoding, trimming or
    re-muxing always is.  MediaError as for `stat_media`.
    """
    size = stat_media(path).st_size
    digest = hashlib.blake2b(_VERSION + size.to_bytes(8, "big"), digest_size=16)
    try:
        with path.open("rb", buffering=0) as file:
            for offset, count in pieces(size):
                file.seek(offset)
                while count > 0 and (data := file.read(count)):
                    digest.update(data)
                    count -= len(data)
    except OSError as error:
        raise unreadable(path, error) from error
    return digest.hexdigest()


def pieces(size: int) -> list[tuple[int, int]]:
    """(offset, bytes) to read of a file of this size."""
    if size <= _WHOLE_BYTES:
        return [(0, size)]
    between = size - 2 * _END_BYTES - _BLOCK_BYTES
    blocks = [(_END_BYTES + between * i // (_BLOCKS - 1), _BLOCK_BYTES) for i in range(_BLOCKS)]
    return [(0, _END_BYTES), *blocks, (size - _END_BYTES, _END_BYTES)]


HEADER_BYTES = 4 << 10
OPENING_BYTES = 16 << 10


def opening_mark(path: Path) -> str | None:
    """32 hex digits of the bytes behind the header, up to 16 KiB: equal for a file and what it grows to.

    None for files that are shorter than that.  OSError where the file cannot be read.
    """
    with path.open("rb", buffering=0) as file:
        file.seek(HEADER_BYTES)
        data = _read(file, OPENING_BYTES - HEADER_BYTES)
    whole = len(data) == OPENING_BYTES - HEADER_BYTES
    return hashlib.blake2b(data, digest_size=16).hexdigest() if whole else None


def content_mark(path: Path, size: int) -> str:
    """32 hex digits of the first `size` bytes without the header, read as sparsely as a fingerprint reads a file.

    A file that has grown keeps the mark of the size it once had.  OSError where the file cannot be read.
    """
    digest = hashlib.blake2b(size.to_bytes(8, "big"), digest_size=16)
    with path.open("rb", buffering=0) as file:
        for offset, count in _behind_header(pieces(size)):
            file.seek(offset)
            while count > 0 and (data := file.read(min(count, 1 << 20))):
                digest.update(data)
                count -= len(data)
    return digest.hexdigest()


def _behind_header(parts: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    for offset, count in parts:
        cut = max(0, HEADER_BYTES - offset)
        if count > cut:
            yield offset + cut, count - cut


def _read(file: io.FileIO, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := file.read(count - len(data))):
        data += more
    return data
