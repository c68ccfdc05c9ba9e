"""The record of the markers we last put on each timeline of each editor: what reconciling compares with."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import Any

from cuemark.core import serialise
from cuemark.core.errors import StoreError
from cuemark.core.serialise import UNREADABLE
from cuemark.core.text import printable
from cuemark.library.database import Database
from cuemark.markers.sent import SentMarker

_LOG = logging.getLogger(__name__)


class SentMarkers:
    """A timeline is known by host, project and timeline: their ids where the editor has some, else their names."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, host: str, project: str, timeline: str) -> tuple[SentMarker, ...]:
        """What was sent to this timeline; of what cannot be read of it, the user is believed."""
        row = self._database.row(
            "SELECT markers FROM sent_markers WHERE host = ? AND project = ? AND timeline = ?",
            _key(host, project, timeline),
        )
        if row is None:
            return ()
        try:
            kept = list(json.loads(row["markers"]))
        except UNREADABLE as error:
            _LOG.warning("the record of timeline %r of %s cannot be read and is ignored: %s", timeline, host, error)
            return ()
        found = [marker for each in kept if (marker := _marker(each)) is not None]
        if len(found) < len(kept):
            _LOG.warning("%d markers of timeline %r of %s cannot be read", len(kept) - len(found), timeline, host)
        return tuple(found)

    def save(self, host: str, project: str, timeline: str, records: Iterable[SentMarker]) -> None:
        """Replace the record, whole or not at all.  StoreError `sent_record_not_written`."""
        try:
            with self._database.write() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO sent_markers (host, project, timeline, markers) VALUES (?, ?, ?, ?)",
                    (*_key(host, project, timeline), serialise.dumps(tuple(records))),
                )
        except StoreError as error:
            raise StoreError(
                "sent_record_not_written",
                f"The record of the markers sent could not be written: {error.message}",
                f"{error.next_step} Then send again.",
            ) from error


def _marker(kept: Any) -> SentMarker | None:
    try:
        return serialise.decode(SentMarker, kept)
    except UNREADABLE:
        return None


def _key(*names: str) -> tuple[str, ...]:
    # Names come from an editor, and need not be what SQLite's text can hold.
    return tuple(map(printable, names))
