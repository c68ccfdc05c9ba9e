"""File names as a person can read them."""

from __future__ import annotations

import os
from pathlib import Path


def shown(path: Path) -> str:
    """The path's last part for a message: quoted, always valid UTF-8, with no control characters.

    Bytes that are no UTF-8 appear as U+FFFD; the path itself keeps them.
    """
    text = os.fsencode(path.name or str(path)).decode("utf-8", "replace")
    return '"' + "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text) + '"'
