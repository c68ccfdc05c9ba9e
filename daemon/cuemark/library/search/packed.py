"""The packed vectors of one encoder: the frame vectors of all media in three files that are mapped into memory.

In a folder of its own lie the float16 rows [N, D], their 8-bit codes [N, D] and the codes' factors [N, 3] (`codes`),
and a directory, sealed, that says which rows are whose.  All of it is made from the entries of the index and can be
made again.  Rows are appended, flushed, and then named by the directory; what lies behind the rows that it names was
never finished.  Rows of media that are gone stay where they are, unnamed, until `compact` leaves them out.

What somebody else wrote into the files is seen by their sizes and times, which the directory holds: then every media's
rows are compared with their SHA-256, and those that are not what was written are no longer named.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cuemark.core.derived import read_object, write_object
from cuemark.library.search.codes import FACTORS, Codes, Floats, encode

Vectors = NDArray[np.float16]
Times = list[list[int]]
Parts = Iterable[tuple[Vectors, Codes, Floats]]
"""Rows of one media, piece by piece, with their codes and factors."""

LAYOUT = 1
"""Raise when what the files hold changes."""
_DIRECTORY = "directory.json"
_SUFFIXES = ("f16", "codes", "factors")
_AT_ONCE = 1 << 14
"""Rows: 16 MiB of 512 numbers each."""
ID_BITS = 24
"""Bits of an id that say which sample of its media a row is: half a year at one a second."""


class Run(NamedTuple):
    """Rows [first, first + length) of one media: its number in the library, what they were made from, their SHA-256."""

    number: int
    version: str
    first: int
    length: int
    digest: str

    @property
    def end(self) -> int:
        """The row behind its last."""
        return self.first + self.length


@dataclass(frozen=True)
class Rows:
    """The rows that are there at one time, with whose they are; later changes do not touch them."""

    runs: tuple[Run, ...]
    vectors: Vectors
    codes: Codes
    factors: Floats

    def __len__(self) -> int:
        return len(self.vectors)

    @cached_property
    def by_number(self) -> Mapping[int, Run]:
        """The rows of each media."""
        return {run.number: run for run in self.runs}

    def parts(self, run: Run) -> Iterator[tuple[Vectors, Codes, Floats]]:
        """The rows of one media, piece by piece."""
        for start in range(run.first, run.first + run.length, _AT_ONCE):
            part = slice(start, min(start + _AT_ONCE, run.first + run.length))
            yield self.vectors[part], self.codes[part], self.factors[part]

    @cached_property
    def live(self) -> int:
        """Rows that are somebody's."""
        return sum(run.length for run in self.runs)

    @cached_property
    def _table(self) -> NDArray[np.int64]:
        """Number, first and length of each run that has rows [runs, 3], in their order."""
        runs = sorted((run for run in self.runs if run.length), key=lambda run: run.first)
        return np.array([[run.number, run.first, run.length] for run in runs], np.int64).reshape(-1, 3)

    def mask(self, numbers: Collection[int] | None = None) -> NDArray[np.bool_] | None:
        """Which rows are those of some media (None: of any); None where all rows are."""
        if numbers is None and self.live == len(self):
            return None
        table = self._table
        if numbers is not None:
            table = table[np.isin(table[:, 0], np.fromiter(numbers, np.int64))]
        steps = np.zeros(len(self) + 1, np.int8)
        np.add.at(steps, table[:, 1], 1)
        np.add.at(steps, table[:, 1] + table[:, 2], -1)
        return np.cumsum(steps[:-1], dtype=np.int8).astype(bool)

    def places(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number of the media and sample [rows, 2] of rows that are somebody's."""
        table = self._table
        owner = table[np.searchsorted(table[:, 1], rows, "right") - 1]
        return np.column_stack([owner[:, 0], rows - owner[:, 1]])


def no_rows(dimension: int) -> Rows:
    """Of vectors of that many numbers, none."""
    vectors, codes = np.empty((0, dimension), np.float16), np.empty((0, dimension), np.int8)
    return Rows((), vectors, codes, np.empty((0, FACTORS), np.float32))


@dataclass
class PackedVectors:
    """The files of one encoder in `folder`; one process writes them, one thread at a time.

    The first vectors say how many numbers all have: `dimension`, 0 before.  Raises OSError where the disk refuses.
    """

    folder: Path
    encoder_id: str
    _rows: Rows = field(init=False, default_factory=lambda: no_rows(0))
    _generation: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._open()

    @property
    def rows(self) -> Rows:
        """All rows as they are now."""
        return self._rows

    @property
    def dimension(self) -> int:
        """D, how many numbers a vector has."""
        return int(self._rows.vectors.shape[1])

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(size for size, _ in self._times())

    def append(self, media: Iterable[tuple[int, str, NDArray[Any]]]) -> None:
        """Add the rows of some media, each a number, what they are made from, and vectors [N, D]; those that these
        numbers had are given up.  ValueError where D is another."""
        self._append((number, version, vectors.shape[1], _coded(vectors)) for number, version, vectors in media)

    def _append(self, media: Iterable[tuple[int, str, int, Parts]]) -> None:
        first, runs = len(self._rows), {run.number: run for run in self._rows.runs}
        drafts: list[BinaryIO] = []
        try:
            for number, version, dimension, parts in media:
                if not drafts:
                    self._rows = self._rows if self.dimension else no_rows(dimension)
                    drafts = [self._opened(file, first * width) for file, width in self._files()]
                if dimension != self.dimension:
                    raise ValueError(f"vectors of {dimension} numbers among those of {self.dimension}")
                runs.pop(number, None)
                count, digest = _written(parts, drafts)
                runs[number] = Run(number, version, first, count, digest)
                first += count
            for draft in drafts:
                draft.flush()
                os.fsync(draft.fileno())
        finally:
            for draft in drafts:
                draft.close()
        self._name(tuple(runs.values()), first)

    @staticmethod
    def _opened(file: Path, size: int) -> BinaryIO:
        """A file to append to behind its first `size` bytes; what lies there was never finished."""
        draft = file.open("r+b" if file.exists() else "w+b")
        if draft.seek(0, os.SEEK_END) > size:
            draft.truncate(size)
        draft.seek(size)
        return draft

    def remove(self, numbers: Collection[int]) -> None:
        """Name the rows of some media no longer."""
        self._name(tuple(run for run in self._rows.runs if run.number not in numbers), len(self._rows))

    def compact(self) -> None:
        """Write all files anew, without the rows that are nobody's; the old ones go."""
        old, generation = self._rows, self._generation
        self._generation, self._rows = generation + 1, no_rows(self.dimension)
        try:
            self._append((run.number, run.version, self.dimension, old.parts(run)) for run in old.runs)
        except OSError:
            self._generation, self._rows = generation, old
            raise
        self._sweep()

    def verify(self) -> tuple[int, ...]:
        """Compare every media's rows with their SHA-256; the numbers of those that are wrong, named no longer."""
        wrong = tuple(run.number for run in self._rows.runs if not self._is_whole(run))
        self.remove(wrong)
        return wrong

    def _open(self) -> None:
        told = read_object(self.folder / _DIRECTORY, self._key)
        if told is not None:
            self._generation, self._rows = told["generation"], no_rows(told["dimension"])
            times = self._times()
            # Of files that were cut off, what is left is still what it was.
            whole = (size // width for (size, _), (_, width) in zip(times, self._files(), strict=True))
            count = min(told["rows"], *whole)
            self._rows = self._map([run for run in (Run(*each) for each in told["runs"]) if run.end <= count], count)
            if told["times"] != times:
                self.verify()
        self._sweep()

    @property
    def _key(self) -> str:
        return f"packed vectors {LAYOUT} {self.encoder_id}"

    def _is_whole(self, run: Run) -> bool:
        return _written(self._rows.parts(run), ()) == (run.length, run.digest)

    def _name(self, runs: Sequence[Run], count: int) -> None:
        """Let the directory name these runs, and no rows behind them."""
        value = {
            "generation": self._generation,
            "dimension": self.dimension,
            "rows": count,
            "runs": list(map(list, runs)),
            "times": self._times(),
        }
        write_object(self.folder / _DIRECTORY, self._key, value)
        self._rows = self._map(runs, count)

    def _files(self) -> list[tuple[Path, int]]:
        """Each file and the bytes of one of its rows."""
        widths = max(1, 2 * self.dimension), max(1, self.dimension), 4 * FACTORS
        names = (self.folder / f"{self._generation}.{suffix}" for suffix in _SUFFIXES)
        return list(zip(names, widths, strict=True))

    def _times(self) -> Times:
        """Size and time of the last change of each file; zeros where it is not there."""
        there = (file.stat() if file.exists() else None for file, _ in self._files())
        return [[0, 0] if found is None else [found.st_size, found.st_mtime_ns] for found in there]

    def _map(self, runs: Sequence[Run], count: int) -> Rows:
        if not count:
            return replace(no_rows(self.dimension), runs=tuple(runs))
        (vectors, _), (codes, _), (factors, _) = self._files()
        return Rows(
            tuple(runs),
            np.asarray(np.memmap(vectors, "<f2", "r", shape=(count, self.dimension))),
            np.asarray(np.memmap(codes, np.int8, "r", shape=(count, self.dimension))),
            np.asarray(np.memmap(factors, "<f4", "r", shape=(count, FACTORS))),
        )

    def _sweep(self) -> None:
        """Take away what other generations left; what is still mapped stays until the next time (Windows)."""
        for file in self.folder.iterdir():
            stem, _, suffix = file.name.partition(".")
            if suffix in _SUFFIXES and stem != str(self._generation):
                try:
                    file.unlink(missing_ok=True)
                except PermissionError:
                    continue


def _coded(vectors: NDArray[Any]) -> Iterator[tuple[Vectors, Codes, Floats]]:
    for start in range(0, len(vectors), _AT_ONCE):
        rows = np.ascontiguousarray(vectors[start : start + _AT_ONCE], "<f2")
        yield (rows, *encode(rows))


def _written(parts: Parts, drafts: Sequence[BinaryIO]) -> tuple[int, str]:
    """Write the rows of one media into the three files, or into none; how many they are, and their SHA-256."""
    digests, count = [hashlib.sha256() for _ in _SUFFIXES], 0
    for part in parts:
        count += len(part[0])
        pieces = [np.ascontiguousarray(piece).data.cast("B") for piece in part]
        for digest, piece in zip(digests, pieces, strict=True):
            digest.update(piece)
        for draft, piece in zip(drafts, pieces, strict=False):
            draft.write(piece)
    return count, hashlib.sha256(b"".join(digest.digest() for digest in digests)).hexdigest()
