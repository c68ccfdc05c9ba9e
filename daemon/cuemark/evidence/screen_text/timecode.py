"""Burnt-in timecode: running digits hh:mm:ss:ff that advance with the pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

from cuemark.core.errors import OptionError
from cuemark.core.timebase import Timecode, allows_drop_frame, frames_of_day, nominal_rate

# Digits as they are misread.
_LOOKALIKE = str.maketrans({"O": "0", "o": "0", "D": "0", "Q": "0", "l": "1", "I": "1", "|": "1", "S": "5", "B": "8"})
_LABEL = re.compile(r"(?<!\d)(\d{2})\W{1,3}(\d{2})\W{1,3}(\d{2})(\W{1,3})(\d{2,3})(?!\d)")
_CLOCK = re.compile(r"\d{1,2}\W{0,2}\d{2}(\W{0,2}\d{2,3})*")
_NTSC = Fraction(30000, 1001)
_RATES = (*map(Fraction, (24, 25, 30, 50, 60)), _NTSC * Fraction(4, 5), _NTSC, 2 * _NTSC)
# Frames by which a reading may be off: at a sample's time, the picture before or after may be on screen.
_TOLERANCE = 1
_AGREE = Fraction(3, 5)
# Of a picture: containers round the time at which one comes on, to a millisecond at worst.
_ROUNDED = Fraction(1, 20)


@dataclass(frozen=True)
class TimecodeRun:
    """A timecode that runs with the pictures: what the first picture shown has, as a frame number at `rate`.

    `step` is by how much a picture advances it; `agreeing` says which readings are on it.
    """

    first: int
    rate: Fraction
    step: Fraction
    drop: bool
    agreeing: tuple[bool, ...]

    def at(self, picture: int) -> str:
        """The label of a picture, numbered from the first one shown."""
        return str(Timecode.from_frame(self.first + floor(picture * self.step), self.rate, self.drop))


def looks_like_timecode(text: str) -> bool:
    """Whether a text has the form of a timecode, or holds one ("TCR 01:00:00:00")."""
    return label_of(text) is not None


def is_clock(text: str) -> bool:
    """Whether a text is hardly more than a time of day, or a timecode of which a part was not read."""
    plain = text.translate(_LOOKALIKE).replace(" ", "")
    digits = sum(character.isdigit() for character in plain)
    return 2 * digits >= len(plain) > 2 and any(len(found[0]) > 3 for found in _CLOCK.finditer(plain))


def label_of(text: str) -> Timecode | None:
    """The timecode in a line of text, if there is one."""
    found = _LABEL.search(text.translate(_LOOKALIKE))
    if found is None:
        return None
    hours, minutes, seconds, frames = (int(found[group]) for group in (1, 2, 3, 5))
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    return Timecode(hours, minutes, seconds, frames, any(mark in found[4] for mark in ";.,"))


def picture_at(time: Fraction, rate: Fraction) -> int:
    """The number of the picture on screen at a time (seconds from the first one shown)."""
    return floor(time * rate + _ROUNDED)


def running(readings: Sequence[tuple[Fraction, str]], rate: Fraction) -> TimecodeRun | None:
    """The timecode that texts read at these times (seconds from the first frame) agree on; None where they do not.

    `rate` is that of the pictures.  At least two different labels, and three fifths of all, must advance with them.
    """
    labels = [(picture_at(time, rate), label_of(text)) for time, text in readings]
    known = [label for _, label in labels if label is not None]
    if len(set(known)) < 2:
        return None
    drops = 2 * sum(label.drop_frame for label in known) > len(known)
    best: TimecodeRun | None = None
    for counted, step in _ways(rate):
        for drop in (drops, not drops) if allows_drop_frame(counted) else (False,):
            run = _agreed(labels, counted, step, drop=drop)
            if run and (best is None or sum(run.agreeing) > sum(best.agreeing)):
                best = run
    return best


def _ways(rate: Fraction) -> Iterator[tuple[Fraction, Fraction]]:
    """Rates a timecode may count at, the likeliest first, and by how much a picture then advances it."""
    for counted in dict.fromkeys((rate, *_RATES)):
        if nominal_rate(counted) == nominal_rate(rate):
            yield counted, Fraction(1)
        elif nominal_rate(rate) % nominal_rate(counted) == 0:
            yield counted, Fraction(nominal_rate(counted), nominal_rate(rate))
        else:
            yield counted, counted / rate


def _agreed(
    labels: Sequence[tuple[int, Timecode | None]], counted: Fraction, step: Fraction, *, drop: bool
) -> TimecodeRun | None:
    firsts = [
        None if number is None else number - floor(picture * step)
        for picture, number in ((picture, _number(label, counted, drop=drop)) for picture, label in labels)
    ]
    known = [first for first in firsts if first is not None]
    if len(known) < 2:
        return None
    day = frames_of_day(counted, drop)

    def off(one: int, other: int) -> int:
        # Labels begin again at midnight.
        return (one - other + day // 2) % day - day // 2

    middle = max(known, key=lambda one: sum(abs(off(one, other)) <= _TOLERANCE for other in known))
    agreeing = tuple(first is not None and abs(off(first, middle)) <= _TOLERANCE for first in firsts)
    if sum(agreeing) < max(Fraction(2), _AGREE * sum(label is not None for _, label in labels)):
        return None
    near = sorted(
        off(first, middle) for first, agrees in zip(firsts, agreeing, strict=True) if agrees and first is not None
    )
    return TimecodeRun((middle + near[len(near) // 2]) % day, counted, step, drop, agreeing)


def _number(label: Timecode | None, rate: Fraction, *, drop: bool) -> int | None:
    try:
        return None if label is None else replace(label, drop_frame=drop).to_frame(rate)
    except OptionError:  # misread, or of another rate
        return None
