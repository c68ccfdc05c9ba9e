"""Small films in many containers and codecs, made on the spot, and their mutants, drawn from a seed."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

RATE = 25
_FRAMES = 36


@dataclass(frozen=True)
class Film:
    """One kind of file: its name, how its pictures are coded, and what its container wants to be told."""

    name: str
    codec: str
    pixels: str = "yuv420p"
    size: tuple[int, int] = (96, 64)
    form: str | None = None
    options: dict[str, str] = field(default_factory=dict)


FILMS = (
    Film("h264.mp4", "libx264"),
    Film("fragments.mp4", "libx264", options={"movflags": "frag_keyframe+empty_moov"}),
    Film("hevc.mp4", "libx265"),
    Film("av1.mp4", "libsvtav1"),
    Film("mpeg4.mov", "mpeg4"),
    Film("prores.mov", "prores_ks", "yuv422p10le"),
    Film("rle.mov", "qtrle", "rgb24"),
    Film("png.mov", "png", "rgb24"),
    Film("motion-jpeg.mov", "mjpeg", "yuvj420p"),
    Film("h264.mkv", "libx264"),
    Film("ffv1.mkv", "ffv1"),
    Film("vp8.webm", "libvpx"),
    Film("vp9.webm", "libvpx-vp9"),
    Film("mpeg4.avi", "mpeg4"),
    Film("motion-jpeg.avi", "mjpeg", "yuvj420p"),
    Film("huffyuv.avi", "huffyuv", "yuv422p"),
    Film("utvideo.avi", "utvideo", "yuv422p"),
    Film("msmpeg4.avi", "msmpeg4"),
    Film("cinepak.avi", "cinepak", "rgb24"),
    Film("raw.avi", "rawvideo", size=(48, 32)),
    Film("sorenson.flv", "flv"),
    Film("h264.flv", "libx264"),
    Film("h264.ts", "libx264"),
    Film("mpeg2.ts", "mpeg2video"),
    Film("mpeg2.m2ts", "mpeg2video", form="mpegts", options={"mpegts_m2ts_mode": "1"}),
    Film("mpeg1.mpg", "mpeg1video"),
    Film("mpeg2.vob", "mpeg2video"),
    Film("wmv2.wmv", "wmv2"),
    Film("mpeg4.nut", "mpeg4"),
    Film("mpeg2.mxf", "mpeg2video", size=(160, 96)),
    Film("jpeg2000.mxf", "jpeg2000"),
    Film("h263.3gp", "h263", size=(176, 144)),
    Film("real.rm", "rv10", size=(160, 96)),
    Film("drawn.gif", "gif", "rgb8"),
    Film("drawn.apng", "apng", "rgb24"),
    Film("stream.h264", "libx264"),
    Film("wtv.wtv", "mpeg2video"),
    Film("flash.swf", "flv"),
    Film("raw.y4m", "rawvideo", size=(48, 32), form="yuv4mpegpipe"),
    Film("vp8.ivf", "libvpx"),
)
"""At least thirty of these are in every FFmpeg that comes with PyAV; others are left out where they are not."""


def written(film: Film) -> bytes | None:
    """The film's bytes; None where this FFmpeg cannot write it."""
    data = io.BytesIO()
    data.name = film.name
    try:
        with av.open(data, "w", format=film.form or _format_of(film.name), options=film.options) as container:
            stream: Any = container.add_stream(film.codec, rate=RATE)
            stream.width, stream.height, stream.pix_fmt, stream.gop_size = *film.size, film.pixels, 12
            stream.codec_context.thread_count = 1
            for number in range(_FRAMES):
                frame = av.VideoFrame.from_ndarray(_drawn(number, *film.size), format="rgb24").reformat(
                    format=film.pixels
                )
                frame.pts, frame.time_base = number, Fraction(1, RATE)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    except (av.error.FFmpegError, OSError, ValueError):
        return None
    return data.getvalue()


_FORMATS = {
    "mkv": "matroska", "ts": "mpegts", "mpg": "mpeg", "wmv": "asf", "3gp": "3gp", "h264": "h264",
}  # fmt: skip


def _format_of(name: str) -> str:
    suffix = name.rpartition(".")[2]
    return _FORMATS.get(suffix, suffix)


def _drawn(number: int, width: int, height: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, :, 0] = number * 6
    picture[number % height :, :, 1] = 120
    picture[:, number * 3 % width :, 2] = 200
    return picture


Mutation = Callable[[random.Random, bytearray, bytes], bytearray]
_EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 50_000_000)


def mutant(source: random.Random, data: bytes, other: bytes) -> bytes:
    """The data with one to three kinds of damage; `other` is a film of another kind."""
    damaged = bytearray(data)
    for mutate in source.sample(_MUTATIONS, source.randint(1, 3)):
        damaged = mutate(source, damaged, other)
    return bytes(damaged) or b"\0"


def _place(source: random.Random, data: bytearray, room: int = 1) -> int:
    return source.randrange(max(1, len(data) - room))


def _flip(source: random.Random, data: bytearray, other: bytes) -> bytearray:
    for _ in range(source.choice((1, 4, 16, 128))):
        data[_place(source, data)] ^= 1 << source.randrange(8)
    return data


def _overwrite(source: random.Random, data: bytearray, other: bytes) -> bytearray:
    place, count = _place(source, data), source.choice((8, 64, 512, 4096))
    filling = source.choice((bytes(count), b"\xff" * count, source.randbytes(count)))
    data[place : place + count] = filling[: len(data) - place]
    return data


def _cut(source: random.Random, data: bytearray, other: bytes) -> bytearray:
    return data[: _place(source, data) + 1]


def _behead(source: random.Random, data: bytearray, other: bytes) -> bytearray:
    return data[_place(source, data) :]


def _leave_out(source: random.Random, data: bytearray, other: bytes) -> bytearray:
    place = _place(source, data)
    del data[place : place + source.choice((1, 7, 188, 2048))]
    return data


def _double(source: random.Random, data: bytearray, other: bytes) -> bytearray:
    place = _place(source, data)
    data[place:place] = data[place : place + source.choice((16, 1024, len(data)))]
    return data


def _swap(source: random.Random, data: bytearray, other: bytes) -> bytearray:
    count = source.choice((4, 64, 1024))
    one, two = _place(source, data, count), _place(source, data, count)
    data[one : one + count], data[two : two + count] = data[two : two + count], data[one : one + count]
    return data


def _lie(source: random.Random, data: bytearray, other: bytes) -> bytearray:
    """Numbers near the beginning or the end, where indexes are, become extreme."""
    for _ in range(source.choice((1, 2, 6))):
        width = source.choice((1, 2, 4))
        near = source.randrange(min(len(data), 1200))
        place = near if source.random() < 0.6 else max(0, len(data) - 1 - near)
        value = source.choice(_EXTREMES) & (1 << 8 * width) - 1
        data[place : place + width] = value.to_bytes(width, source.choice(("big", "little")))
    return data


def _graft(source: random.Random, data: bytearray, other: bytes) -> bytearray:
    place, start = _place(source, data), source.randrange(max(1, len(other)))
    data[place : place + 2048] = other[start : start + 2048]
    return data


def _pad(source: random.Random, data: bytearray, other: bytes) -> bytearray:
    return data + source.choice((bytes(1 << 16), other, b"\xff" * 4096))


_MUTATIONS: tuple[Mutation, ...] = (
    _flip, _overwrite, _cut, _behead, _leave_out, _double, _swap, _lie, _graft, _pad,
)  # fmt: skip


def mutants(folder: Path, films: dict[str, bytes], count: int, seed: int) -> list[Path]:
    """So many files in `folder`, all films in turn; the same for the same seed."""
    names, found = sorted(films), []
    for number in range(count):
        name = names[number % len(names)]
        source = random.Random(f"{seed}/{number}/{name}")
        other = films[names[source.randrange(len(names))]]
        path = folder / f"{number:04}-{name}"
        path.write_bytes(mutant(source, films[name], other))
        found.append(path)
    return found
