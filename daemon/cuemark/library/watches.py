"""The rows of watched folders, and of what was seen of each file in them: what a daemon takes up again."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cuemark.core import serialise
from cuemark.core.jobs import JobError
from cuemark.core.serialise import UNREADABLE
from cuemark.core.watches import WatchRequest, WatchState
from cuemark.library.database import Database, now, time_of

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class FileMark:
    """By what a file is known without reading it: its size, its last change in nanoseconds, and its place on the disk.

    `device` and `inode` stay the same when a file is renamed.
    """

    size: int
    changed_ns: int
    device: int = 0
    inode: int = 0

    def same_content(self, other: FileMark) -> bool:
        """Whether nothing was written in between, as far as can be told without reading."""
        return (self.size, self.changed_ns) == (other.size, other.changed_ns)

    def same_file(self, other: FileMark) -> bool:
        """Whether it is that very file, under whatever name."""
        places = (self.device, self.inode) == (other.device, other.inode)
        return bool(self.inode) and places and self.same_content(other)


@dataclass(frozen=True)
class WatchedFile:
    """What is known of one file of a watched folder.

    `before` is its state before it went away.  `indexed` is its mark when it was indexed last, `transcript` that of the
    transcript beside it then.  `tries` counts jobs, so that each has a request of its own.  `replaces` are analyses of
    its shorter versions.
    """

    path: Path
    mark: FileMark
    state: WatchState
    before: WatchState = WatchState.WAITING
    error: JobError | None = None
    note: str = ""
    job_id: str | None = None
    analysis_id: str | None = None
    indexed: FileMark | None = None
    transcript: str = ""
    tries: int = 0
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class WatchRow:
    """A watched folder as it is kept."""

    number: int
    request: WatchRequest
    since: datetime


class WatchStore:
    """The watches of the library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, request: WatchRequest) -> WatchRow:
        """Keeps a new watch."""
        with self._database.write() as connection:
            cursor = connection.execute(
                "INSERT INTO watches (path, request, since) VALUES (?, ?, ?)",
                (os.fsencode(request.path), serialise.dumps(request), stamp := now()),
            )
        return WatchRow(int(cursor.lastrowid or 0), request, time_of(stamp))

    def remove(self, number: int) -> None:
        """Forgets a watch and its files; what was indexed stays."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM watches WHERE number = ?", (number,))

    def rows(self) -> list[WatchRow]:
        """All watches, the oldest first; one that cannot be read is left out and said in the log."""
        found = self._database.rows("SELECT number, path, request, since FROM watches ORDER BY number")
        return [row for each in found if (row := _watch_of(each)) is not None]

    def files(self, number: int) -> dict[Path, WatchedFile]:
        """What was known of each file of a watch; of one that cannot be read nothing is, and it is looked at anew."""
        rows = self._database.rows("SELECT path, body FROM watched_files WHERE watch = ?", (number,))
        return {file.path: file for file in _files_of(rows)}

    def save(self, number: int, files: Iterable[WatchedFile], forgotten: Iterable[Path] = ()) -> None:
        """Keeps what is known of these files, and nothing of the forgotten ones: all or none."""
        with self._database.write() as connection:
            connection.executemany(
                "DELETE FROM watched_files WHERE watch = ? AND path = ?",
                [(number, os.fsencode(path)) for path in forgotten],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO watched_files (watch, path, body) VALUES (?, ?, ?)",
                [(number, os.fsencode(file.path), serialise.dumps(file)) for file in files],
            )


def _watch_of(row: sqlite3.Row) -> WatchRow | None:
    try:
        return WatchRow(row["number"], serialise.loads(WatchRequest, row["request"]), time_of(row["since"]))
    except UNREADABLE as error:
        _LOG.warning("the watch of %r cannot be read and is left out: %s", row["path"], error)
        return None


def _files_of(rows: list[sqlite3.Row]) -> Iterator[WatchedFile]:
    for row in rows:
        try:
            yield serialise.loads(WatchedFile, row["body"])
        except UNREADABLE as error:
            _LOG.warning("what is known of the watched %r cannot be read: %s", row["path"], error)
