"""Whether two small grey pictures show the same: their difference under the best shift, and their correlation there.

A camera that moves shifts a picture, a lamp or an exposure scales it, and somebody who comes in changes a part of it;
none of these is another shot.  So pictures are compared where they lie on each other best, their normalised
cross-correlation, which a gain leaves alone, has a say, and so has how much of the picture is another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]

#: A side of a picture is shifted by up to this share of it.
_SHIFT = 0.14
#: Levels of noise (standard deviation): what is flatter than that has no structure to compare.
_NOISE = 3.0
#: Below this standard deviation of levels a picture is flat: black, white, one colour.
FLAT = 5.0
#: Blocks along a side, and the levels by which one of them differs at least.
_BLOCKS, _BLOCK_LEVELS = 4, 4.0


@dataclass(frozen=True)
class Likeness:
    """`difference`: mean absolute difference in levels of 255; `correlation`: -1 to 1, 0 where one of them is flat."""

    difference: float
    correlation: float

    def differs(self, levels: float, structure: float) -> bool:
        """Whether they differ by `levels` at least, and correlate less than `structure`."""
        return self.difference >= levels and self.correlation < structure


def likeness(one: Grey, other: Grey) -> Likeness:
    """Of two pictures float32 [h, w] of one size, at the shifts where they differ least and correlate most."""
    height, width = one.shape
    down, across = round(height * _SHIFT), round(width * _SHIFT)
    difference, correlation = np.inf, -1.0
    for y in range(-down, down + 1):
        for x in range(-across, across + 1):
            a, b = _shifted(one, y, x), _shifted(other, -y, -x)
            difference = min(difference, float(np.abs(a - b).mean()))
            correlation = max(correlation, _correlation(a, b))
    return Likeness(difference, correlation)


def _shifted(picture: Grey, y: int, x: int) -> Grey:
    height, width = picture.shape
    return picture[max(0, y) : height + min(0, y), max(0, x) : width + min(0, x)]


def _correlation(a: Grey, b: Grey) -> float:
    """Pearson's, with the variance of noise added to both: flat pictures correlate with nothing."""
    a, b = a - a.mean(), b - b.mean()
    noise = _NOISE**2
    return float((a * b).mean() / np.sqrt((float((a * a).mean()) + noise) * (float((b * b).mean()) + noise)))


def shifted_views(picture: Grey, most: float = _SHIFT / 2) -> NDArray[np.float32]:
    """The inner part of a picture as it lies under each shift of up to `most` of a side, [s, p]; the middle one is not
    shifted.
    """
    height, width = picture.shape
    down, across = max(1, round(height * most)), max(1, round(width * most))
    inner = np.lib.stride_tricks.sliding_window_view(picture, (height - 2 * down, width - 2 * across))
    return inner.reshape(-1, inner.shape[2] * inner.shape[3])


def changed_share(one: Grey, other: Grey) -> float:
    """In what share of the blocks of the picture (4 x 4) two pictures differ."""
    height, width = one.shape
    rows, columns = (np.linspace(0, side, _BLOCKS + 1).astype(int)[:-1] for side in (height, width))
    total = np.add.reduceat(np.add.reduceat(np.abs(one - other), rows, 0), columns, 1)
    return float((total / (one.size / _BLOCKS**2) >= _BLOCK_LEVELS).mean())


def is_flat(picture: Grey) -> bool:
    """Whether there is nothing to be seen in a picture: black, white, one colour."""
    return float(picture.std()) < FLAT
