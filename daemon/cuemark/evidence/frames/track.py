"""The vectors of one media's sampled frames with their exact times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm

import numpy as np
from numpy.typing import NDArray

from cuemark.evidence.frames.measures import FrameMeasures

UNIT_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class FeatureTrack:
    """T sampled frames: `ticks` int64 [T], 1/`timescale` s from the first frame; `vectors` float32 [T, D], unit.

    `measures` are the statistics of the pictures, None where they were not taken.

    Each sample stands for the cell around it; `duration` (seconds) is where the media, or its decodable part, ends.
    ValueError when the parts do not fit each other.  The arrays are read-only.
    """

    ticks: NDArray[np.int64]
    timescale: int
    vectors: NDArray[np.float32]
    duration: Fraction
    encoder_id: str
    measures: FrameMeasures | None = None

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or self.ticks.shape != self.vectors.shape[:1] or not len(self.ticks):
            raise ValueError(f"{self.ticks.shape} times do not fit vectors of shape {self.vectors.shape}")
        if self.ticks.dtype != np.int64 or self.vectors.dtype != np.float32:
            raise ValueError(f"ticks are {self.ticks.dtype}, vectors {self.vectors.dtype}; int64 and float32 are meant")
        if self.ticks[0] < 0 or bool(np.any(np.diff(self.ticks) <= 0)):
            raise ValueError("the times of a track rise from 0 on")
        if self.measures is not None and len(self.measures) != len(self.ticks):
            raise ValueError(f"measures of {len(self.measures)} frames do not fit {len(self.ticks)} times")
        norms = np.linalg.norm(self.vectors, axis=1)
        if not bool(np.all(np.abs(norms - 1) < UNIT_TOLERANCE)):  # also catches NaN
            raise ValueError("the vectors of a track have length 1")
        self.ticks.setflags(write=False)
        self.vectors.setflags(write=False)

    @classmethod
    def of(
        cls,
        times: Sequence[Fraction],
        vectors: NDArray[np.float32],
        duration: Fraction,
        encoder_id: str,
        measures: FrameMeasures | None = None,
    ) -> FeatureTrack:
        """From exact times in seconds."""
        scale = lcm(*(time.denominator for time in times))
        ticks = np.array([time.numerator * (scale // time.denominator) for time in times], np.int64)
        return cls(ticks, scale, vectors, duration, encoder_id, measures)

    def __len__(self) -> int:
        return len(self.ticks)

    @cached_property
    def times(self) -> tuple[Fraction, ...]:
        """Exact seconds from the first frame, one a sample."""
        return tuple(Fraction(int(tick), self.timescale) for tick in self.ticks)

    @cached_property
    def seconds(self) -> NDArray[np.float64]:
        """The times as float64 [T], for the optimiser only; nothing reported is computed from them."""
        return self.ticks / np.float64(self.timescale)
