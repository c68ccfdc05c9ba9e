"""The records of what was sent, one JSON file a timeline, written temp -> fsync -> rename."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from cuemark.errors import StoreError
from cuemark.hosts.sent import SentMarker
from cuemark.hosts.timeline import TimelineDescription

_LOG = logging.getLogger(__name__)


class SentStore:
    """Records in `folder`.  A timeline is known by host, project and name; a renamed one starts without a record."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, timeline: TimelineDescription) -> tuple[SentMarker, ...]:
        """What was sent to this timeline; nothing where no record can be read, which the user is then believed for."""
        path = self._path(timeline)
        try:
            rows = json.loads(path.read_text("utf-8"))["markers"]
            return tuple(SentMarker.from_json(row) for row in rows)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError) as error:
            _LOG.warning("%s cannot be read and is ignored: %s", path, error)
            return ()

    def save(self, timeline: TimelineDescription, records: Iterable[SentMarker]) -> None:
        """Replace the record, whole or not at all.  StoreError `sent_record_not_written`."""
        path = self._path(timeline)
        names = {"host": timeline.host, "project": timeline.project, "timeline": timeline.timeline}
        text = json.dumps({**names, "markers": [record.to_json() for record in records]}, indent=1)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, text.encode("ascii"))
        except OSError as error:
            raise StoreError(
                "sent_record_not_written",
                f"The record of the markers on {timeline.timeline!r} could not be written to {path}: {error.strerror}.",
                "Free some space or mend the folder's permissions; nothing was changed in the editor.",
            ) from error

    def _path(self, timeline: TimelineDescription) -> Path:
        key = "\0".join((timeline.host, timeline.project, timeline.timeline))
        return (
            self._folder / f"{hashlib.blake2b(key.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}.json"
        )


def _write(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".sent-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
