"""A partial file: the bytes of a download so far, a note of where they came from, and room for the rest."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from cuemark.core.errors import StoreError
from cuemark.core.files import atomic_write
from cuemark.core.json_files import read_json
from cuemark.core.sizes import size_text
from cuemark.models.store.folders import content_hash
from cuemark.models.store.registry import RemoteFile

_LONGEST_VALIDATOR = 1000


@dataclass(frozen=True)
class Origin:
    """What the server says of a file: `validator` guards a resume, `sha256` or `git_sha1` say what it must be."""

    url: str
    validator: str = ""
    sha256: str = ""
    git_sha1: str = ""
    size: int = -1


def size_of(part: Path) -> int:
    """Bytes that are there; 0 without a file."""
    return part.stat().st_size if part.exists() else 0


def note_of(part: Path) -> Path:
    """Where the note of a partial file lies."""
    return part.with_suffix(".json")


def read_note(part: Path, url: str) -> Origin:
    """What was noted of the file; only the address where nothing readable was."""
    try:
        told = read_json(note_of(part))
        return Origin(url, as_header(str(told["validator"])), str(told["sha256"]), str(told["git_sha1"]))
    except (OSError, ValueError, TypeError, KeyError):
        return Origin(url)


def write_note(part: Path, origin: Origin) -> None:
    """Note what the server says of the file, before its bytes come."""
    # A draft with a name of its own, so that a killed download leaves nothing that the next one would not write over.
    atomic_write(note_of(part), json.dumps(asdict(origin)), draft=part.with_suffix(".json.new"))


def forget(part: Path) -> None:
    """Remove the bytes and their note."""
    part.unlink(missing_ok=True)
    note_of(part).unlink(missing_ok=True)


def as_header(value: str) -> str:
    """A validator as it can be sent back; empty for one that cannot."""
    return value if value.isascii() and value.isprintable() and len(value) < _LONGEST_VALIDATOR else ""


def differs(origin: Origin, held: Path) -> str:
    """How a file differs from what is announced of it, in words; empty where it does not, or nothing is announced."""
    if origin.sha256:
        found = content_hash(held)
        return "" if found == origin.sha256 else f"its sha256 is {found}, not {origin.sha256}"
    if origin.git_sha1:
        blob = hashlib.sha1(f"blob {size_of(held)}\0".encode() + held.read_bytes(), usedforsecurity=False)
        return "" if blob.hexdigest() == origin.git_sha1 else "it is not the file the hub announces"
    return ""


def disk_full(folder: Path, needed: int, what: str) -> StoreError:
    """The error for a disk without room, with the numbers in it."""
    free = shutil.disk_usage(folder).free
    message = f"Not enough disk space in {folder}: {what} needs {size_text(needed)}, {size_text(free)} are free."
    return StoreError("disk_full", message, "Free some space, or set CUEMARK_HOME to a larger disk, and pull again.")


def disk_filled(folder: Path, what: str) -> StoreError:
    """The error for a disk that had no room left for what came."""
    free = size_text(shutil.disk_usage(folder).free)
    message = f"The disk of {folder} became full, so {what} is not whole: {free} are free."
    step = "Free some space, or set CUEMARK_HOME to a larger disk, and pull again: it goes on where it stopped."
    return StoreError("disk_full", message, step)


def check_space(part: Path, needed: int, file: RemoteFile) -> None:
    """Raises StoreError `disk_full` where `needed` more bytes have no room."""
    if needed > shutil.disk_usage(part.parent).free:
        raise disk_full(part.parent, needed, file.path)
