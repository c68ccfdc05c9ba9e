"""The scan over packed vectors finds what sorting all cosines finds, and believes no file that somebody damaged."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from cuemark.core.errors import NotFoundError
from cuemark.library.search import codes, exact, packed, scan
from cuemark.library.search.codes import CodedQuery, encode, integer_products
from cuemark.library.search.scan import Near, Source, VectorScan

ENCODER = "an encoder/of 224 px"


@dataclass
class Entry:
    vectors: NDArray[np.float16]


@dataclass
class Entries:
    """Vectors by fingerprint, as the index's entries have them; how often each was read."""

    vectors: dict[str, NDArray[np.float16]] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def track(self, fingerprint: str, encoder_id: str) -> Entry:
        if fingerprint not in self.vectors:
            raise NotFoundError("index_entry_not_found", f"{fingerprint} has no vectors of {encoder_id}.")
        self.read.append(fingerprint)
        return Entry(self.vectors[fingerprint])


def unit(rows: int, width: int, seed: int, heavy: bool = False) -> NDArray[np.float16]:
    """Random unit vectors; `heavy` ones lie in a cone and have few large components, as embeddings of pictures do."""
    found = np.random.default_rng(seed).standard_normal((rows, width))
    if heavy:
        found[:, : max(1, width // 100)] += 12
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found.astype(np.float16)


def truth(media: dict[int, NDArray[np.float16]], query: NDArray[Any], best: int) -> list[float]:
    """The largest cosines there are, in float64."""
    all_rows = np.concatenate([np.empty((0, len(query))), *(rows.astype(np.float64) for rows in media.values())])
    return sorted(map(float, all_rows @ query.astype(np.float64)), reverse=True)[:best]


def agrees(found: list[Near], media: dict[int, NDArray[np.float16]], query: NDArray[Any], best: int) -> None:
    """Each hit has the cosine of its own frame, none comes twice, and nothing better was missed."""
    assert len({each.id for each in found}) == len(found)
    for each in found:
        assert each.cosine == pytest.approx(float(media[each.number][each.sample].astype(np.float64) @ query), abs=1e-7)
    assert [each.cosine for each in found] == pytest.approx(truth(media, query, best), abs=1e-7)
    assert [each.cosine for each in found] == sorted((each.cosine for each in found), reverse=True)


@pytest.fixture(params=["codes", "float16 alone"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The fast kernel, and what is done where it has no wheel; small blocks, so that few rows make many."""
    if request.param == "float16 alone":
        monkeypatch.setattr(exact, "integer_products", lambda: None)
    else:
        assert integer_products() is not None, "the kernel is installed and right on this machine"
    monkeypatch.setattr(exact, "BLOCK", 64)
    monkeypatch.setattr(exact, "FLOAT_BLOCK", 16)
    monkeypatch.setattr(packed, "_AT_ONCE", 32)
    yield request.param


def opened(entries: Entries, folder: Path) -> VectorScan:
    return VectorScan(entries, folder)


def sources(media: dict[int, NDArray[np.float16]], entries: Entries) -> dict[int, Source]:
    for number, rows in media.items():
        entries.vectors[f"media{number}"] = rows
    return {number: Source(f"media{number}") for number in media}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counts=st.lists(st.integers(0, 90), min_size=1, max_size=6),
    width=st.sampled_from([1, 3, 8, 24, 100, 512]),
    best=st.integers(1, 12),
    heavy=st.booleans(),
    seed=st.integers(0, 99),
)
def test_the_best_of_all_rows_are_found(
    way: str, tmp_path_factory: pytest.TempPathFactory, counts: list[int], width: int, best: int, heavy: bool, seed: int
) -> None:
    media = {number: unit(count, width, seed + number, heavy) for number, count in enumerate(counts, 7)}
    entries = Entries()
    searched = opened(entries, tmp_path_factory.mktemp("packed"))
    assert searched.update(ENCODER, sources(media, entries)) == ()
    queries = unit(3, width, seed + 1000, heavy).astype(np.float32)
    for query, found in zip(queries, searched.search(queries, ENCODER, best), strict=True):
        agrees(found, media, query, best)
    some = {number: rows for number, rows in media.items() if number % 2}
    for query, found in zip(queries, searched.search(queries, ENCODER, best, some.keys()), strict=True):
        agrees(found, some, query, best)
    for number, rows in media.items():
        curve = searched.curve(number, ENCODER, queries)
        assert curve == pytest.approx(queries.astype(np.float64) @ rows.astype(np.float64).T, abs=5e-6)


@settings(max_examples=200, deadline=None)
@given(
    rows=arrays(np.float16, (4, 24), elements=st.floats(-1, 1, width=16)),
    query=arrays(np.float32, 24, elements=st.floats(-1, 1, width=32)),
)
def test_a_cosine_is_never_outside_its_bounds(rows: NDArray[np.float16], query: NDArray[np.float32]) -> None:
    coded = CodedQuery.of(query)
    found, factors = encode(rows)
    dots = (found.astype(np.int64) @ coded.code.astype(np.int64)).astype(np.int32)
    least, most = coded.bounds(dots, factors)
    really = rows.astype(np.float64) @ query.astype(np.float64)
    assert np.all(least <= really + 1e-12) and np.all(really <= most + 1e-12)


def test_bounds_of_embeddings_are_narrow_enough_to_rule_nearly_all_rows_out() -> None:
    """Not only right: with a few large components, as CLIP's vectors have them, a bound without a transform is idle."""
    rows = unit(2000, 512, 3, heavy=True)
    coded = CodedQuery.of(rows[0].astype(np.float32))
    found, factors = encode(rows)
    least, most = coded.bounds(found.astype(np.int32) @ coded.code.astype(np.int32), factors)
    assert np.mean(most - least) < 0.04


def test_a_kernel_that_is_wrong_on_this_processor_is_not_used() -> None:
    assert codes._is_exact(lambda rows, code: rows.astype(np.int32) @ code.astype(np.int32))
    assert not codes._is_exact(lambda rows, code: (rows.astype(np.int32) @ code.astype(np.int32)) & 0xFFFF)


def test_frames_that_are_no_numbers_are_never_found(way: str, tmp_path: Path) -> None:
    rows = unit(200, 24, 0)
    rows[17], rows[90, 3] = np.nan, np.inf
    entries = Entries()
    searched = opened(entries, tmp_path)
    searched.update(ENCODER, sources({1: rows}, entries))
    (found,) = searched.search(rows[5:6].astype(np.float32), ENCODER, 500)
    assert {each.sample for each in found} == set(range(200)) - {17, 90}
    assert found[0].sample == 5


def test_media_come_change_and_go(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happened before, the rows are those of the media of now; others' are not read again."""
    monkeypatch.setattr(scan, "DEAD_ROWS", 50)
    entries, query = Entries(), unit(1, 24, 99).astype(np.float32)
    media = {number: unit(40, 24, number) for number in range(1, 6)}
    searched = opened(entries, tmp_path)
    for step, gone in enumerate([None, 2, 5, 1, 4]):
        if gone is not None:
            del media[gone]
        media[10 + step] = unit(30 + step, 24, 100 + step)
        entries.read.clear()
        assert searched.update(ENCODER, sources(media, entries)) == ()
        assert step == 0 or entries.read == [f"media{10 + step}"]
        agrees(searched.search(query, ENCODER, 25)[0], media, query[0], 25)
        # And for a daemon that is started now.
        entries.read.clear()
        again = opened(entries, tmp_path)
        assert again.update(ENCODER, sources(media, entries)) == () and entries.read == []
        agrees(again.search(query, ENCODER, 25)[0], media, query[0], 25)
    rows = searched.rows(ENCODER)
    assert len(rows) < 2 * rows.live, "rows of media that went were compacted"
    media[10] = unit(8, 24, 500)
    entries.vectors["media10"] = media[10]
    newer = {number: Source(f"media{number}", "2" if number == 10 else "") for number in media}
    searched.update(ENCODER, newer)
    agrees(searched.search(query, ENCODER, 25)[0], media, query[0], 25)


def test_media_whose_vectors_cannot_be_had_are_told_and_the_others_searched(tmp_path: Path) -> None:
    entries, media = Entries(), {1: unit(9, 24, 1), 2: unit(9, 8, 2)}
    wanted = sources(media, entries) | {3: Source("never indexed")}
    searched = opened(entries, tmp_path)
    assert set(searched.update(ENCODER, wanted)) == {2, 3}, "another width, and none at all"
    query = media[1][4:5].astype(np.float32)
    assert searched.search(query, ENCODER, 1)[0][0][:2] == (1, 4)
    with pytest.raises(NotFoundError):
        searched.curve(2, ENCODER, query)


def test_nothing_indexed_is_nothing_found(tmp_path: Path) -> None:
    searched = opened(Entries(), tmp_path)
    assert searched.search(np.ones((2, 24), np.float32), ENCODER, 5) == [[], []]
    searched.update(ENCODER, {})
    assert searched.search(np.ones((1, 24), np.float32), ENCODER, 5) == [[]]


def test_encoders_do_not_meet(tmp_path: Path) -> None:
    entries = Entries()
    searched = opened(entries, tmp_path)
    searched.update(ENCODER, sources({1: unit(5, 24, 1)}, entries))
    searched.update("../../another", sources({1: unit(5, 8, 1)}, entries))
    assert len(searched.search(np.ones((1, 8), np.float32), "../../another", 9)[0]) == 5
    assert len(searched.search(np.ones((1, 24), np.float32), ENCODER, 9)[0]) == 5
    assert {file.parent.parent for file in tmp_path.rglob("*.f16")} == {tmp_path}


def _files(folder: Path) -> dict[str, Path]:
    return {file.suffix[1:]: file for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("kind", ["f16", "codes", "factors", "json"])
@pytest.mark.parametrize("harm", ["cut", "written into", "emptied", "gone", "longer"])
def test_damaged_files_are_made_anew_and_never_believed(tmp_path: Path, kind: str, harm: str) -> None:
    entries, media = Entries(), {number: unit(40, 24, number) for number in (1, 2, 3)}
    wanted, query = sources(media, entries), unit(1, 24, 99).astype(np.float32)
    opened(entries, tmp_path).update(ENCODER, wanted)
    file = _files(tmp_path)[kind]
    data = file.read_bytes()
    middle = len(data) // 2
    hurt = {
        "cut": data[: len(data) * 2 // 3 - 5],
        "written into": data[:middle] + bytes(byte ^ 0x55 for byte in data[middle : middle + 64]) + data[middle + 64 :],
        "emptied": b"",
        "gone": None,
        "longer": data + b"left over of a write that was killed",
    }[harm]
    if hurt is None:
        file.unlink()
    else:
        file.write_bytes(hurt)
    entries.read.clear()
    searched = opened(entries, tmp_path)
    assert searched.update(ENCODER, wanted) == ()
    for number, rows in media.items():
        agrees(searched.search(query, ENCODER, 50, [number])[0], {number: rows}, query[0], 50)
    if harm == "written into" and kind != "json":
        assert entries.read == ["media2"], "only what was hurt is packed again"
    if harm == "longer" and kind != "json":
        assert entries.read == []


def test_rows_written_under_the_daemon_are_found_by_verify(tmp_path: Path) -> None:
    entries, media = Entries(), {number: unit(40, 24, number) for number in (1, 2, 3)}
    searched = opened(entries, tmp_path)
    searched.update(ENCODER, sources(media, entries))
    assert searched.verify(ENCODER) == ()
    with _files(tmp_path)["f16"].open("r+b") as file:
        file.seek(2 * 24 * 85)
        file.write(b"\0" * 48)
    assert searched.verify(ENCODER) == (3,)
    searched.update(ENCODER, sources(media, entries))
    query = unit(1, 24, 99).astype(np.float32)
    agrees(searched.search(query, ENCODER, 200)[0], media, query[0], 200)


@pytest.mark.parametrize("after", range(4))
def test_an_append_that_is_killed_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """The power goes after so many files were flushed: the next daemon has the old rows, and packs the new ones."""
    entries, media = Entries(), {1: unit(40, 24, 1)}
    opened(entries, tmp_path).update(ENCODER, sources(media, entries))
    media[2] = unit(50, 24, 2)
    wanted, calls = sources(media, entries), []

    def die(_number: int) -> None:
        calls.append(1)
        if len(calls) > after:
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", die)
    with pytest.raises(KeyboardInterrupt):
        opened(entries, tmp_path).update(ENCODER, wanted)
    monkeypatch.undo()
    searched, query = opened(entries, tmp_path), unit(1, 24, 99).astype(np.float32)
    agrees(searched.search(query, ENCODER, 200)[0], {1: media[1]}, query[0], 200)
    assert searched.update(ENCODER, wanted) == ()
    agrees(searched.search(query, ENCODER, 200)[0], media, query[0], 200)
