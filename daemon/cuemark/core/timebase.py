"""Exact time: `Fraction` seconds, integer frames, drop-frame timecode.  The only place that converts between them.

A frame number counts from 0 at the start of whatever is counted.  Rates are exact rationals: an NTSC rate is
n*1000/1001, and its timecode counts at the nominal rate (30 for 29.97).  Never multiply seconds by the nominal rate.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from cuemark.core.errors import OptionError

_NTSC = Fraction(1000, 1001)
_WHOLE_RATES = (16, 18, 24, 25, 30, 48, 50, 60, 72, 96, 100, 120)
_NTSC_NOMINALS = (24, 30, 48, 60, 96, 120)
_DROP_FRAME_NOMINALS = (30, 60, 120)

LEGAL_RATES: tuple[Fraction, ...] = tuple(
    sorted([Fraction(n) for n in _WHOLE_RATES] + [n * _NTSC for n in _NTSC_NOMINALS])
)
"""The frame rates an editor's timeline can have, exact."""

# 23.976 and 24 lie 1/1001 apart; three decimals of rounding in "23.976" and "29.97" are 2e-5 off at most.
_SNAP_TOLERANCE = Fraction(1, 2500)
_MOST_PARTS = 1001


def round_half_up(value: Fraction) -> int:
    """The nearest integer; an exact half goes up, so that equal inputs never alternate as with banker's rounding."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def nearest_frame(seconds: Fraction, rate: Fraction) -> int:
    """The frame whose start lies nearest to `seconds` at `rate` frames per second."""
    return round_half_up(seconds * rate)


def frame_time(frame: int, rate: Fraction) -> Fraction:
    """The exact second at which `frame` starts."""
    return Fraction(frame) / rate


def snap_rate(value: Fraction | float | str, *, truncated: bool = False) -> Fraction:
    """The exact rate behind a rounded one: 29.97, "29,97", "30000/1001" and "29.97 DF" all give 30000/1001.

    A rate near no legal rate is returned as it is (as a fraction of at most 1001 parts, or its step as one).  With
    `truncated`, an integer that is no legal rate itself is read as a cut-off NTSC rate: 29 -> 30000/1001.
    Raises OptionError `rate_invalid` for text that is no number and for rates of zero or less.
    """
    rate = _parse_rate(value)
    nearest = min(LEGAL_RATES, key=lambda legal: abs(legal - rate))
    if abs(nearest - rate) <= _SNAP_TOLERANCE * nearest:
        return nearest
    if truncated and rate.denominator == 1:
        for legal in LEGAL_RATES:
            if int(legal) == rate and legal.denominator != 1:
                return legal
    return nearby_fraction(rate)


def nearby_fraction(rate: Fraction) -> Fraction:
    """A rate as a fraction of short numbers; of a slow one its step is, which may be hours (1/3600 stays 1/3600)."""
    return rate.limit_denominator(_MOST_PARTS) if rate >= 1 else 1 / (1 / rate).limit_denominator(_MOST_PARTS)


_RATE_SUFFIX = re.compile(r"\s*(?:DF|NDF|fps)$", re.IGNORECASE)


def _parse_rate(value: Fraction | float | str) -> Fraction:
    try:
        rate = Fraction(_RATE_SUFFIX.sub("", value.strip()).replace(",", ".") if isinstance(value, str) else value)
    except (ValueError, OverflowError, ZeroDivisionError) as error:
        message = f"{value!r} is not a frame rate."
        raise OptionError("rate_invalid", message, "Write it as 25, 29.97 or 30000/1001.") from error
    if rate <= 0:
        raise OptionError("rate_invalid", f"A frame rate of {value} is not possible.", "Give a rate above zero.")
    return rate


def nominal_rate(rate: Fraction) -> int:
    """Frames a second of timecode counts: 30 for 29.97, 24 for 23.976, 13 for 12.5."""
    return max(1, round_half_up(rate))


def allows_drop_frame(rate: Fraction) -> bool:
    """Drop-frame exists for the NTSC rates of nominal 30, 60 and 120 only."""
    return rate.denominator == _NTSC.denominator and nominal_rate(rate) in _DROP_FRAME_NOMINALS


@dataclass(frozen=True)
class TimecodeRate:
    """How timecode counts: `nominal` labels a second, `exact` frames a second (30 and 30000/1001 for 29.97)."""

    nominal: int
    exact: Fraction

    @classmethod
    def of(cls, rate: Fraction) -> TimecodeRate:
        """That of pictures."""
        return cls(nominal_rate(rate), rate)

    def pairs_with(self, rate: Fraction) -> bool:
        """Whether each frame of one stands for a whole number of the other's, as with 25 and 50."""
        nominal = nominal_rate(rate)
        return nominal % self.nominal == 0 or self.nominal % nominal == 0


_TIMECODE = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;.,])(\d{2,3})")


@dataclass(frozen=True)
class Timecode:
    """A label hh:mm:ss:ff (non-drop) or hh:mm:ss;ff (drop-frame).  It names a frame only together with a rate."""

    hours: int
    minutes: int
    seconds: int
    frames: int
    drop_frame: bool = False

    @classmethod
    def parse(cls, text: str) -> Timecode:
        """Read a label; `;`, `.` or `,` before the frames means drop-frame.  OptionError `timecode_invalid`."""
        match = _TIMECODE.fullmatch(text.strip())
        if match is None or int(match[2]) > 59 or int(match[3]) > 59 or int(match[1]) > 23:
            message = f"{text!r} is not a timecode."
            raise OptionError("timecode_invalid", message, "Write it as hh:mm:ss:ff, for example 01:00:00:00.")
        return cls(int(match[1]), int(match[2]), int(match[3]), int(match[5]), match[4] != ":")

    def __str__(self) -> str:
        separator = ";" if self.drop_frame else ":"
        return f"{self.hours:02}:{self.minutes:02}:{self.seconds:02}{separator}{self.frames:02}"

    def to_frame(self, rate: Fraction) -> int:
        """The frame this label names, counted from 00:00:00:00.

        OptionError `timecode_invalid` where the label does not exist at `rate` (30 or more frames at 29.97, a label
        that drop-frame skips), `drop_frame_rate` where the rate has no drop-frame.
        """
        nominal = nominal_rate(rate)
        dropped = _dropped_labels(rate) if self.drop_frame else 0
        minutes = 60 * self.hours + self.minutes
        skipped = self.seconds == 0 and self.frames < dropped and self.minutes % 10 != 0
        if self.frames >= nominal or skipped:
            message = f"There is no timecode {self} at {float(rate):.5g} fps."
            raise OptionError("timecode_invalid", message, "Name a frame that exists.")
        return (60 * minutes + self.seconds) * nominal + self.frames - dropped * (minutes - minutes // 10)

    def at_rate(self, counted: TimecodeRate, rate: Fraction) -> Timecode:
        """The label at `rate` of the moment that this one names where it is `counted`.  OptionError as `to_frame`."""
        if counted.nominal == nominal_rate(rate):
            return self
        # Drop-frame labels are those of NTSC rates, whatever a track says of its length.
        frame = self.to_frame(counted.nominal * (_NTSC if self.drop_frame else Fraction(1)))
        paired = counted.pairs_with(rate)
        ratio = Fraction(nominal_rate(rate), counted.nominal) if paired else rate / counted.exact
        return Timecode.from_frame(round_half_up(frame * ratio), rate, self.drop_frame and allows_drop_frame(rate))

    @classmethod
    def from_frame(cls, frame: int, rate: Fraction, drop_frame: bool = False) -> Timecode:
        """The label of `frame` counted from 00:00:00:00; wraps after 24 hours, as editors do."""
        nominal = nominal_rate(rate)
        number = frame
        if drop_frame:
            dropped, day = _dropped_labels(rate), frames_of_day(rate, drop_frame)
            tens, rest = divmod(frame % day, day // 144)
            # The first minute of ten keeps its labels, each of the other nine loses `dropped` at its start.
            minute = max(0, (rest - dropped) // (60 * nominal - dropped))
            number = frame % day + dropped * (9 * tens + minute)
        seconds, frames = divmod(number % (86400 * nominal), nominal)
        return cls(seconds // 3600, seconds // 60 % 60, seconds % 60, frames, drop_frame)


def _dropped_labels(rate: Fraction) -> int:
    if not allows_drop_frame(rate):
        message = f"There is no drop-frame timecode at {float(rate):.5g} fps."
        raise OptionError("drop_frame_rate", message, "Use non-drop timecode.")
    return nominal_rate(rate) // 15


def frames_of_day(rate: Fraction, drop_frame: bool = False) -> int:
    """How many frames have a label of their own before they repeat: 24 hours of timecode."""
    dropped = _dropped_labels(rate) if drop_frame else 0
    return 86400 * nominal_rate(rate) - (1440 - 144) * dropped


def timecode_at(frame: int, rate: Fraction, drop_frame: bool = False) -> str:
    """The timecode label of a frame counted from 00:00:00:00 (add the start timecode's frame first)."""
    return str(Timecode.from_frame(frame, rate, drop_frame))


def frames_of(timecode: str | Timecode, rate: Fraction) -> int:
    """The frame a label names, counted from 00:00:00:00: 01:00:00:00 at 29.97 is 108000, 01:00:00;00 is 107892."""
    label = timecode if isinstance(timecode, Timecode) else Timecode.parse(timecode)
    return label.to_frame(rate)


ClockStyle = Literal["m:ss", "h:mm:ss", "hh:mm:ss", "hh:mm:ss.mmm", "hh:mm:ss,mmm", "hh:mm:ss.nnnnnnnnn"]
_DIGITS: dict[str, int] = {"hh:mm:ss.mmm": 3, "hh:mm:ss,mmm": 3, "hh:mm:ss.nnnnnnnnn": 9}


def clock(seconds: Fraction, style: ClockStyle = "h:mm:ss", *, rounding: Literal["nearest", "down"] = "nearest") -> str:
    """Elapsed time as text, rounded exactly to the last digit shown (0:59.9996 becomes 0:01:00.000, never 59.1000).

    "m:ss" is 0:07, 12:30, 1:02:03 (hours only when needed); hours grow past 99.  ValueError for a negative time.
    """
    if seconds < 0:
        raise ValueError(f"a clock cannot show {seconds} s")
    digits = _DIGITS.get(style, 0)
    scaled = seconds * 10**digits
    units = round_half_up(scaled) if rounding == "nearest" else scaled.numerator // scaled.denominator
    whole, part = divmod(units, 10**digits)
    hours, minutes, second = whole // 3600, whole // 60 % 60, whole % 60
    if style == "m:ss" and hours == 0:
        return f"{minutes}:{second:02}"
    text = f"{hours:02}:{minutes:02}:{second:02}" if style.startswith("hh") else f"{hours}:{minutes:02}:{second:02}"
    return f"{text}{style[8]}{part:0{digits}}" if digits else text
