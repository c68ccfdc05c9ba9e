"""`cuemark bench search`: the set is footage, what is measured is the library's own scan, and both find the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime  # noqa: F401  # other tests of this process load it, which after usearch ends the process
import pytest

from cuemark.core.progress import SilentProgress
from cuemark.lab.bench import search
from cuemark.lab.bench.comparison import BenchOptions
from cuemark.lab.bench.simulated_footage import SimulatedFootage
from cuemark.library.search import scan, shards


def test_the_simulated_set_is_a_function_of_its_seed_and_of_unit_length() -> None:
    few, many = SimulatedFootage(5000, 32, 3), SimulatedFootage(9000, 32, 3)
    assert [len(few.track(str(number), "").vectors) for number in few.media] == [3600, 1400]
    assert np.array_equal(few.track("1", "").vectors, many.track("1", "").vectors)
    assert not np.array_equal(few.track("1", "").vectors, SimulatedFootage(5000, 32, 4).track("1", "").vectors)
    rows = few.track("2", "").vectors.astype(np.float32)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=2e-3)
    # Neighbours of a shot are alike, words are farther from all frames.
    near = np.sum(rows[:-1] * rows[1:], axis=1)
    words = few.queries(20) @ rows.T
    assert np.median(near) > 0.9 and words.max() < np.median(near)


def test_the_scan_is_measured_beside_numpy_and_finds_the_same(tmp_path: Path) -> None:
    found = search.measure(BenchOptions(tmp_path, pairs=1, vectors=20_000, dimension=64), SilentProgress())
    (compared,) = found.comparisons
    assert compared.name == "search/scan" and compared.facts["the same cosines"] == "True"
    assert compared.ours[0] > 0 and int(compared.facts["numbers a vector"]) == 64
    (table,) = found.tables
    assert table.column("vectors") == (200, 2000, 20_000)
    sizes = table.column("disk, MiB")
    assert isinstance(sizes[2], float) and sizes[2] == pytest.approx(20_000 * (3 * 64 + 12) / (1 << 20), rel=0.05)
    # What was packed is used again, and a run that was stopped goes on.
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.f16")}
    search.measure(BenchOptions(tmp_path, pairs=1, vectors=20_000, dimension=64), SilentProgress())
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.f16")} == before


def test_more_are_measured_by_graphs_with_their_recall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("usearch", reason="the extra `search` is not installed")
    for module in (scan, search):
        monkeypatch.setattr(module, "EXACT_MOST", 3000)
    monkeypatch.setattr(shards, "SHARD_ROWS", 3600)
    monkeypatch.setattr(search, "_TRIED", 40)
    options = BenchOptions(tmp_path, pairs=1, vectors=8000, dimension=32)
    exact, graphs = search.measure(options, SilentProgress()).comparisons
    assert graphs.name == "search/graphs" and graphs.facts["vectors"] == 8000
    assert float(graphs.facts["recall of the 10 nearest"]) > 0.8
    assert "graphs find about" in str(graphs.facts["said with results"])
    assert exact.about.count("3000 vectors")
