"""Search among the frame vectors of the library, which are packed and mapped into memory: exact up to two million.

Above that graphs choose the candidates (`shards`), where usearch is installed; else the exact scan goes on.  A million
vectors of 512 numbers take some 1.5 GiB of disk, of which a search reads a third; the system keeps what is used in its
cache, and nothing of it is memory of ours.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from cuemark.core.errors import NotFoundError, Notice, StoreError
from cuemark.core.extras import install_command
from cuemark.library.search.codes import Floats
from cuemark.library.search.exact import Found, cosines, nearest, settled
from cuemark.library.search.packed import ID_BITS, PackedVectors, Rows
from cuemark.library.search.shards import Shards, graphs_can_be_built

EXACT_MOST = 2_000_000
"""Frames that are compared one by one; of more, graphs find the nearest, where usearch is installed."""
MOST_THREADS = 8
PACKED_AT_ONCE = 1 << 17
"""Vectors appended before the directory names them: 256 MiB of 512 numbers each, with their codes."""
DEAD_SHARE, DEAD_ROWS = 0.25, 1 << 14
"""So much of the rows, and so many, are left to lie before they are compacted."""

_NOTHING: Found = (np.empty(0, np.int64), np.empty(0, np.float32))

log = logging.getLogger("cuemark.search")


class Track(Protocol):
    """Frame vectors of one media by one encoder."""

    @property
    def vectors(self) -> NDArray[np.float16]:
        """[N, D], unit length."""
        ...


class Tracks(Protocol):
    """Where the vectors come from: `evidence.index.store.IndexStore`."""

    def track(self, fingerprint: str, encoder_id: str) -> Track:
        """NotFoundError where that media has none by this encoder; StoreError where they cannot be read."""
        ...


class Source(NamedTuple):
    """A media as the library has it now; another `version` means that its vectors may be others."""

    fingerprint: str
    version: str = ""


class Near(NamedTuple):
    """A frame that was found: number of its media, which of its samples, and the cosine."""

    number: int
    sample: int
    cosine: float

    @property
    def id(self) -> int:
        """What names the frame in the whole library."""
        return self.number << ID_BITS | self.sample


class VectorScan:
    """The packed vectors of the library, a file set for each encoder under `folder`.

    `update` brings them to what the library holds, `search` and `curve` read them; all may be called by any thread.
    Raises OSError where the disk refuses.
    """

    def __init__(self, tracks: Tracks, folder: Path) -> None:
        self._tracks = tracks
        self._folder = folder
        self._packed: dict[str, PackedVectors] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1), "scan")
        self._shards: dict[str, Shards] = {}
        self._built_for: dict[str, Rows] = {}
        self._builder = ThreadPoolExecutor(1, "graphs")
        self._stop, self._graphs = threading.Event(), threading.Lock()

    def update(self, encoder_id: str, media: Mapping[int, Source]) -> tuple[int, ...]:
        """Bring an encoder's rows to these media, by number in the library; costs next to nothing where nothing is new.

        Returns the numbers whose vectors cannot be had, which the caller says.
        """
        wanted = {number: f"{source.fingerprint} {source.version}" for number, source in media.items()}
        with self._lock:
            packed = self._of(encoder_id)
            known = {run.number: run.version for run in packed.rows.runs}
            gone = known.keys() - wanted.keys()
            if gone:
                packed.remove(gone)
            missing = [number for number, version in wanted.items() if known.get(number) != version]
            for batch in _batches(self._tracks_of(encoder_id, missing, media, packed.dimension)):
                packed.append((number, wanted[number], vectors) for number, vectors in batch)
                missing = [number for number in missing if number not in dict(batch)]
            _tidy(packed)
        return tuple(missing)

    def search(
        self,
        queries: Floats,
        encoder_id: str,
        best: int,
        numbers: Collection[int] | None = None,
        *,
        exact: bool = False,
    ) -> list[list[Near]]:
        """For each query [Q, D], unit vectors, the `best` frames with the largest cosines, the largest first.

        `numbers` are the media that are searched (None: all).  With `exact` no graph is asked, however many there are.
        """
        rows = self.rows(encoder_id)
        if not len(rows):
            return [[] for _ in queries]
        asked = np.ascontiguousarray(queries, np.float32)
        if numbers is not None and rows.by_number.keys() <= set(numbers):
            numbers = None
        shards = None if exact or numbers is not None else self._shards_of(encoder_id, rows)
        if shards is None:
            found = nearest(rows, asked, best, self._pool, rows.mask(numbers))
        else:
            found = self._by_shards(shards, rows, asked, best)
        return [_named(rows, at, by) for at, by in found]

    def _by_shards(self, shards: Shards, rows: Rows, queries: Floats, best: int) -> list[Found]:
        """What the graphs find, and all that is in none of them, settled together."""
        rest = rows.by_number.keys() - shards.covered(rows)
        exact = nearest(rows, queries, best, self._pool, rows.mask(rest)) if rest else [_NOTHING] * len(queries)
        at = [shards.candidates(query, best, rows) for query in queries]
        pairs = zip(queries, at, exact, strict=True)
        return [settled(rows, query, np.concatenate([found, more]), best) for query, found, (more, _) in pairs]

    def notices(self, encoder_id: str) -> tuple[Notice, ...]:
        """What is to be said of searching so many frames: whether all are compared, and what is missed where not."""
        rows = self.rows(encoder_id)
        if rows.live <= EXACT_MOST:
            return ()
        million = f"{rows.live / 1e6:.1f} million frames"
        if not graphs_can_be_built():
            how = install_command("search")
            text = f"All {million} are compared one by one, which takes long. Faster after: {how}"
            return (Notice("search_extra_missing", text),)
        shards = self._shards_of(encoder_id, rows)
        rest = rows.by_number.keys() - (shards.covered(rows) if shards else set())
        left = sum(rows.by_number[number].length for number in rest)
        if shards is None or left > EXACT_MOST:
            text = f"Graphs of {million} are being built; until then all that are in none are compared one by one."
            return (Notice("search_graphs_building", text),)
        text = f"Of {million}, graphs find about {shards.recall:.0%} of the ten nearest (measured on this footage)."
        return (Notice("search_approximate", text),)

    def _shards_of(self, encoder_id: str, rows: Rows) -> Shards | None:
        """The graphs of an encoder, where there are so many frames; what is missing of them is built meanwhile."""
        if rows.live <= EXACT_MOST or not graphs_can_be_built():
            return None
        with self._graphs:  # another lock: a search does not wait for what is being packed
            shards = self._shards.get(encoder_id)
            if shards is None:
                shards = self._shards[encoder_id] = Shards(self._packed[encoder_id].folder / "shards")
            if rows is not self._built_for.get(encoder_id):
                self._built_for[encoder_id] = rows
                self._builder.submit(self._build, shards, rows)
        return shards if shards.shards else None

    def _build(self, shards: Shards, rows: Rows) -> None:
        try:
            shards.build(rows, self._stop)
        except OSError as error:
            log.warning("graphs for the search cannot be built: %s", error)

    def built(self) -> None:
        """Wait until all graphs are there that were to be built."""
        self._builder.submit(lambda: None).result()

    def curve(self, number: int, encoder_id: str, queries: Floats) -> Floats:
        """Cosines [Q, N] of all frames of one media; NotFoundError where `update` has not taken it up."""
        rows = self.rows(encoder_id)
        run = rows.by_number.get(number)
        if run is None:
            raise NotFoundError("vectors_not_found", f"Media {number} has no vectors of {encoder_id}.")
        asked = np.ascontiguousarray(queries, np.float32)
        return cosines(rows.vectors[run.first : run.end], asked)

    def rows(self, encoder_id: str) -> Rows:
        """An encoder's rows as they are now."""
        packed = self._packed.get(encoder_id)
        if packed is None:
            with self._lock:
                packed = self._of(encoder_id)
        return packed.rows

    def verify(self, encoder_id: str) -> tuple[int, ...]:
        """Read all of an encoder's rows: the numbers of media whose rows were wrong; the next `update` packs them."""
        with self._lock:
            return self._of(encoder_id).verify()

    def size(self, encoder_id: str) -> int:
        """Bytes on the disk."""
        with self._lock:
            return self._of(encoder_id).size

    def close(self) -> None:
        """End the threads."""
        self._stop.set()
        self._builder.shutdown(cancel_futures=True)
        self._pool.shutdown()

    def _of(self, encoder_id: str) -> PackedVectors:
        packed = self._packed.get(encoder_id)
        if packed is None:
            name = hashlib.sha256(encoder_id.encode()).hexdigest()[:16]
            packed = self._packed[encoder_id] = PackedVectors(self._folder / name, encoder_id)
        return packed

    def _tracks_of(
        self, encoder_id: str, numbers: Iterable[int], media: Mapping[int, Source], dimension: int
    ) -> Iterator[tuple[int, NDArray[np.float16]]]:
        """The vectors of some media, as far as they can be had and are as wide as all others."""
        for number in numbers:
            try:
                vectors = self._tracks.track(media[number].fingerprint, encoder_id).vectors
            except (NotFoundError, StoreError):
                continue
            dimension = dimension or vectors.shape[1]
            if vectors.shape[1] == dimension:
                yield number, vectors


def _named(rows: Rows, at: NDArray[np.int64], cosine: Floats) -> list[Near]:
    places = rows.places(at).tolist()
    return [Near(number, sample, by) for (number, sample), by in zip(places, cosine.tolist(), strict=True)]


def _batches(media: Iterator[tuple[int, NDArray[Any]]]) -> Iterator[list[tuple[int, NDArray[Any]]]]:
    batch: list[tuple[int, NDArray[Any]]] = []
    for each in media:
        batch.append(each)
        if sum(len(vectors) for _, vectors in batch) >= PACKED_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _tidy(packed: PackedVectors) -> None:
    dead = len(packed.rows) - packed.rows.live
    if dead > max(DEAD_ROWS, DEAD_SHARE * len(packed.rows)):
        packed.compact()
