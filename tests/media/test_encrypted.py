"""Encrypted footage is refused by name, whatever says so; its noise never becomes captions."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cuemark.core.errors import MediaError
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe

_KEY = {
    "encryption_scheme": "cenc-aes-ctr",
    "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
    "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
}


def _film(
    path: Path,
    seconds: int = 8,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    generator = np.random.default_rng(3)
    form = "mp4" if path.suffix in (".mov", ".m4v") else None
    with av.open(str(path), "w", format=form, options=options or {}) as container:
        container.metadata.update(metadata or {})
        stream: Any = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 160, 96, "yuv420p", 12
        for number in range(seconds * 25):
            drawn = generator.integers(0, 255, (96, 160, 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(drawn, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _refused(path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        info = probe(path)
        list(VideoFrames(info).at([Fraction(k) for k in range(int(info.duration))]))
    error = caught.value
    assert error.code == "media_encrypted" and path.name in error.message and "copy protection" in error.next_step


@pytest.mark.parametrize("scheme", [b"cenc", b"cbcs", b"cens", b"cbc1"])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".m4v"])
def test_mp4_of_every_common_scheme(tmp_path: Path, scheme: bytes, suffix: str) -> None:
    path = _film(tmp_path / f"film{suffix}", 3, options=_KEY)
    path.write_bytes(path.read_bytes().replace(b"schm\0\0\0\0cenc", b"schm\0\0\0\0" + scheme))
    _refused(path)


def test_mp4_that_is_clear_at_first(tmp_path: Path) -> None:
    """Services leave the first seconds clear: the same track has a plain and a protected sample entry."""
    path = _film(tmp_path / "lead.mp4", options=_KEY)
    path.write_bytes(_with_clear_entry_before(path.read_bytes()))
    _refused(path)


def _with_clear_entry_before(data: bytes) -> bytes:
    place = data.index(b"encv") - 4
    entry = data[place : place + struct.unpack(">I", data[place : place + 4])[0]]
    plain = entry.replace(b"encv", b"avc1", 1)
    grown = bytearray(data[:place] + plain + data[place:])
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
        at = grown.rindex(name, 0, place) - 4
        grown[at : at + 4] = struct.pack(">I", struct.unpack(">I", grown[at : at + 4])[0] + len(plain))
    count = grown.rindex(b"stsd", 0, place) + 8
    grown[count : count + 4] = struct.pack(">I", 2)
    return bytes(grown)


def test_a_packet_that_is_marked_is_never_decoded(tmp_path: Path) -> None:
    """Where the index does not say it in the clear: here the protected entry has a plain name."""
    path = _film(tmp_path / "hidden.mp4", 3, options=_KEY)
    path.write_bytes(path.read_bytes().replace(b"encv", b"avc1"))
    _refused(path)


def test_encrypted_sound_beside_clear_pictures_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        sound: Any = container.add_stream("aac", rate=48_000)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for number in range(50):
            frame = av.VideoFrame(160, 96, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        for number in range(20):
            heard = av.AudioFrame.from_ndarray(np.zeros((2, 960), np.float32), format="fltp", layout="stereo")
            heard.sample_rate, heard.pts, heard.time_base = 48_000, number * 960, Fraction(1, 48_000)
            container.mux(sound.encode(heard))
        container.mux(stream.encode())
        container.mux(sound.encode())
    path.write_bytes(path.read_bytes().replace(b"mp4a", b"enca"))
    assert probe(path).width == 160


def _packets(data: bytes) -> Iterator[tuple[int, int]]:
    """(offset, PID) of transport packets."""
    for place in range(0, len(data) - 187, 188):
        yield place, (data[place + 1] & 0x1F) << 8 | data[place + 2]


def _scrambled(data: bytes, wanted: Callable[[int], bool], pid: int = 256) -> bytes:
    out = bytearray(data)
    for number, (place, found) in enumerate(_packets(data)):
        if found == pid and wanted(number):
            start = 4 + (1 + out[place + 4] if out[place + 3] & 0x20 else 0)
            out[place + start : place + 188] = bytes(byte ^ 0xA7 for byte in out[place + start : place + 188])
            out[place + 3] |= 0x80
    return bytes(out)


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(lambda number: True, id="all of it"),
        pytest.param(lambda number: number > 4000, id="from the middle on"),
        pytest.param(lambda number: number % 10 == 0, id="every tenth packet"),
        pytest.param(lambda number: number < 4000, id="until the middle"),
    ],
)
@pytest.mark.parametrize("spacing", [188, 192, 204])
def test_a_scrambled_transport_stream(tmp_path: Path, wanted: Callable[[int], bool], spacing: int) -> None:
    path = _film(tmp_path / "film.ts")
    data = path.read_bytes()
    assert len(data) // 188 > 6000
    data = _scrambled(data, wanted)
    packets = [data[place : place + 188] for place, _ in _packets(data)]
    before, behind = (b"\0" * 4, b"") if spacing == 192 else (b"", b"\0" * (spacing - 188))
    path.write_bytes(b"".join(before + packet + behind for packet in packets))
    _refused(path)


def test_a_transport_stream_whose_key_came_a_moment_late_is_read(tmp_path: Path) -> None:
    path = _film(tmp_path / "film.ts", 12)
    data = path.read_bytes()
    path.write_bytes(_scrambled(data, lambda number: number < 60))
    assert probe(path).duration > 10


def _pes_scrambled(data: bytes) -> bytes:
    out, place = bytearray(data), data.find(b"\0\0\1\xe0")
    while place >= 0:
        if out[place + 6] & 0xC0 == 0x80:
            out[place + 6] |= 0x10
        place = data.find(b"\0\0\1\xe0", place + 4)
    return bytes(out)


@pytest.mark.parametrize(("name", "codec"), [("disc.vob", "mpeg2video"), ("air.ts", "libx264")])
def test_scrambled_elementary_packets(tmp_path: Path, name: str, codec: str) -> None:
    """A copied DVD, or a broadcast whose transport layer is clear."""
    path = _film(tmp_path / name, 4, codec)
    path.write_bytes(_pes_scrambled(path.read_bytes()))
    _refused(path)


def test_matroska_with_a_key(tmp_path: Path) -> None:
    path = _film(tmp_path / "film.mkv", 3, options={"live": "1"})
    path.write_bytes(_with_content_encryption(path.read_bytes()))
    _refused(path)


def _with_content_encryption(data: bytes) -> bytes:
    """The track's entry with ContentEncodings > ContentEncoding > (type 1, ContentEncryption > key id)."""

    def element(name: bytes, inside: bytes) -> bytes:
        return name + bytes([0x80 | len(inside)]) + inside

    encryption = element(b"\x50\x35", element(b"\x47\xe1", b"\5") + element(b"\x47\xe2", bytes(range(16))))
    encodings = element(b"\x6d\x80", element(b"\x62\x40", element(b"\x50\x33", b"\1") + encryption))
    tracks = data.index(b"\x16\x54\xae\x6b", data.index(b"\x15\x49\xa9\x66", 200))  # the list of elements names it, too
    entry = data.index(b"\xae", tracks + 5)
    grown = bytearray(data)
    for at, name in ((tracks, 4), (entry, 1)):
        first = grown[at + name]
        length = 9 - first.bit_length()
        size = int.from_bytes(grown[at + name : at + name + length], "big") + len(encodings)
        grown[at + name : at + name + length] = size.to_bytes(length, "big")
    behind = entry + 1 + 9 - grown[entry + 1].bit_length()
    return bytes(grown[:behind]) + encodings + bytes(grown[behind:])


def test_a_cinema_package(tmp_path: Path) -> None:
    path = _film(tmp_path / "reel.mxf", 1, "jpeg2000")
    data = path.read_bytes()
    element = data[data.index(bytes.fromhex("060e2b34010201010d010301")) :][:16]
    path.write_bytes(data.replace(element, bytes.fromhex("060e2b34020401070d010301027e0100")))
    _refused(path)


def test_windows_media_with_a_licence(tmp_path: Path) -> None:
    _refused(_film(tmp_path / "film.wmv", 1, "wmv2", metadata={"ASF_Protection_Type": "DRM"}))


@pytest.mark.parametrize("name", ["drmi", "encv"])
def test_a_film_from_a_store(tmp_path: Path, name: str) -> None:
    """FFmpeg knows no codec of that name, or does not say that it is a protected one."""
    path = _film(tmp_path / "bought.m4v", 1)
    path.write_bytes(path.read_bytes().replace(b"avc1", name.encode()))
    _refused(path)
