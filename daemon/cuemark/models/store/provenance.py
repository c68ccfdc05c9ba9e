"""Whose files lie in a model's folder: a name may have meant other models in an earlier Cuemark.

A whole pull has a manifest with the url of each file; one under way has a note of the repositories it takes from.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from cuemark.core.files import atomic_write
from cuemark.core.json_files import read_json
from cuemark.models.store.registry import ModelEntry

MANIFEST = "manifest.json"
UNDER_WAY = "pulling.json"
Record = Mapping[str, str | int]


def recorded(folder: Path) -> dict[str, dict[str, str | int]]:
    """Files by path as the manifest has them; empty where there is no readable manifest."""
    try:
        files = read_json(folder / MANIFEST)["files"]
        return {str(path): dict(record) for path, record in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def is_of(entry: ModelEntry, records: Iterable[Record]) -> bool:
    """Whether the files recorded are from the entry's own repositories (at any revision, through any mirror)."""
    sources = {_repository(file.url) for file in entry.files}
    found = [_repository(str(record.get("url", ""))) for record in records]
    return bool(found) and all(any(path.endswith(source) for source in sources) for path in found)


def follow_new_names(root: Path, registry: Mapping[str, ModelEntry]) -> None:
    """Give what an earlier Cuemark pulled under a name that means other models now the name it has today."""
    for entry in registry.values():
        old, new = root / entry.formerly, root / entry.name
        if entry.formerly and not new.exists() and is_of(entry, recorded(old).values()):
            with contextlib.suppress(OSError):  # in use (Windows), or another process was first: at the next start
                old.replace(new)


def begin_pull(folder: Path, entry: ModelEntry, registry: Mapping[str, ModelEntry]) -> None:
    """Delete what is left of a pull of other models under this name; note whose files come from here on."""
    ours = sorted({_repository(file.url) for file in entry.files})
    known, noted = recorded(folder), _under_way(folder)
    reused = any(other.formerly == entry.name for other in registry.values())
    is_ours = is_of(entry, known.values()) if known else noted == ours
    if folder.is_dir() and not is_ours and (known or reused or noted is not None):
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(folder / UNDER_WAY, json.dumps(ours))


def _repository(url: str) -> str:
    """The part of a url's path that names a repository of the hub; of other servers, the whole path."""
    try:
        return urlsplit(url).path.split("/resolve/")[0]
    except ValueError:  # of a note that somebody else wrote
        return url


def _under_way(folder: Path) -> list[str] | None:
    """Whose files an unfinished pull left; None where nothing says so."""
    try:
        return list(read_json(folder / UNDER_WAY))
    except (OSError, ValueError, TypeError):
        return None
