"""Image statistics of the sampled frames: what a picture says of itself before any model looks at it.

They are computed beside preprocessing, on a small copy of the encoder's picture, and kept with the feature track.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MEASURES_VERSION = 1
"""Raise when `measure` gives other numbers for the same picture: what is kept is then measured again."""

NAMES = ("brightness", "highlight", "contrast", "sharpness", "flat", "columns", "colours")
"""The columns of `FrameMeasures.values`, each explained in `measure`."""

_PIXELS = 160 * 90
_THUMBNAIL_PIXELS = 48 * 27
_FLAT_STEP = 3.0


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
    """The statistics of a picture, from a copy of about 160 x 90 pixels (noise averages out in it).

    brightness: mean luma, 0 to 1; highlight: the luma that 1 % of the picture exceed; contrast: standard deviation of
    luma; sharpness: the gradient (change of luma a pixel) that 1 % exceed; flat: share of pixels with hardly any
    gradient; columns: share of the variance that is one between columns, in the upper half of the picture;
    colours: number of saturated colours of test bars that fill some of it.
    """
    picture = Image.fromarray(np.ascontiguousarray(rgb))
    small = np.asarray(_reduced(picture, _PIXELS), np.float32)
    luma = small @ np.array([0.299, 0.587, 0.114], np.float32)
    down, across = np.abs(np.diff(luma, axis=0))[:, :-1], np.abs(np.diff(luma, axis=1))[:-1]
    gradient = np.maximum(down, across)
    values = (
        luma.mean() / 255,
        np.percentile(luma, 99) / 255,
        luma.std() / 255,
        np.percentile(gradient, 99) / 255,
        (gradient < _FLAT_STEP).mean(),
        _between_columns(small[: len(small) // 2]),
        _bar_colours(small),
    )
    thumbnail = np.asarray(_reduced(picture.convert("L"), _THUMBNAIL_PIXELS))
    return PictureMeasures(np.array(values, np.float32), thumbnail)


def _reduced(picture: Image.Image, pixels: int) -> Image.Image:
    """The picture with about so many pixels; never enlarged."""
    ratio = (picture.width * picture.height / pixels) ** 0.5
    if ratio <= 1:
        return picture
    size = max(1, round(picture.width / ratio)), max(1, round(picture.height / ratio))
    return picture.resize(size, Image.Resampling.BOX)


def _between_columns(part: NDArray[np.float32]) -> float:
    """Share of the colour variance of [h, w, 3] that lies between columns: 1 where every column is of one colour."""
    total = float(part.var(axis=(0, 1)).sum())
    return float(part.mean(axis=0).var(axis=0).sum()) / total if total > 1e-3 else 0.0


def _bar_colours(small: NDArray[np.float32]) -> int:
    """How many of the six saturated colours of test bars (two levels of R, G and B) fill 2 % of the picture or more."""
    low, high = small.min(axis=2), small.max(axis=2)
    saturated = (high > 110) & (low < 0.35 * high)
    lit = small > (0.75 * high)[:, :, None]
    dark = small < (0.35 * high)[:, :, None]
    pure = saturated & (lit | dark).all(axis=2)
    codes = (lit * np.array([1, 2, 4])).sum(axis=2)[pure]
    return int((np.bincount(codes, minlength=8)[1:7] >= 0.02 * small.shape[0] * small.shape[1]).sum())
