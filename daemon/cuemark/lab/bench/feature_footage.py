"""Pictures for the benchmarks' footage: moving ones that cost a decoder what camera footage costs.

A large picture with detail at every scale slides by under fresh noise, so that no two frames are equal and motion
vectors have something to find.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

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
