"""Writing results: never over a user's file, never half."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest
import typer

from cuemark.cli.analyze.demo import prepared
from cuemark.cli.library.output_file import destination, goes_to_stdout, write
from cuemark.core.errors import InputError, StoreError

posix = pytest.mark.skipif(os.name == "nt", reason="links, pipes and devices of POSIX")


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
    assert caught.value.code == "file_not_written" and "no folder" in caught.value.message
    assert "Make the folder first" in caught.value.next_step


@posix
def test_a_written_file_has_the_users_usual_mode(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    write(tmp_path / "a.edl", b"new", force=False)
    assert (tmp_path / "a.edl").stat().st_mode == usual.stat().st_mode


def test_where_an_export_goes(tmp_path: Path) -> None:
    name = "clip.markers.edl"
    assert destination(name, None) == Path("clip.markers.edl")
    assert destination(name, str(tmp_path)) == tmp_path / "clip.markers.edl"
    assert destination(name, str(tmp_path / "x.edl")) == tmp_path / "x.edl"
    assert destination(name, f"{tmp_path}/new/") == tmp_path / "new" / "clip.markers.edl"
    assert (tmp_path / "new").is_dir()


@pytest.mark.parametrize(
    "suggested",
    ["../outside.edl", "/etc/outside.edl", "..\\outside.edl", "C:\\outside.edl", "a/../../x", "..", ".", "", "a\0b"],
)
def test_a_suggested_name_never_leads_to_another_folder(tmp_path: Path, suggested: str) -> None:
    inside = destination(suggested, str(tmp_path))
    assert inside.parent == tmp_path and inside != tmp_path and inside.name not in ("..", ".")
    assert destination(suggested, None).parent == Path()
    write(inside, b"x", force=False)
    assert os.listdir(tmp_path) == [inside.name]


@pytest.mark.parametrize(("name", "kept"), [("CON.edl", "_CON.edl"), ("nul", "_nul"), ("console.edl", "console.edl")])
def test_a_name_that_windows_takes_for_a_device_is_no_suggestion(name: str, kept: str) -> None:
    assert destination(name, None) == Path(kept)


@posix
def test_a_link_stays_one_and_what_it_names_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "shared.csv", tmp_path / "link.csv"
    target.write_bytes(b"old")
    target.chmod(0o640)
    if os.getuid() == 0:
        os.chown(target, 65534, 65534)
    owner = target.stat().st_uid
    link.symlink_to(target.name)
    with pytest.raises(InputError) as caught:
        write(link, b"new", force=False)
    assert caught.value.code == "file_exists" and target.read_bytes() == b"old"
    write(link, b"new", force=True)
    assert link.is_symlink() and target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640, "a file that is replaced keeps its permissions"
    assert target.stat().st_uid == owner, "and after a sudo is still the user's own"
    assert sorted(os.listdir(tmp_path)) == ["link.csv", "shared.csv"]


@posix
def test_a_link_to_nothing_gets_what_it_names(tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "later.csv")
    write(link, b"new", force=False)
    assert link.is_symlink() and (tmp_path / "later.csv").read_bytes() == b"new"
    ring = tmp_path / "ring"
    ring.symlink_to(ring)
    with pytest.raises(StoreError) as caught:
        write(ring, b"new", force=True)
    assert caught.value.code == "file_not_written"


@posix
@pytest.mark.parametrize("force", [False, True])
def test_a_pipe_is_written_into(tmp_path: Path, force: bool) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with (tmp_path / "read").open("wb") as read, subprocess.Popen(["cat", str(pipe)], stdout=read):
        write(pipe, b"rows" * 50000, force=force)
    assert (tmp_path / "read").read_bytes() == b"rows" * 50000
    assert pipe.is_fifo()


@posix
@pytest.mark.parametrize("force", [False, True])
def test_a_device_is_written_into(tmp_path: Path, force: bool) -> None:
    write(Path("/dev/null"), b"new", force=force)
    link = tmp_path / "nowhere"
    link.symlink_to("/dev/null")
    write(link, b"new", force=force)
    assert link.is_symlink() and Path("/dev/null").is_char_device()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_has_its_own_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        write(Path("/dev/full"), b"new", force=False)
    assert caught.value.code == "disk_full" and "/dev/full" in str(caught.value)
    assert Path("/dev/full").is_char_device()


@posix
def test_a_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        with pytest.raises(StoreError) as caught:
            write(path, b"new", force=True)
        assert caught.value.code == "file_not_written" and path.is_socket()


@posix
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_every_name_of_stdout_is_stdout(name: str, tmp_path: Path) -> None:
    assert goes_to_stdout(name, json_output=False)
    link = tmp_path / "out"
    link.symlink_to(name)
    assert goes_to_stdout(str(link), json_output=False)
    assert not goes_to_stdout(str(tmp_path / "1"), json_output=False)
    with pytest.raises(typer.BadParameter):
        goes_to_stdout(name, json_output=True)


@posix
def test_a_stream_that_the_shell_opened_is_not_cut(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w+b") as log:
        log.write(b"before ")
        log.flush()
        write(Path(f"/dev/fd/{log.fileno()}"), b"rows", force=False)
        log.write(b" after")
    assert (tmp_path / "log").read_bytes() == b"before rows after"


def test_an_empty_name_is_no_place() -> None:
    with pytest.raises(typer.BadParameter):
        goes_to_stdout("", json_output=False)


def test_the_demo_does_not_mix_with_other_files(tmp_path: Path) -> None:
    (tmp_path / "holiday.mov").touch()
    with pytest.raises(InputError) as caught:
        prepared(tmp_path)
    assert caught.value.code == "file_exists" and "holiday.mov" in str(caught.value)
    assert prepared(tmp_path / "new").is_dir()
    (tmp_path / "new" / "cuemark-demo.mp4").touch()
    assert prepared(tmp_path / "new").is_dir()
