"""A feature cache that is torn, foreign, locked or of tomorrow: the result is as without it, and that is said."""

from __future__ import annotations

import io
import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cuemark.core.errors import StoreError
from cuemark.core.media import MediaInfo
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.frames.extract import ExtractResult, extract
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe

RATE = Fraction(5)
Arrays = dict[str, Any]


@pytest.fixture
def info(ramp: Callable[..., Path]) -> MediaInfo:
    return probe(ramp(60))


@pytest.fixture
def run(info: MediaInfo, encoder: Any, listener: Any) -> Callable[..., tuple[ExtractResult, Any]]:
    def once(cache: FeatureCache | None) -> tuple[ExtractResult, Any]:
        heard = listener()
        return extract(VideoFrames(info), encoder, RATE, cache, heard), heard

    return once


def same(one: ExtractResult, other: ExtractResult) -> bool:
    return one.track.times == other.track.times and np.array_equal(one.track.vectors, other.track.vectors)


def codes(result: ExtractResult) -> list[str]:
    return [notice.code for notice in result.warnings]


def shorter(arrays: Arrays) -> Arrays:
    return {name: array[:7] for name, array in arrays.items()}


def only_vectors_shorter(arrays: Arrays) -> Arrays:
    return {**arrays, "vectors": arrays["vectors"][:-1]}


def wider(arrays: Arrays) -> Arrays:
    vectors = arrays["vectors"]
    return {**arrays, "vectors": np.hstack([vectors, np.zeros_like(vectors)])}


def not_numbers(arrays: Arrays) -> Arrays:
    return {**arrays, "vectors": np.full_like(arrays["vectors"], np.nan)}


def others(arrays: Arrays) -> Arrays:
    return {**arrays, "vectors": arrays["vectors"][::-1].copy()}


def doubled(arrays: Arrays) -> Arrays:
    return {**arrays, "vectors": arrays["vectors"].astype(np.float64)}


def no_spans(arrays: Arrays) -> Arrays:
    return {"vectors": arrays["vectors"]}


def no_divisor(arrays: Arrays) -> Arrays:
    return {**arrays, "spans": np.zeros_like(arrays["spans"])}


def flat(arrays: Arrays) -> Arrays:
    return {**arrays, "vectors": arrays["vectors"].ravel()}


FOREIGN = [shorter, only_vectors_shorter, wider, not_numbers, others, doubled, no_spans, no_divisor, flat]


def rewrite(cache: FeatureCache, change: Callable[[Arrays], Arrays]) -> None:
    for file in cache.path.rglob("*.npz"):
        with np.load(file) as archive:
            arrays = {name: archive[name] for name in archive.files}
        np.savez(file, allow_pickle=False, **change(arrays))


def statement(cache: FeatureCache, *words: Any) -> None:
    with closing(sqlite3.connect(cache.path / "features.sqlite")) as database, database:
        database.execute(*words)


@pytest.mark.parametrize("change", FOREIGN)
def test_a_foreign_vector_file_changes_no_result_and_is_said(run: Any, cache: FeatureCache, change: Any) -> None:
    right, _ = run(None)
    run(cache)
    rewrite(cache, change)
    result, heard = run(FeatureCache(cache.path))
    assert same(result, right) and codes(result) == ["cache_damaged"]
    assert "computed again" in result.warnings[0].message
    again, heard = run(FeatureCache(cache.path))
    assert same(again, right) and again.from_cache and again.warnings == () and not heard.counts["frames_encoded"]


@pytest.mark.parametrize("change", [each for each in FOREIGN if each is not others])
def test_nor_does_one_of_the_first_version_which_has_no_seal(run: Any, cache: FeatureCache, change: Any) -> None:
    right, _ = run(None)
    run(cache)
    statement(cache, "UPDATE entries SET seal = ''")
    result, _ = run(FeatureCache(cache.path))
    assert result.from_cache and same(result, right) and result.warnings == ()
    rewrite(cache, change)
    result, _ = run(FeatureCache(cache.path))
    assert same(result, right)


def test_one_entry_in_the_place_of_another_is_seen(
    run: Any, cache: FeatureCache, ramp: Any, encoder: Any, listener: Any
) -> None:
    right, _ = run(cache)
    (own,) = cache.path.rglob("*.npz")
    extract(VideoFrames(probe(ramp(50, "other.mp4", (80, 48)))), encoder, RATE, cache, listener())
    (other,) = set(cache.path.rglob("*.npz")) - {own}
    shutil.copy(other, own)
    result, _ = run(FeatureCache(cache.path))
    assert same(result, right) and codes(result) == ["cache_damaged"]


def mutants(data: bytes, count: int) -> Iterator[bytes]:
    generator = random.Random(11)
    for number in range(count):
        changed = bytearray(data)
        if number % 4 == 0:
            del changed[generator.randrange(len(data)) :]
        else:
            for _ in range(generator.randrange(1, 8)):
                changed[generator.randrange(len(data))] = generator.randrange(256)
        yield bytes(changed)


@pytest.mark.parametrize("sealed", [True, False])
def test_a_file_of_any_bytes_is_no_entry(cache: FeatureCache, sealed: bool) -> None:
    arrays: Arrays = {"vectors": np.ones((3, 2), np.float32), "spans": np.ones((3, 4), np.int64)}
    cache.put("aa1", "o", arrays, {})
    (file,) = cache.path.rglob("*.npz")
    good = file.read_bytes()
    read = 0
    for bad in (mutant for mutant in mutants(good, 200) if mutant != good):
        cache.put("aa1", "o", arrays, {})
        if not sealed:
            statement(cache, "UPDATE entries SET seal = ''")
        file.write_bytes(bad)
        read += cache.get("aa1") is not None
    assert not (sealed and read) and read < 60  # without a seal, what its own sums allow


@pytest.mark.parametrize("facts", ["", "[]", "7", '{"duration": "1/0"}', '{"duration": 5, "warnings": 3}', "[" * 9999])
def test_facts_that_make_no_sense_change_no_result(run: Any, cache: FeatureCache, facts: str) -> None:
    right, _ = run(None)
    run(cache)
    statement(cache, "UPDATE entries SET facts = ?", (facts,))
    result, _ = run(FeatureCache(cache.path))
    assert same(result, right) and codes(result) == ["cache_damaged"]


def torn_index(page: int, size: int = 4096) -> Callable[[Path], None]:
    def harm(index: Path) -> None:
        data = bytearray(index.read_bytes())
        data[page * size : (page + 1) * size] = random.Random(page).randbytes(size)
        index.write_bytes(data)

    return harm


def no_table(index: Path) -> None:
    with closing(sqlite3.connect(index)) as database, database:
        database.execute("DROP TABLE entries")


def other_table(index: Path) -> None:
    with closing(sqlite3.connect(index)) as database, database:
        database.executescript("DROP TABLE entries; CREATE TABLE entries (key TEXT, file TEXT);")


HARMS = [torn_index(0), torn_index(1), torn_index(2), no_table, other_table, lambda index: index.write_bytes(b"x" * 50)]


@pytest.mark.parametrize("harm", HARMS)
def test_a_torn_index_is_made_anew_and_said(run: Any, cache: FeatureCache, harm: Callable[[Path], None]) -> None:
    right, _ = run(None)
    run(cache)
    harm(cache.path / "features.sqlite")
    result, _ = run(FeatureCache(cache.path))
    assert same(result, right) and codes(result) == ["cache_damaged"]
    assert run(FeatureCache(cache.path))[0].from_cache


def test_an_index_of_a_newer_version_is_left_alone_and_the_analysis_goes_on(run: Any, cache: FeatureCache) -> None:
    right, _ = run(cache)
    statement(cache, "PRAGMA user_version = 99")
    before = (cache.path / "features.sqlite").read_bytes()
    result, _ = run(FeatureCache(cache.path))
    assert same(result, right) and codes(result) == ["cache_unusable"]
    assert "newer Cuemark" in result.warnings[0].message
    assert (cache.path / "features.sqlite").read_bytes() == before


def test_a_locked_index_keeps_no_analysis_from_its_end(
    run: Any, cache: FeatureCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, _ = run(cache)
    connect = sqlite3.connect
    monkeypatch.setattr(
        "cuemark.evidence.frames.cache.sqlite3.connect", lambda path, timeout: connect(path, timeout=0.2)
    )
    with closing(connect(cache.path / "features.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        result, _ = run(FeatureCache(cache.path))
        other.execute("ROLLBACK")
    assert same(result, right) and codes(result) == ["cache_unusable"] and "locked" in result.warnings[0].message
    assert run(FeatureCache(cache.path))[0].from_cache


def test_what_was_said_of_the_cache_is_not_kept_with_the_track(run: Any, cache: FeatureCache) -> None:
    run(cache)
    rewrite(cache, shorter)
    assert codes(run(FeatureCache(cache.path))[0]) == ["cache_damaged"]
    with closing(sqlite3.connect(cache.path / "features.sqlite")) as database:
        (facts,) = database.execute("SELECT facts FROM entries").fetchone()
    assert json.loads(facts)["warnings"] == []


def test_a_cache_of_the_first_version_is_used(run: Any, cache: FeatureCache) -> None:
    right, _ = run(cache)
    with closing(sqlite3.connect(cache.path / "features.sqlite")) as database:
        database.executescript(
            "CREATE TABLE old AS SELECT key, owner, file, bytes, used, facts FROM entries; DROP TABLE entries;"
            "CREATE TABLE entries (key TEXT PRIMARY KEY, owner TEXT NOT NULL, file TEXT NOT NULL,"
            " bytes INTEGER NOT NULL, used REAL NOT NULL, facts TEXT NOT NULL); INSERT INTO entries SELECT * FROM old;"
            " DROP TABLE old;"
            "PRAGMA user_version = 1;"
        )
    result, _ = run(FeatureCache(cache.path))
    assert result.from_cache and same(result, right) and result.warnings == ()


def test_sizes_and_pruning_outlive_a_torn_index(cache: FeatureCache) -> None:
    cache.put("aa1", "o", {"vectors": np.ones(3)}, {})
    (cache.path / "features.sqlite").write_bytes(b"torn" * 999)
    assert cache.size().entries == 0 and cache.prune().entries == 0
    statement(cache, "PRAGMA user_version = 99")
    with pytest.raises(StoreError) as told:
        cache.size()
    assert "only a cache" in told.value.next_step


def test_an_entry_is_what_numpy_writes(cache: FeatureCache) -> None:
    """Nothing of ours stands in the file: the seal is in the index."""
    cache.put("aa1", "o", {"vectors": np.arange(3.0)}, {})
    (file,) = cache.path.rglob("*.npz")
    with np.load(io.BytesIO(file.read_bytes())) as archive:
        assert archive["vectors"].tolist() == [0, 1, 2]
