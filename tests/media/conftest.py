"""Small films written on the spot; each frame carries its own number as bars, so that a test can tell which it got."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

BITS = 8
Film = Callable[..., Path]
_FAST = {
    "libx264": {"preset": "veryfast"},
    # In one thread: on a machine that is busy, those of its encoder of VP8 may wait for one another for ever.
    "libvpx": {"deadline": "realtime", "cpu-used": "8", "threads": "1"},
}


def _picture(number: int, width: int, height: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Eight vertical bars, bright where the bit of `number` is set, the highest bit leftmost; the top fifth is red."""
    bits = np.array([number >> (BITS - 1 - i) & 1 for i in range(BITS)], np.uint8)
    row = np.repeat(bits * 200 + 20, -(-width // BITS))[:width]
    picture = np.broadcast_to(row[None, :, None], (height, width, 3)).copy()
    picture[: height // 5] = (200, 20, 20)
    return picture


def number_of(rgb: np.ndarray[Any, np.dtype[np.uint8]]) -> int:
    """Read the bars of an upright picture."""
    height, width, _ = rgb.shape
    middle = rgb[height // 2 : height - height // 5].mean(axis=(0, 2))
    centres = [int((i + 0.5) * width / BITS) for i in range(BITS)]
    return sum(1 << (BITS - 1 - i) for i, x in enumerate(centres) if middle[x - 2 : x + 3].mean() > 120)


def write_film(
    path: Path,
    frames: int = 50,
    *,
    rate: Fraction | int = 25,
    size: tuple[int, int] = (160, 96),
    codec: str = "libx264",
    times: Sequence[Fraction] | None = None,
    pixel_aspect: Fraction | None = None,
    rotation: tuple[float, bool, bool] | None = None,
    pix_fmt: str = "yuv420p",
    gop: int = 12,
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
    container_format: str | None = None,
    sound: float = 0.0,
    numbers: Sequence[int] | None = None,
    codec_options: dict[str, str] | None = None,
) -> Path:
    """Write a film; `times` (seconds) give each frame its own time, else they follow `rate`.

    The frames show `numbers`, else 0, 1, 2...
    """
    with av.open(str(path), "w", format=container_format, options=options or {}) as container:
        container.metadata.update(metadata or {})
        stream: Any = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = *size, pix_fmt, gop
        stream.codec_context.options = _FAST.get(codec, {}) | (codec_options or {})
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 90_000)
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        if rotation is not None:
            stream.set_display_rotation(rotation[0], hflip=rotation[1], vflip=rotation[2])
        noise = container.add_stream("aac" if path.suffix != ".webm" else "libopus", rate=48_000) if sound else None
        if noise is not None:
            _write_sound(container, noise, sound)
        for number in range(frames):
            shown = number if numbers is None else numbers[number]
            frame = av.VideoFrame.from_ndarray(_picture(shown, *size), format="rgb24").reformat(format=pix_fmt)
            if times is None:
                frame.pts, frame.time_base = number, 1 / Fraction(rate)
            else:
                frame.pts, frame.time_base = round(times[number] * 90_000), Fraction(1, 90_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _write_sound(container: Any, stream: Any, seconds: float) -> None:
    for start in range(0, int(seconds * 48_000), 960):
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 960), np.float32), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


@pytest.fixture(scope="session")
def film_writer() -> Film:
    """`write_film`, for films that several tests share."""
    return write_film


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """`film("name.mp4", frames, **options)` writes a film into the test's folder."""

    def make(name: str, frames: int = 50, **options: Any) -> Path:
        return write_film(tmp_path / name, frames, **options)

    return make


@pytest.fixture
def read_number() -> Callable[[np.ndarray[Any, np.dtype[np.uint8]]], int]:
    """Reads which frame a picture is."""
    return number_of
