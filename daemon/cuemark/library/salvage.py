"""What can still be read of a damaged library, brought into the one that takes its place."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from cuemark.core import serialise
from cuemark.core.analysis import Analysis
from cuemark.core.serialise import UNREADABLE
from cuemark.library.health import reading

_TABLES = {
    "media": "number",
    "analyses": "number",
    "analysis_models": "analysis_id",
    "edits": "number",
    "sent_markers": "host, project, timeline",
}
"""What is worth saving, each with what it is in order of: a torn page lets both ends be read, up to it."""

log = logging.getLogger("cuemark.library")


def salvage(damaged: Path, library: Path) -> int:
    """Adds to an open, whole library what a damaged one of the same version has beside it; how many analyses."""
    try:
        with closing(reading(damaged)) as source, closing(sqlite3.connect(library, isolation_level=None)) as target:
            return _copied(source, target)
    except sqlite3.Error as error:
        log.warning("nothing more can be read of %s: %s", damaged, error)
        return 0


def _copied(source: sqlite3.Connection, target: sqlite3.Connection) -> int:
    versions = [connection.execute("PRAGMA user_version").fetchone()[0] for connection in (source, target)]
    if versions[0] != versions[1]:
        return 0
    before = _analyses(target)
    target.execute("BEGIN IMMEDIATE")
    for table, order in _TABLES.items():
        for row in _readable(source, table, order):
            if table != "analyses" or _has_media(row, target):
                names = row.keys()
                marks = ", ".join("?" for _ in names)
                statement = f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})"
                target.execute(statement, tuple(row))
    for table in ("analysis_models", "edits"):
        target.execute(f"DELETE FROM {table} WHERE analysis_id NOT IN (SELECT id FROM analyses)")
    target.execute("COMMIT")
    return _analyses(target) - before


def _readable(source: sqlite3.Connection, table: str, order: str) -> Iterator[sqlite3.Row]:
    """The rows from the first on up to one that cannot be read, then from the last on back to it."""
    backwards = ", ".join(f"{name} DESC" for name in order.split(", "))
    for direction in (order, backwards):
        try:
            rows = source.execute(f"SELECT * FROM {table} ORDER BY {direction}")
            yield from rows
            return
        except sqlite3.Error as error:
            log.warning("%s of a damaged library cannot be read any further: %s", table, error)


def _analyses(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM analyses").fetchone()[0])


def _has_media(row: sqlite3.Row, target: sqlite3.Connection) -> bool:
    """Whether an analysis can be read; its media is then there, from what it says itself where the row was lost."""
    try:
        media = serialise.loads(Analysis, row["body"]).media
    except UNREADABLE:
        return False
    target.execute(
        "INSERT OR IGNORE INTO media (fingerprint, path, info, seen_at) VALUES (?, ?, ?, ?)",
        (row["fingerprint"], os.fsencode(media.path), serialise.dumps(media), row["created_at"]),
    )
    return True
