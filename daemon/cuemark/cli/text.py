"""Values as text a person reads: times, rates, counts, and commands as this user has to type them."""

from __future__ import annotations

import functools
import os
import re
from datetime import datetime, timezone
from fractions import Fraction

from cuemark.core import timebase


def spelled(text: str) -> str:
    """`text` with the commands in it as this user has to type them.

    Whoever started us from a place where there is no `cuemark` on the PATH says how in CUEMARK_COMMAND.
    """
    command = os.environ.get("CUEMARK_COMMAND", "").strip()
    return _our_commands().sub(lambda _: f"{command} ", text) if command else text


@functools.cache
def _our_commands() -> re.Pattern[str]:
    """`cuemark ` where one of its commands follows, and neither in a path nor in a word."""
    from cuemark.cli.main import COMMANDS

    return re.compile(rf"(?<![\w/.-])cuemark (?=(?:{'|'.join(COMMANDS)})\b)")


def clock(seconds: Fraction) -> str:
    """Elapsed time for tables, to the millisecond: `00:01:02.345`."""
    return timebase.clock(seconds, "hh:mm:ss.mmm")


def duration(seconds: float) -> str:
    """A span for people: `8 s`, `3 min 20 s`, `2 h 05 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago something was: `just now`, `3 min ago`, `2026-11-20 14:03`."""
    now = now or datetime.now(timezone.utc)
    seconds = (now - _aware(moment)).total_seconds()
    if seconds < 10:
        return "just now"
    if seconds < 3600:
        return f"{duration(seconds) if seconds < 60 else f'{seconds // 60:.0f} min'} ago"
    if seconds < 86400:
        return f"{seconds // 3600:.0f} h ago"
    return _aware(moment).astimezone().strftime("%Y-%m-%d %H:%M")


def iso(moment: datetime | None) -> str | None:
    """A moment for JSON: UTC, ISO 8601."""
    return None if moment is None else _aware(moment).astimezone(timezone.utc).isoformat()


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def rate(value: Fraction) -> str:
    """A frame rate for people: `25 fps`, `29.97 fps`."""
    return f"{float(value):.3f}".rstrip("0").rstrip(".") + " fps"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 moment`, `2 moments`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
