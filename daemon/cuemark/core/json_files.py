"""JSON read from files that others wrote: bounded, of ordinary files only, and with one kind of error.

`json.loads` alone runs out of stack on deep nesting (RecursionError), and reading the file alone waits for ever on a
pipe and without end on a device.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

LARGEST = 16 << 20


def read_json(path: Path, largest: int = LARGEST) -> Any:
    """What the JSON in an ordinary file says; raises OSError, or ValueError with the reason in words.

    `largest` is the most bytes that are read.
    """
    return parse_json(read_bounded(path, largest))


def read_bounded(path: Path, largest: int) -> bytes:
    """The content of an ordinary file; OSError where it cannot be read, ValueError where it is none, or too large."""
    # Not blocking: to open a pipe that nobody writes to would wait.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0))) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is no ordinary file")
        if found.st_size > largest:
            raise ValueError(f"it has {found.st_size} bytes, more than the {largest} that such a file may have")
        return file.read(largest)


def parse_json(content: bytes | str) -> Any:
    """What a JSON text says; raises ValueError."""
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
