"""A frame to the tensor a CLIP image tower takes: the same numbers as open_clip's own inference transform.

Written on Pillow and numpy alone, so that the feature stage needs neither torch nor torchvision.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cuemark.models.store.clip_description import preprocess_problem

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
        """From open_clip's preprocess settings; `size` is an int or (height, width).  Raises ValueError."""
        problem = preprocess_problem(config)
        if problem:
            raise ValueError(f"the preprocessing {problem}")
        size = config["size"]
        height, width = (size, size) if isinstance(size, int) else (size[0], size[-1])
        mean, std = (_triple(config[key]) for key in ("mean", "std"))
        interpolation = "bilinear" if config.get("interpolation") == "bilinear" else "bicubic"
        mode, fill = config.get("resize_mode") or "shortest", int(config.get("fill_color") or 0)
        return cls(int(height), int(width), mean, std, interpolation, mode, fill)

    def __call__(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`rgb` [H, W, 3] to [3, height, width], normalised."""
        pixels = np.asarray(self._fit(Image.fromarray(np.ascontiguousarray(rgb))))
        made = np.empty((3, self.height, self.width), np.float32)
        for channel, levels in enumerate(self._levels):
            np.take(levels, pixels[:, :, channel], out=made[channel], mode="clip")
        return made

    def fitted_size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) to which a picture of this size is scaled before its middle is taken.

        A picture of the fitted size is scaled no further.
        """
        if self.resize_mode == "squash":
            return self.width, self.height
        if self.resize_mode == "longest":
            ratio = max(height / self.height, width / self.width)
        elif self.height == self.width:
            short, long = self.height, int(self.height * max(width, height) / min(width, height))
            return (short, long) if width <= height else (long, short)
        else:
            ratio = min(height / self.height, width / self.width)
        return max(1, round(width / ratio)), max(1, round(height / ratio))

    @cached_property
    def _levels(self) -> NDArray[np.float32]:
        """The normalised value of each of the 256 levels of a channel [3, 256]: a table is quicker than arithmetic."""
        levels = np.arange(256, dtype=np.float32)[None] / np.float32(255)
        levels = levels - np.asarray(self.mean, dtype=np.float32)[:, None]
        made: NDArray[np.float32] = levels / np.asarray(self.std, dtype=np.float32)[:, None]
        return made

    def _fit(self, picture: Image.Image) -> Image.Image:
        oblong_crop = self.resize_mode == "shortest" and self.height != self.width
        kind = "bicubic" if oblong_crop else self.interpolation  # open_clip always takes bicubic there
        fill = self.fill_color if self.resize_mode == "longest" else 0
        return _centre(_resample(picture, self.fitted_size(*picture.size), kind), self.height, self.width, fill)


def _resample(picture: Image.Image, size: tuple[int, int], interpolation: str) -> Image.Image:
    """Antialiased resize to (width, height), as Pillow always does it."""
    if picture.size == size:
        return picture
    kinds = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
    return picture.resize(size, kinds[interpolation])


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
