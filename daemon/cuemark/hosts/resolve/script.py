"""The script that goes into Resolve's menu: where it lies, and how the mailbox folder is written into it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from cuemark.errors import StoreError

_PLACE = b"local MAILBOX = nil -- the set-up writes the folder here"
_VERSION = re.compile(rb'^local VERSION = "([^"]*)"', re.M)


def source_file() -> Path:
    """Cuemark.lua as it was delivered: in a checkout, else where an installation put it.

    Raises StoreError `resolve_script_missing`.
    """
    places = (
        Path(__file__).resolve().parents[4] / "plugin" / "resolve" / "Cuemark.lua",
        Path(sys.prefix) / "share" / "cuemark" / "resolve" / "Cuemark.lua",
    )
    for place in places:
        if place.is_file():
            return place
    message = "The Resolve script is not part of this installation."
    raise StoreError("resolve_script_missing", message, "Install Cuemark again.")


def rendered(source: bytes, mailbox: Path, windows: bool = os.name == "nt") -> bytes:
    """The script with its mailbox written in.

    Lua opens files by bytes: those of the file system, on Windows those of its ANSI code page.  Raises StoreError
    `resolve_path_not_ansi` for a folder whose name that code page lacks.
    """
    try:
        folder = str(mailbox).encode("mbcs", "strict") if windows else os.fsencode(mailbox)
    except (UnicodeEncodeError, LookupError) as error:
        message = f"Resolve's Lua cannot open the folder {mailbox}: its name has letters outside of Windows' code page."
        step = "Set CUEMARK_HOME to a folder with a plain name and install the script again."
        raise StoreError("resolve_path_not_ansi", message, step) from error
    if source.count(_PLACE) != 1:
        raise StoreError("resolve_script_damaged", "The Resolve script was changed by hand.", "Install Cuemark again.")
    return source.replace(_PLACE, b"local MAILBOX = " + _lua_string(folder))


def version_of(script: bytes) -> str | None:
    """The version a script says it has; None where it is not ours."""
    match = _VERSION.search(script)
    return match[1].decode("ascii", "replace") if match and b"Cuemark" in script else None


def _lua_string(text: bytes) -> bytes:
    """A Lua string of these bytes in plain ASCII."""
    plain = b"".join(bytes([byte]) if 32 <= byte < 127 and byte not in b'"\\' else b"\\%03d" % byte for byte in text)
    return b'"' + plain + b'"'
