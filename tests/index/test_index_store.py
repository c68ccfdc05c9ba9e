"""Entries on the disk: the same bytes for the same content, whole or not at all, and mended where they are torn."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.analysis import ModelUse, Notice, Tag
from cuemark.core.errors import NotFoundError, StoreError
from cuemark.core.media import MediaInfo
from cuemark.core.screen_text import Place, ScreenText, ScreenTexts
from cuemark.core.shots import CameraMove, Shot, ShotSize
from cuemark.core.transcript import Transcript, Utterance
from cuemark.evidence.index.entry import EncodedTrack, IndexEntry, Thumbnail, TimeRuns
from cuemark.evidence.index.store import IndexStore
from tests.index.conftest import files_of

MARK = "0123456789abcdef" * 2
HERE = ModelUse("pocket", "c" * 64, "cpu", "no GPU is here")


def media(path: str = "/footage/a.mp4") -> MediaInfo:
    """Ten seconds."""
    return MediaInfo(
        Path(path), MARK, 1000, "mov", "h264", 0, 640, 360, 0, Fraction(1), Fraction(25), False, Fraction(10), 250,
        Fraction(0), None, (Notice("very_short", path),),
    )  # fmt: skip


def track(model: ModelUse = HERE, samples: int = 20, seed: int = 1) -> EncodedTrack:
    """Unit vectors of 16 numbers at even times."""
    vectors = np.random.default_rng([seed, ord(model.id[0])]).normal(size=(samples, 16))
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    return EncodedTrack(model, tuple(Fraction(n * 10, samples) for n in range(samples)), unit)


def entry(path: str = "/footage/a.mp4", model: ModelUse = HERE, made: str = "k") -> IndexEntry:
    """All that an entry may have."""
    return IndexEntry(
        media(path),
        (track(model),),
        (
            Shot(Fraction(0), Fraction(4), ShotSize.WIDE, CameraMove.PAN_LEFT, (Tag("dog", 0.8),)),
            Shot(Fraction(4), Fraction(10)),
        ),
        Transcript((Utterance(Fraction(1), Fraction(2), "Hello."),), "en", name=f"{Path(path).parent}/a.srt"),
        ScreenTexts((ScreenText(Fraction(3), Fraction(5), "EXIT", Place(0, 0, 0.5, 0.1)),)),
        (Thumbnail(Fraction(1), b"\xff\xd8one"), Thumbnail(Fraction(6), b"\xff\xd8second")),
        datetime(2024, 5, 1, 12, tzinfo=timezone.utc),
        "Apple iPhone 15",
        {model.id: made},
    )


@pytest.fixture
def store(tmp_path: Path) -> IndexStore:
    return IndexStore(tmp_path / "index")


def test_an_entry_comes_back_as_it_was_put(store: IndexStore) -> None:
    store.put(entry())
    found, put = store.get(MARK), entry()
    assert (found.shots, found.recorded, found.camera, found.thumbnails) == (
        put.shots, put.recorded, put.camera, put.thumbnails,
    )  # fmt: skip
    assert found.transcript is not None and found.transcript.utterances == put.transcript.utterances  # type: ignore[union-attr]
    assert found.screen_text == put.screen_text and found.tracks[0].times == put.tracks[0].times
    assert np.array_equal(found.tracks[0].vectors, put.tracks[0].vectors)
    assert isinstance(store.track(MARK, HERE.id).vectors, np.memmap)
    assert store.thumbnail(MARK, Fraction(5)) == b"\xff\xd8second" and list(store.fingerprints()) == [MARK]


def test_where_the_footage_lies_and_what_ran_where_leaves_no_trace(tmp_path: Path) -> None:
    one, other = IndexStore(tmp_path / "one"), IndexStore(tmp_path / "other")
    one.put(entry())
    other.put(entry("/elsewhere/secret name.mp4", replace(HERE, device="cuda", reason="a GPU")))
    assert files_of(one.folder) == files_of(other.folder)
    assert not any(b"footage" in data or b"secret" in data for data in files_of(other.folder).values())


def test_encoders_live_side_by_side_and_the_order_of_coming_leaves_no_trace(tmp_path: Path) -> None:
    second = ModelUse("light", "d" * 64, "cpu")
    one, other = IndexStore(tmp_path / "one"), IndexStore(tmp_path / "other")
    for store, models in ((one, (HERE, second)), (other, (second, HERE))):
        for model in models:
            store.put(entry(model=model))
    assert [found.model.id for found in one.get(MARK).tracks] == ["c" * 64, "d" * 64]
    assert files_of(one.folder) == files_of(other.folder)


def test_what_a_later_run_did_not_look_for_stays(store: IndexStore) -> None:
    store.put(entry())
    store.put(IndexEntry(media(), (track(samples=5),)))  # coarser, no words, no shots, no pictures
    found = store.get(MARK)
    assert len(found.tracks[0]) == 20 and found.transcript and found.screen_text
    assert len(found.shots) == 2 and len(found.thumbnails) == 2
    assert len(list((store.folder / MARK[:2] / MARK).iterdir())) == 4, "and what nothing names is gone"


def test_sound_alone_has_words_and_no_vectors(store: IndexStore) -> None:
    store.put(IndexEntry(media(), transcript=Transcript((Utterance(Fraction(0), Fraction(1), "Yes."),))))
    assert store.get(MARK).tracks == () and store.head(MARK).utterances == 1
    with pytest.raises(NotFoundError) as told:
        store.thumbnail(MARK, Fraction(0))
    assert told.value.code == "thumbnail_none"


@pytest.mark.parametrize("kind", ["entry", "vectors", "words", "thumbnails"])
@pytest.mark.parametrize("harm", ["cut", "flipped", "gone"])
def test_a_torn_entry_is_an_error_and_mending_keeps_the_rest(store: IndexStore, kind: str, harm: str) -> None:
    store.put(entry())
    store.put(entry(model=ModelUse("light", "d" * 64, "")))
    (file, *_) = sorted((store.folder / MARK[:2] / MARK).glob(f"{kind}*"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.unlink() if harm == "gone" else file.write_bytes(data[: len(data) // 2] if harm == "cut" else bytes(data))
    expected = "media_not_indexed" if (kind, harm) == ("entry", "gone") else "index_damaged"
    with pytest.raises((StoreError, NotFoundError)) as told:
        store.check(MARK)
    assert told.value.code == expected and told.value.next_step
    lost = store.mend(MARK)
    if kind == "entry":
        assert lost is None
        assert not store.has(MARK)
    else:
        store.check(MARK)
        assert len(lost or ()) == (kind == "vectors") and store.head(MARK).made == {}
        assert len(store.get(MARK).tracks) == (1 if kind == "vectors" else 2)
        store.put(entry())
        store.put(entry(model=ModelUse("light", "d" * 64, "")))
        fresh = IndexStore(store.folder.parent / "fresh")
        fresh.put(entry())
        fresh.put(entry(model=ModelUse("light", "d" * 64, "")))
        assert files_of(store.folder) == files_of(fresh.folder)


def test_an_entry_under_another_name_is_none(store: IndexStore) -> None:
    store.put(entry())
    other = "f" * 32
    (store.folder / "ff").mkdir()
    (store.folder / MARK[:2] / MARK).rename(store.folder / "ff" / other)
    with pytest.raises(StoreError) as told:
        store.check(other)
    assert told.value.code == "index_damaged"


@pytest.mark.parametrize("name", ["../../etc", "", "A" * 32, "0" * 31, "0" * 33, "0" * 31 + "/"])
def test_what_is_no_fingerprint_becomes_no_name_on_the_disk(store: IndexStore, name: str) -> None:
    for ask in (store.head, store.get, store.remove, store.check):
        with pytest.raises(NotFoundError):
            ask(name)


def test_a_full_disk_leaves_the_old_entry(store: IndexStore) -> None:
    resource = pytest.importorskip("resource")
    import signal

    store.put(entry())
    before = files_of(store.folder)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(StoreError) as told:
            store.put(replace(entry(made="other"), tracks=(track(seed=2),)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert told.value.code == "disk_full" and files_of(store.folder) == before


def test_strays_are_swept_once_their_writer_is_surely_done(store: IndexStore) -> None:
    store.put(entry())
    folder = store.folder / MARK[:2] / MARK
    (folder / "vectors-0000.npy").write_bytes(b"left by a killed one")
    half_written = store.folder / "aa" / ("a" * 32)
    half_written.mkdir(parents=True)
    (half_written / "words-00.json").write_bytes(b"{}")
    assert store.sweep() == 0
    for each in (folder, half_written):
        os.utime(each, (time.time() - 7200,) * 2)
    assert store.sweep() == 2
    assert list(store.fingerprints()) == [MARK] and store.check(MARK)


@given(st.lists(st.fractions(0, 10_000, max_denominator=90_000), min_size=1, max_size=30, unique=True))
def test_times_come_back_exactly(times: list[Fraction]) -> None:
    rising = tuple(sorted(times))
    assert TimeRuns.of(rising).times() == rising


def test_even_times_take_one_pair() -> None:
    assert len(TimeRuns.of([Fraction(n, 3) for n in range(20_000)]).gaps) == 1
