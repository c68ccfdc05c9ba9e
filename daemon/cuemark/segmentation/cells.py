"""The cell of a sample: the time nearer to it than to its neighbours (a one-dimensional Voronoi cell).

A sampled frame stands for its cell, so uneven sampling weighs nothing twice: borders lie in the middle between two
samples, the first cell begins at 0, the last ends with the media.  What is reported is computed from exact borders;
what is only weighed (integrals over time) from borders in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from cuemark.evidence.frames.track import FeatureTrack
from cuemark.segmentation.segments import Interval

Array = npt.NDArray[np.float64]

#: A place between two borders is read to this part of a cell: finer than a mask's edge can be trusted, and still exact.
_PARTS = 16


def border(track: FeatureTrack, cell: int) -> Fraction:
    """Exact seconds at which the cell of a sample begins; of cell T, where the media ends."""
    if cell == 0:
        return Fraction(0)
    if cell >= len(track.ticks):
        return track.duration
    return Fraction(int(track.ticks[cell - 1]) + int(track.ticks[cell]), 2 * track.timescale)


def borders(seconds: Array, duration: float) -> Array:
    """All borders [T + 1] of samples at `seconds` [T] in float64; none beyond `duration`."""
    middle = np.clip((seconds[1:] + seconds[:-1]) / 2, 0, duration)
    return np.concatenate([[0.0], middle, [duration]])


def time_of(track: FeatureTrack, fraction: float) -> Fraction:
    """The exact time of a place given as a fraction of the samples, read to a part of a sample's cell."""
    count = len(track.vectors)
    cell, rest = divmod(round(min(1.0, max(0.0, fraction)) * count * _PARTS), _PARTS)
    left = border(track, cell)
    return left + (border(track, min(cell + 1, count)) - left) * Fraction(rest, _PARTS)


class TimeIntegral:
    """Integrals over time of values that each sample has for the whole of its cell."""

    def __init__(self, values: Array, edges: Array) -> None:
        """`values` [T, K] of the samples; `edges` [T + 1] are the borders of their cells."""
        self._edges = edges
        widths = np.diff(edges)[:, None]
        self._cumulative = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values * widths, axis=0)])

    def at(self, times: Array) -> Array:
        """The integral from 0 to each of `times` [n], as [n, K], in value-seconds."""
        edges = self._edges
        cell = np.clip(np.searchsorted(edges, times, side="right") - 1, 0, len(edges) - 2)
        width = np.maximum(edges[cell + 1] - edges[cell], 1e-12)
        part = np.clip((times - edges[cell]) / width, 0, 1)[:, None]
        inside: Array = self._cumulative[cell] * (1 - part) + self._cumulative[cell + 1] * part
        return inside

    def mean(self, intervals: Sequence[Interval]) -> Array:
        """The mean value [K] over the time of the intervals."""
        times = np.array([[float(start), float(end)] for start, end in intervals])
        seconds = float((times[:, 1] - times[:, 0]).sum())
        total: Array = (self.at(times[:, 1]) - self.at(times[:, 0])).sum(axis=0) / seconds
        return total
