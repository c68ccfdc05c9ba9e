"""Image statistics of the sampled frames: what a picture says of itself before any model looks at it.

They are computed beside preprocessing, on a small copy of the encoder's picture, and kept with the feature track.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MEASURES_VERSION = 3
"""Raise when `measure` gives other numbers for the same picture: what is kept is then measured again."""

NAMES = ("brightness", "highlight", "contrast", "sharpness", "flat", "straight", "colours", "coloured")
"""The columns of `FrameMeasures.values`, each explained in `measure`."""

# So few that noise averages out and a frame costs little; enough for what a person takes in at a glance.
_PIXELS = 96 * 54
_THUMBNAIL_PIXELS = 48 * 27
# In levels of 255.  A smaller step is none; a larger one is an edge.
_STEP, _EDGE = 12, 24
# An edge is straight where its gradient across it is so many times that along it.
_STRAIGHT = 5
# Of an HSV colour, below which it is rather grey or black.
_SATURATED, _LIT = 90, 70
_HUES = 12
_FILLS = 0.02


@dataclass(frozen=True, eq=False)
class PictureMeasures:
    """The statistics of one picture: float32 [M] in the order of `NAMES`, and a grey thumbnail uint8 [h, w]."""

    values: NDArray[np.float32]
    thumbnail: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class FrameMeasures:
    """The statistics of T frames: `values` float32 [T, M] by name, `thumbnails` uint8 [T, h, w] in grey.

    ValueError when the parts do not fit each other.  The arrays are read-only.
    """

    values: NDArray[np.float32]
    thumbnails: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(NAMES) or self.values.dtype != np.float32:
            raise ValueError(f"float32 [T, {len(NAMES)}] is meant, not {self.values.dtype} {self.values.shape}")
        if self.thumbnails.ndim != 3 or len(self.thumbnails) != len(self.values) or self.thumbnails.dtype != np.uint8:
            raise ValueError(f"thumbnails {self.thumbnails.shape} do not fit {len(self.values)} frames")
        self.values.setflags(write=False)
        self.thumbnails.setflags(write=False)

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[PictureMeasures]:
        """Picture by picture."""
        return map(PictureMeasures, self.values, self.thumbnails)

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """One statistic of all frames, float32 [T]; KeyError for a name that is none of `NAMES`."""
        if name not in NAMES:
            raise KeyError(name)
        column: NDArray[np.float32] = self.values[:, NAMES.index(name)]
        return column

    @classmethod
    def of(cls, pictures: Sequence[PictureMeasures | None]) -> FrameMeasures | None:
        """Those of all pictures; None where one was not measured, or they differ in shape."""
        found = [one for one in pictures if one is not None]
        if not found or len(found) < len(pictures) or len({one.thumbnail.shape for one in found}) > 1:
            return None
        return cls(np.stack([one.values for one in found]), np.stack([one.thumbnail for one in found]))


Measure = Callable[[NDArray[np.uint8]], PictureMeasures]
"""Takes the statistics of a picture, RGB uint8 [H, W, 3]."""


def measure(rgb: NDArray[np.uint8]) -> PictureMeasures:
    """The statistics of a picture, from a copy of about 96 x 54 pixels; shares and levels are 0 to 1.

    brightness: mean luma; highlight: the luma that 1 % of the pixels exceed; contrast: standard deviation of luma;
    sharpness: the change of luma from pixel to pixel of the thumbnail (in which even grain averages out) that 0.5 %
    exceed; flat: share of pixels that differ little from their neighbours; straight: share of the edges that run
    straight across or down; colours: how many of twelve hues fill 2 % of the picture with flat, saturated colour;
    coloured: what share such colour fills in all.
    """
    small = _small(rgb)
    grey = small.convert("L")
    thumbnail = np.asarray(_reduced(grey, _THUMBNAIL_PIXELS))
    levels, changes = np.sort(np.asarray(grey), axis=None), np.sort(np.maximum(*_steps(thumbnail)), axis=None)
    # Three channels are quicker compared one by one than along an axis of three.
    down, across = (np.maximum(np.maximum(s[..., 0], s[..., 1]), s[..., 2]) for s in _steps(np.asarray(small)))
    step = np.maximum(down, across)
    hues = _flat_hues(small, step < _STEP)
    values = (
        levels.mean() / 255,
        levels[len(levels) * 99 // 100] / 255,
        levels.std() / 255,
        changes[len(changes) * 995 // 1000] / 255,
        (step < _STEP).mean(),
        _straight(down, across, step),
        (hues >= _FILLS).sum(),
        hues.sum(),
    )
    return PictureMeasures(np.array(values, np.float32), thumbnail)


def thumbnail_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The thumbnail that `measure` takes of a picture, alone."""
    return np.asarray(_reduced(_small(rgb).convert("L"), _THUMBNAIL_PIXELS))


def _small(rgb: NDArray[np.uint8]) -> Image.Image:
    picture = Image.fromarray(np.ascontiguousarray(rgb))
    if min(picture.size) == 1:  # nothing lies beside such a pixel
        picture = picture.resize((max(2, picture.width), max(2, picture.height)), Image.Resampling.NEAREST)
    # By a whole number, which is three times as quick as to an exact size; at least 2 x 2 pixels are left.
    factor = round((picture.width * picture.height / _PIXELS) ** 0.5)
    return picture.reduce(max(1, min(factor, picture.width // 2, picture.height // 2)))


def _reduced(picture: Image.Image, pixels: int) -> Image.Image:
    """The picture with so many pixels, at least 2 x 2; else never enlarged."""
    ratio = max(1.0, (picture.width * picture.height / pixels) ** 0.5)
    if ratio == 1 and min(picture.size) > 1:
        return picture
    size = max(2, round(picture.width / ratio)), max(2, round(picture.height / ratio))
    return picture.resize(size, Image.Resampling.BOX)


def _steps(levels: NDArray[np.uint8]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """How far each pixel differs from the one below it, and from the one beside it: [h - 1, w - 1, ...]."""
    signed = levels.astype(np.int16)
    down, across = signed[1:, :-1] - signed[:-1, :-1], signed[:-1, 1:] - signed[:-1, :-1]
    return np.abs(down), np.abs(across)


def _straight(down: NDArray[np.int16], across: NDArray[np.int16], step: NDArray[np.int16]) -> float:
    """Share of the edges whose gradient points straight down or across; 0 where there are hardly any edges."""
    edges = step > _EDGE
    count = int(edges.sum())
    if count < 0.004 * step.size:
        return 0.0
    return float((np.minimum(down, across)[edges] * _STRAIGHT < step[edges]).sum()) / count


def _flat_hues(small: Image.Image, flat: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What share of the picture each of twelve hues fills with flat, saturated colour."""
    hue, saturation, value = np.moveaxis(np.asarray(small.convert("HSV"))[:-1, :-1], 2, 0)
    coloured = flat & (saturation > _SATURATED) & (value > _LIT)
    # Half a bin on, so that red, yellow, green, cyan, blue and magenta lie in the middle of theirs.
    bins = (hue[coloured].astype(np.int16) * _HUES + 128) // 256 % _HUES
    return np.bincount(bins, minlength=_HUES) / flat.size
