"""The SQLite file: opening, migrating, and transactions.  One connection, one thread, one writer: the daemon."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cuemark.core.changes import LibraryChange
from cuemark.core.errors import NotFoundError, OptionError, StoreError
from cuemark.library.migrations import MIGRATIONS, run_script

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ID_LETTERS = frozenset("0123456789abcdef")
DISK_FULL = "disk_full"
LOCK_WAIT_S = 0.25
"""A write waits so long for another program's lock.  It is no longer because the daemon answers nobody meanwhile;
what can wait longer asks `is_locked` now and then."""
_OPENING_WAIT_S = 5.0
_WAY_BACK = "`cuemark library restore` goes back to the last backup; the damaged file is kept."
_LEAST_FREE = 256 * 1024


class Database:
    """An open library file.

    Raises StoreError: library_unusable, library_locked, library_damaged, library_too_new, disk_full.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: Callable[[LibraryChange], None] = _nobody
        self._untold: list[LibraryChange] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=_OPENING_WAIT_S)
            self._connection.row_factory = sqlite3.Row
            self._connection.text_factory = text_of
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=OFF"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._migrate()
            self._connection.execute("PRAGMA foreign_keys=ON")
            self._wait_for_locks(LOCK_WAIT_S)
        except (OSError, sqlite3.Error) as error:
            raise store_error(path, error) from error
        except (ValueError, KeyError, TypeError) as error:
            message = f"The library {path} cannot be brought up to date: a row of it makes no sense ({error!r})."
            raise StoreError("library_damaged", message, _WAY_BACK) from error

    def close(self) -> None:
        """Closes the file; nothing may be asked afterwards."""
        self._connection.close()

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a reading statement."""
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error

    def row(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        """The first row of a reading statement."""
        rows = self.rows(statement, values)
        return rows[0] if rows else None

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it, or nothing where the body raises.  Inside another one it is part of that.

        What was changed (`tell`) is told behind it, and only where it came about.
        """
        if self._connection.in_transaction:
            yield self._connection
            return
        self._untold = []
        with self._transaction():
            yield self._connection
        untold, self._untold = self._untold, []
        for change in untold:
            self.told(change)

    def tell(self, change: LibraryChange) -> None:
        """Says, inside a transaction, what it changes; `told` hears of it once that has come about."""
        self._untold.append(change)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:  # SQLite itself takes it back where the disk is full
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise store_error(self.path, error) from error

    def is_locked(self) -> bool:
        """Whether another program holds the file's lock for writing; asked without waiting."""
        if self._connection.in_transaction:
            return False
        try:
            self._wait_for_locks(0)
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            return _is_locked(error)
        finally:
            self._wait_for_locks(LOCK_WAIT_S)
        return False

    def _wait_for_locks(self, seconds: float) -> None:
        self._connection.execute(f"PRAGMA busy_timeout={round(seconds * 1000)}")

    def _migrate(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise too_new(self.path, version)
        for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
            with self.write() as connection:
                if isinstance(migration, str):
                    run_script(connection, migration)
                else:
                    migration(connection, self.path.parent)
                connection.execute(f"PRAGMA user_version={number}")


def _nobody(change: LibraryChange) -> None:
    """Nobody wants to know."""


def text_of(data: bytes) -> str:
    """Text as it lies in a file; bytes that are no UTF-8 become escapes, so that they spoil no other row."""
    return data.decode("utf-8", "backslashreplace")


def too_new(path: Path, schema: int) -> StoreError:
    """The error for a library of a version that is not written yet."""
    message = f"The library {path} was written by a newer Cuemark (schema {schema}; this one knows {len(MIGRATIONS)})."
    step = "Update Cuemark, or set CUEMARK_HOME to another folder; the library is left as it is."
    return StoreError("library_too_new", message, step)


def now() -> int:
    """The present as the library keeps it."""
    return (datetime.now(timezone.utc) - EPOCH) // timedelta(microseconds=1)


def time_of(stamp: int) -> datetime:
    """A kept time as a datetime."""
    return EPOCH + timedelta(microseconds=stamp)


def new_id() -> str:
    """A fresh id for a job or an analysis: short enough to type, long enough never to meet another."""
    return secrets.token_hex(6)


def resolve_id(database: Database, table: str, what: str, given: str) -> str:
    """The whole id behind an id or a prefix only one row has.

    Raises NotFoundError `<what>_not_found`, or OptionError `<what>_ambiguous` where several rows begin so.
    """
    rows: list[sqlite3.Row] = []
    if given and set(given) <= ID_LETTERS:
        rows = database.rows(f"SELECT id FROM {table} WHERE substr(id, 1, ?) = ? LIMIT 2", (len(given), given))
    plural = {"job": "jobs", "analysis": "analyses"}[what]
    if not rows:
        raise NotFoundError(f"{what}_not_found", f"There is no {what} {given!r}.", f"See cuemark {plural} list.")
    if len(rows) > 1:
        raise OptionError(f"{what}_ambiguous", f"Several {plural} begin with {given!r}.", "Give more of the id.")
    return str(rows[0]["id"])


def page_bounds(page_size: int, page_token: str) -> tuple[int, int]:
    """(rows to read, number to stay below) of a page, newest first; raises OptionError `page_token`."""
    size = min(page_size, 500) if page_size > 0 else 100
    if not page_token:
        return size, 2**62
    if not (page_token.isascii() and page_token.isdigit() and len(page_token) < 19):
        raise OptionError("page_token", f"{page_token!r} is not a page token.", "Pass the one the last page gave.")
    return size, int(page_token)


def store_error(path: Path, error: Exception) -> StoreError:
    """What SQLite or the system said of a library, as an error for its user."""
    text = str(error)
    if isinstance(error, StoreError):
        return error
    if "disk is full" in text or "No space left" in text or ("disk I/O" in text and _is_full(path)):
        return StoreError(DISK_FULL, f"No space is left for the library {path}.", "Free some disk space.")
    if _is_locked(error):
        step = "Close what has it open (a database browser, a backup program), then try again."
        return StoreError("library_locked", f"The library {path} is locked by another program.", step)
    if isinstance(error, sqlite3.DatabaseError) and ("malformed" in text or "not a database" in text):
        return StoreError("library_damaged", f"The library {path} is damaged: {text}.", _WAY_BACK)
    step = "Check that its folder exists, is writable and lies on a local disk."
    return StoreError("library_unusable", f"The library {path} cannot be used: {text}.", step)


def _is_locked(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)


def _is_full(path: Path) -> bool:
    """Whether that is why SQLite could not write: of a full disk it sometimes says no more than "disk I/O error"."""
    try:
        return shutil.disk_usage(path.parent).free < _LEAST_FREE
    except OSError:
        return False
