"""Exact nearest neighbours by cosine: a pass over 8-bit codes that only rules out, and float16 rows for the rest.

Every row's cosine lies between two bounds (`codes`).  A row whose upper bound is below the best lower bounds seen so
far cannot be among the best; what is left, some hundreds of a million, is computed from the float16 rows.  Where no
fast products of integers are to be had, all float16 rows are computed, block by block in float32.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cuemark.library.search.codes import CodedQuery, Dots, Floats, integer_products
from cuemark.library.search.packed import Rows

Mask = NDArray[np.bool_]
Found = tuple[NDArray[np.int64], Floats]
"""Rows and their cosines."""

BLOCK = 1 << 15
"""Rows looked at in one piece: their codes take 16 MiB of 512 numbers each."""
FLOAT_BLOCK = 1 << 13
"""Rows turned into float32 in one piece: 16 MiB."""


def nearest(rows: Rows, queries: Floats, best: int, pool: Executor, mask: Mask | None = None) -> list[Found]:
    """For each query [D] the `best` rows of `mask` with the largest cosines, the largest first, ties by row.

    Rows that are not finite are never found.  `queries` are finite.
    """
    dots = integer_products()
    if dots is None:
        return _by_floats(rows, queries, best, pool, mask)
    return [_by_codes(rows, query, best, pool, mask, dots) for query in queries]


def cosines(vectors: NDArray[np.float16], queries: Floats) -> Floats:
    """Products [Q, N] of float16 rows with queries, computed in float32 block by block."""
    found = np.empty((len(queries), len(vectors)), np.float32)
    for start in range(0, len(vectors), FLOAT_BLOCK):
        block = vectors[start : start + FLOAT_BLOCK].astype(np.float32)
        with np.errstate(invalid="ignore"):
            np.matmul(queries, block.T, out=found[:, start : start + len(block)])
    return found


@dataclass
class _Best:
    """The best rows so far of one query: what was seen of any thread raises the bar for all."""

    best: int
    bar: float = -np.inf
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _least: Floats = field(default_factory=lambda: np.empty(0, np.float32))

    def raise_by(self, least: Floats) -> None:
        """Take up lower bounds of more rows."""
        with self._lock:
            self._least = np.concatenate([self._least, least])
            if len(self._least) >= self.best:
                self._least = np.partition(self._least, len(self._least) - self.best)[-self.best :]
                self.bar = float(self._least[0])


def _by_codes(rows: Rows, query: Floats, best: int, pool: Executor, mask: Mask | None, dots: Dots) -> Found:
    coded, seen, slack = CodedQuery.of(query), _Best(best), _slack(rows)

    def look(part: slice) -> tuple[NDArray[np.int64], Floats]:
        """Rows of a block that may be among the best, with the most that their cosine can be."""
        least, most = coded.bounds(dots(rows.codes[part], coded.code), rows.factors[part])
        if mask is not None:
            least, most = np.where(mask[part], least, np.nan), np.where(mask[part], most, np.nan)
        near = np.flatnonzero(most >= seen.bar)
        seen.raise_by(_largest(least[near], best))
        return near + part.start, most[near]

    looked = list(pool.map(look, _parts(len(rows), BLOCK, mask)))
    near, most = _joined(looked)
    parts = _cut(near[most >= seen.bar])
    found = pool.map(lambda at: _leading(at, cosines(rows.vectors[at], query[None])[0], best, slack), parts)
    return _settled(rows, query, _joined(list(found)), best, slack)


def _by_floats(rows: Rows, queries: Floats, best: int, pool: Executor, mask: Mask | None) -> list[Found]:
    slack = _slack(rows)

    def look(part: slice) -> list[Found]:
        within = cosines(rows.vectors[part], queries)
        if mask is not None:
            within[:, ~mask[part]] = np.nan
        return [_leading(np.arange(part.start, part.stop), each, best, slack) for each in within]

    looked = list(pool.map(look, _parts(len(rows), FLOAT_BLOCK, mask)))
    found = [_joined([parts[query] for parts in looked]) for query in range(len(queries))]
    return [_settled(rows, query, each, best, slack) for query, each in zip(queries, found, strict=True)]


def settled(rows: Rows, query: Floats, at: NDArray[np.int64], best: int) -> Found:
    """The best of some rows, exactly; no row comes twice."""
    at = np.unique(at)
    return _settled(rows, query, (at, cosines(rows.vectors[at], query[None])[0]), best, _slack(rows))


def _slack(rows: Rows) -> float:
    """More than what products of unit vectors in float32 are off by: half an ulp of 1 a term, and as much again."""
    return float(rows.vectors.shape[1] * np.finfo(np.float32).eps)


def _settled(rows: Rows, query: Floats, near: Found, best: int, slack: float) -> Found:
    """The best of some rows, by cosines in float64; those that float32 cannot tell from the best are among them."""
    at, _ = _leading(*near, best, slack)
    exactly = query.astype(np.float64)
    parts = [rows.vectors[part].astype(np.float64) @ exactly for part in _cut(at)]
    found = np.concatenate([np.empty(0), *parts])
    order = np.lexsort((at, -found))[:best]
    return at[order], found[order].astype(np.float32)


def _leading(at: NDArray[np.int64], found: Floats, best: int, slack: float) -> Found:
    """The rows whose cosine is at most `slack` below that of the best ones."""
    finite = np.isfinite(found)
    at, found = at[finite], found[finite]
    if len(found) > best:
        kept = found >= np.partition(found, len(found) - best)[-best] - slack
        at, found = at[kept], found[kept]
    return at, found


def _joined(parts: list[Found]) -> Found:
    at, found = zip(*parts, strict=True) if parts else ((), ())
    return np.concatenate([np.empty(0, np.int64), *at]), np.concatenate([np.empty(0, np.float32), *found])


def _cut(at: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [at[start : start + FLOAT_BLOCK] for start in range(0, len(at), FLOAT_BLOCK)]


def _parts(count: int, block: int, mask: Mask | None) -> Iterator[slice]:
    for start in range(0, count, block):
        part = slice(start, min(start + block, count))
        if mask is None or mask[part].any():
            yield part


def _largest(values: Floats, count: int) -> Floats:
    values = values[np.isfinite(values)]
    return values if len(values) <= count else np.partition(values, len(values) - count)[-count:]
