"""A probe of what a CLIP knows of emptiness: whether statements that nothing is there fit pictures of nothing better.

A CLIP that never saw an empty picture called so gives such statements any logit at all, and one of them wins over a
good caption somewhere in every video.  So they count only for a CLIP that passes: on drawn pictures without anything,
and on some with a thing in the middle, the statements must win on the former and not on the latter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from torch import Tensor

Picture = NDArray[np.uint8]

PROBE_VERSION = 2
"""Raise when another answer may come out for the same CLIP: answers are kept with its exported tower."""

STATEMENTS = ("nothing", "an empty scene", "an empty place", "nobody is there", "a blank frame", "a black screen")
THINGS = (
    "a person", "a dog", "a cat", "a bird", "a car", "a house", "a tree", "a flower", "a ball", "a boat", "a fish",
    "a cup", "a chair", "a star",
)  # fmt: skip

_SIZE = (320, 180)
_SKY, _GRASS = (150, 190, 230), (90, 140, 70)
# A statement is known when it is further ahead on pictures of nothing by so many logits, and in such a share of the
# pairs of the two kinds; a CLIP knows emptiness when it knows two statements of it.  One trained on empty scenes has 14
# and 0.97 for four of them, one that knows objects alone at most 1.4 and 0.83.
_AHEAD, _PAIRS, _KNOWN = 2.5, 0.9, 2


class ImageTower(Protocol):
    """What the probe uses of an ImageEncoder."""

    def preprocess(self, rgb: Picture) -> NDArray[np.float32]: ...

    def encode(self, batch: NDArray[np.float32]) -> NDArray[np.float32]: ...


class TextTower(Protocol):
    """What the probe uses of a TextEncoder."""

    @property
    def logit_scale(self) -> float: ...

    def encode(self, texts: Sequence[str]) -> Tensor: ...


def knows_emptiness(images: ImageTower, texts: TextTower) -> bool:
    """Whether a CLIP tells pictures of nothing by statements that nothing is there; encodes some fifteen pictures."""
    nothing, something = blank_pictures(), pictures_of_things()
    vectors = images.encode(np.stack([images.preprocess(picture) for picture in (*nothing, *something)]))
    ahead = _ahead(vectors, texts)
    without, with_thing = ahead[: len(nothing)], ahead[len(nothing) :]
    further = np.median(without, axis=0) - np.median(with_thing, axis=0)
    pairs = (without[:, None] > with_thing[None]).mean(axis=(0, 1))
    return int(((further >= _AHEAD) & (pairs >= _PAIRS)).sum()) >= _KNOWN


def _ahead(vectors: NDArray[np.float32], texts: TextTower) -> NDArray[np.float64]:
    """[n, S]: by how many logits each statement is ahead of the names of things, in the mean, for each picture."""
    encoded = texts.encode([*STATEMENTS, *THINGS]).float().cpu().numpy()
    logits = texts.logit_scale * vectors.astype(np.float64) @ encoded.T
    ahead: NDArray[np.float64] = logits[:, : len(STATEMENTS)] - logits[:, len(STATEMENTS) :].mean(axis=1, keepdims=True)
    return ahead


def blank_pictures() -> list[Picture]:
    """Black, grey, white, two plain colours, a ramp, and blurred noise twice; RGB uint8 [H, W, 3]."""
    colours = ((4, 4, 4), (128, 128, 128), (245, 245, 245), (40, 60, 160), (60, 120, 60))
    plain = [Image.new("RGB", _SIZE, colour) for colour in colours]
    ramp = Image.linear_gradient("L").resize(_SIZE).point(lambda level: 60 + level // 2).convert("RGB")
    return [np.asarray(picture) for picture in (*plain, ramp, _blurred_noise(4), _blurred_noise(8))]


def _blurred_noise(cells: int) -> Image.Image:
    """Soft patches of colour, so many across."""
    levels = np.random.default_rng(cells).integers(90, 150, (cells, 2 * cells, 3), np.uint8)
    return Image.fromarray(levels).resize(_SIZE, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(12))


Shape = tuple[str, tuple[int, int, int], Sequence[float]]


def pictures_of_things() -> list[Picture]:
    """A ball, a house, somebody, a fish, a car, a flower, a cup and a star, each in the middle of a picture."""
    plain = [Image.new("RGB", _SIZE, colour) for colour in ((90, 150, 90), (60, 120, 190), (110, 160, 90))]
    lawn, water, meadow = plain
    table, night = Image.new("RGB", _SIZE, (180, 160, 140)), Image.new("RGB", _SIZE, (30, 40, 90))
    return [
        _drawn(lawn, [("ellipse", (200, 40, 40), (120, 70, 200, 150))]),
        _drawn(_outdoors(), _HOUSE),
        _drawn(_outdoors(), _SOMEBODY),
        _drawn(water, _FISH),
        _drawn(_outdoors(), _CAR),
        _drawn(meadow, [*_petals(), ("ellipse", (250, 210, 60), (142, 72, 178, 108))]),
        _drawn(table, _CUP),
        _drawn(night, [("polygon", (250, 220, 80), _star())]),
    ]


_HOUSE: tuple[Shape, ...] = (
    ("rectangle", (200, 160, 110), (110, 80, 210, 140)),
    ("polygon", (150, 50, 40), (100, 80, 160, 40, 220, 80)),
    ("rectangle", (80, 50, 30), (150, 105, 170, 140)),
)
_SOMEBODY: tuple[Shape, ...] = (
    ("ellipse", (220, 180, 150), (146, 44, 174, 76)),
    ("rectangle", (40, 60, 160), (142, 76, 178, 125)),
    ("rectangle", (40, 40, 50), (146, 125, 158, 165)),
    ("rectangle", (40, 40, 50), (162, 125, 174, 165)),
)
_FISH: tuple[Shape, ...] = (
    ("ellipse", (240, 160, 40), (100, 64, 200, 116)),
    ("polygon", (240, 160, 40), (195, 90, 235, 65, 235, 115)),
    ("ellipse", (0, 0, 0), (116, 80, 124, 88)),
)
_CAR: tuple[Shape, ...] = (
    ("rectangle", (190, 40, 40), (80, 100, 240, 135)),
    ("polygon", (190, 40, 40), (110, 100, 135, 75, 195, 75, 220, 100)),
    ("ellipse", (20, 20, 20), (99, 121, 131, 153)),
    ("ellipse", (20, 20, 20), (189, 121, 221, 153)),
)
_CUP: tuple[Shape, ...] = (
    ("ellipse", (240, 240, 240), (176, 72, 220, 112)),
    ("ellipse", (180, 160, 140), (186, 81, 210, 103)),
    ("rectangle", (240, 240, 240), (130, 60, 190, 130)),
)


def _petals() -> list[Shape]:
    angles = np.arange(6) * np.pi / 3
    middles = [(160 + 34 * np.cos(angle), 90 + 34 * np.sin(angle)) for angle in angles]
    return [("ellipse", (230, 80, 160), (x - 20, y - 20, x + 20, y + 20)) for x, y in middles]


def _star() -> list[float]:
    points = [(60 if corner % 2 == 0 else 25, corner * np.pi / 5) for corner in range(10)]
    return [at for far, angle in points for at in (160 + far * np.sin(angle), 90 - far * np.cos(angle))]


def _outdoors() -> Image.Image:
    picture = Image.new("RGB", _SIZE, _SKY)
    picture.paste(_GRASS, (0, 110, *_SIZE))
    return picture


def _drawn(picture: Image.Image, shapes: Sequence[Shape]) -> Picture:
    """The picture with shapes on it: an ImageDraw method, its colour, its coordinates."""
    pen = ImageDraw.Draw(picture)
    for method, colour, where in shapes:
        getattr(pen, method)(list(where), fill=colour)
    return np.asarray(picture)
