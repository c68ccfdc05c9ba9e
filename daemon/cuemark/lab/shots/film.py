"""Drawn films of known shots: cuts, dissolves, fades, flashes, moves of the camera; and their truth."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path as FilePath

import numpy as np
from numpy.typing import NDArray

from cuemark.core.shots import CameraMove
from cuemark.lab.shots.moves import SPEEDS, path_of
from cuemark.lab.shots.scene import Image, Path, View, Walker, for_size, place, seen

KINDS = ("street", "wood", "room")


@dataclass(frozen=True)
class DrawnShot:
    """A shot of `frames` frames in a place; `blend` frames of it are mixed with the shot before, or, where it is
    `faded`, both go through black.  `flash` is a frame of it at which somebody flashes.  Of a `move` of None nothing
    can be told.
    """

    frames: int
    kind: str
    seed: int
    move: CameraMove | None
    speed: float
    walkers: tuple[Walker, ...] = ()
    blend: int = 0
    faded: bool = False
    flash: int | None = None


@dataclass(frozen=True)
class DrawnFilm:
    """A film: its shots, its rate, and how it is stored.  `jitter` makes its rate vary by so much of a frame."""

    name: str
    shots: tuple[DrawnShot, ...]
    rate: Fraction
    size: tuple[int, int] = (480, 270)
    grain: float = 2.0
    crf: int = 26
    gop: int = 250
    jitter: float = 0.0
    repeats: int = 1
    """Each picture is shown for so many frames, as in converted footage."""

    @property
    def starts(self) -> list[int]:
        """The frame with which each shot begins: of a blend or a fade the one in its middle."""
        starts, at = [], 0
        for shot in self.shots:
            starts.append(at + shot.blend // 2)
            at += shot.frames
        return starts

    @property
    def ticks(self) -> list[int]:
        """When its frames come on, in hundredths of a frame."""
        rng, wide = random.Random(self.name), 100 * self.jitter
        return [100 * number + (round(rng.uniform(-wide, wide)) if number else 0) for number in range(self.frames)]

    @property
    def times(self) -> list[Fraction]:
        """The same in seconds from the first."""
        return [tick / (100 * self.rate) for tick in self.ticks]

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return sum(shot.frames for shot in self.shots)


def pictures(film: DrawnFilm) -> Iterator[Image]:
    """The frames of a film, in order."""
    noise = np.random.default_rng(len(film.name))
    before: _Reel | None = None
    for shot in film.shots:
        reel = _Reel.of(shot, film)
        for frame in range(shot.frames):
            frame -= frame % film.repeats
            picture: NDArray[np.float32] = reel.at(frame).astype(np.float32)
            if before is not None and frame < shot.blend:
                picture = _blended(before.at(before.shot.frames + frame).astype(np.float32), picture, frame, shot)
            if shot.flash is not None and 0 <= frame - shot.flash < 3:
                picture = np.float32(90) + np.float32(1.2) * picture
            if film.grain and frame % film.repeats == 0:
                picture += noise.standard_normal(picture.shape[:2]).astype(np.float32)[..., None] * np.float32(
                    film.grain
                )
            yield picture.clip(0, 255).astype(np.uint8)
        before = reel


def _blended(old: NDArray[np.float32], new: NDArray[np.float32], frame: int, shot: DrawnShot) -> NDArray[np.float32]:
    share = (frame + 0.5) / shot.blend
    if shot.faded:
        dark, bright = np.float32(max(0.0, 1 - 2 * share)), np.float32(max(0.0, 2 * share - 1))
        return np.asarray(old * dark + new * bright, np.float32)
    return np.asarray(old * np.float32(1 - share) + new * np.float32(share), np.float32)


@dataclass(frozen=True, eq=False)
class _Reel:
    shot: DrawnShot
    canvas: Image
    path: Path
    rate: Fraction
    size: tuple[int, int]

    @classmethod
    def of(cls, shot: DrawnShot, film: DrawnFilm) -> _Reel:
        rng = random.Random(f"{film.name}/{shot.seed}")
        path = path_of(shot.move or CameraMove.STATIC, shot.speed, float(shot.frames / film.rate), rng)
        return cls(shot, for_size(place(shot.kind, shot.seed), film.size[0]), path, film.rate, film.size)

    def at(self, frame: int) -> Image:
        seconds = float(frame / self.rate)
        view: View = self.path(seconds)
        picture = seen(self.canvas, view, self.size)
        for walker in self.shot.walkers:
            picture = walker.draw(picture, seconds)
        return picture


def write(film: DrawnFilm, folder: FilePath) -> FilePath:
    """The film as a file, H.264; a film of variable rate has exact time stamps of its own."""
    import av

    path = folder / f"{film.name}.mp4"
    base = 1 / (film.rate * 100)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=film.rate)
        stream.width, stream.height = film.size
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(film.crf), "g": str(film.gop), "preset": "veryfast"}
        stream.codec_context.time_base = base
        for tick, picture in zip(film.ticks, pictures(film), strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = tick
            frame.time_base = base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


RATES = (Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(50), Fraction(60000, 1001))


def drawn_films(count: int, seed: int = 0) -> list[DrawnFilm]:
    """So many films, each with other shots, moves, speeds, joins, rates and ways of being stored."""
    return [_film(number, random.Random(f"film/{seed}/{number}")) for number in range(count)]


def _film(number: int, rng: random.Random) -> DrawnFilm:
    rate = RATES[number % len(RATES)]
    moves: list[CameraMove | None] = [*CameraMove, CameraMove.STATIC, None]
    rng.shuffle(moves)
    shots = tuple(_shot(place_, move, rate, rng) for place_, move in enumerate(moves))
    return DrawnFilm(
        f"drawn-{number:02}",
        shots,
        rate,
        size=rng.choice([(480, 270), (480, 270), (320, 240), (270, 480)]),
        grain=rng.choice([0.0, 2.0, 5.0]),
        crf=rng.choice([20, 26, 32]),
        gop=rng.choice([12, 60, 250]),
        jitter=0.3 if number % 5 == 4 else 0.0,
        repeats=2 if number % 7 == 6 else 1,
    )


def _shot(number: int, move: CameraMove | None, rate: Fraction, rng: random.Random) -> DrawnShot:
    seconds = rng.choice([0.4, 1.2, 2.0, 3.0, 5.0]) if move is CameraMove.STATIC else rng.choice([1.2, 2.0, 3.0, 5.0])
    frames = max(6, round(seconds * float(rate)))
    join = rng.choice(["cut", "cut", "cut", "dissolve", "fade"]) if number and frames > 1.9 * rate else "cut"
    blend = 0 if join == "cut" else 2 * round(rng.uniform(0.2, 0.6) * float(rate))
    walkers: tuple[Walker, ...] = ()
    if move is not None and rng.random() < 0.5:
        size, speed = rng.uniform(0.3, 0.8), rng.choice([-1, 1]) * rng.uniform(0.1, 0.5)
        walkers = (Walker(size, speed, 0.0 if speed > 0 else 0.8, rng.randrange(10**6)),)
    return DrawnShot(
        frames,
        "sky" if move is None else rng.choice(KINDS),
        rng.randrange(10**6),
        move,
        rng.choice(list(SPEEDS.values())),
        walkers,
        blend,
        join == "fade",
        frames // 2 if move is CameraMove.STATIC and seconds > 1 and rng.random() < 0.5 else None,
    )
