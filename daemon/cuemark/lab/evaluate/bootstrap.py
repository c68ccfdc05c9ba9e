"""How far a figure can be trusted: percentile intervals over resampled sets of videos (Efron's bootstrap).

A measure is made of ratios of sums over videos, so all resampled figures come from one product of two matrices:
how often each video was drawn, times what each video adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cuemark.lab.evaluate.measures import Measure
from cuemark.lab.evaluate.score import VideoScore

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    Figures = NDArray[float64]

RESAMPLES = 2000
#: In percent: what lies between them is the interval of 95 %.
_ENDS = (2.5, 97.5)


@dataclass(frozen=True)
class Difference:
    """How much better ours is than theirs (ours - theirs), with the ends of its interval of 95 %."""

    value: float
    low: float
    high: float


def interval(
    measure: Measure, scores: Sequence[VideoScore], *, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float] | None:
    """The interval of 95 % of a measure over videos; None where the measure says nothing.

    Videos are drawn with replacement, as many as there are; the same seed draws the same.  A draw of which the
    measure says nothing (none of its videos has a chapter, say) is left out.  One video gives an interval without
    width: nothing is known of other videos then.
    """
    if measure.of(scores) is None:
        return None
    return _ends(_resampled(measure, scores, _draws(len(scores), resamples, seed)))


def paired_difference(
    measure: Measure,
    ours: Sequence[VideoScore],
    theirs: Sequence[VideoScore],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference | None:
    """Two systems on the same videos in the same order: both sides of every draw are of the same videos.

    None where one side says nothing; ValueError where the videos are not the same.
    """
    if [score.name for score in ours] != [score.name for score in theirs]:
        raise ValueError("a paired difference needs the same videos on both sides")
    value, other = measure.of(ours), measure.of(theirs)
    if value is None or other is None:
        return None
    draws = _draws(len(ours), resamples, seed)
    low, high = _ends(_resampled(measure, ours, draws) - _resampled(measure, theirs, draws))
    return Difference(value - other, low, high)


@lru_cache(maxsize=16)
def _draws(videos: int, resamples: int, seed: int) -> Figures:
    """How often each video is in each resampled set: (resamples, videos), rows sum to `videos`."""
    import numpy as np

    rng = np.random.default_rng(seed)
    return rng.multinomial(videos, [1 / videos] * videos, size=resamples).astype(np.float64)


def _resampled(measure: Measure, scores: Sequence[VideoScore], draws: Figures) -> Figures:
    """The measure of each draw: (resamples,), NaN where it says nothing."""
    import numpy as np

    ratios = []
    for part in measure.parts:
        added = np.array([part(score) or (0.0, 0.0) for score in scores], dtype=np.float64)
        sums = draws @ added
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios.append(np.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], np.nan))
    if len(ratios) == 1:
        return ratios[0]
    one, other = ratios
    total = one + other
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total == 0, 0.0, 2 * one * other / total)


def _ends(figures: Figures) -> tuple[float, float]:
    import numpy as np

    low, high = np.nanpercentile(figures, _ENDS)
    return float(low), float(high)
