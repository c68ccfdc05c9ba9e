"""Exact nearest-neighbour search by cosine among very many unit vectors that lie in one file.

The file holds float32 rows and nothing else.  It is read block by block into one buffer, so that memory grows neither
with the number of vectors nor with what the system maps: a million rows of 512 numbers take about half a second and
83 MiB (`cuemark bench library`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
#: Rows read at once: 32 MiB of 512 numbers each, large enough that the product with the queries takes the time.
BLOCK = 16_384


def search(file: Path, count: int, queries: Vectors, best: int, block: int = BLOCK) -> tuple[Rows, Vectors]:
    """The `best` of the first `count` rows with the largest cosine to each query.

    `queries` are unit vectors [Q, D], as wide as the rows.  Rows and cosines are both [Q, min(best, count)], the
    largest cosine first.  EOFError where the file holds fewer rows; OSError where it cannot be read.
    """
    rows = np.zeros((len(queries), 0), np.int64)
    scores = np.zeros((len(queries), 0), np.float32)
    for start, vectors in _blocks(file, count, queries.shape[1], block):
        found = queries @ vectors.T
        places = np.broadcast_to(np.arange(start, start + len(vectors)), found.shape)
        rows, scores = _best(np.hstack([rows, places]), np.hstack([scores, found]), best)
    order = np.argsort(-scores, axis=1, kind="stable")
    return np.take_along_axis(rows, order, 1), np.take_along_axis(scores, order, 1)


def _blocks(file: Path, count: int, dimension: int, block: int) -> Iterator[tuple[int, Vectors]]:
    """The first row of each block and its vectors, which are overwritten by the next block."""
    buffer = np.empty((min(block, count), dimension), np.float32)
    with file.open("rb", buffering=0) as stream:
        for start in range(0, count, block):
            vectors = buffer[: min(block, count - start)]
            view, filled = vectors.data.cast("B"), 0
            while filled < len(view):
                read = stream.readinto(view[filled:])
                if not read:
                    raise EOFError(f"{file} holds fewer than {count} vectors")
                filled += read
            yield start, vectors


def _best(rows: Rows, scores: Vectors, best: int) -> tuple[Rows, Vectors]:
    """The `best` of each line, in no order."""
    if scores.shape[1] <= best:
        return rows, scores
    kept = np.argpartition(-scores, best - 1, axis=1)[:, :best]
    return np.take_along_axis(rows, kept, 1), np.take_along_axis(scores, kept, 1)
