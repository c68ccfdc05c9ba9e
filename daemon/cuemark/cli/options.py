"""Options that many commands share, and how their text becomes values."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, TypedDict

import typer

from cuemark.core.errors import OptionError
from cuemark.core.limits import MemoryLimit

JsonFlag = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]


Seed = Annotated[
    int | None, typer.Option(metavar="S", min=0, max=2**63 - 1, help="The same seed gives the same result.")
]

Vram = Annotated[
    str | None,
    typer.Option("--vram", metavar="SIZE", help="Most GPU memory to fill: 2G, 1536MiB, 50%.", show_default="all"),
]

Gentle = Annotated[
    bool | None,
    typer.Option("--gentle/--no-gentle", help="Make room for the editor beside it.", show_default="--no-gentle"),
]


class LimitOptions(TypedDict):
    """The fields of AnalyzeOptions that say what a job may take of the machine."""

    vram: MemoryLimit | None
    gentle: bool | None


def limits(vram: str | None, gentle: bool | None) -> LimitOptions:
    """`--vram` and `--gentle`, or what the environment of this command says; else the daemon's own settings hold."""
    from cuemark.core import settings

    configured = settings.load()
    limit = MemoryLimit.parse(vram) if vram is not None else configured.vram
    return {"vram": limit, "gentle": (configured.gentle or None) if gentle is None else gentle}


def moments(text: str | None) -> int | None:
    """`--moments`: a number, or `auto` (None).  Whether the number can be is the daemon's to say."""
    if text is None or text.strip().lower() == "auto":
        return None
    try:
        number = int(text)
        # What travels as 32 bits; no footage has so many moments.
        return max(-(2**31), min(number, 2**31 - 1))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a whole number nor 'auto'.", param_hint="--moments") from None


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
