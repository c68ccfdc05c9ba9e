"""Footage for the features' benchmark: H.264 that costs a decoder what camera footage costs, written once.

A large picture with detail at every scale slides by under fresh noise, so that no two frames are equal and motion
vectors have something to find.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cuemark.bench.long_footage import need_room

HEIGHT, RATE = 1080, 25
_ASPECT = Fraction(16, 9)
_SCALES = ((6, 70.0), (24, 40.0), (96, 25.0), (384, 14.0))
_NOISES = 8
_ROOM = 400 << 20

Picture = NDArray[np.uint8]


def camera_like(work: Path, seconds: int, seed: int, height: int = HEIGHT) -> Path:
    """`seconds` of 16:9 in Matroska with GOPs of ten seconds.  StoreError disk_full."""
    target = work / f"camera-{height}p-{seconds}s-seed{seed}.mkv"
    if not target.is_file():
        work.mkdir(parents=True, exist_ok=True)
        need_room(work, _ROOM)
        fresh = target.with_name(f".{os.getpid()}-{target.name}")
        try:
            _encode(frames(seconds * RATE, seed, height), height, fresh)
            os.replace(fresh, target)
        finally:
            fresh.unlink(missing_ok=True)
    return target


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


def _encode(pictures: Iterator[Picture], height: int, target: Path) -> None:
    import av

    with av.open(str(target), "w") as container:
        stream: Any = container.add_stream("libx264", rate=RATE)
        stream.options = {"preset": "veryfast", "crf": "23"}
        stream.width, stream.height = int(height * _ASPECT), height
        stream.pix_fmt, stream.gop_size = "yuv420p", 10 * RATE
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
