"""Whether a library file is whole: the file as SQLite sees it, and each row as we read it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuemark.core import serialise
from cuemark.core.analysis import Analysis, LoggedEdit
from cuemark.core.media import MediaInfo
from cuemark.core.serialise import UNREADABLE
from cuemark.library.database import store_error, text_of, too_new
from cuemark.library.job_rows import is_damaged, job_of
from cuemark.library.migrations import MIGRATIONS
from cuemark.markers.sent import SentMarker

_TABLES = frozenset({"media", "analyses", "edits", "jobs", "job_events"})
"""Without these there is no library of any version."""
_MOST_PROBLEMS = 20
_WITH_FOOTAGE = 8
"""The schema from which on there is a table of footage."""


@dataclass(frozen=True)
class Health:
    """What is in a library, and what is wrong with it.

    `damage` is of the file itself, which is then not to be used; `rows` cannot be read one by one, and harm no others.
    """

    schema: int
    counts: dict[str, int]
    damage: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.damage or self.rows)


def damage_of(file: Path, *, thorough: bool = False) -> tuple[str, ...]:
    """What is wrong with the file itself, in words; nothing of a whole one.

    Not thorough, indexes are not compared with their tables.  Raises StoreError where it cannot be looked into.
    """
    try:
        if not file.stat().st_size:
            return ("the file is empty",)
        with closing(reading(file)) as connection:
            return tuple(_damage(connection, thorough))
    except (OSError, sqlite3.Error) as error:
        if is_damage(error):
            return (str(error),)
        raise store_error(file, error) from error


def is_damage(error: Exception) -> bool:
    """Whether SQLite says that a file is no database, or a torn one."""
    if isinstance(error, sqlite3.OperationalError):
        return "unsupported file format" in str(error)
    return isinstance(error, sqlite3.DatabaseError)


def schema_of(file: Path) -> int:
    """The version of a whole library's schema; raises StoreError."""
    try:
        with closing(reading(file)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        raise store_error(file, error) from error
    return int(version)


def examine(file: Path) -> Health:
    """Everything that can be said of a library; raises StoreError where it cannot be opened at all.

    It is only read, so that a daemon may be at work on it meanwhile.
    """
    damage = damage_of(file, thorough=True)
    if damage:
        return Health(0, {}, damage)
    schema = schema_of(file)
    if schema > len(MIGRATIONS):
        raise too_new(file, schema)
    with closing(reading(file)) as connection:
        counts = {table: _count(connection, table) for table in ("analyses", "edits", "jobs", "media")}
        if schema >= _WITH_FOOTAGE and (footage := _count(connection, "footage")):
            counts["footage"] = footage
        rows = tuple(_unreadable(connection)) if schema == len(MIGRATIONS) else ()
    return Health(schema, counts, (), rows)


def reading(file: Path) -> sqlite3.Connection:
    """A connection that only reads, and leaves no file beside one that nobody has open."""
    unused = "" if file.with_name(f"{file.name}-wal").exists() else "&immutable=1"
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro{unused}", uri=True, timeout=5)
    connection.row_factory = sqlite3.Row
    connection.text_factory = text_of
    return connection


def _damage(connection: sqlite3.Connection, thorough: bool) -> Iterator[str]:
    check = "integrity_check" if thorough else "quick_check"
    said = [str(row[0]) for row in connection.execute(f"PRAGMA {check}({_MOST_PROBLEMS})")]
    if said != ["ok"]:
        yield from said
        return
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    missing = sorted(_TABLES - tables)
    if missing and (version or tables) and version <= len(MIGRATIONS):  # a newer one may have others
        yield f"it has no {', no '.join(missing)}"
    if missing:
        return
    if thorough:
        lost = Counter(row["table"] for row in connection.execute("PRAGMA foreign_key_check"))
        yield from (f"{number} rows of {table} belong to nothing" for table, number in lost.items())


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _unreadable(connection: sqlite3.Connection) -> Iterator[str]:
    """The rows that cannot be read, in words."""
    checks: Iterable[tuple[str, str, Any, str]] = (
        ("analysis", "SELECT id, body FROM analyses", Analysis, "body"),
        ("media", "SELECT fingerprint, info FROM media", MediaInfo, "info"),
        ("edit", "SELECT number, change FROM edits", LoggedEdit, "change"),
        ("record of sent markers of", "SELECT timeline, markers FROM sent_markers", tuple[SentMarker, ...], "markers"),
    )
    for what, query, kind, column in checks:
        for row in connection.execute(query):
            try:
                serialise.loads(kind, row[column])
            except UNREADABLE:
                yield f"{what} {row[0]} cannot be read"
    for row in connection.execute("SELECT * FROM jobs"):
        job = job_of(row)
        if is_damaged(job):
            yield f"job {job.id} cannot be read"
