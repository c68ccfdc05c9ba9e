"""Opening the library when a daemon starts: looked over, backed up, and put back where it is damaged.

A damaged file is never written to: it is set aside under a name of its own and kept.  The newest whole backup takes its
place, and with it what can still be read of the analyses made since; without a backup a new library begins with those.
Whatever was done is said, in the log and to whoever asks the daemon.
"""

from __future__ import annotations

import logging
from pathlib import Path

from cuemark.core.errors import Notice, StoreError
from cuemark.library.backups import Backup, Backups, put_back, set_aside
from cuemark.library.database import store_error
from cuemark.library.health import damage_of
from cuemark.library.salvage import salvage
from cuemark.library.store import Library

log = logging.getLogger("cuemark.library")


def open_library(file: Path) -> tuple[Library, tuple[Notice, ...]]:
    """The library, and what its user should know of it; raises StoreError as `Library` does, but not for damage.

    Only the daemon does this: nobody else may have the file open for writing.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise store_error(file, error) from error
    backups = Backups(file)
    if not file.exists():
        return Library(file), _began_anew(file, backups)
    damage = _damage(file, backups)
    if damage:
        return _put_back(file, backups, damage)
    backups.make()
    try:
        return Library(file), ()
    except StoreError as error:
        if error.code != "library_damaged":
            raise
        return _put_back(file, backups, error.message)


def _damage(file: Path, backups: Backups) -> str:
    """What is wrong with the file, in a few words.  An empty one is a new library, unless there was another before."""
    if not file.stat().st_size and not backups.all():
        return ""
    return "; ".join(damage_of(file)[:2])[:200]


def _began_anew(file: Path, backups: Backups) -> tuple[Notice, ...]:
    newest = next(iter(backups.all()), None)
    if newest is None:
        return ()
    step = f"`cuemark library restore` goes back to the backup of {_date(newest)}."
    message = f"There was no library at {file}, and a new one was begun. {step}"
    return (_said(Notice("library_missing", message)),)


def _put_back(file: Path, backups: Backups, damage: str) -> tuple[Library, tuple[Notice, ...]]:
    try:
        aside = set_aside(file, "damaged")
        backup = backups.newest_whole()
        if backup is not None:
            put_back(backup, file)
    except OSError as error:
        raise store_error(file, error) from error
    library = Library(file)
    saved = 0 if aside is None else salvage(aside, file)
    return library, (_said(_notice(aside, backup, saved, damage)),)


def _notice(aside: Path | None, backup: Backup | None, saved: int, damage: str) -> Notice:
    kept = "" if aside is None else f" The damaged file is kept as {aside}."
    more = f" and {saved} analyses that could still be read" if saved else ""
    if backup is not None:
        done = f"It was restored from the backup of {_date(backup)}{more}."
        return Notice("library_restored", f"The library was damaged ({damage}). {done}{kept}")
    done = f"There was no backup of it: a new one was begun{', with' + more[4:] if saved else ''}."
    return Notice("library_damaged", f"The library was damaged ({damage}). {done}{kept}")


def _date(backup: Backup) -> str:
    return f"{backup.made_at.astimezone():%Y-%m-%d %H:%M}"


def _said(notice: Notice) -> Notice:
    log.warning("%s", notice.message)
    return notice
