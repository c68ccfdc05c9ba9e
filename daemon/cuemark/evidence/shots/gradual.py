"""Gradual changes from one shot to the next, in consecutive small grey pictures: dissolves and fades.

A **dissolve** is a stretch whose pictures are mixtures of its two ends, each shifted a little because cameras move on
while they are mixed: what a mixture explains of the picture in the middle is far more than either end does alone.  The
pictures of a camera that moves to another view, or of somebody who comes in, are no mixtures.

A **fade** is a picture that loses its contrast and keeps its structure until there is nothing to be seen, or the
reverse.  What comes back as it was (a lamp that goes out for a moment) is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cuemark.evidence.shots.likeness import FLAT, Grey, changed_share, likeness, shifted_views

Greys = NDArray[np.float32]

#: Half lengths of dissolves that are looked for, in seconds.
_HALVES_S = (0.1, 0.2, 0.4, 0.7, 1.1)
#: The ends of a dissolve differ by so many levels (beside their brightness) in so much of the picture, and correlate
#: less than this.
_LEVELS, _CHANGED, _OTHER = 8.0, 0.8, 0.55
#: Contrast (standard deviation of levels) of what is dissolved.
_SHOWS = 12.0
#: What a mixture leaves unexplained, as a share of the ends' difference; and of what the nearer end alone leaves.
_REST, _ALONE = 0.27, 0.55
#: A first look without shifts: more than that is left by no dissolve.
_FIRST_REST = 0.8
#: A fade ends where the contrast is so small a share of what it was within so many seconds.
_FADED, _FADE_S = 0.12, 1.7
#: Half faded, a picture still correlates so well with what it was.
_KEPT = 0.7


@dataclass(frozen=True)
class GradualChange:
    """A change over the places `first` to `last` of a stretch, half done at `middle`, from or to nothing to be seen."""

    first: int
    middle: int
    last: int
    from_flat: bool = False
    to_flat: bool = False


def gradual_changes(grey: Greys, rate: float) -> list[GradualChange]:
    """The gradual changes in consecutive frames float32 [n, h, w], at `rate` frames a second, in any order."""
    fades = list(_fades(grey, rate))
    mixed = [one.change for one in _apart(_dissolves(grey, rate))]
    return [*fades, *(one for one in mixed if not any(_overlap(one, fade) for fade in fades))]


def _overlap(one: GradualChange, other: GradualChange) -> bool:
    return one.first <= other.last and other.first <= one.last


# Fades


def _fades(grey: Greys, rate: float) -> Iterator[GradualChange]:
    contrast = grey.std(axis=(1, 2))
    reach = max(2, round(_FADE_S * rate))
    before = np.array([contrast[max(0, at - reach) : at + 1].max() for at in range(len(grey))])
    after = np.array([contrast[at : at + reach].max() for at in range(len(grey))])
    flat = contrast < np.maximum(FLAT, _FADED * np.minimum(before, after))
    for start, stop in _stretches(flat):
        out = _fade_out(grey[:start], contrast[:start], reach)
        back = _fade_out(grey[stop:][::-1], contrast[stop:][::-1], reach)
        if out and back and not likeness(grey[out[0]], grey[len(grey) - 1 - back[0]]).differs(_LEVELS, _OTHER):
            continue
        if out:
            yield GradualChange(out[0], out[1], start, to_flat=True)
        if back:
            last, half = (len(grey) - 1 - place for place in back)
            yield GradualChange(stop - 1, half, last, from_flat=True)


def _stretches(wanted: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """[start, stop) of what is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(int)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _fade_out(grey: Greys, contrast: NDArray[np.float32], reach: int) -> tuple[int, int] | None:
    """Where a fade that is over behind these frames begins, and where half of the contrast is gone; None for none."""
    if len(grey) < 3:
        return None
    near = contrast[-reach:]
    full = len(grey) - len(near) + int(np.flatnonzero(near >= 0.9 * near.max())[-1])
    half = full + int(np.argmax(np.append(contrast[full:], 0) < 0.5 * contrast[full]))
    if contrast[full] < 2 * FLAT or len(grey) - full < 3:
        return None
    halved = grey[min(half, len(grey) - 1)]
    return (full, half) if likeness(grey[full], halved).correlation >= _KEPT else None


# Dissolves


@dataclass(frozen=True)
class _Dissolve:
    change: GradualChange
    levels: float


def _apart(found: Sequence[_Dissolve]) -> list[_Dissolve]:
    """Of those that overlap the one that goes farthest: the others are parts of it."""
    chosen: list[_Dissolve] = []
    for one in sorted(found, key=lambda d: (-d.levels, d.change.last - d.change.first)):
        if not any(_overlap(one.change, other.change) for other in chosen):
            chosen.append(one)
    return chosen


def _dissolves(grey: Greys, rate: float) -> list[_Dissolve]:
    halves = sorted({max(2, round(half * rate)) for half in _HALVES_S})
    return [one for half in halves if len(grey) > 2 * half for one in _dissolves_of(grey, half)]


def _dissolves_of(grey: Greys, half: int) -> Iterator[_Dissolve]:
    """The stretches of 2 `half` frames that are dissolves."""
    apart = max(1, half // 3)
    for first in range(0, len(grey) - 2 * half, apart):
        stretch = grey[first : first + 2 * half + 1]
        if _may_be_mixed(stretch) and _is_mixed(stretch) and _is_other(stretch[0], stretch[-1]):
            middle = first + _half_way(stretch)
            change = GradualChange(first, middle, first + 2 * half)
            yield _Dissolve(change, float(np.abs(stretch[-1] - stretch[0]).mean()))


def _may_be_mixed(stretch: Greys) -> bool:
    """The quick look: whether the middle lies between two ends that differ at all."""
    way, step = stretch[-1] - stretch[0], stretch[len(stretch) // 2] - stretch[0]
    if float(np.abs(way - way.mean()).mean()) < _LEVELS:
        return False
    energy = float((way * way).sum())
    share = float((step * way).sum()) / energy
    return 0.15 < share < 0.85 and float((step * step).sum()) / energy - share**2 < _FIRST_REST**2


def _is_other(one: Grey, other: Grey) -> bool:
    """Whether two pictures show something else nearly everywhere, both of them something at all."""
    if min(float(one.std()), float(other.std())) < _SHOWS:
        return False
    # Beside its brightness: an automatic exposure changes all of a picture, too.
    elsewhere = changed_share(one - one.mean(), other - other.mean()) >= _CHANGED
    return elsewhere and likeness(one, other).differs(_LEVELS, _OTHER)


@dataclass(frozen=True)
class _Mixture:
    """How a picture is mixed: the share of the second end, what that leaves, and what the nearer end alone leaves."""

    share: float
    rest: float
    alone: float


def _is_mixed(stretch: Greys) -> bool:
    """Whether the pictures at the quarters are mixtures of the ends, with ever more of the second."""
    one, other = shifted_views(stretch[0]), shifted_views(stretch[-1])
    middle = _mixture(one, stretch[len(stretch) // 2], other)
    if middle.rest > min(_REST, _ALONE * middle.alone) or not 0.2 < middle.share < 0.8:
        return False
    early = _mixture(one, stretch[len(stretch) // 4], other)
    late = _mixture(one, stretch[len(stretch) * 3 // 4], other)
    return early.share < middle.share < late.share and max(early.rest, late.rest) <= _REST


def _mixture(one: Greys, picture: Grey, other: Greys) -> _Mixture:
    """The best mixture of any shift of the first end, [s, p], and any of the second."""
    seen = shifted_views(picture)[len(one) // 2]
    ones, others = (one * one).sum(axis=1)[:, None], (other * other).sum(axis=1)[None]
    both, of_one, of_other = one @ other.T, (one @ seen)[:, None], (other @ seen)[None]
    whole = float(seen @ seen)
    energy = np.maximum(ones + others - 2 * both, 1e-3)
    share = np.clip((of_other - of_one - both + ones) / energy, 0, 1)
    left = whole - 2 * of_one + ones  # what the first end alone leaves
    rest = np.maximum(left - 2 * share * (of_other - of_one - both + ones) + share**2 * energy, 0) / energy
    best = np.unravel_index(int(rest.argmin()), rest.shape)
    usual = float(energy[len(one) // 2, len(one) // 2])
    alone = min(float(left.min()), float((whole - 2 * of_other + others).min()))
    return _Mixture(float(share[best]), float(np.sqrt(rest[best])), float(np.sqrt(max(alone, 0) / usual)))


def _half_way(stretch: Greys) -> int:
    """The first frame of which more is the second end than the first."""
    one, other = shifted_views(stretch[0]), shifted_views(stretch[-1])
    shares = [_mixture(one, picture, other).share for picture in stretch]
    return next(place for place, share in enumerate(shares) if share >= 0.5)
