"""The boxes of an MP4 or MOV: what its tracks claim of themselves, read before any library builds tables of it.

ISO/IEC 14496-12 (boxes), 23001-7 (encryption), and QuickTime's compressed index.  Nothing here fails on damage: what
cannot be read is not told.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

TOP_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof", b"uuid"})
"""The kinds of box that a file of boxes begins with."""
_MOST_BOXES = 50_000
_MOST_FRAGMENTS = 64
_BUFFER_BYTES = 1 << 13
_DEPTH = 8
_FOLDERS = frozenset({b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"cmov"})


@dataclass
class Track:
    """One track: its handler ("vide", "soun"), how its samples are stored ("avc1", "encv"), and how many it claims."""

    id: int = 0
    handler: str = ""
    formats: tuple[str, ...] = ()
    samples: int = 0
    """Entries FFmpeg makes of it: plain sound, whose samples are single numbers, is counted by its chunks instead."""
    even_ticks: bool = False
    timecode: tuple[int, int, int] | None = None
    """Of a `tmcd` track: ticks a second, ticks a frame, labels a second (QuickTime File Format, timecode media)."""


@dataclass
class Claims:
    """Of a whole file.  `index_bytes` is the size a compressed index says it will unpack to."""

    tracks: list[Track] = field(default_factory=list)
    fragment_samples: int = 0
    index_bytes: int = 0

    @property
    def samples(self) -> int:
        """Entries of all tables together."""
        listed = sum(track.samples for track in self.tracks if not (track.handler == "soun" and track.even_ticks))
        return listed + self.fragment_samples


def read_claims(file: io.FileIO) -> Claims | None:
    """What the boxes say; None where the file is none of boxes.

    Reads headers only, whatever the index's size, and those of the first fragments: recordings have one each second.
    """
    buffered = io.BufferedReader(file, _BUFFER_BYTES)
    try:
        return _Walk(buffered).claims()
    finally:
        buffered.detach()  # the file stays open


class _Walk:
    """One walk over a file's boxes, which visits a bounded number of them at a bounded depth."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = _MOST_BOXES
        self._claims = Claims()

    def claims(self) -> Claims | None:
        size, fragments = self._file.seek(0, io.SEEK_END), 0
        for place, (kind, start, end) in enumerate(self._boxes(0, size)):
            if place == 0 and kind not in TOP_BOXES:
                return None
            if kind == b"moov":
                self._take_index(start, end)
            elif kind == b"moof":
                fragments += 1
                self._take_inside(start, end, Track())
                if fragments == _MOST_FRAGMENTS:
                    break
        return self._claims

    def _boxes(self, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """(kind, first byte inside, byte behind) of the boxes that follow one another."""
        while start + 8 <= end and self._left > 0:
            self._left -= 1
            header = self._read(start, 16)
            length, kind, head = int.from_bytes(header[:4], "big"), header[4:8], 8
            if length == 1:
                length, head = int.from_bytes(header[8:16], "big"), 16
            elif length == 0:
                length = end - start
            if len(kind) < 4 or length < head:
                return
            yield kind, start + head, min(start + length, end)
            start += length

    def _take_index(self, start: int, end: int) -> None:
        for kind, first, last in self._boxes(start, end):
            if kind == b"trak":
                self._claims.tracks.append(Track())
                self._take_inside(first, last, self._claims.tracks[-1])
            elif kind == b"cmov":
                self._take_inside(first, last, Track())

    def _take_inside(self, start: int, end: int, track: Track, depth: int = 0) -> None:
        for kind, first, last in self._boxes(start, end):
            if kind in _FOLDERS and depth < _DEPTH:
                self._take_inside(first, last, track, depth + 1)
            elif kind == b"tkhd":
                track.id = self._number(first + (20 if self._read(first, 1) == b"\1" else 12))
            elif kind == b"hdlr":
                track.handler = track.handler or self._read(first + 8, 4).decode("latin-1")
            elif kind == b"stsd":
                # The name of a protected entry is the one that says so ("encv").
                entries = list(self._boxes(first + 8, last))
                track.formats = tuple(entry.decode("latin-1") for entry, _, _ in entries)
                track.timecode = next(
                    (self._timecode(inside) for entry, inside, _ in entries if entry == b"tmcd"), None
                )
            elif kind in (b"stsz", b"stz2"):
                track.samples = self._number(first + 8)
            elif kind == b"stts":
                track.even_ticks = self._number(first + 4) == 1 and self._number(first + 12) == 1
            elif kind == b"trun":
                self._claims.fragment_samples += self._number(first + 4)
            elif kind == b"cmvd":
                self._claims.index_bytes = self._number(first)

    def _timecode(self, entry: int) -> tuple[int, int, int]:
        return self._number(entry + 16), self._number(entry + 20), int.from_bytes(self._read(entry + 24, 1), "big")

    def _number(self, position: int) -> int:
        return int.from_bytes(self._read(position, 4), "big")

    def _read(self, position: int, count: int) -> bytes:
        self._file.seek(position)
        return self._file.read(count) or b""
