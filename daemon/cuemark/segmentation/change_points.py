"""Segment proposals: change-point detection by exact dynamic programming, with an automatic count.

A segment costs what all boundary evidence says of it, and each further segment a penalty measured in the footage's own
noise.  Too many segments are wanted here: what means the same is merged later.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cuemark.evidence.frames.track import FeatureTrack
from cuemark.segmentation.cells import borders
from cuemark.segmentation.options import ProposalOptions
from cuemark.segmentation.partition import cheapest_partition, within_segment_cost
from cuemark.segmentation.segments import Span, even_spans

Vectors = NDArray[np.float32]

#: More samples than these are averaged in runs first: the search holds matrices of samples x samples.
_MOST_SAMPLES = 2000
_BLOCK = 4096


@dataclass(frozen=True)
class SampleGrid:
    """The n + 1 places where a segment may begin or end, with what lies between them: a sample, or a run of many.

    `seconds` [n + 1] are the places, `means` [n, D] the mean frame vectors between them; `penalty` is what one more
    segment costs, the unit of all boundary evidence.
    """

    seconds: NDArray[np.float64]
    means: Vectors
    penalty: float


class BoundaryEvidence(Protocol):
    """A term of the segment cost: what speaks for or against a border, from one kind of evidence."""

    def costs(self, grid: SampleGrid) -> NDArray[np.float64]:
        """[n + 1, n + 1]: what a segment from one place to another costs; read above the diagonal only."""


class PictureChange:
    """How far the frame vectors of a segment spread round their mean: the sum of squared errors."""

    def costs(self, grid: SampleGrid) -> NDArray[np.float64]:
        """See `BoundaryEvidence`; in squared distances of unit vectors."""
        return spread_costs(grid.means)


@dataclass(frozen=True)
class ExplicitBorders:
    """Borders known from elsewhere (shot cuts, pauses of speech): a segment pays for each that it runs across."""

    seconds: tuple[float, ...]
    #: In penalties, one each: at 1 a known border is worth a segment of its own, whatever the pictures say.
    weights: tuple[float, ...]

    @classmethod
    def alike(cls, seconds: Sequence[float], weight: float) -> ExplicitBorders:
        """All of one weight."""
        return cls(tuple(seconds), (weight,) * len(seconds))

    def costs(self, grid: SampleGrid) -> NDArray[np.float64]:
        """See `BoundaryEvidence`.  A border counts at the place nearest to it; what is known of one place adds up."""
        before = np.concatenate([[0.0], np.cumsum(self.at(grid.seconds))])  # weight at places below each
        crossed = before[:-1][None] - before[1:][:, None]
        costs: NDArray[np.float64] = grid.penalty * np.maximum(crossed, 0)
        return costs

    def at(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """[n]: the weight of the borders at each of n rising places in seconds."""
        nearest = np.abs(places[:, None] - np.array(self.seconds, np.float64)[None]).argmin(axis=0)
        return np.bincount(nearest, weights=np.array(self.weights), minlength=len(places)).astype(np.float64)


def propose(
    track: FeatureTrack, options: ProposalOptions, evidence: Sequence[BoundaryEvidence] = (PictureChange(),)
) -> list[Span]:
    """Segments of samples that tile the track, by the sum of all boundary evidence; at least one.

    Of a track longer than 2000 samples borders are found to T / 2000 samples; memory does not grow beyond that.
    """
    count = len(track.vectors)
    runs = even_spans(count, min(count, _MOST_SAMPLES))
    shortest = shortest_samples(track.seconds, options.shortest_s)
    if count > _MOST_SAMPLES:
        shortest = max(1, round(shortest * _MOST_SAMPLES / count))
    if len(runs) < 2 * shortest:
        return [(0, count)]
    grid = _grid(track, runs, options)
    costs = reduce(np.add, (term.costs(grid) for term in evidence))
    penalty = grid.penalty
    best = cheapest_partition(costs, penalty, shortest)
    while len(best) > options.most_segments:
        penalty *= 1.5
        best = cheapest_partition(costs, penalty, shortest)
    return [(runs[first][0], runs[last - 1][1]) for first, last in best]


def _grid(track: FeatureTrack, runs: Sequence[Span], options: ProposalOptions) -> SampleGrid:
    places = [first for first, _ in runs] + [runs[-1][1]]
    means = track.vectors
    if len(runs) < len(means):
        means = np.stack([track.vectors[first:last].mean(axis=0) for first, last in runs])
    # A Gaussian change point costs about the noise times the log of the number of samples (BIC).
    penalty = options.penalty * _noise(means, options.noise_quantile) * math.log(len(runs))
    return SampleGrid(borders(track.seconds, float(track.duration))[places], means, penalty)


def shortest_samples(seconds: NDArray[np.float64], shortest_s: float) -> int:
    """How many samples make `shortest_s` seconds, at least 1."""
    if len(seconds) < 2:
        return 1
    return max(1, round(shortest_s / max(float(np.median(np.diff(seconds))), 1e-6)))


def segment(vectors: Vectors, penalty: float, shortest: int) -> list[Span]:
    """The partition with the least spread plus `penalty` a segment."""
    return cheapest_partition(spread_costs(vectors), penalty, shortest)


def spread_costs(vectors: Vectors) -> NDArray[np.float64]:
    """[T + 1, T + 1]: the sum of squared errors of the samples from one border to another."""
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(vectors, axis=0, dtype=np.float64)])
    norms = np.concatenate([[0.0], np.cumsum((vectors.astype(np.float64) ** 2).sum(axis=1))])
    return within_segment_cost(np.arange(len(sums), dtype=np.float64), sums, norms, 1)


def split_to(spans: Sequence[Span], vectors: Vectors, count: int, shortest: int) -> list[Span]:
    """`spans` cut further (binary segmentation), always where the features change most, until there are `count`."""
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
