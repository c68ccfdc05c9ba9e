"""Near-duplicates among what a search found: takes of one shot, copies and versions of a file stand under the best.

Two segments are takes of one shot where each one's best frame is nearly a frame of the other.  How near is told from
the library itself, since encoders differ in how alike they find any two pictures: the distance (1 - cosine) is taken
as a share of that between ordinary frames.  Of photographs made brighter, warmer, smaller, shifted, cropped or tilted
nineteen in twenty stay below 0.1 of it, by an encoder that knows photographs; other things lie above half of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cuemark.core.search import Ground
from cuemark.library.search.codes import Floats
from cuemark.library.search.findings import Finding
from cuemark.library.search.packed import Rows

SAME_SHARE = 0.1
"""Of the distance between ordinary frames, below which two frames are takes of one."""
LEAST_DISTANCE = 0.004
"""What half precision and another compression change of any frame."""
_MOST_FRAMES = 16
"""Of a segment, spread over it."""
_PAIRS = 2000


@dataclass(frozen=True, eq=False)
class Looks:
    """How a segment looks to one encoder: the vectors of some of its frames [N, D], and of its best one [D]."""

    encoder_id: str
    frames: Floats
    best: Floats

    @classmethod
    def of(cls, encoder_id: str, frames: NDArray[np.float16], best: NDArray[np.float16]) -> Looks | None:
        """None where frames are missing, or are no numbers."""
        places = np.unique(np.linspace(0, max(0, len(frames) - 1), min(len(frames), _MOST_FRAMES)).astype(int))
        few = np.vstack([frames[places], best[None]]).astype(np.float32)
        return cls(encoder_id, few, few[-1]) if np.isfinite(few).all() else None

    def nearness(self, other: Looks) -> float:
        """The cosine with which each one's best frame is found in the other."""
        return float(min(np.max(other.frames @ self.best), np.max(self.frames @ other.best)))


@dataclass(frozen=True)
class Folded:
    """A finding and those that look like it, best first."""

    best: Finding
    alike: tuple[Finding, ...] = ()


def fold(
    findings: Sequence[Finding],
    looks_of: Callable[[Finding], Looks | None],
    ordinary: Callable[[str], float],
    most: int,
) -> list[Folded]:
    """The first `most` findings that are no takes of better ones, each with its own, in the order that they came in.

    `ordinary` is the cosine of two ordinary frames by an encoder.  Findings whose looks are None stay alone.
    """
    kept: list[tuple[Finding, Looks | None, list[Finding]]] = []
    for finding in findings:
        looks = looks_of(finding)
        takes = (alike for other, its, alike in kept if _are_takes(finding, looks, other, its, ordinary))
        under = next(takes, None)
        if under is not None:
            under.append(finding)
        elif len(kept) < most:
            kept.append((finding, looks, []))
    return [Folded(best, tuple(alike)) for best, _, alike in kept]


def ordinary_cosine(rows: Rows) -> float:
    """The median cosine of two frames of different media (of any, where there is but one); 0 where there are none."""
    if not rows.live:
        return 0.0
    generator = np.random.default_rng(0)
    runs = [run for run in rows.runs if run.length]
    chosen = generator.integers(0, len(runs), (2, _PAIRS))
    apart = chosen[0] != chosen[1]
    one, other = chosen[:, apart] if apart.any() else chosen
    pairs = [[runs[at].first + int(generator.integers(runs[at].length)) for at in each] for each in (one, other)]
    with np.errstate(invalid="ignore"):
        cosines = np.sum(rows.vectors[pairs[0]].astype(np.float32) * rows.vectors[pairs[1]].astype(np.float32), axis=1)
    cosines = cosines[np.isfinite(cosines)]
    return float(np.median(cosines)) if len(cosines) else 0.0


def _are_takes(
    one: Finding, looks: Looks | None, other: Finding, its: Looks | None, ordinary: Callable[[str], float]
) -> bool:
    """Whether two segments show one shot: not where they lie in one media, or were found by different words."""
    if looks is None or its is None or looks.encoder_id != its.encoder_id:
        return False
    if one.number == other.number or _words(one) != _words(other):
        return False
    most = max(LEAST_DISTANCE, SAME_SHARE * (1 - ordinary(looks.encoder_id)))
    return 1 - looks.nearness(its) <= most


def _words(finding: Finding) -> frozenset[tuple[Ground, str]]:
    """What was heard or read; people in one studio look alike and say different things."""
    return frozenset((why.ground, why.words) for why in finding.why if why.ground is not Ground.SEEN)
