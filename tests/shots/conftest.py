"""Films drawn for the tests of shots: of known cuts and camera moves, small, each made once."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.progress import SilentProgress
from cuemark.core.shots import CameraMove, Shot
from cuemark.evidence.shots.find import find_shots
from cuemark.lab.shots.evaluate import thumbnail_track
from cuemark.lab.shots.film import DrawnFilm, DrawnShot, write
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe

RATE = Fraction(25)


def shot(
    frames: int,
    seed: int,
    move: CameraMove | None = CameraMove.STATIC,
    speed: float = 0.1,
    kind: str = "street",
    **more: Any,
) -> DrawnShot:
    """A shot of so many frames; each seed is a place of its own."""
    return DrawnShot(frames, kind, seed, move, speed, **more)


@pytest.fixture
def shots_of(tmp_path: Path) -> Callable[..., tuple[Shot, ...]]:
    """Draws a film and finds its shots."""

    def found(*shots: DrawnShot, rate: Fraction = RATE, **more: object) -> tuple[Shot, ...]:
        film = DrawnFilm("film", shots, rate, (320, 180), **more)  # type: ignore[arg-type]
        return shots_in(write(film, tmp_path))

    return found


def shots_in(path: Path) -> tuple[Shot, ...]:
    """The shots of a file, without any model."""
    info = probe(path, SilentProgress())
    frames = VideoFrames(info)
    return find_shots(info, thumbnail_track(frames), frames, SilentProgress())
