"""Writing results: never over a user's file, never half."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cuemark.cli.analyze.demo import prepared
from cuemark.cli.library.export import destination, write
from cuemark.core.errors import InputError, StoreError
from cuemark.core.export_formats import ExportedFile


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.edl"
    path.write_bytes(b"mine")
    with pytest.raises(InputError) as caught:
        write(path, b"new", force=False)
    assert caught.value.code == "file_exists" and "mine.edl" in str(caught.value)
    assert path.read_bytes() == b"mine"
    write(path, b"new", force=True)
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["mine.edl"]


def test_a_folder_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        write(tmp_path / "folder", b"new", force=True)


def test_a_place_that_cannot_be_written_has_its_own_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        write(tmp_path / "missing" / "a.edl", b"new", force=False)
    assert caught.value.code == "file_not_written"


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_a_written_file_has_the_users_usual_mode(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    write(tmp_path / "a.edl", b"new", force=False)
    assert (tmp_path / "a.edl").stat().st_mode == usual.stat().st_mode


def test_where_an_export_goes(tmp_path: Path) -> None:
    file = ExportedFile("clip.markers.edl", b"")
    assert destination(file, None) == Path("clip.markers.edl")
    assert destination(file, str(tmp_path)) == tmp_path / "clip.markers.edl"
    assert destination(file, str(tmp_path / "x.edl")) == tmp_path / "x.edl"
    assert destination(file, f"{tmp_path}/new/") == tmp_path / "new" / "clip.markers.edl"
    assert (tmp_path / "new").is_dir()


def test_the_demo_does_not_mix_with_other_files(tmp_path: Path) -> None:
    (tmp_path / "holiday.mov").touch()
    with pytest.raises(InputError) as caught:
        prepared(tmp_path)
    assert caught.value.code == "file_exists" and "holiday.mov" in str(caught.value)
    assert prepared(tmp_path / "new").is_dir()
    (tmp_path / "new" / "cuemark-demo.mp4").touch()
    assert prepared(tmp_path / "new").is_dir()
