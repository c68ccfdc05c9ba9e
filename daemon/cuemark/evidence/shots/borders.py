"""Shot borders in a run of consecutive frames: hard cuts, exact to the frame, and gradual changes, at their middle.

A **cut** is a frame that differs from the one before it far more than its neighbours do from theirs (adaptive
threshold), in most of the picture, also under the best shift and apart from brightness.  What returns within a third of
a second is no cut where it was brighter (a camera's flash) or one frame long (a glitch).

What lies between two cuts is looked through for gradual changes (`gradual.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cuemark.evidence.shots.gradual import gradual_changes
from cuemark.evidence.shots.likeness import Grey, changed_share, is_flat, likeness

#: Levels of 255 (mean over the picture) that a cut changes at least, and how many times its neighbours' change.
_CUT_LEVELS, _CUT_RATIO = 8.0, 2.5
#: From this correlation on two pictures have the same structure, whatever their light; in so many blocks a cut changes.
_SAME_STRUCTURE, _CUT_CHANGED = 0.75, 0.6
#: Neighbours are the frames within so many seconds, or frames, that differ at all (in levels).
_BESIDE_S, _BESIDE_FRAMES, _BESIDE, _STIRS = 0.6, 4.5, 6, 0.5
#: A flash is over after so many seconds, and brighter by so many levels.
_FLASH_S, _FLASH_LEVELS = 0.35, 12.0
#: Seconds that a run must know on either side of a border to find it.
CONTEXT_S = Fraction(17, 10)


@dataclass(frozen=True, eq=False)
class FrameRun:
    """Consecutive frames: `times` at which they come on (seconds, rising), `rgb` uint8 [n, h, w, 3]."""

    times: tuple[Fraction, ...]
    rgb: NDArray[np.uint8]

    @property
    def grey(self) -> NDArray[np.float32]:
        """Luma, float32 [n, h, w]."""
        grey: NDArray[np.float32] = self.rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
        return grey


@dataclass(frozen=True)
class Border:
    """Where a shot ends and another begins, at the time its first frame comes on.

    `length` is how long a gradual change takes, in seconds; 0 for a hard cut.  `flat_before` and `flat_after` say that
    there is nothing to be seen before the change, or behind it: black, white, one colour.
    """

    time: Fraction
    length: Fraction = Fraction(0)
    flat_before: bool = False
    flat_after: bool = False


def find_borders(run: FrameRun) -> list[Border]:
    """The borders within a run, rising."""
    if len(run.times) < 2:
        return []
    grey = run.grey
    cuts = _cuts(run, grey)
    hard = [Border(run.times[at], Fraction(0), is_flat(grey[at - 1]), is_flat(grey[at])) for at in cuts]
    return sorted([*hard, *_gradual(run, grey, cuts)], key=lambda border: border.time)


def _cuts(run: FrameRun, grey: NDArray[np.float32]) -> list[int]:
    """Places of the frames that begin a shot by a hard cut."""
    change = np.zeros(len(run.times))
    for place in range(1, len(run.times)):  # not at once: of a long run the differences would be a copy of it
        change[place] = np.abs(run.rgb[place].astype(np.int16) - run.rgb[place - 1]).mean()
    seconds = np.array([float(time) for time in run.times])
    sudden = [place for place in np.flatnonzero(change >= _CUT_LEVELS) if _is_sudden(change, seconds, int(place))]
    return _lasting(run, grey, [int(place) for place in sudden if _is_another(grey[place - 1], grey[place])])


def _is_sudden(change: NDArray[np.float64], seconds: NDArray[np.float64], place: int) -> bool:
    """Whether a change stands out of those around it, a quarter of which may be cuts, too, or flashes.

    Frames that repeat the one before them tell nothing of how fast the picture moves.
    """
    reach = max(_BESIDE_S, _BESIDE_FRAMES * (seconds[-1] - seconds[0]) / (len(seconds) - 1))
    near = (np.abs(seconds - seconds[place]) <= reach) & (change >= _STIRS)
    near[place] = False
    around = [*change[np.flatnonzero(near[:place])[-_BESIDE:]], *change[place + np.flatnonzero(near[place:])[:_BESIDE]]]
    around += [0.0] * (_BESIDE - len(around))
    return bool(change[place] >= _CUT_RATIO * np.quantile(around, 0.75, method="lower"))


def _is_another(one: Grey, other: Grey) -> bool:
    """Whether two pictures that follow each other are of two shots."""
    return changed_share(one, other) >= _CUT_CHANGED and likeness(one, other).differs(_CUT_LEVELS, _SAME_STRUCTURE)


def _lasting(run: FrameRun, grey: NDArray[np.float32], cuts: Sequence[int]) -> list[int]:
    """The cuts less those of flashes and of single broken frames."""
    kept: list[int] = []
    rest = list(cuts)
    while rest:
        place = rest.pop(0)
        back = _returned(run, grey, place)
        if back is None or (back - place > 1 and not _is_flash(grey, place, back)):
            kept.append(place)
        else:
            rest = [later for later in rest if later > back]
    return kept


def _returned(run: FrameRun, grey: NDArray[np.float32], place: int) -> int | None:
    """Where the picture before `place` is shown again soon behind it; None where it is not."""
    for later in range(place + 1, len(run.times)):
        if run.times[later] - run.times[place] > _FLASH_S:
            break
        if not likeness(grey[place - 1], grey[later]).differs(_CUT_LEVELS / 2, _SAME_STRUCTURE):
            return later
    return None


def _is_flash(grey: NDArray[np.float32], place: int, back: int) -> bool:
    """Whether [place, back) is the picture before and behind it, under more light."""
    lit = float(grey[place:back].mean(axis=(1, 2)).max())
    usual = max(float(grey[place - 1].mean()), float(grey[back].mean()))
    return lit > usual + _FLASH_LEVELS


def _gradual(run: FrameRun, grey: NDArray[np.float32], cuts: Sequence[int]) -> list[Border]:
    """Dissolves and fades between the cuts."""
    found: list[Border] = []
    for first, after in pairwise([0, *cuts, len(run.times)]):
        times = run.times[first:after]
        if len(times) > 4:
            for one in gradual_changes(grey[first:after], (len(times) - 1) / float(times[-1] - times[0])):
                length = times[one.last] - times[one.first]
                found.append(Border(times[one.middle], length, one.from_flat, one.to_flat))
    return found
