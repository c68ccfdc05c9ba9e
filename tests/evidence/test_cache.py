"""The cache: what is put is there, what is broken is not, what is old goes first."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cuemark.core.errors import StoreError
from cuemark.evidence.frames.cache import FeatureCache


def put(cache: FeatureCache, key: str, owner: str = "o", size: int = 1000) -> None:
    cache.put(key, owner, {"vectors": np.arange(size, dtype=np.float32)}, {"name": key})


def test_what_is_put_is_there_for_another_reader(cache: FeatureCache) -> None:
    put(cache, "aa1")
    stored = FeatureCache(cache.path).get("aa1")
    assert stored is not None
    assert stored.facts == {"name": "aa1"} and stored.arrays["vectors"].tolist() == list(range(1000))
    assert cache.get("aa2") is None


def test_the_folder_is_marked_as_a_cache_for_backup_programs(cache: FeatureCache) -> None:
    tag = cache.path / "CACHEDIR.TAG"
    assert tag.read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


@pytest.mark.parametrize("harm", ["missing", "torn", "empty", "text"])
def test_a_row_without_its_file_is_no_entry(cache: FeatureCache, harm: str) -> None:
    put(cache, "aa1")
    file = next(cache.path.rglob("*.npz"))
    if harm == "missing":
        file.unlink()
    else:
        file.write_bytes({"torn": file.read_bytes()[:500], "empty": b"", "text": b"hello"}[harm])
    assert cache.get("aa1") is None
    assert cache.size().entries == 0
    put(cache, "aa1")
    assert cache.get("aa1") is not None


def test_no_pickle_is_ever_loaded(cache: FeatureCache) -> None:
    put(cache, "aa1")
    np.savez(next(cache.path.rglob("*.npz")), vectors=np.array([{"a": 1}], object))
    assert cache.get("aa1") is None


def test_owners_are_dropped_together(cache: FeatureCache) -> None:
    put(cache, "aa1", "x")
    put(cache, "bb1", "x")
    put(cache, "cc1", "y")
    cache.drop("x")
    assert [cache.get(key) is not None for key in ("aa1", "bb1", "cc1")] == [False, False, True]
    assert len(list(cache.path.rglob("*.npz"))) == 1


def test_entries_are_found_by_how_their_names_begin(cache: FeatureCache) -> None:
    for key in ("ab-1", "ab-2", "ab", "abc-1", "aa-9", "b"):
        put(cache, key)
    assert cache.find("ab-") == {"ab-1": {"name": "ab-1"}, "ab-2": {"name": "ab-2"}}
    assert cache.find("x") == {}


def test_prune_takes_the_longest_unused_first(cache: FeatureCache) -> None:
    for key in ("aa1", "bb1", "cc1"):
        put(cache, key)
        time.sleep(0.01)
    assert cache.get("aa1") is not None
    one = cache.size().bytes // 3
    report = cache.prune(max_bytes=2 * one)
    assert (report.entries, report.bytes) == (1, one)
    assert [cache.get(key) is not None for key in ("aa1", "bb1", "cc1")] == [True, False, True]
    cache.prune(max_bytes=0)
    assert cache.size().bytes == 0 and not list(cache.path.rglob("*.npz"))


def test_prune_sweeps_old_strays_and_leaves_young_ones(cache: FeatureCache) -> None:
    put(cache, "aa1")
    folder = next(cache.path.rglob("*.npz")).parent
    old, young = folder / "aa9.npz.77.part", folder / "aa8.npz"
    for path in (old, young):
        path.write_bytes(b"12345")
    os.utime(old, (0, 0))
    report = cache.prune()
    assert (report.entries, report.bytes) == (0, 5)
    assert not old.exists() and young.exists() and cache.get("aa1") is not None


def test_a_full_disk_is_said_and_leaves_nothing(cache: FeatureCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError) as caught:
        put(cache, "aa1")
    assert caught.value.code == "disk_full"
    monkeypatch.undo()
    assert cache.get("aa1") is None and not [path for path in (cache.path / "features").rglob("*") if path.is_file()]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError) as caught:
        FeatureCache(tmp_path / "file" / "cache")
    assert caught.value.code == "cache_unusable"


def test_an_index_that_is_no_database_is_made_anew(cache: FeatureCache) -> None:
    put(cache, "aa1")
    (cache.path / "features.sqlite").write_bytes(b"not a database at all" * 100)
    assert cache.get("aa1") is None
    put(cache, "aa1")
    assert cache.get("aa1") is not None


def test_an_index_of_a_later_version_is_not_touched(cache: FeatureCache) -> None:
    put(cache, "aa1")
    with sqlite3.connect(cache.path / "features.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreError) as caught:
        cache.get("aa1")
    assert caught.value.code == "cache_unusable"
    assert "newer" in caught.value.message


def test_writer_and_pruner_side_by_side(cache: FeatureCache) -> None:
    failures: list[BaseException] = []

    def run(action: Any) -> None:
        try:
            for number in range(30):
                action(number)
        except BaseException as error:
            failures.append(error)

    pruner = FeatureCache(cache.path)
    threads = [
        threading.Thread(target=run, args=(lambda number: put(cache, f"{number:02}x"),)),
        threading.Thread(target=run, args=(lambda _: pruner.prune(max_bytes=20_000),)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    pruner.prune(max_bytes=20_000)
    assert 0 < cache.size().bytes <= 20_000
