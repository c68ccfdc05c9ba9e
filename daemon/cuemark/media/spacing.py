"""How evenly frames follow each other, and the rate that frame numbers count at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cuemark.core.timebase import LEGAL_RATES, nearby_fraction, snap_rate

Ticks = NDArray[np.int64]

_UNEVEN_SHARE = 0.01
_VARIABLE_SNAP = Fraction(1, 50)
_FALLBACK_RATE = Fraction(25)


@dataclass(frozen=True)
class Spacing:
    """The usual step between frames in seconds (None where there is none), how regular it is.

    `variable`: more than a hundredth of the time lies between other steps.  `mostly`: at least half of the steps
    are the usual one, so the footage has a beat from which frames are missing.  `mean_rate` is that of the usual steps,
    exact where each of them is rounded to a tick.
    """

    step: Fraction | None
    variable: bool
    mostly: bool
    mean_rate: Fraction | None = None


def spacing_of(runs: Sequence[Ticks], base: Fraction) -> Spacing:
    """From stretches of consecutive frame times, in ticks of `base` seconds, each in order."""
    steps = np.concatenate([np.diff(run) for run in runs]) if runs else np.zeros(0, np.int64)
    steps = steps[steps > 0]
    if steps.size == 0:
        return Spacing(None, False, True)
    usual = int(np.sort(steps)[(steps.size - 1) // 2])
    # A container that rounds to milliseconds moves each frame by up to a tick and a half.
    odd = np.abs(steps - usual) > max(usual / 10, 1.5)
    variable = bool(steps[odd].sum() > _UNEVEN_SHARE * steps.sum())
    even = steps[~odd]
    mean_rate = Fraction(int(even.size), int(even.sum())) / base
    return Spacing(usual * base, variable, bool(odd.mean() <= 0.5), mean_rate)


def nominal_of(spacing: Spacing, declared: Fraction | None, counted: Fraction | None) -> Fraction:
    """The rate frame numbers count at: exact for even footage, the nearest usual one for uneven footage.

    `declared` is the header's rate, `counted` frames over time where both are known.
    """
    by_step = 1 / spacing.step if spacing.step else None
    if not spacing.variable:
        return _even_rate(declared, by_step)
    rate = (by_step if spacing.mostly else counted or declared or by_step) or _FALLBACK_RATE
    nearest = min(LEGAL_RATES, key=lambda legal: abs(legal - rate))
    return nearest if abs(nearest - rate) <= _VARIABLE_SNAP * nearest else nearby_fraction(rate)


def _even_rate(declared: Fraction | None, by_step: Fraction | None) -> Fraction:
    """A step in whole milliseconds is only roughly right; a header can be plain wrong (90000 fps), or an average."""
    if declared is None or by_step is None:
        return snap_rate(declared or by_step or _FALLBACK_RATE)
    if abs(declared - by_step) > by_step / 10:
        return snap_rate(by_step)
    # An average over a dropped frame or two is no usual rate, the step between the others is.
    return next((rate for rate in map(snap_rate, (declared, by_step)) if rate in LEGAL_RATES), snap_rate(declared))
