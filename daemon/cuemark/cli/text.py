"""Values as text a person reads, safe for any terminal.

File names may hold bytes that are not UTF-8 (Python keeps them as surrogates), line breaks, escape sequences or
right-to-left overrides; none of these may reach a terminal as they are.
"""

from __future__ import annotations

import os
import re
import unicodedata
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path

from cuemark.core import timebase

_COMMANDS = "analyze|analyses|jobs|export|models|daemon|cache|doctor|demo|eval|bench|resolve|uninstall"
_OUR_COMMAND = re.compile(rf"(?<![\w/.-])cuemark (?=(?:{_COMMANDS})\b)")


def spelled(text: str) -> str:
    """`text` with the commands in it as this user has to type them.

    Whoever started us from a place where there is no `cuemark` on the PATH says how in CUEMARK_COMMAND.
    """
    command = os.environ.get("CUEMARK_COMMAND", "").strip()
    return _OUR_COMMAND.sub(lambda _: f"{command} ", text) if command else text


def safe(text: str) -> str:
    """`text` with everything unprintable written as an escape: `\\xff`, `\\n`, `\\x1b`, `\\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8, as surrogateescape keeps it
        return f"\\x{code - 0xDC00:02x}"
    # Format characters (Cf) hold the joiners that emoji are made of; only those that reorder text are harmful.
    reorders = 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
    if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or reorders:
        return character.encode("unicode_escape").decode("ascii")
    return character


def path_text(path: Path | str) -> str:
    """A path as text for people; not to be parsed."""
    return safe(os.fspath(path))


def json_path(path: Path | str) -> str:
    """A path as valid Unicode, spelled as the JSON export spells it: bytes that are not UTF-8 become `\\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def shell_path(path: Path | str) -> str:
    """A path as it can be pasted into a POSIX shell or, on Windows, between double quotes."""
    import shlex

    text = os.fspath(path)
    if os.name == "nt":
        return f'"{safe(text)}"' if " " in text else safe(text)
    if safe(text) == text:
        return shlex.quote(text)
    return "$'" + "".join("\\" + each if each in "\\'" else _escaped(each) for each in text) + "'"


def clock(seconds: Fraction) -> str:
    """Elapsed time for tables, to the millisecond: `00:01:02.345`."""
    return timebase.clock(seconds, "hh:mm:ss.mmm")


def size(count: int) -> str:
    """Bytes for people, in powers of 1000 as disks are sold: `1.4 GB`."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 99.5 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


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
