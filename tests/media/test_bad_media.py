"""Files nobody can analyse: each has its own reason code and one line that names it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cuemark.core.errors import MediaError
from cuemark.media.fingerprint import fingerprint
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe
from cuemark.media.sampling import sample_times

Film = Callable[..., Path]


def refusal(path: Path) -> MediaError:
    with pytest.raises(MediaError) as caught:
        probe(path)
    error = caught.value
    assert error.message.endswith(".") and "\n" not in str(error) and error.next_step
    str(error).encode("utf-8")  # the message can be sent and printed whatever the name
    return error


def test_missing(tmp_path: Path) -> None:
    error = refusal(tmp_path / "gone.mp4")
    assert error.code == "media_not_found" and "gone.mp4" in error.message


def test_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    assert refusal(path).code == "media_is_empty"


@pytest.mark.parametrize("name", ["text.mp4", "notes.txt", "readme.md", "noise.mkv", "one-byte.mov"])
def test_what_is_no_video(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes({"noise.mkv": bytes(range(256)) * 200, "one-byte.mov": b"x"}.get(name, b"Dear diary,\n" * 500))
    assert refusal(path).code == "media_not_recognised"


@pytest.mark.parametrize("name", ["list.m3u8", "list.mp4"])
def test_a_playlist_never_opens_other_files(film: Film, name: str) -> None:
    other = film("other.ts", 50)
    path = other.with_name(name)
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{other.name}\n#EXT-X-ENDLIST\n")
    assert refusal(path).code == "media_not_recognised"


def test_a_concat_list_never_opens_other_files(film: Film) -> None:
    path = film("other.mp4", 5).with_name("list.ffconcat")
    path.write_text("ffconcat version 1.0\nfile other.mp4\n")
    assert refusal(path).code == "media_not_recognised"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert refusal(tmp_path).code == "media_unreadable"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert refusal(tmp_path / "pipe.mp4").code == "media_unreadable"


def test_a_name_too_long_for_the_disk(tmp_path: Path) -> None:
    assert refusal(tmp_path / ("x" * 300 + ".mp4")).code == "media_unreadable"


def test_half_an_mp4_with_its_index_at_the_end(film: Film) -> None:
    path = film("half.mp4", 200)
    data = path.read_bytes()
    for share in (2, 3, 10):
        path.write_bytes(data[: len(data) // share])
        assert refusal(path).code == "media_truncated_unreadable"


def test_an_mp4_cut_behind_its_index(film: Film) -> None:
    path = film("head.mp4", 200, options={"movflags": "faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + 6])
    assert refusal(path).code == "media_truncated_unreadable"


def test_a_zeroed_body_has_no_picture(film: Film) -> None:
    path = film("wiped.mp4", 50, options={"movflags": "faststart"})
    data = path.read_bytes()
    body = data.index(b"mdat") + 4
    path.write_bytes(data[:body] + bytes(len(data) - body))
    assert refusal(path).code == "media_undecodable"


@pytest.mark.parametrize("name", ["sound.m4a", "sound.mp4", "sound.wav", "sound.mkv"])
def test_sound_only_is_none_that_has_pictures(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le" if name.endswith("wav") else "aac", rate=48_000)
        for start in range(0, 48_000, 960):
            is_wav = name.endswith("wav")
            samples = np.zeros((1, 1920), np.int16) if is_wav else np.zeros((2, 960), np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="s16" if is_wav else "fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    info = probe(path)
    assert not info.has_picture and (info.width, info.height) == (0, 0)
    assert float(info.duration) == pytest.approx(1, abs=0.05)


_AS_NOBODY = """
import os, sys
from pathlib import Path
from cuemark.core.errors import MediaError
from cuemark.media.fingerprint import fingerprint
from cuemark.media.probe import find_videos, probe
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
for action in (probe, fingerprint, find_videos):
    try:
        action(Path(os.fsdecode(sys.argv[1])))
    except MediaError as error:
        print(error.code)
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="file modes do not forbid reading on this system")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_unreadable(film: Film, what: str) -> None:
    path = film("secret.mp4", 5)
    for folder in (path.parent, *path.parent.parents):
        if folder.name.startswith(("pytest-", "popen-")):  # the latter of a worker of pytest-xdist
            folder.chmod(0o755)
    path.parent.chmod(0o755 if what == "file" else 0)
    path.chmod(0o0)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _AS_NOBODY, os.fspath(path)], capture_output=True, text=True, check=False, cwd="/"
        )
    finally:
        path.parent.chmod(0o755)
    if "ModuleNotFoundError" in done.stderr or "can't open file" in done.stderr:
        pytest.skip("the package itself may not be read by another user here")
    codes = done.stdout.split()
    assert codes[:2] == ["media_unreadable"] * 2, done.stderr
    # Finding a file that is there needs no permission to read it.
    assert codes[2:] == ([] if what == "file" else ["media_unreadable"])


def test_deleted_while_it_is_read(film: Film) -> None:
    info = probe(film("clip.mp4", 100))
    samples = VideoFrames(info).at(sample_times(info, Fraction(25)))
    next(samples)
    info.path.unlink()
    with pytest.raises(MediaError) as caught:
        list(samples)
    assert caught.value.code == "media_vanished" and "clip.mp4" in caught.value.message


def test_deleted_between_probe_and_reading(film: Film) -> None:
    info = probe(film("clip.mp4", 30))
    info.path.unlink()
    with pytest.raises(MediaError) as caught:
        next(VideoFrames(info).at(sample_times(info)))
    assert caught.value.code == "media_vanished"


def test_changed_while_it_is_read(film: Film) -> None:
    info = probe(film("clip.mp4", 100))
    samples = VideoFrames(info).at(sample_times(info, Fraction(25)))
    next(samples)
    with info.path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(MediaError) as caught:
        list(samples)
    assert caught.value.code == "media_changed"


@pytest.mark.parametrize(
    "name",
    [
        b"two words.mp4", b"it's \"quoted\".mp4",
        "caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{CLAPPER BOARD}.mp4".encode(),
        b"-rf.mp4", b"concat:a|b.mp4", b"%03d.mp4", b"line\nbreak.mp4", b"\xff\xfe\x80.mp4", b"http:..mp4", b"noext",
    ],
)  # fmt: skip
def test_any_name_works(film: Film, name: bytes) -> None:
    source = film("plain.mp4", 60)
    path = Path(os.fsdecode(os.fsencode(source.parent) + b"/" + name))
    try:
        source.rename(path)
    except OSError:
        pytest.skip("this file system does not take such a name")
    info = probe(path)
    assert info.warnings == () and info.path == path
    assert len(list(VideoFrames(info).at(sample_times(info)))) == 6


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps names that are no UTF-8")
def test_a_refusal_of_an_odd_name_can_be_shown(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff\n.mp4"))
    path.write_text("no video")
    assert "bad\N{REPLACEMENT CHARACTER}" in refusal(path).message


def test_fingerprint_of_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        fingerprint(tmp_path / "gone.mp4")
    assert caught.value.code == "media_not_found"
