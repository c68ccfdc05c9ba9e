"""Options that many commands share, and how their text becomes values."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated

import typer

from cuemark.core.errors import OptionError

JsonFlag = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.", is_eager=True)]
# Read first, so that whatever ends the reading of the command line knows how to say so.


def positive_rate(text: str | None, option: str) -> Fraction | None:
    """A rate in frames a second: `2`, `2.5`, `30000/1001`."""
    if text is None:
        return None
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if value <= 0:
        raise typer.BadParameter(f"{text!r} is no rate above zero such as 2, 2.5 or 30000/1001.", param_hint=option)
    return value


def plain(text: str, hint: str) -> str:
    """Text that must be valid Unicode, such as an id or a title (file names need not be)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise typer.BadParameter(f"{text!r} is not valid text.", param_hint=hint) from None
    return text


_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)")


def time(text: str, rate: Fraction) -> Fraction:
    """A time from the first frame: seconds `75.2`, a clock `1:15.2` or `0:01:15.2`, or a frame `1880f` at `rate`."""
    if re.fullmatch(r"\d+f", text):
        return Fraction(int(text[:-1])) / rate
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise OptionError(
            "time_invalid", f"{text!r} is not a time.", "Write seconds (75.2), a clock (1:15.2) or a frame (1880f)."
        )
    hours, minutes, seconds = found.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + Fraction(seconds)
