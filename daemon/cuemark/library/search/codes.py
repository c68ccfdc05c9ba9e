"""Scalar quantisation of vectors to 8 bits, with a bound on what it costs: the first pass of an exact scan.

A row x is turned by a Walsh-Hadamard transform H (exact: sums of float16 values in float64), which spreads the few
large components that embeddings have over all, and then written as H x = s c + e with whole numbers c in -127..127.
A query q becomes H q = t d + f likewise.  With n = H H^T / I, the size of H's blocks,

    n (q . x) = t s (d . c)  +  f . (s c)  +  (H q) . e

of which the first term is what the scan computes in integers, without rounding, and the others are at most
|f| |s c| + |H q| |e| by Cauchy and Schwarz.  Three numbers a row (s, |e|, |s c|) bound every cosine from both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int8]
Floats = NDArray[np.float32]
Dots = Callable[[Codes, Codes], NDArray[np.int32]]
"""Products of codes [N, D] with one code [D]: exact, and without the interpreter's lock."""

LARGEST = 127
FACTORS = 3
"""Numbers kept beside the codes of a row: scale, length of its error, length of what the codes say."""
ROUNDING = 1e-6
"""More than what products of these in float32 are off by, as a part of |H q| |s c|."""
_AT_ONCE = 512
"""Rows encoded at once: they stay in the processor's cache."""
_PROBE = 515  # rows and columns of the probe; no multiple of anything a kernel unrolls by


def block_size(dimension: int) -> int:
    """Components that are spread over each other: the largest power of two that divides the dimension."""
    return dimension & -dimension


def spread(vectors: NDArray[Any]) -> NDArray[np.float64]:
    """H x for each row of [N, D], block by block; its square length is `block_size` times that of x."""
    block = block_size(vectors.shape[1])
    half = 1 << (block.bit_length() - 1) // 2
    rows = np.asarray(vectors, np.float64).reshape(-1, half, block // half)
    turned: NDArray[np.float64] = _hadamard(half) @ (rows @ _hadamard(block // half))
    return turned.reshape(vectors.shape)


@cache
def _hadamard(size: int) -> NDArray[np.float64]:
    """Sylvester's matrix of 1 and -1; `size` is a power of two."""
    matrix = np.ones((1, 1))
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


def encode(vectors: NDArray[Any]) -> tuple[Codes, Floats]:
    """Codes [N, D] of the rows, and their factors [N, 3], none too small; NaN for rows that are not finite."""
    parts = [_encode(vectors[start : start + _AT_ONCE]) for start in range(0, max(1, len(vectors)), _AT_ONCE)]
    return np.concatenate([codes for codes, _ in parts]), np.concatenate([factors for _, factors in parts])


def _encode(vectors: NDArray[Any]) -> tuple[Codes, Floats]:
    finite = np.isfinite(vectors).all(axis=1)
    rows = spread(np.where(finite[:, None], vectors, 0))
    scale = (np.abs(rows).max(axis=1) / LARGEST).astype(np.float32)
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = np.rint(rows / scale[:, None])
    codes = np.clip(np.where(np.isfinite(whole), whole, 0), -LARGEST, LARGEST).astype(np.int8)
    said = codes * scale[:, None].astype(np.float64)
    lengths = [np.linalg.norm(rows - said, axis=1), np.linalg.norm(said, axis=1)]
    factors = np.column_stack([scale, *(_not_below(each) for each in lengths)])
    factors[~finite] = np.nan
    return codes, factors


def _not_below(values: NDArray[np.float64]) -> Floats:
    return np.nextafter(values.astype(np.float32), np.float32(np.inf))


@dataclass(frozen=True)
class CodedQuery:
    """A query as the scan needs it: its code [D], its scale over n, and what bounds the error of each row.

    The cosine with a row lies within `off_length` |s c| + `off_error` |e| of `scale` s (d . c).
    """

    code: Codes
    scale: np.float32
    off_length: np.float32
    off_error: np.float32

    @classmethod
    def of(cls, query: Floats) -> CodedQuery:
        """`query` is one vector [D], finite."""
        turned, block = spread(query[None]), block_size(len(query))
        (code,), ((scale, error, _),) = encode(query[None])
        length = float(np.linalg.norm(turned))
        off_length, off_error = (float(error) + ROUNDING * length) / block, length / block
        return cls(code, np.float32(scale / block), np.float32(off_length), np.float32(off_error * (1 + ROUNDING)))

    def bounds(self, dots: NDArray[np.int32], factors: Floats) -> tuple[Floats, Floats]:
        """The least and the most that each cosine can be, [N] each."""
        about = dots.astype(np.float32)
        about *= factors[:, 0]
        about *= self.scale
        off = factors[:, 2] * self.off_length
        off += factors[:, 1] * self.off_error
        return about - off, about + off


@cache
def integer_products() -> Dots | None:
    """numkong's products of 8-bit vectors; None where it is not installed, or wrong on this processor.

    simsimd, its older sibling, refuses its own arrays once usearch is loaded.
    """
    try:
        import numkong
    except ImportError:
        return None

    def dots(codes: Codes, code: Codes) -> NDArray[np.int32]:
        found = numkong.cdist(codes, code[None], "dot", out_dtype="int32")  # type: ignore[arg-type]  # a gap of its stub
        return np.asarray(found, np.int32).reshape(len(codes))

    return dots if _is_exact(dots) else None


def _is_exact(dots: Dots) -> bool:
    """Whether a kernel is right on codes that reach as far as they can."""
    generator = np.random.default_rng(0)
    codes = generator.integers(-LARGEST, LARGEST + 1, (_PROBE, _PROBE), np.int8)
    codes[0], codes[1] = LARGEST, -LARGEST
    expected = codes.astype(np.int32) @ codes[0].astype(np.int32)
    return bool(np.array_equal(dots(codes, codes[0]), expected))
