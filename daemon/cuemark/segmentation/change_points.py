"""Segment proposals: change points of the features, found exactly, with an automatic count.

Cost of a segment is the spread of its unit vectors round their mean; each further segment costs a penalty measured
in the footage's own noise.  Too many segments are wanted here: what means the same is merged later.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cuemark.moments.options import ProposalOptions

Vectors = NDArray[np.float32]
Span = tuple[int, int]


#: More samples than these are averaged in runs first: the search holds a matrix of samples x samples.
_MOST_SAMPLES = 2000
_BLOCK = 4096


def propose(vectors: Vectors, seconds: NDArray[np.float64], options: ProposalOptions) -> list[Span]:
    """Segments [first, last) of sample indices that tile the track [T, D]; at least one.

    Of a track longer than 2000 samples borders are found to T / 2000 samples; memory does not grow beyond that.
    """
    shortest = shortest_samples(seconds, options.shortest_s)
    if len(vectors) <= _MOST_SAMPLES:
        return _propose(vectors, shortest, options)
    parts = even_spans(len(vectors), _MOST_SAMPLES)
    means = np.stack([vectors[first:last].mean(axis=0) for first, last in parts])
    spans = _propose(means, max(1, round(shortest * _MOST_SAMPLES / len(vectors))), options)
    return [(parts[first][0], parts[last - 1][1]) for first, last in spans]


def _propose(vectors: Vectors, shortest: int, options: ProposalOptions) -> list[Span]:
    count = len(vectors)
    if count < 2 * shortest:
        return [(0, count)]
    penalty = options.penalty * _noise(vectors, options.noise_quantile) * math.log(count)
    spreads = _spreads(vectors)
    best = _partition(spreads, penalty, shortest)
    while len(best) > options.most_segments:
        penalty *= 1.5
        best = _partition(spreads, penalty, shortest)
    return best


def shortest_samples(seconds: NDArray[np.float64], shortest_s: float) -> int:
    """How many samples make `shortest_s` seconds, at least 1."""
    if len(seconds) < 2:
        return 1
    return max(1, round(shortest_s / max(float(np.median(np.diff(seconds))), 1e-6)))


def segment(vectors: Vectors, penalty: float, shortest: int) -> list[Span]:
    """The partition with the least spread plus `penalty` a segment; exact dynamic programming, O(T^2)."""
    return _partition(_spreads(vectors), penalty, shortest)


def _spreads(vectors: Vectors) -> NDArray[np.float64]:
    """[T + 1, T + 1]: the spread of the samples from one border to another, for first < last."""
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(vectors, axis=0, dtype=np.float64)])
    norms = np.concatenate([[0.0], np.cumsum((vectors.astype(np.float64) ** 2).sum(axis=1))])
    products = sums @ sums.T
    squares = np.diag(products)
    borders = np.arange(len(sums))
    lengths = np.maximum(borders[None] - borders[:, None], 1)
    spreads: NDArray[np.float64] = norms[None] - norms[:, None]
    spreads -= (squares[None] + squares[:, None] - 2 * products) / lengths
    return spreads


def _partition(spreads: NDArray[np.float64], penalty: float, shortest: int) -> list[Span]:
    count = len(spreads) - 1
    cost = np.full(count + 1, np.inf)
    cost[0] = 0.0
    before = np.zeros(count + 1, dtype=np.int64)
    for end in range(shortest, count + 1):
        total = cost[: end - shortest + 1] + spreads[: end - shortest + 1, end]
        before[end] = int(total.argmin())
        cost[end] = total[before[end]] + penalty
    spans: list[Span] = []
    end = count
    while end > 0:
        spans.append((int(before[end]), end))
        end = int(before[end])
    return spans[::-1]


def even_spans(count: int, parts: int) -> list[Span]:
    """`parts` equal runs of `count` samples, none empty."""
    borders = [round(number * count / parts) for number in range(parts + 1)]
    return list(itertools.pairwise(borders))


def split_to(spans: Sequence[Span], vectors: Vectors, count: int, shortest: int) -> list[Span]:
    """`spans` cut further, always where the features change most, until there are `count`."""
    result = list(spans)
    if len(result) >= count:
        return result
    cuts = [_best_cut(vectors, span, shortest) for span in result]
    while len(result) < count:
        number = max(range(len(result)), key=lambda index: cuts[index][0])
        gain, cut = cuts[number]
        if not math.isfinite(gain):
            break
        first, last = result[number]
        parts = [(first, cut), (cut, last)]
        result[number : number + 1] = parts
        cuts[number : number + 1] = [_best_cut(vectors, part, shortest) for part in parts]
    return result


def _best_cut(vectors: Vectors, span: Span, shortest: int) -> tuple[float, int]:
    """What the best cut of a span takes off its spread, and where it is; minus infinity where none fits."""
    first, last = span
    count = last - first
    if count < 2 * shortest:
        return -math.inf, first
    total = vectors[first:last].sum(axis=0, dtype=np.float64)
    before = np.zeros_like(total)
    gains = []
    for low in range(first, last - 1, _BLOCK):  # in blocks: sums of a long span would take twice its own memory
        left = before + np.cumsum(vectors[low : min(low + _BLOCK, last - 1)], axis=0, dtype=np.float64)
        sizes = low - first + 1 + np.arange(len(left))
        gains.append((left**2).sum(axis=1) / sizes + ((total - left) ** 2).sum(axis=1) / (count - sizes))
        before = left[-1]
    possible = np.concatenate(gains)[shortest - 1 : count - shortest]
    best = int(possible.argmax())
    return float(possible[best]) - float((total**2).sum()) / count, first + shortest + best


def _noise(vectors: Vectors, quantile: float) -> float:
    """Half the squared change between neighbours, at the quantile: what frames differ by when nothing happens."""
    changes = (np.diff(vectors, axis=0) ** 2).sum(axis=1) / 2
    return max(float(np.quantile(changes, quantile)), 1e-6)
