"""Frame vectors of footage that was never shot: as many as are asked for, arranged as an encoder's are.

They lie in a cone with a few large components, as CLIP's do; a media is an hour at a frame a second, of shots of a
dozen frames that differ little, and every shot shows one of some hundred themes.  Queries lie between a theme and
nowhere, farther from all frames than these are from each other, as words do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cuemark.library.search.codes import Floats
from cuemark.library.search.scan import Source

ENCODER = "simulated"
_HOUR, _SHOT, _THEMES = 3600, 12, 400
_LARGE, _LARGER = 3, 8.0
_CONE, _THEME, _OWN, _FRAME, _WORDS = 0.8, 0.7, 0.7, 0.3, 0.6


@dataclass(frozen=True, eq=False)
class SimulatedTrack:
    """The vectors of one media, float16 [N, D]."""

    vectors: NDArray[np.float16]


@dataclass(frozen=True)
class SimulatedFootage:
    """`count` vectors of `dimension` numbers; each media is a function of its number and the seed."""

    count: int
    dimension: int
    seed: int

    @property
    def media(self) -> dict[int, Source]:
        """The media by their numbers, from 1."""
        return {number: Source(str(number), f"seed {self.seed}") for number in range(1, 1 + -(-self.count // _HOUR))}

    def track(self, fingerprint: str, encoder_id: str) -> SimulatedTrack:
        """The vectors of one media."""
        number = int(fingerprint)
        generator = np.random.default_rng([self.seed, number])
        shots = _THEME * self._themes[generator.integers(0, _THEMES, -(-_HOUR // _SHOT))]
        shots += _OWN * _unit(generator.standard_normal(shots.shape, np.float32))
        frames = _FRAME * _unit(generator.standard_normal((_HOUR, self.dimension), np.float32))
        frames += np.repeat(shots, _SHOT, axis=0)[:_HOUR] + _CONE * self._cone
        return SimulatedTrack(_unit(frames)[: self.count - (number - 1) * _HOUR].astype(np.float16))

    def queries(self, count: int) -> Floats:
        """Unit vectors [count, D] as words would have."""
        generator = np.random.default_rng([self.seed, 0, 1])
        words = _WORDS * self._themes[generator.integers(0, _THEMES, count)]
        found: Floats = _unit(words + _unit(generator.standard_normal(words.shape, np.float32)))
        return found

    @cached_property
    def _themes(self) -> Any:
        return _unit(np.random.default_rng([self.seed, 0]).standard_normal((_THEMES, self.dimension), np.float32))

    @cached_property
    def _cone(self) -> Any:
        cone = np.random.default_rng([self.seed, 0, 2]).standard_normal(self.dimension, np.float32)
        cone[:_LARGE] *= _LARGER
        return _unit(cone[None])[0]


def _unit(vectors: Any) -> Any:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
