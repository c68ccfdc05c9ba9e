"""Files written atomically: what a reader sees, what a failed write leaves, and what a changed file is called."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

import pytest

from cuemark.core import drafts, files
from cuemark.core.errors import MediaError

POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")


def test_content_may_be_bytes_text_or_written_by_a_function(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert files.atomic_write(path, b"abc") == 3
    assert files.atomic_write(path, "é\r\n") == 4
    assert path.read_bytes() == b"\xc3\xa9\r\n"
    assert files.atomic_write(path, lambda file: file.write(b"12345")) == 5
    assert path.read_bytes() == b"12345"


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def half(file: BinaryIO) -> None:
        file.write(b"new")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        files.atomic_write(path, half)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


@POSIX
def test_permissions_are_those_asked_for_less_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.atomic_write(tmp_path / "ordinary", b"")
        files.atomic_write(tmp_path / "private", b"", mode=files.PRIVATE_FILE)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "ordinary").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o600


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "no hard links"])
def test_exclusive_never_overwrites(links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not links:

        def refuse(source: object, target: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "file"
    files.atomic_write(path, b"first", exclusive=True)
    with pytest.raises(FileExistsError):
        files.atomic_write(path, b"second", exclusive=True)
    assert path.read_bytes() == b"first" and list(tmp_path.iterdir()) == [path]


def test_a_draft_with_a_known_name_replaces_what_a_kill_left_there(tmp_path: Path) -> None:
    draft = tmp_path / ".file.new"
    draft.write_bytes(b"torn")
    files.atomic_write(tmp_path / "file", b"whole", draft=draft)
    assert (tmp_path / "file").read_bytes() == b"whole" and not draft.exists()


def test_drafts_are_recognised_while_they_are_written(tmp_path: Path) -> None:
    seen: list[Path] = []
    files.atomic_write(tmp_path / "file", lambda file: seen.extend(tmp_path.iterdir()))
    assert len(seen) == 1 and drafts.is_draft(seen[0]) and not drafts.is_draft(tmp_path / "file")


def test_the_longest_file_name_can_be_written(tmp_path: Path) -> None:
    files.atomic_write(tmp_path / ("n" * 255), b"")
    assert (tmp_path / ("n" * 255)).exists()


def test_a_finished_draft_takes_its_place(tmp_path: Path) -> None:
    draft, path = tmp_path / "part", tmp_path / "file"
    draft.write_bytes(b"new")
    path.write_bytes(b"old")
    files.put_in_place(draft, path)
    assert path.read_bytes() == b"new" and not draft.exists()


@POSIX
def test_a_private_folder_and_what_it_lies_in_are_closed_to_others(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        files.make_private_folder(tmp_path / "a" / "b")
    finally:
        os.umask(umask)
    assert {stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "a", tmp_path / "a" / "b")} == {0o700}


@POSIX
def test_a_folder_of_the_users_own_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    files.make_private_folder(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_the_size_of_a_folder_counts_files_at_any_depth(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "one").write_bytes(b"12")
    (tmp_path / "a" / "b" / "two").write_bytes(b"345")
    assert files.bytes_in(tmp_path) == 5 and files.bytes_in(tmp_path / "none") == 0


@pytest.mark.parametrize(("number", "full"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EACCES, False)])
def test_a_full_disk_is_told_from_other_faults(number: int, full: bool) -> None:
    assert files.is_disk_full(OSError(number, "")) is full


def _code(watch: files.FileWatch) -> str:
    with pytest.raises(MediaError) as caught:
        watch.check()
    return caught.value.code


def test_a_watch_notices_change_and_disappearance(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"12")
    watch = files.FileWatch(path)
    watch.check()
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 10**9))  # rewritten with the same size
    assert _code(watch) == "media_changed"
    path.unlink()
    assert _code(watch) == "media_vanished"


def test_a_watch_that_knows_only_a_size_compares_only_that(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"12")
    watch = files.FileWatch(path, size=2)
    os.utime(path, ns=(0, 0))
    watch.check()
    path.write_bytes(b"123")
    assert _code(watch) == "media_changed"
