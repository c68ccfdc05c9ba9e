"""A film of known frames, an encoder whose vectors can be read back, and a listener that remembers."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from cuemark.evidence.frames.cache import FeatureCache


class BrightnessEncoder:
    """Stands at the model seam: the vector is (mean brightness, its complement), so each frame can be told apart."""

    id = "brightness-1"
    batch = 16
    dimension = 2

    def __init__(self) -> None:
        self.batches: list[int] = []

    def picture_size(self, width: int, height: int) -> tuple[int, int]:
        """As it is."""
        return width, height

    def preprocess(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The mean of the picture, as if it were an image of 16 x 16."""
        return np.full((3, 16, 16), rgb.mean() / 255, np.float32)

    def encode(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Unit vectors on a quarter circle."""
        self.batches.append(len(batch))
        angle = batch.mean(axis=(1, 2, 3)) * np.pi / 2
        return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


class Listener:
    """Remembers progress; `stop_after` encoded frames it raises the given error."""

    def __init__(self, stop_after: int | None = None, error: BaseException | None = None) -> None:
        self.counts: Counter[str] = Counter()
        self.updates: list[tuple[str, int, int, str]] = []
        self.notes: list[str] = []
        self._stop_after, self._error = stop_after, error

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        """Progress."""
        self.updates.append((stage, done, total, unit))

    def count(self, name: str, amount: int = 1) -> None:
        """Progress."""
        self.counts[name] += amount

    def note(self, message: str) -> None:
        """Progress."""
        self.notes.append(message)

    def check(self) -> None:
        """Progress."""
        if self._stop_after is not None and self.counts["frames_encoded"] >= self._stop_after:
            assert self._error is not None
            raise self._error


@pytest.fixture
def encoder() -> BrightnessEncoder:
    """A fresh encoder."""
    return BrightnessEncoder()


@pytest.fixture
def listener() -> type[Listener]:
    """The class of listeners."""
    return Listener


@pytest.fixture
def cache(tmp_path: Path) -> FeatureCache:
    """An empty cache."""
    return FeatureCache(tmp_path / "cache")


@pytest.fixture
def ramp(tmp_path: Path) -> Callable[..., Path]:
    """`ramp(frames)` writes a film at 25 fps that grows brighter by one level every frame (modulo 200).

    `gop`: a keyframe every so many frames; where all samples can be keyframes, they are.
    """

    def make(frames: int = 250, name: str = "ramp.mp4", size: tuple[int, int] = (64, 48), gop: int = 25) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt, stream.gop_size = *size, "yuv420p", gop
            stream.codec_context.options = {"preset": "veryfast", "qp": "4", "sc_threshold": "0"}
            for number in range(frames):
                picture = np.full((size[1], size[0], 3), 20 + number % 200, np.uint8)
                picture[::2, ::2] += np.uint8(4)  # keeps the encoder from writing next to nothing
                picture[1::2, number // 200 % 2 :: 2] -= np.uint8(4)  # so that no two of 400 frames are equal
                frame = av.VideoFrame.from_ndarray(picture)
                frame.pts, frame.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make


@pytest.fixture
def photographs() -> list[Path]:
    """Photographs of the real world, in the folder `photos` of what the environment variable names."""
    material = os.environ.get("CUEMARK_MATERIAL")
    found = sorted(Path(material, "photos").glob("*.[jJ][pP]*[gG]"))[::2] if material else []
    if not found:
        pytest.skip("CUEMARK_MATERIAL names no folder with photographs in `photos`")
    return found
