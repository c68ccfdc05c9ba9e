"""Drawn places for films of known camera moves: a large textured canvas, a camera over it, and what walks before it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

CANVAS = (2400, 1600)
"""Width and height of a place in pixels of the canvas; a camera at zoom 1 sees a quarter of its width."""
_SEEN = 600.0


@dataclass(frozen=True)
class View:
    """Where a camera looks: its middle in pixels of the canvas, how far it is zoomed in, and its roll in radians."""

    x: float
    y: float
    zoom: float = 1.0
    roll: float = 0.0


Path = Callable[[float], View]
"""Where the camera looks at a time, in seconds from the shot's begin."""


def place(kind: str, seed: int) -> Image:
    """A place, RGB uint8 [H, W, 3]: "street" (edges), "wood" (fine texture), "room" (few things), "sky" (nothing)."""
    draw = {"street": _street, "wood": _wood, "room": _room, "sky": _sky}[kind]
    return draw(random.Random(f"{kind}/{seed}"), np.random.default_rng(seed))


def _ground(rng: random.Random) -> Image:
    """A gradient between two colours."""
    width, height = CANVAS
    top, bottom = (np.array([rng.uniform(30, 220) for _ in range(3)]) for _ in range(2))
    share = np.linspace(0, 1, height)[:, None, None]
    return np.broadcast_to(top * (1 - share) + bottom * share, (height, width, 3)).astype(np.uint8).copy()


def _street(rng: random.Random, _: np.random.Generator) -> Image:
    import cv2

    canvas = _ground(rng)
    for _number in range(900):
        x, y = rng.randrange(CANVAS[0]), rng.randrange(CANVAS[1])
        width, height = rng.randint(10, 160), rng.randint(10, 160)
        colour = [rng.randint(0, 255) for _ in range(3)]
        cv2.rectangle(canvas, (x, y), (x + width, y + height), colour, -1)
    return canvas


def _wood(rng: random.Random, noise: np.random.Generator) -> Image:
    import cv2

    canvas = _ground(rng).astype(np.float32)
    width, height = CANVAS
    for step, strength in ((4, 14), (10, 26), (30, 34), (100, 40)):
        cells = noise.standard_normal((height // step + 2, width // step + 2, 1)) * strength
        canvas += cv2.resize(cells.astype(np.float32), CANVAS, interpolation=cv2.INTER_CUBIC)[..., None]
    return canvas.clip(0, 255).astype(np.uint8)


def _room(rng: random.Random, noise: np.random.Generator) -> Image:
    import cv2

    canvas = _ground(rng)
    for _number in range(120):
        middle = rng.randrange(CANVAS[0]), rng.randrange(CANVAS[1])
        axes = rng.randint(15, 120), rng.randint(15, 120)
        cv2.ellipse(canvas, middle, axes, rng.uniform(0, 180), 0, 360, [rng.randint(0, 255) for _ in range(3)], -1)
    grain = noise.standard_normal((CANVAS[1] // 3, CANVAS[0] // 3)).astype(np.float32) * 5
    return (canvas + cv2.resize(grain, CANVAS)[..., None]).clip(0, 255).astype(np.uint8)


def _sky(rng: random.Random, _: np.random.Generator) -> Image:
    return _ground(rng)


def for_size(canvas: Image, width: int) -> Image:
    """A place without what is too fine for a camera of this width at zoom 1."""
    import cv2

    scale = width / _SEEN
    return canvas if scale >= 0.9 else np.asarray(cv2.GaussianBlur(canvas, (0, 0), 0.4 / scale), np.uint8)


def seen(canvas: Image, view: View, size: tuple[int, int]) -> Image:
    """What a camera of `size` (width, height) sees of a place."""
    import cv2

    width, height = size
    scale = width / _SEEN * view.zoom
    cos, sin = scale * math.cos(view.roll), scale * math.sin(view.roll)
    matrix = np.array(
        [
            [cos, -sin, width / 2 - cos * view.x + sin * view.y],
            [sin, cos, height / 2 - sin * view.x - cos * view.y],
        ]
    )
    picture = cv2.warpAffine(canvas, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(picture, np.uint8)


@dataclass(frozen=True)
class Walker:
    """Something that moves before the camera: `size` in shares of the picture's height, `speed` in widths a second."""

    size: float
    speed: float
    start: float
    seed: int

    def draw(self, picture: Image, seconds: float) -> Image:
        """The picture with it, at a time from the shot's begin."""
        import cv2

        height, width = picture.shape[:2]
        tall = round(self.size * height)
        wide = max(2, round(0.5 * tall))
        rng = np.random.default_rng(self.seed)
        cells = rng.integers(0, 256, (8, 5, 3)).astype(np.uint8)
        figure = cv2.resize(cells, (wide, tall), interpolation=cv2.INTER_LINEAR)
        mask = cv2.ellipse(
            np.zeros((tall, wide), np.uint8), (wide // 2, tall // 2), (wide // 2, tall // 2), 0, 0, 360, 1, -1
        )
        left = round((self.start + self.speed * seconds) * width)
        top = height - tall + round(0.02 * height * math.sin(9 * seconds))
        return _laid(picture, np.asarray(figure, np.uint8), np.asarray(mask, np.uint8), left, top)


def _laid(picture: Image, figure: Image, mask: Image, left: int, top: int) -> Image:
    height, width = picture.shape[:2]
    x, after = max(0, left), min(width, left + figure.shape[1])
    y, below = max(0, top), min(height, top + figure.shape[0])
    if x < after and y < below:
        part = np.s_[y - top : below - top, x - left : after - left]
        picture[y:below, x:after] = np.where(mask[part][..., None] > 0, figure[part], picture[y:below, x:after])
    return picture
