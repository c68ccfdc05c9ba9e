"""What people type to say what they search for: examples, days, and lengths."""

from __future__ import annotations

import os
import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import typer

from cuemark.core.errors import OptionError
from cuemark.core.search import Example
from cuemark.core.typed_times import seconds

_UNITS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}
_WITH_UNIT = re.compile(r"(\d{1,7}(?:[.,]\d{1,9})?)\s*(s|sec|m|min|h)")
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


def example_of(text: str, option: str) -> Example:
    """`IMAGE`, or `FILE@TIME` for a frame of a video; a file whose own name holds an @ is found, too.

    Whether the file is one that can be read is not for here to say.
    """
    if os.path.exists(text) or "@" not in text:
        return Example(Path(text))
    path, _, time = text.rpartition("@")
    try:
        return Example(Path(path), seconds(time))
    except OptionError:
        message = f"{time!r} is no time such as 75.2 or 1:15.2 (write FILE@TIME, or name an image)."
        raise typer.BadParameter(message, param_hint=option) from None


def day_of(text: str | None, option: str) -> date | None:
    """`2026-11-27` or `20261127`."""
    if text is None:
        return None
    found = _DAY.fullmatch(text.strip())
    try:
        if found:
            return date(*map(int, found.groups()))
    except ValueError:  # the 31st of June
        pass
    raise typer.BadParameter(f"{text!r} is no day such as 2026-11-27.", param_hint=option)


def length_of(text: str | None, option: str) -> Fraction | None:
    """`90`, `90s`, `1.5m`, `2h` or a clock `1:30`, in seconds."""
    if text is None:
        return None
    found = _WITH_UNIT.fullmatch(text.strip().lower())
    if found:
        return Fraction(found[1].replace(",", ".")) * _UNITS[found[2]]
    try:
        return seconds(text)
    except OptionError:
        message = f"{text!r} is no length such as 90s, 1.5m, 2h or 1:30."
        raise typer.BadParameter(message, param_hint=option) from None
