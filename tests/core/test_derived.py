"""Derived files: what was written under a key comes back, anything else is dropped and said."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cuemark.core.derived import read_bytes, read_object, write_bytes, write_object

VALUE = {"a": [1, 0.1, None, "\udcff é"], "b": {"c": True}}


def harmed(data: bytes) -> list[bytes]:
    generator = random.Random(3)
    cut = [data[: len(data) * n // 7] for n in range(7)]
    changed = []
    for _ in range(40):
        place = generator.randrange(len(data))
        changed.append(data[:place] + bytes([data[place] ^ 1 << generator.randrange(7)]) + data[place + 1 :])
    return [*cut, *changed, data + b"x", data * 2, b"[" * 100_000, b"[]", b"null", b"\xff\xfe", b"{}", b'{"seal": 5}']


def test_an_object_comes_back_under_its_key(tmp_path: Path) -> None:
    write_object(tmp_path / "x.json", "key", VALUE)
    assert read_object(tmp_path / "x.json", "key") == VALUE
    assert json.loads((tmp_path / "x.json").read_text())["b"] == {"c": True}
    assert read_object(tmp_path / "none.json", "key") is None


def test_an_object_that_does_not_fit_is_dropped_and_said(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    write_object(file, "key", VALUE)
    good = file.read_bytes()
    for bad in harmed(good):
        file.write_bytes(bad)
        told: list[str] = []
        found = read_object(file, "key", told.append)
        if found is None:
            assert len(told) == 1 and '"x.json"' in told[0] and "made anew" in told[0]
            assert not file.exists()
        else:  # a change that JSON does not see: other white space, or letters of an escape
            assert found == VALUE
    write_object(file, "key", VALUE)
    assert read_object(file, "another key", lambda _: None) is None


def test_arrays_come_back_and_numpy_reads_them_too(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.save(stream, np.arange(12.0).reshape(3, 4))
    write_bytes(tmp_path / "x.npy", "key", stream.getvalue())
    assert read_bytes(tmp_path / "x.npy", "key") == stream.getvalue()
    assert np.load(tmp_path / "x.npy").shape == (3, 4)
    assert read_bytes(tmp_path / "none.npy", "key") is None


def test_bytes_that_do_not_fit_are_dropped_and_said(tmp_path: Path) -> None:
    file = tmp_path / "x.npy"
    write_bytes(file, "key", b"content" * 9)
    good = file.read_bytes()
    for bad in harmed(good):
        file.write_bytes(bad)
        told: list[str] = []
        assert read_bytes(file, "key", told.append) is None
        assert len(told) == 1 and not file.exists()
    write_bytes(file, "key", b"content")
    assert read_bytes(file, "another key", lambda _: None) is None


@pytest.mark.parametrize("read", [read_object, read_bytes])
def test_a_folder_in_the_way_is_said(tmp_path: Path, read: Any) -> None:
    (tmp_path / "x").mkdir()
    told: list[str] = []
    assert read(tmp_path / "x", "key", told.append) is None and len(told) == 1
