"""A frame to the tensor a CLIP image tower takes: the same numbers as open_clip's own inference transform.

Written on Pillow and numpy alone, so that the feature stage needs neither torch nor torchvision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PREPROCESSING_VERSION = 1  # part of every encoder id; raise it when the numbers change


@dataclass(frozen=True)
class ImagePreprocess:
    """How a picture is brought to the tower's size: open_clip's `preprocess_cfg` with the tower's real size."""

    height: int
    width: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str = "bicubic"
    resize_mode: str = "shortest"
    fill_color: int = 0

    @classmethod
    def of(cls, config: dict[str, Any]) -> ImagePreprocess:
        """From open_clip's preprocess settings; `size` is an int or (height, width)."""
        size = config["size"]
        height, width = (size, size) if isinstance(size, int) else (size[0], size[-1])
        mean, std = (_triple(config[key]) for key in ("mean", "std"))
        interpolation = "bilinear" if config.get("interpolation") == "bilinear" else "bicubic"
        mode, fill = config.get("resize_mode") or "shortest", int(config.get("fill_color") or 0)
        return cls(int(height), int(width), mean, std, interpolation, mode, fill)

    def __call__(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`rgb` [H, W, 3] to [3, height, width], normalised."""
        picture = Image.fromarray(np.ascontiguousarray(rgb))
        pixels = np.asarray(self._fit(picture), dtype=np.float32) / np.float32(255)
        pixels -= np.asarray(self.mean, dtype=np.float32)
        pixels /= np.asarray(self.std, dtype=np.float32)
        return np.ascontiguousarray(pixels.transpose(2, 0, 1))

    def _fit(self, picture: Image.Image) -> Image.Image:
        if self.resize_mode == "squash":
            return self._resize(picture, self.height, self.width)
        width, height = picture.size
        if self.resize_mode == "longest":
            ratio = max(height / self.height, width / self.width)
            resized = self._resize(picture, round(height / ratio), round(width / ratio))
            return _centre(resized, self.height, self.width, self.fill_color)
        if self.height == self.width:
            short, long = self.height, int(self.height * max(width, height) / min(width, height))
            resized = self._resize(picture, long, short) if width <= height else self._resize(picture, short, long)
            return _centre(resized, self.height, self.width, 0)
        ratio = min(height / self.height, width / self.width)  # open_clip always takes bicubic here
        resized = _resample(picture, round(height / ratio), round(width / ratio), "bicubic")
        return _centre(resized, self.height, self.width, 0)

    def _resize(self, picture: Image.Image, height: int, width: int) -> Image.Image:
        return _resample(picture, height, width, self.interpolation)


def _resample(picture: Image.Image, height: int, width: int, interpolation: str) -> Image.Image:
    """Antialiased resize, as Pillow always does it."""
    if picture.size == (width, height):
        return picture
    kinds = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
    return picture.resize((max(1, width), max(1, height)), kinds[interpolation])


def _centre(picture: Image.Image, height: int, width: int, fill: int) -> Image.Image:
    """The middle of the picture at exactly this size, filled where the picture is smaller."""
    have_width, have_height = picture.size
    if have_width < width or have_height < height:
        canvas = Image.new("RGB", (max(have_width, width), max(have_height, height)), (fill,) * 3)
        canvas.paste(picture, (max(0, width - have_width) // 2, max(0, height - have_height) // 2))
        picture = canvas
        have_width, have_height = picture.size
    top, left = round((have_height - height) / 2), round((have_width - width) / 2)
    return picture.crop((left, top, left + width, top + height))


def _triple(value: Any) -> tuple[float, ...]:
    return tuple(float(v) for v in value) if isinstance(value, (list, tuple)) else (float(value),) * 3
