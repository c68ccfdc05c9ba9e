"""Feature vectors on disk: files written whole, an SQLite index of them, and their pruning.

A file is written atomically, and its row comes last.  So a row without a file is computed again, and a file without a
row (a draft that a killed process left, too) is swept by `prune`.  The worker is
the only writer of entries; `size` and `prune` may run beside it in another process.

Every row has a seal over its key, its facts and the bytes of its file (`core.derived`).  An entry that does not fit its
seal is dropped, and so is an index that is torn: they are counted (`dropped`), so that it can be said, and made anew.
An index that cannot be used now (locked, of a newer version, on a full disk) is a StoreError, and nothing is touched.
"""

from __future__ import annotations

import io
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cuemark.core.derived import seal_of
from cuemark.core.errors import StoreError
from cuemark.core.files import atomic_write, is_disk_full
from cuemark.core.serialise import UNREADABLE

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
# Rows without a seal are of the first version: their files are read, and looked over by who uses them.
_SEALS = "ALTER TABLE entries ADD COLUMN seal TEXT NOT NULL DEFAULT '';"
# Each brings the schema from version i to i + 1; never edited, only added to.
_MIGRATIONS = (_FIRST_SCHEMA, _SEALS)

_PUT = "INSERT OR REPLACE INTO entries (key, owner, file, bytes, used, facts, seal) VALUES (?, ?, ?, ?, ?, ?, ?)"
_NEWER = "a newer Cuemark wrote it"

log = logging.getLogger("cuemark.cache")

T = TypeVar("T")


@dataclass(frozen=True)
class CacheEntry:
    """One entry: named arrays and a few facts.  A `sealed` one is, byte for byte, what was put under its key."""

    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]
    sealed: bool = True


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
        self.dropped = 0
        """How many entries did not fit (or whole indexes, each as one) since this was made."""
        try:
            self._files.mkdir(parents=True, exist_ok=True)
            tag = root / "CACHEDIR.TAG"
            if not tag.exists():
                tag.write_text(_TAG, encoding="utf-8")
        except OSError as error:
            code = "disk_full" if is_disk_full(error) else "cache_unusable"
            raise _store_error(code, f"The cache folder {root} cannot be used", error) from error

    @property
    def path(self) -> Path:
        """The folder."""
        return self._root

    def get(self, key: str) -> CacheEntry | None:
        """The entry, or None when there is none that fits (another one is dropped)."""
        row = self._with(lambda database: _row_of(database, key))
        if row is None:
            return None
        file, facts, seal = row
        try:
            data = (self._files / file).read_bytes()
            if seal and seal != _seal(key, facts, data):
                raise ValueError("its seal is another")
            entry = CacheEntry(_arrays(data), _facts(facts), bool(seal))
        except Exception as error:  # a file of any bytes may make its readers fail in any way
            log.warning("the cache's entry %s does not fit and is dropped: %r", key, error)
            self.discard(key)
            return None
        self._with(lambda database: database.execute("UPDATE entries SET used = ? WHERE key = ?", (time.time(), key)))
        return entry

    def discard(self, key: str) -> None:
        """Drop an entry that does not fit."""
        self.dropped += 1
        self._with(lambda database: self._remove(database, [(key, _file_of(key))]))

    def put(self, key: str, owner: str, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Keep an entry; `owner` groups entries that are dropped together.

        StoreError `disk_full` or `cache_unusable`; nothing is left behind then.
        """
        target = self._files / _file_of(key)
        content = io.BytesIO()
        np.savez(content, allow_pickle=False, **arrays)
        data, told = content.getvalue(), json.dumps(facts)
        try:
            target.parent.mkdir(exist_ok=True)
            size = atomic_write(target, data)
        except OSError as error:
            code = "disk_full" if is_disk_full(error) else "cache_unusable"
            raise _store_error(code, f"The cache in {self._root} cannot be written", error) from error
        row = (key, owner, _file_of(key), size, time.time(), told, _seal(key, told, data))
        self._with(lambda database: database.execute(_PUT, row))

    def find(self, beginning: str) -> dict[str, dict[str, Any]]:
        """The facts of all entries whose key begins so, by key; no file is opened, and none counts as used.

        They are not held against their seals, which needs the file.
        """
        # Keys are ASCII, so the end of their range is the beginning with the highest of it behind.
        query = "SELECT key, facts FROM entries WHERE key >= ? AND key < ? ORDER BY key"
        rows = self._with(lambda database: database.execute(query, (beginning, f"{beginning}\x7f")).fetchall())
        found = {}
        for key, facts in rows:
            try:
                found[key] = _facts(facts)
            except UNREADABLE:
                self.discard(key)
        return found

    def drop(self, owner: str) -> None:
        """Remove all entries of an owner."""

        def remove(database: sqlite3.Connection) -> None:
            rows = database.execute("SELECT key, file FROM entries WHERE owner = ?", (owner,)).fetchall()
            self._remove(database, rows)

        self._with(remove)

    def size(self) -> CacheSize:
        """How much is kept."""
        query = "SELECT count(*), coalesce(sum(bytes), 0) FROM entries"
        count, total = self._with(lambda database: database.execute(query).fetchone())
        return CacheSize(count, total)

    def prune(self, max_bytes: int | None = None) -> PruneReport:
        """Sweep rows without a file and stray files; with `max_bytes`, then the longest unused until it fits."""
        gone, kept, freed = self._with(lambda database: self._prune_rows(database, max_bytes))
        stray = self._stray_files(kept)
        return PruneReport(gone, freed + sum(_unlink(path) for path in stray))

    def _prune_rows(self, database: sqlite3.Connection, max_bytes: int | None) -> tuple[int, set[str], int]:
        """How many rows went, the files of those that stay, and the bytes of those that went."""
        rows = database.execute("SELECT key, file, bytes FROM entries ORDER BY used DESC").fetchall()
        gone, kept, total = [], set(), 0
        for key, file, size in rows:
            if (self._files / file).exists() and (max_bytes is None or total + size <= max_bytes):
                total += size
                kept.add(file)
            else:
                gone.append((key, file))
        return len(gone), kept, self._remove(database, gone)

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

    def _with(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` makes of the index, in one transaction; a torn index is made anew first, and is empty then."""
        try:
            try:
                return self._once(work)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                log.warning("the cache's index %s is damaged and made anew: %s", self._index, error)
                self.dropped += 1
                for end in ("", "-wal", "-shm", "-journal"):
                    self._index.with_name(self._index.name + end).unlink(missing_ok=True)
                return self._once(work)
        except sqlite3.Error as error:
            code = "disk_full" if "full" in str(error) else "cache_unusable"
            raise _store_error(code, f"The cache index {self._index} cannot be used", error) from error
        except OSError as error:
            raise _store_error("cache_unusable", f"The cache index {self._index} cannot be used", error) from error

    def _once(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with closing(self._open()) as database, database:
            return work(database)

    def _migrate(self, database: sqlite3.Connection) -> None:
        """Under the lock of writers, since another process may be doing the same."""
        database.execute("BEGIN IMMEDIATE")
        version = _version(database)
        for number, script in enumerate(_MIGRATIONS[version:], version + 1):
            for statement in filter(str.strip, script.split(";")):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {number}")
        database.commit()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._index, timeout=10)
        try:
            if _version(database) < len(_MIGRATIONS):
                self._migrate(database)
            if _version(database) > len(_MIGRATIONS):
                raise sqlite3.OperationalError(_NEWER)
        except sqlite3.DatabaseError:
            database.close()
            raise
        return database


def _row_of(database: sqlite3.Connection, key: str) -> tuple[str, str, str] | None:
    found = database.execute("SELECT facts, seal FROM entries WHERE key = ?", (key,)).fetchone()
    # The file's name follows from the key: what a torn row says of it is not believed.
    return None if found is None else (_file_of(key), str(found[0]), str(found[1]))


def _file_of(key: str) -> str:
    return f"{key[:2]}/{key}.npz"


def _seal(key: str, facts: str, data: bytes) -> str:
    return seal_of(f"{key}\n{facts}", data)


def _arrays(data: bytes) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _facts(text: str) -> dict[str, Any]:
    facts = json.loads(text)
    if not isinstance(facts, dict):
        raise ValueError("the facts are no object")
    return facts


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the index is torn, and not only out of reach now; only a cache is lost then."""
    if isinstance(error, sqlite3.OperationalError):
        return any(words in str(error) for words in ("no such", "unsupported file format", "decode to UTF-8", "has no"))
    return True


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
    step = "Free some space, or look at the folder's permissions."
    if reason == _NEWER:
        step = "Update Cuemark, or remove the folder: it is only a cache."
    elif "locked" in reason:
        step = "Close what has it open, then try again."
    return StoreError(code, f"{what}: {reason}.", step)


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])
