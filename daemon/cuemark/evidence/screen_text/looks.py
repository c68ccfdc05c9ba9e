"""Which of the sampled frames are looked at for text: chosen from their thumbnails alone, in order, at a bounded count.

What is chosen depends on the footage and nothing else, least of all on how fast a machine is.  So the bound is a count:
every sample earns a share of a look, a look spends one and more the closer it is.  A sample that rests earns less:
where nothing moves there is little to decode, and reading is to cost a share of what the rest of an analysis does.
A picture of which half is bare spends half, since the reader leaves that half out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cuemark.core.analysis_options import SWITCHED_ON

Thumbnail = NDArray[np.uint8]

READING_SIDE = 1280
"""Pixels of the longer side in which a picture is read: a line of 16 pixels in 1080p has 10 left."""
QUICK, CLOSE = 384, 960
"""Pixels of the longer side in which lines are looked for: headings and captions, and the small print of screens."""

# In looks at QUICK: what a sample of a picture that moves, and of one that rests, earns, and what is saved at most.
_EARNED, _EARNED_AT_REST, _SAVED_AT_MOST = 0.1, 0.03, 6.0
# The same for looking closer: lines are found in pixels, so that a close look is six quick ones.
_CLOSER, _CLOSER_AT_REST, _CLOSER_AT_MOST, _CLOSER_COST = 0.04, 0.005, 22.0, 4.5
_LEAST_SHARE = 0.25
# What a look on the grid or at a picture that did not change leaves for pictures that come to a rest.
_RESERVE = 2.0
# In samples, of 0.4 s at the default rate.
_GRID = 12
_AGAIN = (40, 80)
SHORT = 400
"""Samples of footage whose looks cost little whatever they are: shorter footage has as many, and denser ones."""
# In levels of 255: what noise and coding do to the mean of 40 x 40 pixels, and how many of the
# thumbnail's pixels change where a word appears.
_LEVELS, _PIXELS = 5, 2


def is_other(one: Thumbnail, other: Thumbnail) -> bool:
    """Whether two thumbnails show different pictures, if only by a word."""
    if one.shape != other.shape:
        return True
    return int((np.abs(one.astype(np.int16) - other) > _LEVELS).sum()) >= _PIXELS


@dataclass(frozen=True)
class Look:
    """A sample that is looked at, and the side (pixels) at which lines are looked for."""

    place: int
    side: int


class LookChooser:
    """Says of each sample, in order, whether it is looked at.

    A picture that came to a rest is looked at once and, since small print may change unseen, again now and then; one
    that moves on a grid.  With `everything` each sample is looked at closely.
    """

    def __init__(self, count: int, *, everything: bool = False) -> None:
        """`count`: how many samples there are."""
        self._everything = everything
        denser = min(1.0, count / SHORT)
        self._scarcity, self._grid = max(denser, 1 / SHORT), max(2, round(_GRID * denser))
        self._saved, self._saved_closer = _SAVED_AT_MOST, _CLOSER_AT_MOST
        self._place = -1
        self._before: Thumbnail | None = None
        self._seen: Thumbnail | None = None
        self._looked, self._rested = -_GRID, 0
        self._moving = self._close = False

    @classmethod
    def of(cls, policy: str | None, count: int) -> LookChooser:
        """The one for a value of `AnalysisOptions.screen_text`."""
        return cls(count, everything=policy == SWITCHED_ON)

    def next(self, thumbnail: Thumbnail | None) -> Look | None:
        """The look at the next sample, if it is looked at; None for a thumbnail that nobody has counts as another."""
        self._place += 1
        moved = self._moving
        # What the first picture is the beginning of is not known: it is looked at as it is.
        self._moving = self._before is not None and (thumbnail is None or is_other(thumbnail, self._before))
        self._before = thumbnail
        earned, closer = (_EARNED, _CLOSER) if self._moving else (_EARNED_AT_REST, _CLOSER_AT_REST)
        self._saved = min(_SAVED_AT_MOST, self._saved + earned / self._scarcity)
        self._saved_closer = min(_CLOSER_AT_MOST, self._saved_closer + closer / self._scarcity)
        if self._everything:
            return Look(self._place, CLOSE)
        return self._spend(thumbnail, goes_on=moved and self._moving)

    def _spend(self, thumbnail: Thumbnail | None, *, goes_on: bool) -> Look | None:
        since = self._place - self._looked
        fresh = self._seen is None or thumbnail is None or is_other(thumbnail, self._seen)
        if fresh and not self._moving:
            return self._look(self._affordable(thumbnail), thumbnail) if self._saved >= 1 else None
        if fresh:
            # After a cut the next sample tells whether the picture rests.
            due = goes_on and since >= self._grid and self._saved >= 1 + _RESERVE
            return self._look(QUICK, thumbnail) if due else None
        wait = _AGAIN[min(self._rested, len(_AGAIN) - 1)]
        if since < wait or self._saved < 1 + _RESERVE:
            return None
        # What was looked at quickly for want of more is looked at closely when there is.
        side = QUICK if self._close else self._affordable(thumbnail)
        return self._look(side, thumbnail, again=True)

    def _affordable(self, thumbnail: Thumbnail | None) -> int:
        return CLOSE if self._saved_closer >= _CLOSER_COST * _share(thumbnail) else QUICK

    def _look(self, side: int, thumbnail: Thumbnail | None, *, again: bool = False) -> Look:
        share = _share(thumbnail)
        self._saved -= share
        self._saved_closer -= _CLOSER_COST * share if side == CLOSE else 0
        self._seen, self._looked = thumbnail, self._place
        self._rested = self._rested + 1 if again else 0
        self._close = side == CLOSE or (again and self._close)
        return Look(self._place, side)


def _share(thumbnail: Thumbnail | None) -> float:
    """About how much of a picture the reader looks at: what is bare around the rest it leaves out."""
    if thumbnail is None:
        return 1.0
    edges = np.abs(np.diff(thumbnail.astype(np.int16), axis=1)) > _LEVELS
    rows, columns = np.flatnonzero(edges.any(axis=1)), np.flatnonzero(edges.any(axis=0))
    if not len(rows):
        return _LEAST_SHARE
    part = (rows[-1] - rows[0] + 2) * (columns[-1] - columns[0] + 3) / thumbnail.size
    return float(min(1.0, max(_LEAST_SHARE, part)))


def all_looks(
    thumbnails: Sequence[Thumbnail] | None, count: int, policy: str | None, intended: int | None = None
) -> list[Look]:
    """The looks at `count` samples; `thumbnails` is None where nobody took them, `intended` how many samples there
    should have been."""
    chooser = LookChooser.of(policy, intended or count)
    each: Iterable[Thumbnail | None] = [None] * count if thumbnails is None else thumbnails
    return [look for look in map(chooser.next, each) if look is not None]


def reading_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) in which a picture that is this large on screen is read; never enlarged."""
    ratio = min(1.0, READING_SIDE / max(width, height))
    return max(1, round(width * ratio)), max(1, round(height * ratio))
