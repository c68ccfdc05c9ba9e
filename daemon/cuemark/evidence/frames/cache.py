"""Feature vectors on disk: files written whole, an SQLite index of them, and their pruning.

A file is written atomically, and its row comes last.  So a row without a file is computed again, and a file without a
row (a draft that a killed process left, too) is swept by `prune`.  The worker is
the only writer of entries; `size` and `prune` may run beside it in another process.
"""

from __future__ import annotations

import json
import sqlite3
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cuemark.core.errors import StoreError
from cuemark.core.files import atomic_write, is_disk_full

_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This folder is a cache of Cuemark; it can be deleted at any time. See https://bford.info/cachedir/\n"
)
# Younger files may belong to a write that has not reached its row yet.
_ORPHAN_SECONDS = 3600
_FIRST_SCHEMA = """
CREATE TABLE entries (
    key TEXT PRIMARY KEY, owner TEXT NOT NULL, file TEXT NOT NULL, bytes INTEGER NOT NULL, used REAL NOT NULL,
    facts TEXT NOT NULL
);
CREATE INDEX entries_owner ON entries (owner);
"""
# Each brings the schema from version i to i + 1; never edited, only added to.
_MIGRATIONS = (_FIRST_SCHEMA,)


@dataclass(frozen=True)
class CacheEntry:
    """One entry: named arrays and a few facts."""

    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]


@dataclass(frozen=True)
class CacheSize:
    """What the cache holds."""

    entries: int
    bytes: int


@dataclass(frozen=True)
class PruneReport:
    """What a prune removed: entries, and bytes of all files (stray ones too)."""

    entries: int
    bytes: int


class FeatureCache:
    """Entries by key under one folder.  Cheap to make; safe to have several of, each used from one thread at a time."""

    def __init__(self, root: Path) -> None:
        """Use (and make) the folder `root`.  StoreError `cache_unusable` when that is not possible."""
        self._root = root
        self._files = root / "features"
        self._index = root / "features.sqlite"
        try:
            self._files.mkdir(parents=True, exist_ok=True)
            tag = root / "CACHEDIR.TAG"
            if not tag.exists():
                tag.write_text(_TAG, encoding="utf-8")
        except OSError as error:
            raise _store_error("cache_unusable", f"The cache folder {root} cannot be used", error) from error

    @property
    def path(self) -> Path:
        """The folder."""
        return self._root

    def get(self, key: str) -> CacheEntry | None:
        """The entry, or None when there is none that can be read (a broken one is dropped)."""
        with self._database() as database:
            row = database.execute("SELECT file, facts FROM entries WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            try:
                with (self._files / row[0]).open("rb") as file, np.load(file, allow_pickle=False) as archive:
                    arrays = {name: archive[name] for name in archive.files}
                facts = json.loads(row[1])
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
                self._remove(database, [(key, row[0])])
                return None
            database.execute("UPDATE entries SET used = ? WHERE key = ?", (time.time(), key))
            return CacheEntry(arrays, facts)

    def put(self, key: str, owner: str, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Keep an entry; `owner` groups entries that are dropped together.

        StoreError `disk_full` or `cache_unusable`; nothing is left behind then.
        """
        name = f"{key[:2]}/{key}.npz"
        target = self._files / name
        try:
            target.parent.mkdir(exist_ok=True)
            size = atomic_write(target, lambda file: np.savez(file, allow_pickle=False, **arrays))
        except OSError as error:
            code = "disk_full" if is_disk_full(error) else "cache_unusable"
            raise _store_error(code, f"The cache in {self._root} cannot be written", error) from error
        with self._database() as database:
            row = (key, owner, name, size, time.time(), json.dumps(facts))
            database.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?)", row)

    def find(self, beginning: str) -> dict[str, dict[str, Any]]:
        """The facts of all entries whose key begins so, by key; no file is opened, and none counts as used."""
        with self._database() as database:
            # Keys are ASCII, so the end of their range is the beginning with the highest of it behind.
            query = "SELECT key, facts FROM entries WHERE key >= ? AND key < ? ORDER BY key"
            rows = database.execute(query, (beginning, f"{beginning}\x7f")).fetchall()
        return {key: json.loads(facts) for key, facts in rows}

    def drop(self, owner: str) -> None:
        """Remove all entries of an owner."""
        with self._database() as database:
            rows = database.execute("SELECT key, file FROM entries WHERE owner = ?", (owner,)).fetchall()
            self._remove(database, rows)

    def size(self) -> CacheSize:
        """How much is kept."""
        with self._database() as database:
            count, total = database.execute("SELECT count(*), coalesce(sum(bytes), 0) FROM entries").fetchone()
        return CacheSize(count, total)

    def prune(self, max_bytes: int | None = None) -> PruneReport:
        """Sweep rows without a file and stray files; with `max_bytes`, then the longest unused until it fits."""
        with self._database() as database:
            rows = database.execute("SELECT key, file, bytes FROM entries ORDER BY used DESC").fetchall()
            gone, kept, total = [], set(), 0
            for key, file, size in rows:
                fits = (self._files / file).exists() and (max_bytes is None or total + size <= max_bytes)
                if fits:
                    total += size
                    kept.add(file)
                else:
                    gone.append((key, file))
            freed = self._remove(database, gone)
        stray = self._stray_files(kept)
        return PruneReport(len(gone), freed + sum(_unlink(path) for path in stray))

    def _stray_files(self, kept: set[str]) -> list[Path]:
        oldest = time.time() - _ORPHAN_SECONDS
        found = []
        for path in self._files.glob("*/*"):
            if path.relative_to(self._files).as_posix() not in kept:
                try:
                    old = path.stat().st_mtime < oldest
                except FileNotFoundError:
                    continue
                found += [path] if old else []
        return found

    def _remove(self, database: sqlite3.Connection, rows: list[tuple[str, str]]) -> int:
        """Row first, file second: a file left without a row is swept later."""
        database.executemany("DELETE FROM entries WHERE key = ?", [(key,) for key, _ in rows])
        database.commit()
        return sum(_unlink(self._files / file) for _, file in rows)

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        try:
            database = self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise _store_error(
                    "cache_unusable", f"The cache index {self._index} cannot be opened", error
                ) from error
            self._index.unlink(missing_ok=True)  # not a database any more: only a cache is lost
            database = self._open()
        try:
            with database:
                yield database
        except sqlite3.OperationalError as error:
            code = "disk_full" if "full" in str(error) else "cache_unusable"
            raise _store_error(code, f"The cache index {self._index} cannot be used", error) from error
        finally:
            database.close()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._index, timeout=10)
        try:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version > len(_MIGRATIONS):
                raise sqlite3.OperationalError("a newer Cuemark wrote it")
            for number, script in enumerate(_MIGRATIONS[version:], version + 1):
                database.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")
        except sqlite3.DatabaseError:
            database.close()
            raise
        return database


def _unlink(path: Path) -> int:
    """Remove a file; the bytes it had."""
    try:
        size = path.stat().st_size
        path.unlink()
    except OSError:
        return 0
    return size


def _store_error(code: str, what: str, error: Exception) -> StoreError:
    reason = getattr(error, "strerror", None) or str(error)
    return StoreError(code, f"{what}: {reason}.", "Free some space, or look at the folder's permissions.")
