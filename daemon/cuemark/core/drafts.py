"""Drafts: what is being written, beside the place it will take, under a name that says who writes it.

A process that is killed leaves its draft behind.  The name holds its machine and its process, so that a sweep knows
which drafts nobody can be writing any more, and takes those alone.
"""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX, SUFFIX = ".cuemark-", ".new"
_FOREIGN_S = 3600.0
"""A draft of another machine (on a shared disk), or of a version whose names said nothing, is left for so long."""
_CLOCK_S = 2.0  # some file systems keep times this coarsely


def draft_beside(path: Path) -> Path:
    """A fresh name for a draft in the same folder: a rename cannot cross file systems."""
    return path.with_name(f"{_mark()}{secrets.token_hex(8)}{SUFFIX}")


@contextmanager
def draft_folder(parent: Path) -> Iterator[Path]:
    """A fresh folder to work in; what is still there at the end is removed.  Raises OSError."""
    folder = Path(tempfile.mkdtemp(prefix=_mark(), suffix=SUFFIX, dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_draft(path: Path) -> bool:
    """Whether the file or folder is what a killed process left behind, or is still being written."""
    return path.name.startswith(PREFIX) and path.name.endswith(SUFFIX)


def sweep(folder: Path) -> int:
    """Remove the drafts below a folder of ours that nobody writes any more; how many there were."""
    swept = 0
    for place, folders, files in os.walk(folder):
        drafts = [name for name in (*folders, *files) if is_draft(Path(name))]
        folders[:] = [name for name in folders if name not in drafts]
        swept += sum(_take(Path(place, name)) for name in drafts)
    return swept


def sweep_beside(path: Path) -> None:
    """Remove the drafts of killed processes in a file's own folder, which may be the user's and large."""
    with suppress(OSError), os.scandir(path.parent) as entries:
        left = [Path(entry.path) for entry in entries if entry.name.startswith(PREFIX)]
        for draft in filter(is_draft, left):
            _take(draft)


def _take(draft: Path) -> bool:
    """Remove a draft if it is abandoned; whether it was."""
    try:
        if not _is_abandoned(draft):
            return False
        if draft.is_dir() and not draft.is_symlink():
            shutil.rmtree(draft)
        else:
            draft.unlink()
    except OSError:
        return False
    return True


def _is_abandoned(draft: Path) -> bool:
    changed = draft.lstat().st_mtime
    machine, _, rest = draft.name.removeprefix(PREFIX).partition("-")
    writer = rest.partition("-")[0]
    if machine != _machine() or not writer.isdecimal():
        return time.time() - changed > _FOREIGN_S
    return not _lives(int(writer), changed)


def _lives(pid: int, since: float) -> bool:
    """Whether the process of a draft that was last written at `since` is still there: numbers are used again."""
    import psutil

    if pid == os.getpid():
        return True
    try:
        process = psutil.Process(pid)
        return bool(process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= since + _CLOCK_S)
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def _mark() -> str:
    return f"{PREFIX}{_machine()}-{os.getpid()}-"


def _machine() -> str:
    return hashlib.blake2b(platform.node().encode(), digest_size=3).hexdigest()
