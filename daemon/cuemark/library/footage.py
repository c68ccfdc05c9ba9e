"""The footage of the library: a row for each media that has an entry in the index, and a row for each place of it.

The entry is the truth of what can be searched; the row says where the content was seen, and gives it a number that
stays.  A row comes last: an entry without one is taken up when its file is indexed again, or swept; a row without an
entry is told, and its file indexed again.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cuemark.core import serialise
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.changes import Changed, LibraryChange
from cuemark.core.errors import NotFoundError, StoreError
from cuemark.core.footage import FileState, Indexed, IndexedMedia
from cuemark.core.serialise import UNREADABLE
from cuemark.evidence.index.store import EntryHead, IndexStore
from cuemark.library.database import Database, now, page_bounds, time_of
from cuemark.media.fingerprint import content_mark

_LOG = logging.getLogger("cuemark.library")
_AT_ONCE = 400  # values of one statement, of which some SQLites take 999


class FootageStore:
    """The media of the library.  Used from the thread of the library."""

    def __init__(self, database: Database, store: IndexStore) -> None:
        self._database, self._store = database, store

    def take_up(self, indexed: Indexed, options: AnalysisOptions | None = None) -> tuple[str, ...]:
        """Write the row of an entry that is in the index, where its file lies, and with which options it was made.

        Gives the fingerprints whose rows it takes the place of: a recording that has grown is one media.  Their entries
        are the caller's to `discard` once the row is written.  StoreError, where there is no entry that can be read.
        """
        media = indexed.media
        head = self._head(media.fingerprint)
        found, wanted = _summary(indexed, head), options or AnalysisOptions()
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO footage (fingerprint, body, options, opening, indexed_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (fingerprint) DO UPDATE SET body = excluded.body, indexed_at = excluded.indexed_at,"
                " options = excluded.options,"
                " opening = CASE excluded.opening WHEN '' THEN opening ELSE excluded.opening END",
                (media.fingerprint, serialise.dumps(found), serialise.dumps(wanted), indexed.opening, now()),
            )
            _keep_place(connection, indexed)
            self._tell(media.fingerprint)
            replaced = _grown_over(connection, indexed) if indexed.opening else []
            connection.executemany("DELETE FROM footage WHERE fingerprint = ?", [(each,) for each in replaced])
        return tuple(replaced)

    def discard(self, fingerprints: Iterable[str]) -> None:
        """Take entries out of the index whose rows are gone; one that cannot be removed is swept later."""
        for fingerprint in fingerprints:
            try:
                self._store.remove(fingerprint)
            except StoreError as error:
                _LOG.warning("%s", error)

    def _head(self, fingerprint: str) -> EntryHead:
        try:
            return self._store.head(fingerprint)
        except NotFoundError as error:
            raise StoreError("media_not_indexed", error.message, "Index the file again.") from error

    def list(self) -> tuple[IndexedMedia, ...]:
        """All media, in the order in which they came; without shots and times of thumbnails.

        `offline` is not looked at: see `with_presence`.
        """
        return self._media(self._database.rows("SELECT * FROM footage ORDER BY number"))

    def mark(self) -> str:
        """Another text once any row has changed, at little cost."""
        media = self._database.row("SELECT count(*) AS n, max(number) AS last, max(indexed_at) AS at FROM footage")
        places = self._database.row("SELECT count(*) AS n, max(seen_at) AS at FROM footage_paths")
        return " ".join(str(value) for row in (media, places) if row is not None for value in tuple(row))

    def page(self, page_size: int = 0, page_token: str = "") -> tuple[tuple[IndexedMedia, ...], str]:
        """A page of media, newest first, as `list` has them, and the token of the next page ("" at the end)."""
        size, below = page_bounds(page_size, page_token)
        rows = self._database.rows("SELECT * FROM footage WHERE number < ? ORDER BY number DESC LIMIT ?", (below, size))
        return self._media(rows), str(rows[-1]["number"]) if len(rows) == size else ""

    def count(self) -> int:
        """How many media there are."""
        row = self._database.row("SELECT count(*) AS n FROM footage")
        return 0 if row is None else int(row["n"])

    def get(self, fingerprint: str) -> IndexedMedia:
        """One media with its shots and times of thumbnails; a unique beginning of its fingerprint will do.

        NotFoundError `media_not_indexed`; StoreError `index_damaged`, where its entry cannot be read.
        """
        brief = self.row(fingerprint)
        head = self._head(brief.media.fingerprint)
        return replace(brief, shots=head.shots, thumbnails=tuple(time for time, _ in head.pictures))

    def row(self, fingerprint: str) -> IndexedMedia:
        """The same as `list` has it; the entry is not looked into."""
        known = set(fingerprint) <= set("0123456789abcdef") and fingerprint
        rows = self._database.rows(
            "SELECT * FROM footage WHERE substr(fingerprint, 1, ?) = ? LIMIT 2", (len(fingerprint), fingerprint)
        )
        if not known or len(rows) != 1:
            what = f"Several media begin with {fingerprint!r}." if known and rows else _nothing(fingerprint)
            raise NotFoundError("media_not_indexed", what, "See cuemark library list.")
        return self._media(rows)[0]

    def at(self, path: Path) -> str | None:
        """The fingerprint of the content last seen at a path; None where none was."""
        row = self._database.row(
            "SELECT fingerprint FROM footage_paths WHERE path = ? ORDER BY seen_at DESC LIMIT 1", (os.fsencode(path),)
        )
        return None if row is None else str(row["fingerprint"])

    def unchanged(self, files: Iterable[FileState]) -> dict[Path, str]:
        """Those of the files that are as they were when they were indexed, with the same wish; path to fingerprint.

        Whether their entries are there still is to be asked of the index.
        """
        asked = {each.path: each for each in files}
        found: dict[Path, str] = {}
        for path, row in self._newest_at(list(asked)).items():
            state = asked[path]
            same = (row["size"], row["modified_ns"]) == (state.size, state.modified_ns)
            if same and state.asked and row["asked"] == state.asked:
                found[path] = str(row["fingerprint"])
        return found

    def _newest_at(self, paths: Sequence[Path]) -> dict[Path, sqlite3.Row]:
        found: dict[Path, sqlite3.Row] = {}
        names = [os.fsencode(path) for path in paths]
        for start in range(0, len(names), _AT_ONCE):
            part = names[start : start + _AT_ONCE]
            marks = ", ".join("?" for _ in part)
            rows = self._database.rows(f"SELECT * FROM footage_paths WHERE path IN ({marks}) ORDER BY seen_at", part)
            found |= {Path(os.fsdecode(row["path"])): row for row in rows}
        return found

    def moved(self, before: Path, after: Path) -> None:
        """A file was given another name or place: what was seen at the old one is at the new one."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE OR REPLACE footage_paths SET path = ? WHERE path = ?", (os.fsencode(after), os.fsencode(before))
            )

    def remove(self, fingerprint: str) -> None:
        """Take a media out of the library, and its entry out of the index.  The footage is not touched."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM footage WHERE fingerprint = ?", (fingerprint,))
            self._tell(fingerprint)
        self._store.remove(fingerprint)

    def _tell(self, fingerprint: str) -> None:
        """Inside a transaction."""
        self._database.tell(LibraryChange(Changed.MEDIA, fingerprint, fingerprint))

    def options(self, fingerprint: str) -> AnalysisOptions:
        """With which options a media was indexed last; none where that cannot be read."""
        row = self._database.row("SELECT options FROM footage WHERE fingerprint = ?", (fingerprint,))
        try:
            return AnalysisOptions() if row is None else serialise.loads(AnalysisOptions, row["options"])
        except UNREADABLE:
            return AnalysisOptions()

    def taken(self) -> dict[Path, str]:
        """Paths at which several contents were seen, with the last one's fingerprint: see `with_presence`."""
        rows = self._database.rows(
            "SELECT path, fingerprint, max(seen_at) FROM footage_paths GROUP BY path HAVING count(*) > 1"
        )
        return {Path(os.fsdecode(row["path"])): str(row["fingerprint"]) for row in rows}

    def fingerprints(self) -> dict[str, int]:
        """The numbers of all media by fingerprint."""
        return {row["fingerprint"]: row["number"] for row in self._database.rows("SELECT * FROM footage")}

    def _media(self, rows: Sequence[sqlite3.Row]) -> tuple[IndexedMedia, ...]:
        places = self._places([row["fingerprint"] for row in rows])
        found = (_media_of(row, places.get(row["fingerprint"], ())) for row in rows)
        return tuple(one for one in found if one is not None)

    def _places(self, fingerprints: Sequence[str]) -> dict[str, tuple[Path, ...]]:
        """Where each content was seen, the last first."""
        found: dict[str, tuple[Path, ...]] = {}
        for start in range(0, len(fingerprints), _AT_ONCE):
            part = fingerprints[start : start + _AT_ONCE]
            marks = ", ".join("?" for _ in part)
            rows = self._database.rows(
                "SELECT path, fingerprint FROM footage_paths"
                f" WHERE fingerprint IN ({marks}) ORDER BY seen_at DESC, path",
                part,
            )
            for row in rows:
                found[row["fingerprint"]] = (*found.get(row["fingerprint"], ()), Path(os.fsdecode(row["path"])))
        return found


def with_presence(media: Sequence[IndexedMedia], taken: Mapping[Path, str] | None = None) -> tuple[IndexedMedia, ...]:
    """The media, with `offline` as it is now, and a path that is there before those that are not.

    Touches the disks, which may hang where one is away: to be called in a thread.  `taken` says of paths whose content
    was seen there last: a path that has another content now is none of an older one's.
    """
    return tuple(_present(one, taken or {}) for one in media)


def _present(one: IndexedMedia, taken: Mapping[Path, str]) -> IndexedMedia:
    own = one.media.fingerprint
    there = [path for path in one.paths if taken.get(path, own) == own and _lies_there(path, one.media.size)]
    paths = (*there, *(path for path in one.paths if path not in there))
    media = replace(one.media, path=paths[0]) if paths else one.media
    return replace(one, media=media, paths=paths, offline=not there)


def _lies_there(path: Path, size: int) -> bool:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == size


def _summary(indexed: Indexed, head: EntryHead) -> IndexedMedia:
    """What a list tells of a media; where it lies stands in rows of its own."""
    return IndexedMedia(
        media=replace(indexed.media, duration=head.media.duration),
        paths=(),
        indexed_at=time_of(0),
        encoders=tuple(track.model for track in head.tracks),
        vectors=tuple(track.samples for track in head.tracks),
        utterances=head.utterances or 0,
        texts=head.texts or 0,
        recorded=head.recorded,
        camera=head.camera,
        size=head.size,
        warnings=indexed.media.warnings,
    )


def _keep_place(connection: sqlite3.Connection, indexed: Indexed) -> None:
    """Where the content lies; what an analysis saw keeps what was known of the wish."""
    media = indexed.media
    connection.execute(
        "INSERT INTO footage_paths (path, fingerprint, size, modified_ns, asked, seen_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (path, fingerprint) DO UPDATE SET size = excluded.size, seen_at = excluded.seen_at,"
        " modified_ns = CASE excluded.asked WHEN '' THEN modified_ns ELSE excluded.modified_ns END,"
        " asked = CASE excluded.asked WHEN '' THEN asked ELSE excluded.asked END",
        (os.fsencode(media.path), media.fingerprint, media.size, indexed.modified_ns, indexed.asked, now()),
    )


def _grown_over(connection: sqlite3.Connection, indexed: Indexed) -> list[str]:
    """Older contents of the same path that this one begins with, and that lie nowhere else: it is grown from them.

    Reads as much of the file as a fingerprint does, where anything shorter was seen at its path.
    """
    media = indexed.media
    rows = connection.execute(
        "SELECT f.fingerprint, f.opening, p.size FROM footage f JOIN footage_paths p USING (fingerprint)"
        " WHERE p.path = ? AND f.opening != '' AND f.fingerprint != ? AND p.size < ?"
        " AND NOT EXISTS (SELECT 1 FROM footage_paths o WHERE o.fingerprint = f.fingerprint AND o.path != p.path)",
        (os.fsencode(media.path), media.fingerprint, media.size),
    ).fetchall()
    return [row["fingerprint"] for row in rows if _begins(media.path, row["size"], row["opening"])]


def _begins(path: Path, size: int, opening: str) -> bool:
    """Whether the first `size` bytes of a file, header aside, are those of an earlier length of it."""
    try:
        return content_mark(path, size) == opening
    except OSError:
        return False


def _media_of(row: sqlite3.Row, paths: tuple[Path, ...]) -> IndexedMedia | None:
    """The media of a row; None, which is logged, where it cannot be read."""
    try:
        found: IndexedMedia = serialise.loads(IndexedMedia, row["body"])
        media = replace(found.media, path=paths[0]) if paths else found.media
        return replace(found, media=media, paths=paths, indexed_at=time_of(row["indexed_at"]), number=row["number"])
    except UNREADABLE as error:
        _LOG.warning("the row of the media %s cannot be read: %s", row["fingerprint"], error)
        return None


def _nothing(fingerprint: str) -> str:
    return f"The library holds no media {fingerprint[:40]!r}."
