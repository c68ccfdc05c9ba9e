"""Picked stretches put into a movie: each picture and each sample of sound where it belongs.

Pictures of a stretch are those on screen in the middle of each frame of the movie: at the footage's own rate exactly
its frames, at another one those that play in its own seconds.  The sound of a stretch begins with the sample at which
its first frame begins, so that nothing drifts however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cuemark.core.errors import Notice
from cuemark.core.limits import ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.core.progress import OnlyChecks, Progress
from cuemark.core.text import shown
from cuemark.media.frames import VideoFrames
from cuemark.media.render.copying import CopyPlan, packets
from cuemark.media.render.movie import Movie
from cuemark.media.render.sound import sample_at, stretch_of_sound
from cuemark.media.sound import SoundInfo

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

STAGE = "rendering"


@dataclass(frozen=True)
class Piece:
    """A stretch [start, end) of a media as it is rendered: `frames` of the movie; `copied` where it is not encoded."""

    info: MediaInfo
    sound: SoundInfo | None
    start: Fraction
    end: Fraction
    frames: int
    copied: CopyPlan | None = None


def pieced(info: MediaInfo, sound: SoundInfo | None, start: Fraction, end: Fraction, rate: Fraction) -> Piece:
    """A stretch as whole frames of `rate`; never more than its own frames last."""
    seconds = end - start
    frames = seconds * rate
    return Piece(info, sound, start, end, max(1, int(frames)))


class Renderer:
    """Puts pieces into a movie, one behind the other; `done` counts its frames."""

    def __init__(
        self,
        into: Movie,
        size: tuple[int, int] | None,
        total: int,
        progress: Progress,
        limits: ProcessLimits,
        done: int = 0,
    ) -> None:
        self._movie, self._size, self._total, self._limits = into, size, total, limits
        self._progress, self._done = progress, done
        self._checks = OnlyChecks(progress)
        self._placed = 0
        self.notices: list[Notice] = []

    def add(self, piece: Piece) -> None:
        """The next piece."""
        pictures = self._pictures(piece)
        sound = self._sound(piece)
        block = max(1, round(self._movie.rate))
        for first in range(0, piece.frames, block):
            count = min(block, piece.frames - first)
            for _ in range(count):
                next(pictures, None)
            next(sound, None)
            self._done += count
            self._progress.update(STAGE, self._done, self._total, "frames")
        for rest in (pictures, sound):
            for _ in rest:
                pass
        self._placed += piece.frames

    def _sound(self, piece: Piece) -> Iterator[None]:
        """A second of sound at a time."""
        rate = self._movie.rate
        first, after = sample_at(self._placed, rate), sample_at(self._placed + piece.frames, rate)
        for samples in stretch_of_sound(piece.info, piece.sound, piece.start, after - first, self._checks):
            self._movie.add_sound(samples)
            yield

    def _pictures(self, piece: Piece) -> Iterator[None]:
        """A picture at a time."""
        if self._size is None:
            return
        if piece.copied is not None:
            for packet, shown_at, decoded_at in packets(piece.copied, self._checks):
                self._copy(packet, shown_at, decoded_at, piece.copied.delay)
                yield
            return
        for number, rgb in enumerate(self._decoded(piece)):
            self._progress.check()
            self._movie.add_picture(rgb, key=number == 0)
            yield

    delay = 0
    """In pictures, between decoding and showing: the most that any piece of the movie has."""

    def _copy(self, packet: Packet[VideoStream], shown_at: int, decoded_at: int, own: int) -> None:
        self._movie.add_packet(packet, self._placed + shown_at, self._placed + decoded_at - self.delay)

    def _decoded(self, piece: Piece) -> Iterator[NDArray[np.uint8]]:
        """As many pictures as the piece has frames, of the movie's size."""
        assert self._size is not None
        canvas = np.zeros((self._size[1], self._size[0], 3), np.uint8)
        given = 0
        if piece.info.has_picture:
            rate = self._movie.rate
            times = [piece.start + (Fraction(number) + Fraction(1, 2)) / rate for number in range(piece.frames)]
            inner = fitted((piece.info.width, piece.info.height), self._size)
            with closing(VideoFrames(piece.info, self._limits).at(times, inner)) as stream:
                for each in stream:
                    canvas = _on_canvas(each.rgb, self._size)
                    given += 1
                    yield canvas
        if piece.info.has_picture and given < piece.frames:
            message = f"{shown(piece.info.path)} cannot be decoded to the end of a pick; its last picture stands there."
            self.notices.append(Notice("render_pictures_missing", message))
        for _ in range(given, piece.frames):
            yield canvas


def fitted(size: tuple[int, int], box: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the same shape inside a box, in even numbers of pixels."""
    scale = min(Fraction(box[0], size[0]), Fraction(box[1], size[1]))
    wide, tall = (max(2, int(side * scale / 2 + Fraction(1, 2)) * 2) for side in size)
    return min(wide, box[0]), min(tall, box[1])


def _on_canvas(rgb: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture in the middle of black."""
    height, width = rgb.shape[:2]
    if (width, height) == size:
        return rgb
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    canvas[top : top + height, left : left + width] = rgb
    return canvas


def total_of(pieces: Sequence[Piece]) -> int:
    """Frames of all pieces."""
    return sum(piece.frames for piece in pieces)
