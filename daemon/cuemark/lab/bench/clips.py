"""Footage for the sampling benchmark, one file for each way keyframes lie in real files; written once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.core.progress import Progress
from cuemark.lab.bench.feature_footage import HEIGHT, Picture, frames
from cuemark.lab.bench.long_footage import need_room

RATE = 25
_ASPECT = Fraction(16, 9)


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
    fresh = target.with_name(f".{os.getpid()}-{target.name}")
    try:
        pictures = frames(clip.distinct or clip.seconds * RATE, seed, height)
        _write(clip, _told(pictures, clip, progress), height, fresh)
        os.replace(fresh, target)
    finally:
        fresh.unlink(missing_ok=True)
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
