"""Films with text that is drawn into them, so that what stands where, and when, is known to the frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cuemark.core.limits import UNLIMITED
from cuemark.core.progress import SilentProgress
from cuemark.core.screen_text import ScreenTexts
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.screen_text.read import SeenAndRead, extract_and_read
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe

RATE = 25
SIZE = (1280, 720)


class SmallEncoder:
    """Stands at the model seam: pictures of 224 lines, as most towers take them; vectors of two numbers."""

    id = "small-1"
    batch = 16
    dimension = 2

    def picture_size(self, width: int, height: int) -> tuple[int, int]:
        """The shorter side is 224."""
        ratio = 224 / min(width, height)
        return max(1, round(width * ratio)), max(1, round(height * ratio))

    def preprocess(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The mean of the picture."""
        return np.full((3, 4, 4), rgb.mean() / 255, np.float32)

    def encode(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Unit vectors on a quarter circle."""
        angle = batch.mean(axis=(1, 2, 3)) * np.pi / 2
        return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


@dataclass(frozen=True)
class Words:
    """A line of text at a place (pixels of its upper left corner, or its middle), of a height in pixels."""

    text: str
    at: tuple[float, float]
    height: int = 40
    colour: str = "white"
    middle: bool = False
    plate: str = ""

    def draw(self, drawing: ImageDraw.ImageDraw) -> None:
        """Draw them."""
        font, anchor = typeface(self.height), "mm" if self.middle else "la"
        if self.plate:
            left, top, right, bottom = drawing.textbbox(self.at, self.text, font=font, anchor=anchor)
            drawing.rectangle((left - 12, top - 10, right + 12, bottom + 10), fill=self.plate)
        drawing.text(self.at, self.text, font=font, fill=self.colour, anchor=anchor)


@dataclass(frozen=True)
class Scene:
    """What is shown over [start, end) seconds: words on a ground, which stands still or moves."""

    start: float
    end: float
    words: Sequence[Words] = ()
    ground: str = "moving"
    draw: Callable[[ImageDraw.ImageDraw, float], None] | None = None


@dataclass(frozen=True)
class Film:
    """Scenes one upon the other: of those that are there at a time, the first gives the ground."""

    scenes: Sequence[Scene]
    seconds: float
    size: tuple[int, int] = SIZE
    rate: Fraction = Fraction(RATE)
    options: dict[str, str] = field(default_factory=lambda: {"preset": "ultrafast", "crf": "20"})

    def write(self, path: Path) -> Path:
        """Encode it."""
        with av.open(str(path), "w") as container:
            stream: Any = container.add_stream("libx264", rate=self.rate)
            stream.width, stream.height, stream.pix_fmt, stream.gop_size = *self.size, "yuv420p", 250
            stream.codec_context.options = self.options
            for number in range(round(self.seconds * self.rate)):
                frame = av.VideoFrame.from_ndarray(np.asarray(self.picture(number)))
                frame.pts, frame.time_base = number, 1 / self.rate
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    def picture(self, number: int) -> Image.Image:
        """One frame."""
        time = float(number / self.rate)
        shown = [scene for scene in self.scenes if scene.start <= time + 1e-6 < scene.end]
        ground = shown[0].ground if shown else "black"
        picture = moving(number, self.size) if ground == "moving" else Image.new("RGB", self.size, ground)
        drawing = ImageDraw.Draw(picture)
        for scene in shown:
            for words in scene.words:
                words.draw(drawing)
            if scene.draw is not None:
                scene.draw(drawing, time)
        return picture


@lru_cache
def typeface(height: int) -> Any:
    """Pillow's own typeface."""
    return ImageFont.load_default(height)


@lru_cache
def _scenery(size: tuple[int, int]) -> Image.Image:
    random = np.random.default_rng(5)
    wide = (size[0] * 2, size[1])
    picture = np.zeros((wide[1], wide[0], 3), np.float32) + 110
    for rows, strength in ((5, 60.0), (20, 25.0), (90, 10.0)):
        for channel in range(3):
            grid = Image.fromarray(random.normal(0, strength, (rows, rows * 4)).astype(np.float32))
            picture[:, :, channel] += np.asarray(grid.resize(wide, Image.Resampling.BICUBIC))
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def moving(number: int, size: tuple[int, int] = SIZE) -> Image.Image:
    """A frame of a pan over a landscape of noise."""
    left = round(size[0] * (0.5 - 0.5 * np.cos(number / 90)))
    return _scenery(size).crop((left, 0, left + size[0], size[1]))


def read(path: Path, policy: str | None = None, cache: FeatureCache | None = None, progress: Any = None) -> SeenAndRead:
    """What the product reads in a file."""
    frames = VideoFrames(probe(path), UNLIMITED)
    return extract_and_read(frames, SmallEncoder(), None, cache, progress or SilentProgress(), policy)


def texts(path: Path, policy: str | None = None) -> ScreenTexts:
    """Its texts."""
    found = read(path, policy).texts
    assert found is not None
    return found
