"""Shot borders in a run of consecutive frames: hard cuts, exact to the frame, and dissolves and fades, at their middle.

A **cut** is a frame that differs from the one before it far more than its neighbours do from theirs (adaptive
threshold), in most of the picture, also under the best shift and apart from brightness.  What returns within a third of
a second is no cut where it was brighter (a camera's flash) or one frame long (a glitch).

A **dissolve** or fade is a stretch whose pictures are mixtures of its two ends and go over from one to the other
steadily, in the whole picture.  The pictures of a camera that moves to another view, or of somebody who comes in, are
not.  Its border is the frame that has gone over by half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cuemark.evidence.shots.likeness import Grey, changed_share, is_flat, likeness

#: Levels of 255 (mean over the picture) that a cut changes at least, and how many times its neighbours' change.
_CUT_LEVELS, _CUT_RATIO = 8.0, 2.5
#: From this correlation on two pictures have the same structure, whatever their light; in so many blocks a cut changes.
_SAME_STRUCTURE, _CUT_CHANGED = 0.75, 0.6
#: Neighbours are the frames within so many seconds that differ from the ones before them at all (in levels).
_BESIDE_S, _BESIDE, _STIRS = 0.6, 6, 0.5
#: A flash is over after so many seconds, and brighter by so many levels.
_FLASH_S, _FLASH_LEVELS = 0.35, 12.0
#: Half lengths of gradual changes that are looked for, in seconds.
_HALVES_S = (0.1, 0.2, 0.4, 0.7, 1.1, 1.6)
#: What no mixture of both ends may explain of a picture between them, as a share of the ends' difference.
_REST = 0.2
#: The ends of a gradual change differ by so many levels, in so much of the picture, and correlate less than this.
_GRADUAL_LEVELS, _GRADUAL_CHANGED, _OTHER = 10.0, 0.8, 0.55
#: At a quarter of a stretch so much has gone over at least, or the change is more sudden than the stretch.
_EARLIEST = 0.03
#: Half of that which a run must know on either side of a border to find it.
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
    near = (np.abs(seconds - seconds[place]) <= _BESIDE_S) & (change >= _STIRS)
    near[place] = False
    before, after = np.flatnonzero(near[:place])[-_BESIDE:], place + np.flatnonzero(near[place:])[:_BESIDE]
    around = change[np.concatenate([before, after])]
    return not len(around) or bool(change[place] >= _CUT_RATIO * np.quantile(around, 0.75))


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


@dataclass(frozen=True)
class _Crossing:
    """A stretch of the places `first` to `last` that goes over from one picture to another, half of it at `middle`.

    `levels` is how far both are apart.
    """

    first: int
    last: int
    middle: int
    levels: float


def _gradual(run: FrameRun, grey: NDArray[np.float32], cuts: Sequence[int]) -> list[Border]:
    """Dissolves and fades between the cuts."""
    found: list[Border] = []
    for first, after in zip([0, *cuts], [*cuts, len(run.times)], strict=True):
        times, pictures = run.times[first:after], grey[first:after]
        if len(times) > 4:
            for one in _apart(_all_crossings(pictures, (len(times) - 1) / float(times[-1] - times[0]))):
                length = times[one.last] - times[one.first]
                flat = is_flat(pictures[one.first]), is_flat(pictures[one.last])
                found.append(Border(times[one.middle], length, *flat))
    return found


def _all_crossings(grey: NDArray[np.float32], rate: float) -> list[_Crossing]:
    halves = sorted({max(2, round(half * rate)) for half in _HALVES_S})
    return [one for half in halves for one in _crossings(grey, half)]


def _apart(crossings: Sequence[_Crossing]) -> list[_Crossing]:
    """Of those that overlap the one that goes farthest: the others are parts of it."""
    chosen: list[_Crossing] = []
    for one in sorted(crossings, key=lambda c: (-c.levels, c.last - c.first)):
        if all(one.first >= other.last or one.last <= other.first for other in chosen):
            chosen.append(one)
    return chosen


def _crossings(grey: NDArray[np.float32], half: int) -> list[_Crossing]:
    """The best stretches of 2 `half` frames that go over from one picture to another, none around another's middle."""
    if len(grey) <= 2 * half:
        return []
    rest = _rests(grey.reshape(len(grey), -1), half)
    found: list[_Crossing] = []
    while rest.min() < _REST:
        first = int(rest.argmin())
        stretch = grey[first : first + 2 * half + 1]
        if not _is_other(stretch[0], stretch[-1]):
            rest[first] = np.inf
            continue
        middle = first + int(np.argmax(_shares(stretch) >= 0.5))
        found.append(_Crossing(first, first + 2 * half, middle, float(np.abs(stretch[-1] - stretch[0]).mean())))
        rest[max(0, middle - 2 * half) : middle + 1] = np.inf
    return found


def _rests(flat: NDArray[np.float32], half: int) -> NDArray[np.float64]:
    """For each stretch of 2 `half` frames of `flat` [n, pixels]: what mixtures of its ends leave of the pictures at its
    quarters, at worst; infinite where its ends are alike, or it does not go over steadily from one to the other.
    """
    count = len(flat) - 2 * half
    before, way = flat[:count], flat[2 * half :] - flat[:count]
    energy = np.maximum((way * way).sum(axis=1), 1e-6)
    worst, last = np.zeros(count), np.full(count, _EARLIEST)
    for offset in (max(1, half // 2), half, half + max(1, half // 2)):
        step = flat[offset : offset + count] - before
        share = (step * way).sum(axis=1) / energy
        left = np.sqrt(np.maximum((step * step).sum(axis=1) / energy - share**2, 0))
        worst = np.where(share > last, np.maximum(worst, left), np.inf)
        last = share
    apart = np.abs(way).mean(axis=1) >= _GRADUAL_LEVELS
    return np.where(apart & (last < 1 - _EARLIEST) & (last > 0.5), worst, np.inf)


def _is_other(one: Grey, other: Grey) -> bool:
    """Whether two pictures show something else nearly everywhere, and one of them something at all."""
    if is_flat(one) and is_flat(other):
        return False
    return changed_share(one, other) >= _GRADUAL_CHANGED and likeness(one, other).differs(_GRADUAL_LEVELS, _OTHER)


def _shares(stretch: NDArray[np.float32]) -> NDArray[np.float32]:
    """[n]: how far each picture has gone over from the first to the last, 0 to 1 where it is a mixture of both."""
    way = stretch[-1] - stretch[0]
    shares: NDArray[np.float32] = ((stretch - stretch[0]) * way).sum(axis=(1, 2)) / max(float((way * way).sum()), 1e-6)
    return shares
