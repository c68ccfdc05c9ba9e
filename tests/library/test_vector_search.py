"""Exact search among vectors in a file: the same as sorting all cosines, however the file is cut into blocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cuemark.library.vector_search import search


def unit(rows: int, width: int, seed: int) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).standard_normal((rows, width), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


@settings(max_examples=40, deadline=None)
@given(count=st.integers(1, 70), queries=st.integers(1, 4), best=st.integers(1, 9), block=st.integers(1, 40))
def test_the_search_is_exact(
    tmp_path_factory: pytest.TempPathFactory, count: int, queries: int, best: int, block: int
) -> None:
    file = tmp_path_factory.mktemp("vectors") / "v.f32"
    rows, asked = unit(count, 6, 0), unit(queries, 6, 1)
    file.write_bytes(rows.tobytes())
    places, cosines = search(file, count, asked, best, block)
    expected = -np.sort(-(asked @ rows.T), axis=1)[:, :best]
    assert cosines.shape == (queries, min(best, count))
    assert np.allclose(cosines, expected, atol=1e-6)
    assert np.allclose(np.take_along_axis(asked @ rows.T, places, 1), expected, atol=1e-6)


def test_only_the_first_rows_are_searched_where_a_file_holds_more(tmp_path: Path) -> None:
    rows = unit(30, 4, 0)
    (tmp_path / "v").write_bytes(rows.tobytes())
    places, _ = search(tmp_path / "v", 10, rows[20:21], 3)
    assert places.max() < 10
    assert search(tmp_path / "v", 30, rows[20:21], 1)[0] == 20


def test_a_file_that_ends_too_early_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "v").write_bytes(unit(10, 4, 0).tobytes())
    with pytest.raises(EOFError, match="fewer than 11"):
        search(tmp_path / "v", 11, np.ones((1, 4), np.float32), 5)
