"""The feature track seen by time: integrals of frame values, and how texts fit stretches of it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

import numpy as np

from cuemark.segmentation.cells import Array, TimeIntegral, borders
from cuemark.segmentation.segments import Interval

if TYPE_CHECKING:
    import torch

    from cuemark.evidence.frames.track import FeatureTrack


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
        self._edges = borders(track.seconds, self.duration)
        self._integral = TimeIntegral(self.vectors, self._edges)

    def text_vectors(self, texts: Sequence[str]) -> Array:
        """Unit vectors [n, D] of n >= 1 texts."""
        return np.asarray(self._text.encode(list(texts)).detach().cpu().numpy(), dtype=np.float64)

    @property
    def logit_scale(self) -> float:
        """What cosines are multiplied by before a softmax."""
        return self._text.logit_scale

    def integral(self, values: Array, times: Array) -> Array:
        """The integral of per-frame values [T, K] from 0 to each of `times` [n], as [n, K], in value-seconds."""
        return TimeIntegral(values, self._edges).at(times)

    def vector_integral(self, times: Array) -> Array:
        """`integral` of the frame vectors, [n, D]."""
        return self._integral.at(times)

    def mean(self, intervals: Sequence[Interval]) -> Array:
        """The mean frame vector [D] over the intervals' time (not of unit length: its length tells the spread)."""
        return self._integral.mean(intervals)
