"""The feature track seen by time: integrals of frame values, and how texts fit stretches of it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

    from cuemark.evidence.frames.track import FeatureTrack

Array = npt.NDArray[np.float64]


class TextTower(Protocol):
    """What is used of a TextEncoder."""

    @property
    def logit_scale(self) -> float: ...

    def encode(self, texts: Sequence[str]) -> torch.Tensor: ...


class Footage:
    """Each frame stands for the time around it, so that uneven sampling weighs nothing twice."""

    def __init__(self, track: FeatureTrack, text: TextTower, duration: Fraction) -> None:
        self.duration = float(duration)
        self.vectors: Array = np.asarray(track.vectors, dtype=np.float64)
        self._text = text
        self._edges = _cell_edges(track.seconds, self.duration)
        self._integral = self._cumulative(self.vectors)

    def text_vectors(self, texts: Sequence[str]) -> Array:
        """Unit vectors [n, D] of n >= 1 texts."""
        return np.asarray(self._text.encode(list(texts)).detach().cpu().numpy(), dtype=np.float64)

    @property
    def logit_scale(self) -> float:
        """What cosines are multiplied by before a softmax."""
        return self._text.logit_scale

    def integral(self, values: Array, times: Array) -> Array:
        """The integral of per-frame values [T, K] from 0 to each of `times` [n], as [n, K], in value-seconds."""
        return self._at(self._cumulative(values), times)

    def vector_integral(self, times: Array) -> Array:
        """`integral` of the frame vectors, [n, D]."""
        return self._at(self._integral, times)

    def mean(self, intervals: Sequence[tuple[Fraction, Fraction]]) -> Array:
        """The mean frame vector [D] over the intervals' time (not of unit length: its length tells the spread)."""
        times = np.array([[float(start), float(end)] for start, end in intervals])
        seconds = float((times[:, 1] - times[:, 0]).sum())
        whole = self.vector_integral(times[:, 1]) - self.vector_integral(times[:, 0])
        total: Array = whole.sum(axis=0) / seconds
        return total

    def _cumulative(self, values: Array) -> Array:
        widths = np.diff(self._edges)[:, None]
        return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values * widths, axis=0)])

    def _at(self, cumulative: Array, times: Array) -> Array:
        cell = np.clip(np.searchsorted(self._edges, times, side="right") - 1, 0, len(self._edges) - 2)
        width = np.maximum(self._edges[cell + 1] - self._edges[cell], 1e-12)
        part = np.clip((times - self._edges[cell]) / width, 0, 1)[:, None]
        inside: Array = cumulative[cell] * (1 - part) + cumulative[cell + 1] * part
        return inside


def _cell_edges(seconds: Array, duration: float) -> Array:
    """Edges [T + 1] of the time each frame stands for: halfway to its neighbours, first from 0, last to the end."""
    middle = np.clip((seconds[1:] + seconds[:-1]) / 2, 0, duration)
    return np.concatenate([[0.0], middle, [duration]])
