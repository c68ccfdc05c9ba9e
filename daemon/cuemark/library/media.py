"""The media of the library: known by the fingerprint of their content; a path is only where it was last seen."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from cuemark.core import serialise as codec
from cuemark.core.errors import NotFoundError
from cuemark.core.media import MediaInfo
from cuemark.library.database import Database, now, page_bounds


class MediaStore:
    """The files the library has met."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, info: MediaInfo) -> None:
        """Files a media, or notes where it was seen now."""
        with self._database.write() as connection:
            keep_media(connection, info)

    def get(self, fingerprint: str) -> MediaInfo:
        """Raises NotFoundError `media_unknown`."""
        row = self._database.row("SELECT * FROM media WHERE fingerprint = ?", (fingerprint,))
        if row is None:
            message = f"The library knows no media with the fingerprint {fingerprint!r}."
            raise NotFoundError("media_unknown", message, "Analyse the file first: cuemark analyze PATH")
        return media_of(row)

    def at_path(self, path: Path) -> list[str]:
        """Fingerprints of the media last seen at this path."""
        rows = self._database.rows("SELECT fingerprint FROM media WHERE path = ?", (os.fsencode(path),))
        return [row["fingerprint"] for row in rows]

    def page(self, page_size: int = 0, page_token: str = "") -> tuple[tuple[MediaInfo, ...], str]:
        """A page of media, newest first, and the token of the next page ("" at the end)."""
        size, below = page_bounds(page_size, page_token)
        rows = self._database.rows("SELECT * FROM media WHERE number < ? ORDER BY number DESC LIMIT ?", (below, size))
        return tuple(map(media_of, rows)), str(rows[-1]["number"]) if len(rows) == size else ""


def keep_media(connection: sqlite3.Connection, info: MediaInfo) -> None:
    """Files a media inside a transaction that is open."""
    connection.execute(
        "INSERT INTO media (fingerprint, path, info, seen_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (fingerprint) DO UPDATE SET path = excluded.path, info = excluded.info,"
        " seen_at = excluded.seen_at",
        (info.fingerprint, os.fsencode(info.path), codec.dumps(info), now()),
    )


def media_of(row: sqlite3.Row) -> MediaInfo:
    """The media a row keeps."""
    return codec.loads(MediaInfo, row["info"])
