"""The records of what was sent, one JSON file a timeline, written temp -> fsync -> rename."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from pathlib import Path

from cuemark.core.errors import StoreError
from cuemark.core.files import PRIVATE_FILE, atomic_write
from cuemark.markers.sent import SentMarker

_LOG = logging.getLogger(__name__)


class SentStore:
    """Records in `folder`, each under host, project and timeline: their ids where the editor has some, else names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, host: str, project: str, timeline: str) -> tuple[SentMarker, ...]:
        """What was sent to this timeline; nothing where no record can be read, which the user is then believed for."""
        path = self._path(host, project, timeline)
        try:
            rows = json.loads(path.read_text("utf-8"))["markers"]
            return tuple(SentMarker.from_json(row) for row in rows)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError) as error:
            _LOG.warning("%s cannot be read and is ignored: %s", path, error)
            return ()

    def save(self, host: str, project: str, timeline: str, records: Iterable[SentMarker]) -> None:
        """Replace the record, whole or not at all.  StoreError `sent_record_not_written`."""
        path = self._path(host, project, timeline)
        names = {"host": host, "project": project, "timeline": timeline}
        text = json.dumps({**names, "markers": [record.to_json() for record in records]}, indent=1)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(path, text, mode=PRIVATE_FILE)
        except OSError as error:
            raise StoreError(
                "sent_record_not_written",
                f"The record of the markers sent could not be written to {path}: {error.strerror or error}.",
                "Free some space or mend the folder's permissions, then send again.",
            ) from error

    def _path(self, *names: str) -> Path:
        key = "\0".join(names).encode("utf-8", "surrogatepass")
        return self._folder / f"{hashlib.blake2b(key, digest_size=16).hexdigest()}.json"
