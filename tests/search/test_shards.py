"""Graphs over millions of frames, here of hundreds: what they find is told exactly, and how much they find is said."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import onnxruntime  # noqa: F401  # other tests of this process load it, which after usearch ends the process
import pytest
from numpy.typing import NDArray

from cuemark.library.search import scan, shards
from cuemark.library.search.scan import VectorScan
from tests.search.test_vector_scan import ENCODER, Entries, agrees, sources, truth, unit

pytest.importorskip("usearch", reason="the extra `search` is not installed")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of 500 frames counts as large, a graph holds 200."""
    monkeypatch.setattr(scan, "EXACT_MOST", 500)
    monkeypatch.setattr(shards, "SHARD_ROWS", 200)


def large(folder: Path, entries: Entries, media: dict[int, NDArray[np.float16]]) -> VectorScan:
    """A scan of these media, its graphs built."""
    searched = VectorScan(entries, folder)
    searched.update(ENCODER, sources(media, entries))
    searched.search(np.ones((1, 24), np.float32), ENCODER, 1)
    searched.built()
    return searched


def codes_of(searched: VectorScan) -> list[str]:
    return [notice.code for notice in searched.notices(ENCODER)]


def test_graphs_and_what_is_in_none_are_searched_together(tmp_path: Path) -> None:
    entries, media = Entries(), {number: unit(90, 24, number) for number in range(1, 9)}
    searched = large(tmp_path, entries, media)
    files = sorted(tmp_path.rglob("*.usearch"))
    assert len(files) == 2, "of eight times ninety frames, two times three files fill a graph"
    queries = unit(40, 24, 77).astype(np.float32)
    shares = []
    for query, found in zip(queries, searched.search(queries, ENCODER, 10), strict=True):
        for each in found:
            cosine = float(media[each.number][each.sample].astype(np.float64) @ query)
            assert each.cosine == pytest.approx(cosine, abs=1e-7)
        best = truth(media, query, 10)
        shares.append(sum(each.cosine >= best[-1] - 1e-7 for each in found) / 10)
    assert np.mean(shares) > 0.95
    (notice,) = searched.notices(ENCODER)
    assert notice.code == "search_approximate" and "%" in notice.message
    # A filter is always exact, and so is a smaller library.
    some = {number: media[number] for number in (2, 3, 8)}
    agrees(searched.search(queries[:1], ENCODER, 10, some.keys())[0], some, queries[0], 10)
    searched.close()


def test_graphs_are_read_from_the_disk_and_follow_the_library(tmp_path: Path) -> None:
    entries, media = Entries(), {number: unit(90, 24, number) for number in range(1, 9)}
    large(tmp_path, entries, media).close()
    built = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.usearch")}
    searched = large(tmp_path, entries, media)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.usearch")} == built
    query = media[1][7:8].astype(np.float32)
    assert searched.search(query, ENCODER, 1)[0][0][:2] == (1, 7)
    # The file is taken out, and another gets other vectors: neither is found as it was.
    del media[1]
    media[2] = unit(90, 24, 200)
    entries.vectors["media2"] = media[2]
    newer = {
        number: source._replace(version="2" if number == 2 else "")
        for number, source in sources(media, entries).items()
    }
    searched.update(ENCODER, newer)
    found = searched.search(query, ENCODER, 30)[0]
    assert {each.number for each in found} <= media.keys()
    for each in found:
        assert each.cosine == pytest.approx(
            float(media[each.number][each.sample].astype(np.float64) @ query[0]), abs=1e-7
        )
    again = media[2][5:6].astype(np.float32)
    assert searched.search(again, ENCODER, 1)[0][0][:2] == (2, 5)
    searched.built()
    assert len(searched.search(query, ENCODER, 30)[0]) == 30
    searched.close()


@pytest.mark.parametrize("harm", ["written into", "cut", "gone"])
@pytest.mark.parametrize("suffix", ["usearch", "json"])
def test_a_damaged_graph_is_never_opened_and_made_anew(tmp_path: Path, harm: str, suffix: str) -> None:
    entries, media = Entries(), {number: unit(90, 24, number) for number in range(1, 9)}
    large(tmp_path, entries, media).close()
    file = sorted(tmp_path.rglob(f"shards/*.{suffix}"))[0]
    data = file.read_bytes()
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(
            data[: len(data) // 2] + (b"\xff" * 256 + data[len(data) // 2 + 256 :] if harm[0] == "w" else b"")
        )
    searched = large(tmp_path, entries, media)
    assert len(list(tmp_path.rglob("*.usearch"))) == len(list(tmp_path.rglob("shards/*.json"))) == 2
    query = media[1][7:8].astype(np.float32)
    assert searched.search(query, ENCODER, 1)[0][0][:2] == (1, 7)
    searched.close()


def test_a_build_is_stopped_and_goes_on_later(tmp_path: Path) -> None:
    entries, media = Entries(), {number: unit(90, 24, number) for number in range(1, 9)}
    searched = VectorScan(entries, tmp_path)
    searched.update(ENCODER, sources(media, entries))
    stop = threading.Event()
    stop.set()
    graphs = shards.Shards(tmp_path / "graphs")
    graphs.build(searched.rows(ENCODER), stop)
    assert graphs.shards == ()
    graphs.build(searched.rows(ENCODER), threading.Event())
    assert len(graphs.shards) == 2
    searched.close()


def test_without_usearch_the_exact_scan_goes_on_and_says_how_to_be_faster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "graphs_can_be_built", lambda: False)
    entries, media = Entries(), {number: unit(90, 24, number) for number in range(1, 9)}
    searched = large(tmp_path, entries, media)
    query = unit(1, 24, 5).astype(np.float32)
    agrees(searched.search(query, ENCODER, 20)[0], media, query[0], 20)
    assert codes_of(searched) == ["search_extra_missing"] and not list(tmp_path.rglob("*.usearch"))
    small = {number: media[number] for number in (1, 2)}
    searched.update(ENCODER, sources(small, entries))
    assert codes_of(searched) == []
    searched.close()
