"""Amounts of bytes as text: read from what a user types, written for a user to read."""

from __future__ import annotations

import re
from fractions import Fraction

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?b)?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_size(text: str) -> int:
    """`2G`, `1.5 GB`, `500mb` (powers of 1000), `1536MiB` (powers of 1024), `0`; ValueError for anything else."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no size")
    number, unit, suffix = found.groups()
    base = 1024 if (suffix or "").lower() == "ib" else 1000
    return int(Fraction(number) * base ** _POWERS[unit.lower()])


def size_text(count: int) -> str:
    """Bytes for people, in powers of 1000 as disks are sold, to three digits or so: `1.4 GB`, `987 kB`."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 99.5 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
