"""Small drawn footage, a `cuemark` with one daemon for all tests of a file, and the index as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.cli.conftest import Shell, stopped

RATE = 24


def write_film(
    path: Path, seconds: float, seed: int, *, black: float = 0.0, size: tuple[int, int] = (64, 48), every: int = 12
) -> Path:
    """Footage of which no two pictures are alike, black for its first seconds; a keyframe `every` so many frames."""
    noise = np.random.default_rng(seed)
    width, height = size
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"g": str(every), "keyint_min": str(every), "sc_threshold": "0", "threads": "1"}
        for number in range(round(seconds * RATE)):
            picture = np.full((height, width, 3), (number // (2 * RATE) * 60 % 255, seed * 40 % 255, 90), np.uint8)
            picture[8:-8, 8:-8] = noise.integers(0, 255, (height - 16, width - 16, 1), np.uint8)
            if number < black * RATE:
                picture[:] = 0
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def index_of(shell: Shell) -> Path:
    """The folder of the shell's index."""
    return shell.home / "data" / "index"


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """`cuemark` with one daemon for the tests of a module, which share its library."""
    root = tmp_path_factory.mktemp("index")
    (root / "here").mkdir()
    one = Shell(root / "home", root / "here")
    yield one
    stopped(one)


def seconds(value: float) -> Fraction:
    """A time as the library has it."""
    return Fraction(value)
