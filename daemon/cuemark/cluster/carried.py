"""Entries on their way between machines that share no disk: the files of one as bytes, and back again.

What comes from another machine is believed as little as any file: names are held against what an entry may have, and
it is read, and held against its seals, in a folder of its own before the index takes it up.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cuemark.core.errors import StoreError
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.index.store import IndexStore

_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}/[a-z]+(-[0-9a-f]+)?\.[a-z]+")
_FACTS = "facts.json"
_KEY = re.compile(r"[0-9a-f]+(-[0-9a-f]+)*")


def entry_bytes(folder: Path, fingerprint: str) -> bytes:
    """All files of the entry of a media in the index under `folder`."""
    home = folder / fingerprint[:2] / fingerprint
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(home.iterdir())}
    return _packed({name: data for name, data in files.items() if _NAME.fullmatch(name)})


def take_entry(data: bytes, fingerprint: str, store: IndexStore) -> None:
    """Put the entry that `entry_bytes` gave into a store; StoreError where it is none, or cannot be written."""
    with tempfile.TemporaryDirectory(prefix="cuemark-entry-") as folder:
        for name, content in _unpacked(data).items():
            if not _NAME.fullmatch(name):
                raise _not_an_entry(fingerprint, f"it has a file {name!r}")
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        store.put(IndexStore(Path(folder)).get(fingerprint))


def forget_entry(folder: Path, fingerprint: str) -> None:
    """Take away the entry of a media from an index that is there only to carry it."""
    shutil.rmtree(folder / fingerprint[:2] / fingerprint, ignore_errors=True)


def feature_bytes(keys: Sequence[str], cache: FeatureCache) -> bytes:
    """The entries of the feature cache with these keys, as far as they are there."""
    found: dict[str, bytes] = {}
    for key in keys:
        entry = cache.get(key)
        if entry is not None:
            content = io.BytesIO()
            facts = np.frombuffer(json.dumps(entry.facts).encode(), np.uint8)
            np.savez(content, allow_pickle=False, **entry.arrays, **{_FACTS: facts})
            found[key] = content.getvalue()
    return _packed(found)


def take_features(data: bytes, cache: FeatureCache) -> None:
    """Keep the entries that `feature_bytes` gave; StoreError where they are none, or cannot be written."""
    for key, content in _unpacked(data).items():
        if not _KEY.fullmatch(key):
            raise _not_an_entry(key, "its key is none")
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files if name != _FACTS}
                facts = json.loads(archive[_FACTS].tobytes())
        except Exception as error:  # bytes of any kind may make their readers fail in any way
            raise _not_an_entry(key, str(error)) from error
        cache.put(key, key, arrays, facts)


def bundled(parts: Sequence[bytes]) -> bytes:
    """Several of these as one; nothing for none."""
    return _packed({f"{number}": data for number, data in enumerate(parts)}) if parts else b""


def unbundled(data: bytes) -> list[bytes]:
    """What `bundled` was given."""
    return list(_unpacked(data).values()) if data else []


def _packed(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **{name: np.frombuffer(data, np.uint8) for name, data in files.items()})
    return content.getvalue()


def _unpacked(data: bytes) -> dict[str, bytes]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return {name: archive[name].tobytes() for name in archive.files}
    except Exception as error:
        raise _not_an_entry("", str(error)) from error


def _not_an_entry(name: str, why: str) -> StoreError:
    message = f"What a worker sent as the entry {name} of the index is none: {why}."
    return StoreError("index_damaged", message, "Look at the machine it came from, then scan again.")
