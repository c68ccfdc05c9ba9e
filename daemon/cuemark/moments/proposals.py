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


def propose(vectors: Vectors, seconds: NDArray[np.float64], options: ProposalOptions) -> list[Span]:
    """Segments [first, last) of sample indices that tile the track [T, D]; at least one."""
    count = len(vectors)
    shortest = shortest_samples(seconds, options.shortest_s)
    if count < 2 * shortest:
        return [(0, count)]
    noise = _noise(vectors, options.noise_quantile)
    penalty = options.penalty * noise * math.log(count)
    best = segment(vectors, penalty, shortest)
    while len(best) > options.most_segments:
        penalty *= 1.5
        best = segment(vectors, penalty, shortest)
    return best


def shortest_samples(seconds: NDArray[np.float64], shortest_s: float) -> int:
    """How many samples make `shortest_s` seconds, at least 1."""
    if len(seconds) < 2:
        return 1
    return max(1, round(shortest_s / max(float(np.median(np.diff(seconds))), 1e-6)))


def segment(vectors: Vectors, penalty: float, shortest: int) -> list[Span]:
    """The partition with the least spread plus `penalty` a segment; exact dynamic programming, O(T^2)."""
    count = len(vectors)
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(vectors, axis=0, dtype=np.float64)])
    norms = np.concatenate([[0.0], np.cumsum((vectors.astype(np.float64) ** 2).sum(axis=1))])
    cost = np.full(count + 1, np.inf)
    cost[0] = 0.0
    before = np.zeros(count + 1, dtype=np.int64)
    for end in range(shortest, count + 1):
        starts = np.arange(0, end - shortest + 1)
        spread = norms[end] - norms[starts] - ((sums[end] - sums[starts]) ** 2).sum(axis=1) / (end - starts)
        total = cost[starts] + spread + penalty
        best = int(total.argmin())
        cost[end], before[end] = total[best], starts[best]
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
    while len(result) < count:
        gains = [_best_cut(vectors, span, shortest) for span in result]
        number = max(range(len(result)), key=lambda index: gains[index][0])
        gain, cut = gains[number]
        if not math.isfinite(gain):
            break
        first, last = result[number]
        result[number : number + 1] = [(first, cut), (cut, last)]
    return result


def _best_cut(vectors: Vectors, span: Span, shortest: int) -> tuple[float, int]:
    first, last = span
    options = range(first + shortest, last - shortest + 1)
    if not options:
        return -math.inf, first
    return max(
        (_spread(vectors[first:last]) - _spread(vectors[first:cut]) - _spread(vectors[cut:last]), cut)
        for cut in options
    )


def _spread(vectors: Vectors) -> float:
    return float(((vectors - vectors.mean(axis=0)) ** 2).sum())


def _noise(vectors: Vectors, quantile: float) -> float:
    """Half the squared change between neighbours, at the quantile: what frames differ by when nothing happens."""
    changes = (np.diff(vectors, axis=0) ** 2).sum(axis=1) / 2
    return max(float(np.quantile(changes, quantile)), 1e-6)
