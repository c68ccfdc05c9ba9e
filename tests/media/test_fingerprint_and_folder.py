"""Knowing a file again, and finding the files of a folder."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from cuemark.core.errors import MediaError
from cuemark.media.fingerprint import fingerprint
from cuemark.media.probe import find_videos

MIB = 1 << 20


def sparse(path: Path, size: int, marks: dict[int, bytes]) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
        for offset, data in marks.items():
            file.seek(offset)
            file.write(data)
    return path


def test_a_rename_keeps_the_fingerprint_and_content_changes_it(tmp_path: Path) -> None:
    a = sparse(tmp_path / "a.mp4", 3 * MIB, {100: b"x"})
    mark = fingerprint(a)
    moved = a.rename(tmp_path / "b.mov")
    os.utime(moved, (0, 0))
    assert fingerprint(moved) == mark
    assert fingerprint(sparse(tmp_path / "c.mp4", 3 * MIB, {100: b"y"})) != mark
    assert fingerprint(sparse(tmp_path / "d.mp4", 3 * MIB + 1, {100: b"x"})) != mark


@pytest.mark.parametrize(("size", "offset"), [(1, 0), (5 * MIB, 2 * MIB + 5), (5 * MIB, 5 * MIB - 1)])
def test_every_byte_of_a_small_file_counts(tmp_path: Path, size: int, offset: int) -> None:
    plain = fingerprint(sparse(tmp_path / "plain", size, {}))
    assert fingerprint(sparse(tmp_path / "other", size, {offset: b"!"})) != plain


def test_a_huge_file_is_quick_and_its_ends_and_middle_count(tmp_path: Path) -> None:
    size = 4096 * MIB
    huge = sparse(tmp_path / "huge.mov", size, {})
    if huge.stat().st_blocks * 512 > MIB:
        pytest.skip("this file system has no sparse files")
    start = time.perf_counter()
    marks = {fingerprint(huge)}
    assert time.perf_counter() - start < 2
    # Another shot of the same length differs at its head, its tail, or all over a stretch: here 160 of 4096 MiB.
    middle = dict.fromkeys(range(1500 * MIB, 1660 * MIB, 64 << 10), b"!")
    for change in ({0: b"!"}, {size - 1: b"!"}, middle):
        marks.add(fingerprint(sparse(huge, size, change)))
    assert len(marks) == 4


def test_a_folder_stands_for_the_videos_below_it(tmp_path: Path) -> None:
    for name in ("b.MP4", "a.mov", "day 2/c.mkv", "notes.txt", "._a.mov", ".hidden/d.mp4", "day 2/sound.WAV", "a.srt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    found = [path.relative_to(tmp_path).as_posix() for path in find_videos(tmp_path)]
    assert found == ["a.mov", "b.MP4", "day 2/c.mkv", "day 2/sound.WAV"]


def test_a_file_stands_for_itself_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "clip.dat"
    path.write_bytes(b"x")
    assert find_videos(path) == [path]


def test_a_folder_without_video(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(MediaError) as caught:
        find_videos(tmp_path)
    assert caught.value.code == "no_video_in_folder" and tmp_path.name in caught.value.message


def test_a_missing_path(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        find_videos(tmp_path / "gone")
    assert caught.value.code == "media_not_found"


def test_folders_that_point_into_themselves_end(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x")
    try:
        (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    except OSError:
        pytest.skip("this system does not let us make links")
    assert find_videos(tmp_path) == [tmp_path / "a.mp4"]
