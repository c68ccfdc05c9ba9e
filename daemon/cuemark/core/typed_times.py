"""Times as people write them: in a row on a command line, or one a line as in the description of a video.

Seconds (`75.2`), a clock (`1:15.2`, `0:01:15.2`), or in a row also frames (`1880f`).
"""

from __future__ import annotations

import re
from fractions import Fraction

from cuemark.core.errors import OptionError

_CLOCK = r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,7}(?:[.,]\d{1,9})?)"
_TIME = re.compile(_CLOCK)
_FRAME = re.compile(r"(\d{1,9}(?:/[1-9]\d{0,6})?)f")
#: A line that begins or ends with a clock: "00:00 Intro", "- 1:02:03: The end", "The end (1:02:03)".
_CLOCK_ALONE = r"(?:\d{1,3}:)?\d{1,3}:\d{2}(?:[.,]\d{1,3})?"
_FIRST = re.compile(rf"\s*[-–—•*\[(]*\s*({_CLOCK_ALONE})(?=[\s\])–—:.,|-]|$)")
_LAST = re.compile(rf".*[\s\[(–—:|-]({_CLOCK_ALONE})[\])]*\s*$")
_ALONE = re.compile(r"\s*(\d{1,7}(?:[.,]\d{1,9})?)\s*s?\s*$")


def seconds(text: str) -> Fraction:
    """`75.2`, `1:15.2` or `0:01:15.2` in seconds; OptionError `time_invalid`.

    Minutes and seconds behind a colon are below 60, so that a timecode with frames is not read as something else.
    """
    found = _TIME.fullmatch(text.strip())
    if found is not None:
        hours, minutes, rest = found.groups()
        value = Fraction(rest.replace(",", "."))
        if (minutes is None or value < 60) and (hours is None or int(minutes) < 60):
            return int(hours or 0) * 3600 + int(minutes or 0) * 60 + value
    raise OptionError("time_invalid", f"{text.strip()!r} is not a time.", "Write seconds (75.2) or a clock (1:15.2).")


def times_in_a_row(text: str, rate: Fraction) -> tuple[Fraction, ...]:
    """Times with commas, semicolons or spaces between, in seconds, frames at `rate`; OptionError `time_invalid` names
    what is none."""
    words = [word for word in re.split(r"[,;\s]+", text.strip()) if word]
    frames = (_FRAME.fullmatch(word) for word in words)
    return tuple(Fraction(f[1]) / rate if f else seconds(word) for word, f in zip(words, frames, strict=True))


def looks_like_times(text: str) -> bool:
    """Whether a word of the command line is meant as times: it begins with one, and holds nothing of a path."""
    first = re.split(r"[,;\s]", text.strip(), maxsplit=1)[0]
    return _TIME.fullmatch(first) is not None or _FRAME.fullmatch(first) is not None


def times_in_lines(text: str) -> tuple[Fraction, ...]:
    """The times of a list of chapters, one a line: the clock a line begins or ends with, or a line of seconds alone."""
    return tuple(value for line in text.splitlines() if (value := _of_line(line)) is not None)


def _of_line(line: str) -> Fraction | None:
    found = _FIRST.match(line) or _ALONE.match(line) or _LAST.match(line)
    if found is None:
        return None
    try:
        return seconds(found.group(1))
    except OptionError:
        return None


def titles_in_lines(text: str) -> tuple[str, ...]:
    """The titles of a list, one a line, without the times, numbers and bullets that stand before or behind them."""
    return tuple(title for line in text.splitlines() if (title := _title_of(line)))


_NUMBERED = re.compile(r"\s*(?:[-–—•*#]+|\(?\d{1,3}[.)])\s+")
_TRIMMED = " \t-–—:|•*[]()"


def _title_of(line: str) -> str:
    """One line's title; "" where it holds none.  A clock on both sides, as of a span, goes whole."""
    number = _NUMBERED.match(line)
    rest = line[number.end() :] if number else line
    found = _FIRST.match(rest)
    if found:
        rest = rest[found.end() :]
        second = _FIRST.match(rest)
        rest = rest[second.end() :] if second else rest
        return " ".join(rest.lstrip(_TRIMMED + ",.").split())
    found = _LAST.match(rest)
    return " ".join((rest[: found.start(1)].rstrip(_TRIMMED) if found else rest).split())
