"""The library looked over and put back by hand, also where no daemon can start because of it.

`verify` only reads, beside a daemon that may be at work.  `restore` needs the library for itself: it holds the daemon's
lock meanwhile, so that no daemon starts in the middle of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cuemark.core.errors import DaemonError, StoreError
from cuemark.core.files import make_private_folder
from cuemark.core.settings import Settings
from cuemark.library.backups import Backup, Backups, put_back, set_aside
from cuemark.library.database import store_error
from cuemark.library.health import Health, damage_of, examine
from cuemark.rpc.contract.endpoint import take_lock

__all__ = ["Backup", "Health", "Restored", "Verified", "chosen", "restore", "verify"]


@dataclass(frozen=True)
class Verified:
    """The library file, what there is to be said of it (None: there is none), and its backups, newest first."""

    path: Path
    health: Health | None
    backups: tuple[Backup, ...]


@dataclass(frozen=True)
class Restored:
    """What was gone back to, and where the library is kept that was there (None: there was none)."""

    backup: Backup
    set_aside: Path | None


def verify(settings: Settings) -> Verified:
    """Reads the whole library; raises StoreError where it cannot be opened."""
    file = settings.library_file
    health = examine(file) if file.exists() else None
    return Verified(file, health, tuple(Backups(file).all()))


def chosen(settings: Settings, named: str | None) -> Backup:
    """The backup of this name, date or path, else the newest whole one.

    Raises NotFoundError `backup_not_found`, StoreError `no_backup`, `backup_damaged`.
    """
    backups = Backups(settings.library_file)
    if named is None:
        newest = backups.newest_whole()
        if newest is None:
            message = f"There is no whole backup in {backups.folder}."
            raise StoreError("no_backup", message, "One is made whenever the daemon starts with a whole library.")
        return newest
    found = backups.named(named)
    if damage := damage_of(found.path):
        raise StoreError("backup_damaged", f"The backup {found.path} is damaged: {damage[0]}.", "Name another one.")
    return found


def restore(settings: Settings, backup: Backup) -> Restored:
    """Goes back to a backup; the library that is there is kept beside it.  The daemon must have been stopped.

    Raises DaemonError `daemon_already_running`, StoreError.
    """
    with _locked(settings):
        file = settings.library_file
        try:
            make_private_folder(settings.data)
            aside = set_aside(file, "before-restore")
            put_back(backup, file)
        except OSError as error:
            raise store_error(file, error) from error
        return Restored(backup, aside)


@contextmanager
def _locked(settings: Settings) -> Iterator[None]:
    try:
        make_private_folder(settings.runtime)
        lock = take_lock(settings.lock_file)
    except OSError as error:
        raise store_error(settings.lock_file, error) from error
    if lock is None:
        step = "Stop it: cuemark daemon stop"
        raise DaemonError("daemon_already_running", "A Cuemark daemon is at work on the library.", step)
    try:
        yield
    finally:
        lock.release()
