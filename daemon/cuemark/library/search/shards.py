"""Approximate nearest neighbours for libraries of millions of frames: HNSW graphs (usearch) over the packed codes.

A shard is a graph over the 8-bit codes of some media, in a file that is read in place; the graph is as much a copy as
the packed vectors are, and built from them.  Cosines of codes only choose candidates: what is told is computed from the
float16 rows.  Frames that no shard has yet, or not any more, are compared one by one, as all are in smaller libraries.
How many of the ten nearest a graph finds is measured when it is built, and said with every result.

usearch opens its kernels for the whole process, and a process that loads onnxruntime after that is ended by the system:
the daemon, which never does, is the place for it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cuemark.core.derived import read_object, write_object
from cuemark.core.drafts import draft_beside, sweep_beside
from cuemark.library.search.codes import Floats, encode
from cuemark.library.search.exact import nearest
from cuemark.library.search.packed import ID_BITS, Rows, Run

if TYPE_CHECKING:
    from usearch.index import Index

SHARD_ROWS = 1 << 19
"""Rows of a shard, about: 0.35 GiB of 512 numbers each, which its building holds in memory."""
CONNECTIVITY, BUILD_WIDTH = 16, 128
WIDTHS = (64, 128, 256, 512, 1024)
"""How many candidates a search follows in a graph: the first of these with which enough is found."""
ENOUGH = 0.97
"""Of the ten nearest."""
_SPARE = 4
"""So many times the wanted candidates are taken from each graph, since codes order them roughly."""
_NEAREST, _TRIED = 10, 64
"""The recall that is told is of so many nearest, over so many queries."""
_ADDED_AT_ONCE = 2048
_DEAD_SHARE = 0.25
_LAYOUT = "search shard 1"

log = logging.getLogger("cuemark.search")


@cache
def graphs_can_be_built() -> bool:
    """Whether usearch is installed, and loads."""
    try:
        from usearch.index import Index
    except ImportError:
        return False
    return Index is not None


@dataclass(frozen=True, eq=False)
class Shard:
    """A graph in a file: `holds` are number and SHA-256 of the media it was built from, `recall` is of the ten nearest
    with `width` candidates."""

    file: Path
    index: Index
    holds: frozenset[tuple[int, str]]
    rows: int
    width: int
    recall: float


class Shards:
    """The graphs of one encoder in `folder`: `covered` media are found by them.

    `build` works until all full shards are there; a thread of its own may do it, while others search.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards: tuple[Shard, ...] = ()
        self._lock = threading.Lock()
        self._opened = False

    @property
    def shards(self) -> tuple[Shard, ...]:
        """Those that are there now."""
        return self._shards

    @property
    def recall(self) -> float:
        """Of the ten nearest, over all shards by their size; 1 where there are none."""
        rows = sum(shard.rows for shard in self._shards)
        return sum(shard.recall * shard.rows for shard in self._shards) / rows if rows else 1.0

    def covered(self, rows: Rows) -> set[int]:
        """Numbers of the media that some shard has as they are now."""
        held = {each for shard in self._shards for each in shard.holds}
        return {run.number for run in rows.runs if (run.number, run.digest) in held}

    def candidates(self, query: Floats, best: int, rows: Rows) -> NDArray[np.int64]:
        """Rows that are probably near a query [D]: some for each shard, none of media that changed since."""
        code = encode(query[None])[0]
        runs = rows.by_number
        return np.concatenate(
            [np.empty(0, np.int64), *(_rows_of(shard, _asked(shard, code, best), runs) for shard in self._shards)]
        )

    def build(self, rows: Rows, stop: threading.Event) -> None:
        """Build what is missing, take away what is outdated; `stop` ends it within a second.  Raises OSError."""
        with self._lock:
            self._open(rows)
            for runs in self._missing(rows):
                shard = self._built(rows, runs, stop)
                if shard is None:
                    return
                self._shards = (*self._shards, shard)

    def _open(self, rows: Rows) -> None:
        """Take up the files that are there; those of which much is outdated go."""
        if not self._opened:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._shards = tuple(filter(None, map(_opened, sorted(self._folder.glob("*.json")))))
            self._opened = True
        now = {(run.number, run.digest): run.length for run in rows.runs}
        fresh = [s for s in self._shards if sum(now.get(each, 0) for each in s.holds) >= (1 - _DEAD_SHARE) * s.rows]
        self._shards = tuple(fresh)
        kept = {shard.file.stem for shard in fresh}
        for file in self._folder.iterdir():
            if file.suffix in (".json", ".usearch") and file.stem not in kept:
                file.unlink(missing_ok=True)

    def _missing(self, rows: Rows) -> Iterable[list[Run]]:
        """The media of each shard that is to be built; what does not fill one stays without."""
        covered, waiting, count = self.covered(rows), list[Run](), 0
        for run in sorted(rows.runs, key=lambda run: run.first):
            if run.number not in covered:
                waiting.append(run)
                count += run.length
            if count >= SHARD_ROWS:
                yield waiting
                waiting, count = [], 0

    def _built(self, rows: Rows, runs: Sequence[Run], stop: threading.Event) -> Shard | None:
        from usearch.index import Index

        index: Index = Index(
            ndim=rows.codes.shape[1], metric="cos", dtype="i8", connectivity=CONNECTIVITY, expansion_add=BUILD_WIDTH
        )
        for keys, codes in _pieces(rows, runs):
            if stop.is_set():
                return None
            index.add(keys, codes, threads=1)
        width, recall = _measured(index, rows, runs)
        return self._kept(index, runs, width, recall)

    def _kept(self, index: Index, runs: Sequence[Run], width: int, recall: float) -> Shard | None:
        holds = sorted((run.number, run.digest) for run in runs)
        name = hashlib.sha256(repr(holds).encode()).hexdigest()[:24]
        file = self._folder / f"{name}.usearch"
        draft = draft_beside(file)
        try:
            index.save(os.fspath(draft))
            with draft.open("rb+") as written:
                os.fsync(written.fileno())
            os.replace(draft, file)
        finally:
            draft.unlink(missing_ok=True)
        sweep_beside(file)
        told = {"holds": holds, "rows": sum(run.length for run in runs), "width": width, "recall": recall}
        value = {**told, "ndim": index.ndim, "times": _times(file), "sha256": _sha256(file)}
        write_object(file.with_suffix(".json"), f"{_LAYOUT} {name}", value)
        return _opened(file.with_suffix(".json"))


def _opened(record: Path) -> Shard | None:
    """A shard as it was built; None where its file is another: a graph that was damaged could end the process."""
    from usearch.index import Index

    told, file = read_object(record, f"{_LAYOUT} {record.stem}"), record.with_suffix(".usearch")
    if told is None or not file.is_file() or (told["times"] != _times(file) and told["sha256"] != _sha256(file)):
        return None
    index: Index = Index(ndim=told["ndim"], metric="cos", dtype="i8", expansion_search=told["width"])
    index.view(os.fspath(file))
    holds = frozenset((number, digest) for number, digest in told["holds"])
    return Shard(file, index, holds, told["rows"], told["width"], told["recall"])


def _times(file: Path) -> list[int]:
    found = file.stat()
    return [found.st_size, found.st_mtime_ns]


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(1 << 22):
            digest.update(piece)
    return digest.hexdigest()


def _pieces(rows: Rows, runs: Sequence[Run]) -> Iterable[tuple[NDArray[np.uint64], NDArray[np.int8]]]:
    """Ids and codes of the frames of some media; frames that are no numbers are left out."""
    for run in runs:
        for start in range(0, run.length, _ADDED_AT_ONCE):
            samples = np.arange(start, min(start + _ADDED_AT_ONCE, run.length))
            at = run.first + samples
            finite = np.isfinite(rows.factors[at, 0])
            yield (np.uint64(run.number << ID_BITS) + samples[finite].astype(np.uint64)), rows.codes[at[finite]]


def _asked(shard: Shard, code: NDArray[np.int8], best: int) -> NDArray[np.int64]:
    """Ids of the nearest of a shard, by the cosines of codes."""
    wanted = min(_SPARE * best, shard.rows)
    shard.index.expansion_search = max(shard.width, wanted)  # type: ignore[misc]  # its stub forgets the setter
    return np.asarray(shard.index.search(code[0], wanted, threads=1).keys).astype(np.int64)


def _rows_of(shard: Shard, ids: NDArray[np.int64], runs: Any) -> NDArray[np.int64]:
    found = []
    for each in ids.tolist():
        number, sample = each >> ID_BITS, each & ((1 << ID_BITS) - 1)
        run = runs.get(number)
        if run is not None and (number, run.digest) in shard.holds:
            found.append(run.first + sample)
    return np.array(found, np.int64)


def _measured(index: Index, rows: Rows, runs: Sequence[Run]) -> tuple[int, float]:
    """With how many candidates enough of the ten nearest are found, and how many are.

    The queries lie between two frames of the shard, as words do that are true of several scenes: the nearest of a
    frame itself are found more easily.
    """
    own, generator = Rows(tuple(runs), rows.vectors, rows.codes, rows.factors), np.random.default_rng(0)
    places = np.concatenate([np.arange(run.first, run.end) for run in runs])
    queries = rows.vectors[generator.choice(places, (2, _TRIED))].astype(np.float32).sum(axis=0)
    queries = queries[np.isfinite(queries).all(axis=1)]
    with ThreadPoolExecutor(1) as pool:
        truth = nearest(rows, queries, _NEAREST, pool, own.mask(own.by_number))
    width, recall = WIDTHS[0], 0.0
    for width in WIDTHS:
        shard = Shard(Path(), index, frozenset((run.number, run.digest) for run in runs), len(places), width, 0)
        shares = [_share(shard, query, own, at) for query, (at, _) in zip(queries, truth, strict=True)]
        recall = float(np.mean(shares)) if shares else 1.0
        if recall >= ENOUGH:
            break
    return width, recall


def _share(shard: Shard, query: Floats, rows: Rows, nearest_rows: NDArray[np.int64]) -> float:
    """How many of the nearest rows a shard finds."""
    ids = _asked(shard, encode(query[None])[0], _NEAREST)
    return len(set(_rows_of(shard, ids, rows.by_number).tolist()) & set(nearest_rows.tolist())) / len(nearest_rows)
