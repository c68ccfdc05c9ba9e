"""What is asked of editors, where it is more than handing over: files are read once, as long as they do not change."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from cuemark.hosts.sessions import FingerprintCache


class Reader:
    """Fingerprints that name the file and its size; files called "broken" cannot be read."""

    def __init__(self) -> None:
        self.read: list[list[str]] = []

    async def __call__(self, paths: Sequence[Path]) -> dict[str, str]:
        self.read.append([path.name for path in paths])
        return {str(path): f"{path.name} {path.stat().st_size}" for path in paths if path.name != "broken"}


def files(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.write_bytes(b"x")
    return paths


def test_a_file_is_read_once_as_long_as_it_does_not_change(tmp_path: Path) -> None:
    reader = Reader()
    cache = FingerprintCache(reader)
    a, b, broken, gone = [*files(tmp_path, "a", "b", "broken"), tmp_path / "gone"]
    expected = {b: "b 1", a: "a 1"}
    assert asyncio.run(cache.of([b, broken, a, gone])) == expected
    assert list(asyncio.run(cache.of([b, a]))) == [b, a]
    assert reader.read == [["b", "broken", "a"]]
    a.write_bytes(b"more")
    assert asyncio.run(cache.of([a, b])) == {a: "a 4", b: "b 1"}
    os.utime(b, ns=(1, 1))
    asyncio.run(cache.of([a, b, broken]))
    assert reader.read[1:] == [["a"], ["b", "broken"]]


def test_only_so_many_are_remembered_and_a_larger_timeline_is_told_whole(tmp_path: Path) -> None:
    reader = Reader()
    cache = FingerprintCache(reader, most=3)
    paths = files(tmp_path, *"abcde")
    assert asyncio.run(cache.of(paths)) == {path: f"{path.name} 1" for path in paths}
    asyncio.run(cache.of(paths[2:3]))  # remembered, and used last now
    asyncio.run(cache.of(paths[:1]))  # forgotten, and takes the place of the one used longest ago
    asyncio.run(cache.of([paths[2], paths[4], paths[3]]))
    assert reader.read == [["a", "b", "c", "d", "e"], ["a"], ["d"]]
