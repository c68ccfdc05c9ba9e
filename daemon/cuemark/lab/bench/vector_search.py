"""Exact search among very many feature vectors: what it costs in time and memory before any index is thought of.

The vectors lie in one file of float32 rows, read block by block into one buffer, so that memory does not grow with
their number.  `python -m cuemark.lab.bench.vector_search FILE COUNT DIMENSION QUERIES SEED` measures in a process of
its own and prints one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cuemark.lab.bench.meters import current, lifetime_peak

Vectors = NDArray[np.float32]
_BLOCK = 16_384
BEST = 50


@dataclass(frozen=True)
class Searched:
    """Seconds for one search over all vectors, with the file in the system's cache, and the process's peak memory."""

    seconds: float
    peak_bytes: int


def write_vectors(file: Path, count: int, dimension: int, seed: int) -> None:
    """`count` random unit vectors as float32 rows; the first n of a longer file are those of a shorter one."""
    fresh = file.with_suffix(".part")
    generator = np.random.default_rng(seed)
    try:
        with fresh.open("wb") as stream:
            for start in range(0, count, _BLOCK):
                # Whole blocks are drawn, so that a length that is no multiple leaves the rows before it as they are.
                rows = generator.standard_normal((_BLOCK, dimension), dtype=np.float32)
                rows /= np.linalg.norm(rows, axis=1, keepdims=True)
                stream.write(rows[: min(_BLOCK, count - start)].tobytes())
        os.replace(fresh, file)
    finally:
        fresh.unlink(missing_ok=True)


def search(file: Path, count: int, queries: Vectors, best: int = BEST) -> tuple[NDArray[np.int64], Vectors]:
    """The `best` rows of the first `count` with the largest cosine to each query [Q, D]: (rows, cosines), both
    [Q, best], largest first."""
    rows = np.zeros((len(queries), 0), np.int64)
    scores = np.zeros((len(queries), 0), np.float32)
    for start, block in _blocks(file, count, queries.shape[1]):
        found = queries @ block.T
        places = np.broadcast_to(np.arange(start, start + len(block)), found.shape)
        rows, scores = _best(np.hstack([rows, places]), np.hstack([scores, found]), best)
    order = np.argsort(-scores, axis=1, kind="stable")
    return np.take_along_axis(rows, order, 1), np.take_along_axis(scores, order, 1)


def search_apart(file: Path, count: int, dimension: int, queries: int, seed: int) -> Searched:
    """`search` in a process of its own, so that its memory is its own."""
    module = [sys.executable, "-m", __name__]
    arguments = [str(file), str(count), str(dimension), str(queries), str(seed)]
    ran = subprocess.run([*module, *arguments], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=True)
    told = json.loads(ran.stdout)
    return Searched(told["seconds"], told["peak_bytes"])


def _blocks(file: Path, count: int, dimension: int) -> Iterator[tuple[int, Vectors]]:
    buffer = np.empty((min(_BLOCK, count), dimension), np.float32)
    with file.open("rb", buffering=0) as stream:
        for start in range(0, count, _BLOCK):
            block = buffer[: min(_BLOCK, count - start)]
            view, filled = block.data.cast("B"), 0
            while filled < len(view):
                read = stream.readinto(view[filled:])
                if not read:
                    raise EOFError(f"{file} holds fewer than {count} vectors")
                filled += read
            yield start, block


def _best(rows: NDArray[np.int64], scores: Vectors, best: int) -> tuple[NDArray[np.int64], Vectors]:
    if scores.shape[1] <= best:
        return rows, scores
    kept = np.argpartition(-scores, best - 1, axis=1)[:, :best]
    return np.take_along_axis(rows, kept, 1), np.take_along_axis(scores, kept, 1)


def main(file: str, count: str, dimension: str, queries: str, seed: str) -> None:
    """Search twice, the first time to bring the file into the system's cache; print the second's seconds."""
    asked = np.random.default_rng(int(seed) + 1).standard_normal((int(queries), int(dimension)), dtype=np.float32)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    search(Path(file), int(count), asked)
    start = time.perf_counter()
    search(Path(file), int(count), asked)
    seconds = time.perf_counter() - start
    peak = lifetime_peak(os.getpid()) or current(os.getpid())
    print(json.dumps({"seconds": seconds, "peak_bytes": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
