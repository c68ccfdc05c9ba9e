"""A searched folder: source code that is named like footage is passed over, footage that cannot be read is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cuemark.core.errors import MediaError
from cuemark.media.folder import search

PACKET = b"\x47\x40\x00\x10" + bytes(184)
RECORDINGS = {
    "transport.ts": PACKET * 30,
    "camcorder.mts": (b"\0\0\0\0" + PACKET) * 30,
    "jvc.mod": b"\x00\x00\x01\xba\x44\x00\x04\x00\x04\x01" + bytes(2000),
    "begun anywhere.ts": os.urandom(5000).replace(b"\n", b"\x80") + b"\0\xff" + PACKET * 30,
}
OTHER_THINGS = {
    "index.ts": b"export const x = 1\n",
    "comment.ts": "// größer als „Kino“ 🎬\nexport {}\n".encode() * 400,
    "empty.ts": b"",
    "util.mts": b"export {}\n",
    "go.mod": b"module example.org/x\n\ngo 1.22\n",
    "kernel.mod": b"/src/driver.o\n",
    "fortran.mod": b"\x1f\x8b\x08\x00" + bytes(range(200)),
    "tune.mod": bytes(1080) + b"M.K." + bytes(3000),
    "de.ts": b'<?xml version="1.0"?>\n<!DOCTYPE TS>\n<TS version="2.1"/>\n',
    "utf16.ts": "export {}".encode("utf-16"),
    "script.nut": b"function main() { print(1) }\n",
}
UNREADABLE = ("A001.braw", "A002.R3D", "VID_1.insv", "GS0101.360", "clip.ari", "M01.mlv")


def test_by_content_and_not_by_name_alone(tmp_path: Path) -> None:
    for name, content in {**RECORDINGS, **OTHER_THINGS}.items():
        (tmp_path / name).write_bytes(content)
    assert {path.name for path in search(tmp_path).videos} == set(RECORDINGS)


@pytest.mark.parametrize("name", ["notes.mp4", "page.mov", "list.mkv"])
def test_what_can_only_be_meant_as_a_video_keeps_its_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("<html>not found</html>")
    assert [path.name for path in search(tmp_path).videos] == [name]


def test_a_file_named_directly_is_tried_whatever_it_is(tmp_path: Path) -> None:
    (tmp_path / "index.ts").write_text("export {}")
    assert search(tmp_path / "index.ts").videos == (tmp_path / "index.ts",)


def test_footage_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "card").mkdir()
    for name in UNREADABLE:
        (tmp_path / "card" / name).write_bytes(b"x")
    with pytest.raises(MediaError) as refused:
        search(tmp_path)
    assert refused.value.code == "no_video_in_folder" and "A001.braw" in refused.value.message
    (tmp_path / "a.mp4").write_bytes(b"x")
    found = search(tmp_path)
    assert [path.name for path in found.videos] == ["a.mp4"]
    assert sorted(path.name for path in found.passed_over) == sorted(UNREADABLE)


@pytest.mark.skipif(os.name == "nt", reason="POSIX")
def test_a_pipe_with_such_a_name_does_not_stop_the_search(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "never.ts")
    (tmp_path / "a.mp4").write_bytes(b"x")
    assert tmp_path / "a.mp4" in search(tmp_path).videos
