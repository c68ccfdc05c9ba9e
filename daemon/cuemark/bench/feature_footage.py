"""Footage for the features' benchmark: 1080p H.264 that costs a decoder what camera footage costs, written once.

A large picture with detail at every scale slides by under fresh noise, so that no two frames are equal and motion
vectors have something to find.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cuemark.bench.long_footage import need_room

WIDTH, HEIGHT, RATE = 1920, 1080, 25
_MARGIN = 256
_SCALES = ((6, 70.0), (24, 40.0), (96, 25.0), (384, 14.0))
_NOISES = 8
_ROOM = 400 << 20

Picture = NDArray[np.uint8]


def camera_like(work: Path, seconds: int, seed: int) -> Path:
    """`seconds` of 1080p in Matroska with GOPs of ten seconds.  StoreError disk_full."""
    target = work / f"camera-{seconds}s-seed{seed}.mkv"
    if not target.is_file():
        work.mkdir(parents=True, exist_ok=True)
        need_room(work, _ROOM)
        fresh = target.with_name(f".{os.getpid()}-{target.name}")
        try:
            _encode(frames(seconds * RATE, seed), fresh)
            os.replace(fresh, target)
        finally:
            fresh.unlink(missing_ok=True)
    return target


def frames(count: int, seed: int) -> Iterator[Picture]:
    """`count` pictures, RGB uint8 [1080, 1920, 3]."""
    generator = np.random.default_rng(seed)
    scene = _scene(generator)
    shape = (HEIGHT, WIDTH, 1)
    noises = [generator.normal(0, 3, shape).astype(np.int16) for _ in range(_NOISES)]
    for number in range(count):
        x = int(_MARGIN * (1 + np.sin(number / 40)))
        y = int(_MARGIN * (1 + np.cos(number / 55)))
        moved = scene[y : y + HEIGHT, x : x + WIDTH] + noises[number % _NOISES]
        yield np.clip(moved, 0, 255).astype(np.uint8)


def _scene(generator: np.random.Generator) -> NDArray[np.int16]:
    from PIL import Image

    size = (WIDTH + 2 * _MARGIN, HEIGHT + 2 * _MARGIN)
    scene = np.full((size[1], size[0], 3), 120, np.float32)
    for rows, strength in _SCALES:
        grid = generator.normal(0, strength, (rows, rows * size[0] // size[1], 3)).astype(np.float32)
        for channel in range(3):
            grown = Image.fromarray(grid[:, :, channel]).resize(size, Image.Resampling.BICUBIC)
            scene[:, :, channel] += np.asarray(grown)
    return scene.astype(np.int16)


def _encode(pictures: Iterator[Picture], target: Path) -> None:
    import av

    with av.open(str(target), "w") as container:
        stream: Any = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = WIDTH, HEIGHT, "yuv420p", 10 * RATE
        stream.options = {"preset": "veryfast", "crf": "23"}
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
