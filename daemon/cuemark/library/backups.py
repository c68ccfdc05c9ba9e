"""Dated copies of the library, made by SQLite's own backup call, and what is kept of a library that is replaced.

They lie in `backups/` beside the library: the newest few, and of the days before the last one of each.  A copy has the
time of the library it is of, so that one that has not changed since is not copied again.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from cuemark.core.drafts import draft_beside
from cuemark.core.errors import NotFoundError
from cuemark.core.files import make_private_folder, put_in_place
from cuemark.library.health import damage_of

NEWEST_KEPT = 3
DAYS_KEPT = 5
_PREFIX, _SUFFIX = "library-", ".sqlite"
_STAMP = "%Y-%m-%dT%H-%M-%SZ"
_BESIDE = ("", "-wal", "-shm")
_ROOM = 2  # times the library's size: a copy must not take the last space there is

log = logging.getLogger("cuemark.library")


@dataclass(frozen=True)
class Backup:
    """One copy and when it was made."""

    path: Path
    made_at: datetime

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        return self.path.name

    @property
    def size(self) -> int:
        """Bytes on disk, 0 where it is gone."""
        with suppress(OSError):
            return self.path.stat().st_size
        return 0


class Backups:
    """The copies of one library file."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self.folder = library.parent / "backups"

    def all(self) -> list[Backup]:
        """Newest first."""
        found = []
        with suppress(OSError):
            for path in self.folder.iterdir():
                with suppress(ValueError):
                    found.append(Backup(path, _made_at(path)))
        return sorted(found, key=lambda each: each.made_at, reverse=True)

    def newest_whole(self) -> Backup | None:
        """The newest that can be gone back to."""
        return next((each for each in self.all() if not damage_of(each.path)), None)

    def named(self, given: str) -> Backup:
        """The one of this name, path or beginning of its date; raises NotFoundError `backup_not_found`."""
        begun = [each for each in self.all() if each.name.removeprefix(_PREFIX).startswith(given)]
        exact = [each for each in self.all() if given in (each.name, os.fspath(each.path))]
        for found in (exact, begun[:1]):
            if found:
                return found[0]
        path = Path(given)
        if path.is_file():
            return Backup(path, datetime.fromtimestamp(path.stat().st_mtime, timezone.utc))
        message = f"There is no backup {given!r} in {self.folder}."
        raise NotFoundError("backup_not_found", message, "See cuemark library verify.")

    def make(self) -> Backup | None:
        """Copy the library if it has changed since the newest copy; None where it has not, or cannot be copied now.

        The library must be whole.
        """
        changed = _changed_ns(self._library)
        newest = next(iter(self.all()), None)
        if newest is not None and newest.path.stat().st_mtime_ns == changed:
            return None
        try:
            made = self._copy(changed)
        except (OSError, sqlite3.Error) as error:
            log.warning("the library could not be backed up: %s", error)
            return None
        self._prune()
        return made

    def _copy(self, changed_ns: int) -> Backup | None:
        size = self._library.stat().st_size
        make_private_folder(self.folder)
        if shutil.disk_usage(self.folder).free < _ROOM * size:
            log.warning("the library is not backed up: there is no room for a copy of %d bytes", size)
            return None
        now = datetime.now(timezone.utc).replace(microsecond=0)
        target = self.folder / f"{_PREFIX}{now.strftime(_STAMP)}{_SUFFIX}"
        draft = draft_beside(target)
        try:
            with closing(sqlite3.connect(self._library)) as source, closing(sqlite3.connect(draft)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, which can be read where nothing can be written
            draft.chmod(0o600)
            os.utime(draft, ns=(changed_ns, changed_ns))
            put_in_place(draft, target)
        finally:
            for path in map(Path, (f"{draft}{end}" for end in _BESIDE)):
                path.unlink(missing_ok=True)
        log.info("the library was backed up as %s (%d bytes)", target.name, size)
        return Backup(target, now)

    def _prune(self) -> None:
        every = self.all()
        kept = set(every[:NEWEST_KEPT]) | set(_last_of_each_day(every)[:DAYS_KEPT])
        for backup in every:
            if backup not in kept:
                backup.path.unlink(missing_ok=True)


def put_back(backup: Backup, library: Path) -> None:
    """Put a copy of a backup where the library is; nothing may lie there.  Raises OSError."""
    draft = draft_beside(library)
    try:
        shutil.copyfile(backup.path, draft)
        draft.chmod(0o600)
        put_in_place(draft, library)
    finally:
        draft.unlink(missing_ok=True)


def set_aside(library: Path, why: str) -> Path | None:
    """Move a library out of the way, with what SQLite keeps beside it; where it is now, None where there was none.

    It is kept for good.  Raises OSError.
    """
    stamp = datetime.now(timezone.utc).strftime(_STAMP)
    aside = library.with_name(f"{_PREFIX}{why}-{stamp}{_SUFFIX}")
    number = 1
    while aside.exists():
        number += 1
        aside = library.with_name(f"{_PREFIX}{why}-{stamp}-{number}{_SUFFIX}")
    found = False
    for end in _BESIDE:
        part = library.with_name(library.name + end)
        if part.exists():
            os.replace(part, aside.with_name(aside.name + end))
            found = found or not end
    return aside if found else None


def _made_at(path: Path) -> datetime:
    """From its name; raises ValueError for a file that is no backup."""
    if not (path.name.startswith(_PREFIX) and path.name.endswith(_SUFFIX)):
        raise ValueError(path.name)
    stamp = path.name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=timezone.utc)


def _last_of_each_day(newest_first: Sequence[Backup]) -> list[Backup]:
    days: dict[str, Backup] = {}
    for backup in newest_first:
        days.setdefault(backup.made_at.strftime("%Y-%m-%d"), backup)
    return list(days.values())


def _changed_ns(library: Path) -> int:
    """When the library was last written, into the file itself or into its log."""
    found = [library.stat().st_mtime_ns]
    with suppress(OSError):
        log_file = library.with_name(f"{library.name}-wal").stat()
        found += [log_file.st_mtime_ns] if log_file.st_size else []
    return max(found)
