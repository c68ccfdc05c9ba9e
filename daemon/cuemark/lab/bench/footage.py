"""Footage for benchmarks, written once into the work folder and used again.

Moving pictures with detail at every scale, which cost a decoder what camera footage costs; clips of them, one for each
way keyframes lie in real files; and footage of any length in seconds of work: three minutes of the sample world, their
packets written over and over.
"""

from __future__ import annotations

import itertools
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cuemark.core.errors import StoreError
from cuemark.core.files import put_in_place
from cuemark.core.progress import Progress
from cuemark.media.packets import demux

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from cuemark.lab.sample.script import Script

HEIGHT = 1080
_ASPECT = Fraction(16, 9)
_SCALES = ((6, 70.0), (24, 40.0), (96, 25.0), (384, 14.0))
_NOISES = 8

Picture = NDArray[np.uint8]


def frames(count: int, seed: int, height: int = HEIGHT) -> Iterator[Picture]:
    """`count` pictures, RGB uint8 [height, height * 16 / 9, 3]."""
    generator = np.random.default_rng(seed)
    width, margin = int(height * _ASPECT), height // 4
    scene = _scene(generator, width + 2 * margin, height + 2 * margin)
    noises = [generator.normal(0, 3, (height, width, 1)).astype(np.int16) for _ in range(_NOISES)]
    for number in range(count):
        x = int(margin * (1 + np.sin(number / 40)))
        y = int(margin * (1 + np.cos(number / 55)))
        moved = scene[y : y + height, x : x + width] + noises[number % _NOISES]
        yield np.clip(moved, 0, 255).astype(np.uint8)


def _scene(generator: np.random.Generator, width: int, height: int) -> NDArray[np.int16]:
    from PIL import Image

    scene = np.full((height, width, 3), 120, np.float32)
    for rows, strength in _SCALES:
        grid = generator.normal(0, strength, (rows, rows * width // height, 3)).astype(np.float32)
        for channel in range(3):
            grown = Image.fromarray(grid[:, :, channel]).resize((width, height), Image.Resampling.BICUBIC)
            scene[:, :, channel] += np.asarray(grown)
    return scene.astype(np.int16)


RATE = 25


@dataclass(frozen=True)
class Clip:
    """How one file is coded; `group` is how many frames apart its keyframes are, where it has others."""

    name: str
    about: str
    suffix: str
    codec: str
    seconds: int
    pixels: str
    group: int | None
    options: Mapping[str, str] = field(default_factory=dict)
    room: int = 64 << 20
    """About how many bytes of disk it takes."""
    distinct: int | None = None
    """So many frames are coded and then repeated, where each stands alone; None: all of them."""


LONG_GROUPS = Clip(
    "long-gop", "H.264 of 8 Mbit/s with a keyframe every ten seconds", "mp4", "libx264", 20, "yuv420p",
    250, {"preset": "veryfast", "b": "8000000"},
)  # fmt: skip
CAMERA = Clip(
    "camera", "H.264 of 24 Mbit/s with a keyframe every second, as cameras write it", "mp4", "libx264", 20, "yuv420p",
    25, {
        "preset": "veryfast", "b": "24000000", "maxrate": "28000000", "bufsize": "4000000",
        # A camera cannot look ahead.
        "x264-params": "scenecut=0:mbtree=0:rc-lookahead=5",
    }, 128 << 20,
)  # fmt: skip
INTRA = Clip(
    "intra", "ProRes 422, in which every frame stands alone", "mov", "prores_ks", 16, "yuv422p10le", None,
    {"profile": "2"}, 512 << 20, 25,
)  # fmt: skip
CLIPS = (LONG_GROUPS, CAMERA, INTRA)


def written(clip: Clip, work: Path, seed: int, progress: Progress, height: int = HEIGHT) -> Path:
    """The clip's file in `work`, 16:9 at 25 frames a second; made when it is not there yet.  StoreError disk_full."""
    target = work / f"sampling-{clip.name}-{height}p-{clip.seconds}s-seed{seed}.{clip.suffix}"
    if target.is_file():
        return target
    work.mkdir(parents=True, exist_ok=True)
    need_room(work, clip.room)
    with appears(target) as fresh:
        pictures = frames(clip.distinct or clip.seconds * RATE, seed, height)
        _write(clip, _told(pictures, clip, progress), height, fresh)
    return target


def _told(pictures: Iterator[Picture], clip: Clip, progress: Progress) -> Iterator[Picture]:
    total = clip.distinct or clip.seconds * RATE
    for number, picture in enumerate(pictures):
        progress.check()
        progress.update(f"write {clip.name}", number + 1, total, "frames")
        yield picture


def _write(clip: Clip, pictures: Iterator[Picture], height: int, target: Path) -> None:
    import av

    with av.open(str(target), "w") as container:
        stream: Any = container.add_stream(clip.codec, rate=RATE)
        stream.pix_fmt, stream.options = clip.pixels, dict(clip.options)
        stream.thread_type = "AUTO"
        if clip.group is not None:
            stream.gop_size = clip.group
        stream.height, stream.width = height, int(height * _ASPECT)
        packets = []
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            packets += stream.encode(frame)
        packets += stream.encode(None)
        if clip.distinct is None:
            container.mux(packets)
            return
        coded = [bytes(packet) for packet in packets]
        for number in range(clip.seconds * RATE):
            packet = av.Packet(coded[number % len(coded)])
            packet.stream, packet.time_base, packet.duration = stream, Fraction(1, RATE), 1
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            container.mux(packet)


BASE_SECONDS = 180
_EVENTS = 6
_TINY_SECONDS = 2
_SPARE = 1.5


def base_footage(work: Path, seed: int) -> Path:
    """Three minutes of cuts between scenes, 320 x 180, H.264 with one long group of pictures a scene."""
    return _sample_video(work / f"base-{BASE_SECONDS}s-seed{seed}.mp4", BASE_SECONDS, _EVENTS, seed)


def long_footage(work: Path, minutes: int, seed: int) -> Path:
    """`minutes` of footage: the base, cut short or drawn out.  StoreError disk_full before the disk is full."""
    target = work / f"footage-{minutes}min-seed{seed}.mp4"
    if target.is_file():
        return target
    base = base_footage(work, seed)
    need_room(work, int(base.stat().st_size * minutes * 60 / BASE_SECONDS * _SPARE))
    with appears(target) as fresh:
        repeat(base, fresh, Fraction(60 * minutes))
    return target


def tiny_files(work: Path, count: int, seed: int) -> list[Path]:
    """`count` videos of two seconds whose content differs, so that each is a media of its own."""
    first = _sample_video(work / f"tiny-base-seed{seed}.mp4", _TINY_SECONDS, 1, seed)
    return _differing(first, work / f"tiny-seed{seed}", count)


def distinct_files(work: Path, count: int, seconds: int, seed: int) -> list[Path]:
    """`count` videos of so many seconds, each a media of its own."""
    first = _sample_video(work / f"distinct-base-{seconds}s-seed{seed}.mp4", seconds, 3, seed)
    return _differing(first, work / f"distinct-{seconds}s-seed{seed}", count)


def _differing(first: Path, folder: Path, count: int) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    content = first.read_bytes()
    files = [folder / f"{number:05}.mp4" for number in range(count)]
    for number, file in enumerate(files):
        if not file.is_file():
            with appears(file) as fresh:
                # A box that players skip: the smallest difference that makes it another file.
                fresh.write_bytes(content + (16).to_bytes(4, "big") + b"free" + number.to_bytes(8, "big"))
    return files


def need_room(folder: Path, size: int) -> None:
    """StoreError disk_full where `size` bytes more do not fit."""
    free = shutil.disk_usage(folder).free
    if free < size:
        message = f"The benchmark needs {size >> 20} MiB in {folder}; {free >> 20} MiB are free."
        raise StoreError("disk_full", message, "Name another folder with --work.")


def _sample_video(target: Path, seconds: int, events: int, seed: int) -> Path:
    """Frames of the sample world, encoded smaller than the demo: three hours of them must fit on a disk."""
    from cuemark.lab.sample.script import write_script

    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        with appears(target) as fresh:
            _encode(write_script("cuts", "demo", seed, seconds=seconds, events=events), fresh)
    return target


def _encode(script: Script, target: Path) -> None:
    """One group of pictures a scene, so that a scene can be drawn out, and so that keyframes are rarer than samples:
    the pictures looked at then differ, however often a group is repeated."""
    import av

    from cuemark.lab.sample.scene import HEIGHT, WIDTH
    from cuemark.lab.sample.video import frames

    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=script.rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "32", "preset": "veryfast", "g": "9999", "sc_threshold": "0", "forced-idr": "1"}
        borders = {round(edge * script.rate) for event in script.events for edge in (event.start, event.end)}
        for number, frame in enumerate(frames(script)):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            if number in borders:
                picture.pict_type = av.video.frame.PictureType.I
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def repeat(base: Path, target: Path, seconds: Fraction) -> None:
    """Mux the base's packets until `seconds` are full, each group of pictures as often as that takes.

    So every scene lasts longer and none comes twice: what is found stays alike while the footage grows.  x264 closes
    its groups of pictures, which makes any order of them decodable.
    """
    import av

    with av.open(str(target), "w") as output, av.open(str(base)) as source:
        stream = source.streams.video[0]
        written = output.add_stream_from_template(stream)
        base_time = stream.time_base or Fraction(1, 90_000)
        groups = _groups(_packets(source, stream))
        whole = sum(length for _, length in groups) * base_time
        times, moved = -(-seconds // whole), 0
        for group, length in (each for each in groups for _ in range(times)):
            for data, pts, dts, duration, key in group:
                if (pts - group[0][1] + moved) * base_time < seconds:
                    packet = av.Packet(data)
                    packet.pts, packet.dts = pts - group[0][1] + moved, dts - group[0][1] + moved
                    packet.duration, packet.time_base = duration, base_time
                    packet.stream, packet.is_keyframe = written, key
                    output.mux(packet)
            moved += length


_Part = tuple[bytes, int, int, int, bool]  # data, pts, dts, duration, is a keyframe


def _packets(source: InputContainer, stream: VideoStream) -> list[_Part]:
    return [
        (bytes(packet), packet.pts, packet.dts, packet.duration or 0, packet.is_keyframe)
        for packet in demux(source, stream)
        if packet.pts is not None and packet.dts is not None
    ]


def _groups(parts: list[_Part]) -> list[tuple[list[_Part], int]]:
    """Groups of pictures, each with its length in ticks."""
    keys = [place for place, part in enumerate(parts) if part[4]]
    end = max(pts + duration for _, pts, _, duration, _ in parts)
    borders = [*(parts[place][1] for place in keys), end]
    cut = [parts[first:last] for first, last in itertools.pairwise([*keys, len(parts)])]
    return [(group, late - early) for group, (early, late) in zip(cut, itertools.pairwise(borders), strict=True)]


@contextmanager
def appears(target: Path) -> Iterator[Path]:
    """A name to write under; the file gets its own name when it is whole, and nothing is left when it is not."""
    fresh = target.with_name(f".{secrets.token_hex(4)}-{target.name}")
    try:
        yield fresh
        put_in_place(fresh, target)
    finally:
        fresh.unlink(missing_ok=True)
