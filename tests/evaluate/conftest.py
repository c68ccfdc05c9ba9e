"""Small films of plain colours, and a listener that keeps what it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cuemark.core.progress import SilentProgress

WriteColours = Callable[..., Path]


class Listener(SilentProgress):
    """A progress listener that keeps its notes and the last state of each stage."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.stages: dict[str, tuple[int, int, str]] = {}

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        self.stages[stage] = (done, total, unit)

    def note(self, message: str) -> None:
        self.notes.append(message)


@pytest.fixture
def listener() -> Listener:
    return Listener()


def write_colours(
    path: Path, shots: Sequence[tuple[tuple[int, int, int], int]], rate: Fraction | int = 25, first_frame: int = 0
) -> Path:
    """A film of (colour, number of frames), whose first frame is shown at `first_frame` / `rate` seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 64, 48, "yuv420p", 12
        stream.codec_context.options = {"preset": "ultrafast"}
        number = first_frame
        for colour, frames in shots:
            picture = np.broadcast_to(np.array(colour, np.uint8), (48, 64, 3)).copy()
            for _ in range(frames):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = number, 1 / Fraction(rate)
                container.mux(stream.encode(frame))
                number += 1
        container.mux(stream.encode())
    return path


@pytest.fixture
def colours() -> WriteColours:
    return write_colours


@pytest.fixture(scope="session")
def four_seconds(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The content of a film of 4 s."""
    return write_colours(tmp_path_factory.mktemp("film") / "film.mp4", [((200, 40, 40), 100)]).read_bytes()
