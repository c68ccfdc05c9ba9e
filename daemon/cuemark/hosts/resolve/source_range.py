"""Which frames of its media an item of Resolve's timeline plays, and how fast: every trap of its API undone.

Not verified on a live Resolve: the rules are those of people who measured, and the unsure ones are named as such.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cuemark.core.clip_problems import FREEZE_FRAME, SPEED_RAMP
from cuemark.core.errors import OptionError
from cuemark.core.timebase import round_half_up, snap_rate
from cuemark.hosts.clip_time_map import infer_speed


def frame_number(value: object) -> int | None:
    """A frame number, which Resolve may tell as 96.0; None where it told none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return round_half_up(Fraction(value))


def told_number(value: object) -> int | None:
    """A whole number that Resolve tells in words, as it does properties of clips; None where it is none."""
    told = str(value or "").strip()
    return int(told) if told.isascii() and told.isdigit() else None


def media_rate(media: Mapping[str, Any] | None) -> Fraction | None:
    """The rate that Resolve takes the media's to be (Clip Attributes); None where it told none."""
    value = (media or {}).get("rate")
    if value in (None, ""):
        return None
    try:
        return snap_rate(value if isinstance(value, (int, str)) else str(value), truncated=True)
    except OptionError:
        return None


@dataclass(frozen=True)
class Source:
    """The media frames [start, end) that an item plays, at a constant speed; None where Resolve does not tell.

    `assumed`: it is retimed, and nothing says that its speed is the same throughout.
    """

    start: int | None = None
    end: int | None = None
    speed: Fraction | None = None
    problem: str = ""
    assumed: bool = False


def source_of(
    item: Mapping[str, Any], rate: Fraction, timeline_rate: Fraction, duration: int, mirrored: bool = False
) -> Source:
    """The source range with the traps undone, and the speed: 21.1 tells it, else the range implies it.

    - The end is exclusive where media and timeline have one rate, inclusive where they differ (measured by others).
    - A start after the end is a reversed item (not measured): its range is that of a forward one told the other way
      round, as an EDL has it, or `mirrored`: the frame it begins with, and the one behind its last.
    - 0 and 0 is what imported timelines tell: unknown, not "no retime".
    """
    first, last = frame_number(item.get("source_start")), frame_number(item.get("source_end"))
    percent = _told_percent(item)
    if percent == 0 and first is not None and last is not None and abs(last - first) <= 1:
        return Source(problem=FREEZE_FRAME)
    if first is None or last is None or duration <= 0 or first == last == 0:
        return Source()
    inclusive = rate != timeline_rate
    is_reversed = first > last or (percent is not None and percent < 0)
    start, end = min(first, last), max(first, last) + inclusive
    if mirrored and first > last and not inclusive:
        start, end = start + 1, end + 1
    speed = infer_speed(end - start, rate, duration, timeline_rate) if end > start else None
    if speed is None:
        return Source()
    told = None if not percent else _fitting(abs(percent), duration * rate / timeline_rate, end - start)
    if percent and told is None:
        return Source(start, end, speed, SPEED_RAMP)
    # The unit of the left offset is only sure at one rate, and forwards.
    offset_tells = not inclusive and not is_reversed and frame_number(item.get("left_offset")) is not None
    problem = SPEED_RAMP if offset_tells and _is_ramp(item, range(start, end), speed, duration) else ""
    exact = speed if told is None else told
    assumed = told is None and not offset_tells and speed != 1
    return Source(start, end, -exact if is_reversed else exact, problem, assumed)


def _told_percent(item: Mapping[str, Any]) -> Fraction | None:
    """The speed that 21.1 tells in percent, negative for a reversed item; None where nothing was told."""
    percent = item.get("speed")
    if isinstance(percent, bool) or not isinstance(percent, (int, float)) or not math.isfinite(percent):
        return None
    return Fraction(percent).limit_denominator(10000)  # it comes as a rounded number: 33.333333 is a third


def _fitting(percent: Fraction, at_once: Fraction, used: int) -> Fraction | None:
    """The told speed as a ratio, if the item uses so much of its media, which at 100 % would be `at_once` frames.

    None where it does not: the speed that is told is not that of the whole item.  A ratio told as such is one, too.
    """
    ratios = (percent / 100, percent)
    return next((ratio for ratio in ratios if abs(ratio * at_once - used) <= 2 + ratio), None)


def _is_ramp(item: Mapping[str, Any], source: range, speed: Fraction, duration: int) -> bool:
    """Whether the speed changes within the item, which lies on a timeline of the media's own rate.

    Before 21.1 Resolve does not say so.  At a constant speed the left offset is the source position over the speed;
    where it is clearly not, some other speed reigns.  In a subclip it counts from the subclip's first frame.  At 100 %
    and at the first frame it says nothing: ramps that are so on average, or begin there, are taken for constant.
    """
    offset = frame_number(item.get("left_offset"))
    if offset is None or speed == 1:
        return False
    # The speed is known to a media frame in the item's length, and the offset lies so many lengths ahead.
    unsure = 2 + 2 * speed + Fraction(abs(offset), duration)
    return all(abs(offset * speed - (source.start - first)) > unsure for first in {0, _first_frame(item)})


def _first_frame(item: Mapping[str, Any]) -> int:
    """The frame of the file that its media begins with: 0, but in a subclip (property `Start`)."""
    return told_number((item.get("media") or {}).get("first")) or 0


def tells_mirrored(items: Iterable[Mapping[str, Any]], timeline_rate: Fraction) -> bool:
    """How this Resolve tells the range of reversed items of the timeline's rate; where nothing shows it, as EDLs do.

    Mirrored, one that plays to the file's first frame ends with -1, and one from the last frame begins with that; as
    an EDL has it, the latter begins behind the file's last.
    """
    for item in items:
        first, last = frame_number(item.get("source_start")), frame_number(item.get("source_end"))
        if first is None or last is None or first <= last or media_rate(item.get("media")) != timeline_rate:
            continue
        ends = _ends(item)
        if last < 0 or first + 1 in ends:
            return True
        if first in ends:
            return False
    return False


def _ends(item: Mapping[str, Any]) -> set[int]:
    """The frames behind its media's last, in the file: a subclip ends where it has all its frames."""
    frames = told_number((item.get("media") or {}).get("frames"))
    return set() if frames is None else {first + frames for first in (0, _first_frame(item))}
