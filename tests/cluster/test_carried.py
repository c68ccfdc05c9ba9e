"""Entries that travel between machines: they arrive as they were, and what is none is refused."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cuemark.cluster.carried import bundled, entry_bytes, feature_bytes, take_entry, take_features, unbundled
from cuemark.core.analysis import ModelUse
from cuemark.core.errors import CuemarkError, StoreError
from cuemark.core.progress import SilentProgress
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.index.entry import EncodedTrack, IndexEntry, half
from cuemark.evidence.index.store import IndexStore
from cuemark.media.probe import probe
from tests.cluster.homes import write_clip


@pytest.fixture
def entry(tmp_path: Path) -> IndexEntry:
    """Of a clip, with three vectors."""
    info = probe(write_clip(tmp_path / "clip.mp4", 2, 3), SilentProgress())
    vectors = np.eye(3, 8, dtype=np.float32)
    track = EncodedTrack(ModelUse("m", "a" * 64, "", ""), tuple(map(Fraction, range(3))), half(vectors))
    return IndexEntry(info, (track,))


def files(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_entry_arrives_as_it_was(entry: IndexEntry, tmp_path: Path) -> None:
    here, there = IndexStore(tmp_path / "here"), IndexStore(tmp_path / "there")
    here.put(entry)
    take_entry(entry_bytes(here.folder, entry.fingerprint), entry.fingerprint, there)
    assert files(there.folder) == files(here.folder) != {}


@pytest.mark.parametrize("name", ["../../evil.json", "/etc/passwd", "3f/../../x.json", "entry.json"])
def test_a_name_that_leads_elsewhere_is_refused(name: str, entry: IndexEntry, tmp_path: Path) -> None:
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **{name: np.frombuffer(b"{}", np.uint8)})
    with pytest.raises(StoreError, match="is none"):
        take_entry(content.getvalue(), entry.fingerprint, IndexStore(tmp_path / "there"))
    assert not files(tmp_path / "there") and not (tmp_path / "evil.json").exists()


def test_a_damaged_entry_is_refused(entry: IndexEntry, tmp_path: Path) -> None:
    here, there = IndexStore(tmp_path / "here"), IndexStore(tmp_path / "there")
    here.put(entry)
    for path in here.folder.rglob("vectors-*"):
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(CuemarkError):
        take_entry(entry_bytes(here.folder, entry.fingerprint), entry.fingerprint, there)
    assert not there.has(entry.fingerprint)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 and no more", b"\0" * 100])
def test_bytes_that_are_nothing_are_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is none"):
        take_features(data, FeatureCache(tmp_path))


def test_features_arrive_as_they_were(tmp_path: Path) -> None:
    here, there = FeatureCache(tmp_path / "here"), FeatureCache(tmp_path / "there")
    arrays: dict[str, NDArray[Any]] = {
        "vectors": np.arange(6, dtype=np.float32).reshape(2, 3),
        "spans": np.zeros((2, 4), np.int64),
    }
    here.put("ab-cd-ef", "ab-cd-ef", arrays, {"duration": "1/2"})
    for one in unbundled(bundled([feature_bytes(["ab-cd-ef", "gone"], here)])):
        take_features(one, there)
    found = there.get("ab-cd-ef")
    assert found is not None and found.facts == {"duration": "1/2"} and found.sealed
    assert all((found.arrays[name] == array).all() for name, array in arrays.items())


def test_nothing_is_bundled_as_nothing() -> None:
    assert bundled([]) == b"" and unbundled(b"") == []
    assert unbundled(bundled([b"a\0", b"", b"\0\0"])) == [b"a\0", b"", b"\0\0"], "zeros at the end stay"
