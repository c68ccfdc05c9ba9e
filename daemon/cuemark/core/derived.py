"""Derived files: what can be made anew from something else, and carries a seal so that what does not fit is seen.

A seal is a SHA-256 over the file's key and its content; the key names all that the content is made from.  A file that
is cut, mixed up with another, written by hand or by a machine that lost its power has another one: it is dropped, which
is said, and made anew.  Objects of JSON hold their seal in a member, other files behind their last byte, where the
readers of NumPy's format do not look.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cuemark.core.files import ORDINARY_FILE, atomic_write
from cuemark.core.json_files import read_json
from cuemark.core.serialise import UNREADABLE
from cuemark.core.text import shown

_MEMBER = "seal"
_LAST_LINE = re.compile(rb"\ncuemark seal ([0-9a-f]{64})\n\Z")
_LINE_BYTES = len("\ncuemark seal \n") + 64

Tell = Callable[[str], None]
"""Who is told, in one line, that a file did not fit."""

log = logging.getLogger("cuemark.cache")


def seal_of(key: str, content: bytes) -> str:
    """The seal of a content that belongs to a key."""
    digest = hashlib.sha256(len(key.encode()).to_bytes(8, "big") + key.encode())
    digest.update(content)
    return digest.hexdigest()


def write_object(path: Path, key: str, value: Mapping[str, Any], *, mode: int = ORDINARY_FILE) -> None:
    """Write an object of JSON with its seal, whole or not at all; raises OSError."""
    sealed = {**value, _MEMBER: seal_of(key, _canonical(value))}
    atomic_write(path, json.dumps(sealed, indent=1), mode=mode)


def read_object(path: Path, key: str, tell: Tell = log.warning) -> dict[str, Any] | None:
    """What `write_object` wrote under this key; None where there is no file, or one that does not fit (it is gone)."""
    try:
        value: dict[str, Any] = read_json(path)
        if value.pop(_MEMBER) != seal_of(key, _canonical(value)):
            raise ValueError("its seal is another")
    except FileNotFoundError:
        return None
    except (OSError, *UNREADABLE) as error:
        drop(path, error, tell)
        return None
    return value


def write_bytes(path: Path, key: str, content: bytes) -> None:
    """Write a content with its seal behind it, whole or not at all; raises OSError."""
    atomic_write(path, content + f"\ncuemark seal {seal_of(key, content)}\n".encode())


def read_bytes(path: Path, key: str, tell: Tell = log.warning) -> bytes | None:
    """What `write_bytes` wrote under this key; None where there is no file, or one that does not fit (it is gone)."""
    try:
        data = path.read_bytes()
        content, line = data[:-_LINE_BYTES], _LAST_LINE.match(data[-_LINE_BYTES:])
        if line is None or line[1].decode() != seal_of(key, content):
            raise ValueError("its seal is another, or missing")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        drop(path, error, tell)
        return None
    return content


def drop(path: Path, why: object, tell: Tell = log.warning) -> None:
    """Take a derived file away that does not fit, and say so."""
    reason = getattr(why, "strerror", None) or str(why) or type(why).__name__
    tell(f"{shown(path)} in the cache cannot be used ({reason[:120]}) and is made anew.")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s cannot be removed: %s", path, error)


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
