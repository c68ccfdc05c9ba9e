"""How a stretch of footage looks frame by frame: sharp or soft, steady or shaken, and where it is cut.

Sharpness is that of `evidence.frames.measures`.  The movement of the whole picture from frame to frame is found by
phase correlation (Kuglin and Hines, 1975); a camera that pans moves evenly, one that shakes changes its movement from
frame to frame, so that the second difference of the picture's place tells them apart.  A hard cut is a change of the
picture that is far larger than those around it and lasts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.evidence.frames.emptiness import empty_logits
from cuemark.evidence.frames.measures import FrameMeasures, measure
from cuemark.media.frames import VideoFrames

STAGE = "pictures"
WIDTH = 192
"""Pixels across of the pictures that are looked at."""
MOST_FRAMES_A_SECOND = 60
_MEASURED_EVERY = Fraction(1, 6)
"""Seconds between pictures whose statistics are taken; they change slowly within a shot."""
_MOVED_EVERY = Fraction(1, 16)
"""Seconds between pictures whose movement is told: hands shake up to about 8 times a second."""
_SHARP = 0.5
"""Sharpness (`measure`) of a picture in focus with ordinary contrast, as half of real footage has it.  Blurred over 2 %
of its width a picture has a third of it."""
_SHAKEN = 0.004
"""Of the picture's width: a second difference at 16 pictures a second that a viewer finds restless."""
_CUT_LEAST, _CUT_TIMES, _CUT_AROUND = 0.055, 5.0, 6
"""A cut changes the picture by so much (mean of 0 to 1), by so many times the changes of as many frames around it."""
_LAYOUT = (8, 6)


@dataclass(frozen=True, eq=False)
class Look:
    """What the frames [first, first + T) of a media look like; frames count from its first, at its nominal rate.

    `sharpness` and `stability` float32 [T], 0 to 1; `empty` bool [T]; `cuts` are frames at which a new shot begins;
    `layouts` float32 [T, 144], colours by place.
    """

    first: int
    step: int
    sharpness: NDArray[np.float32]
    stability: NDArray[np.float32]
    empty: NDArray[np.bool_]
    cuts: tuple[int, ...]
    layouts: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.sharpness)

    def part(self, first: int, after: int) -> slice:
        """The samples of frames [first, after), at least one of what there is."""
        start = min(max(0, (first - self.first) // self.step), len(self) - 1)
        return slice(start, max(start + 1, min(len(self), ceil((after - self.first) / self.step))))


def look(
    info: MediaInfo,
    spans: Sequence[tuple[int, int]],
    progress: Progress,
    limits: ProcessLimits = UNLIMITED,
) -> Iterator[Look | None]:
    """A look at each span [first, after) of frames, in their order; None where nothing of it can be decoded.

    MediaError as `VideoFrames`.
    """
    step = max(1, ceil(info.rate / MOST_FRAMES_A_SECOND))
    height = max(2, round(WIDTH * info.height / info.width))
    frames = VideoFrames(info, limits)
    for first, after in spans:
        # Half a frame in: time stamps are rounded, and that of the frame itself may lie a little behind.
        times = [(frame + Fraction(1, 2)) / info.rate for frame in range(first, after, step)]
        seen = _Seen(info.rate / step)
        with closing(frames.at(times, (WIDTH, height))) as stream:
            for each in stream:
                progress.check()
                seen.add(each.rgb)
        yield seen.look(first, step) if seen.count else None


class _Seen:
    """The pictures of one span, as they come."""

    def __init__(self, rate: Fraction) -> None:
        self._measure_every = max(1, round(_MEASURED_EVERY * rate))
        self._move_every = max(1, round(_MOVED_EVERY * rate))
        self.count = 0
        self._small: list[NDArray[np.float32]] = []
        self._layouts: list[NDArray[np.float32]] = []
        self._measures: list[FrameMeasures] = []
        self._grey: NDArray[np.float32] | None = None
        self._moves: list[tuple[float, float]] = []

    def add(self, rgb: NDArray[np.uint8]) -> None:
        """The next picture."""
        small = _reduced(rgb, 12)
        self._small.append(small)
        if self.count % self._measure_every == 0:
            found = measure(rgb)
            self._measures.append(FrameMeasures(found.values[None], found.thumbnail[None]))
            self._layouts.append(_layout(small))
        if self.count % self._move_every == 0:
            grey = _reduced(rgb, 2).mean(axis=2)
            if self._grey is not None:
                self._moves.append(_shift(self._grey, grey))
            self._grey = grey
        self.count += 1

    def look(self, first: int, step: int) -> Look:
        """What came of it."""
        places = np.minimum(np.arange(self.count) // self._measure_every, len(self._measures) - 1)
        values = np.concatenate([each.values for each in self._measures])
        measured = FrameMeasures(values, np.concatenate([each.thumbnails for each in self._measures]))
        sharpness = np.minimum(1.0, measured["sharpness"] / _SHARP).astype(np.float32)
        cuts = tuple(first + step * place for place in cut_places(np.stack(self._small)))
        return Look(
            first,
            step,
            sharpness[places],
            self._stability([(cut - first) // step for cut in cuts]),
            (empty_logits(measured) > 0)[places],
            cuts,
            np.stack(self._layouts)[places],
        )

    def _stability(self, cuts: Sequence[int]) -> NDArray[np.float32]:
        """[T]: 1 for a picture whose movement does not change, 0.37 where a viewer finds it restless."""
        jerks = np.zeros(max(1, len(self._moves)))
        for place in range(1, len(self._moves)):
            around = range((place - 1) * self._move_every, (place + 1) * self._move_every + 1)
            if not any(cut in around for cut in cuts):  # across a cut nothing moves
                (x, y), (u, v) = self._moves[place - 1], self._moves[place]
                jerks[place] = np.hypot(u - x, v - y)
        smooth = np.convolve(np.pad(jerks, 2, mode="edge"), np.full(5, 0.2), mode="valid")
        places = np.minimum(np.arange(self.count) // self._move_every, len(smooth) - 1)
        return np.exp(-smooth / _SHAKEN).astype(np.float32)[places]


def cut_places(pictures: NDArray[np.float32]) -> list[int]:
    """The places of [T, h, w, 3] (0 to 1) at which a new shot begins; a flash is none, for the shot comes back."""
    if len(pictures) < 2:
        return []
    changes = np.abs(pictures[1:] - pictures[:-1]).mean(axis=(1, 2, 3))
    found = []
    for place in np.flatnonzero(changes > _CUT_LEAST).tolist():
        around = np.concatenate(
            [changes[max(0, place - _CUT_AROUND) : place], changes[place + 1 : place + 1 + _CUT_AROUND]]
        )
        usual = float(np.median(around)) if len(around) else 0.0
        before, after = pictures[max(0, place - 1)], pictures[min(len(pictures) - 1, place + 3)]
        lasts = float(np.abs(after - before).mean()) > 0.6 * float(changes[place])
        if lasts and changes[place] > _CUT_TIMES * usual:
            found.append(place + 1)
    return found


def _reduced(rgb: NDArray[np.uint8], factor: int) -> NDArray[np.float32]:
    """Means of squares of pixels, 0 to 1: float32 [H / factor, W / factor, 3]; at least one pixel."""
    height, width = (max(1, side // factor) for side in rgb.shape[:2])
    tall, wide = rgb.shape[0] // height, rgb.shape[1] // width
    whole = rgb[: height * tall, : width * wide].reshape(height, tall, width, wide, 3)
    means: NDArray[np.float32] = whole.mean(axis=(1, 3), dtype=np.float32) / np.float32(255)
    return means


def _layout(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colours by place as a unit vector: what tells alike pictures where no encoder has seen them."""
    rows = np.linspace(0, small.shape[0], _LAYOUT[1] + 1).astype(int)
    columns = np.linspace(0, small.shape[1], _LAYOUT[0] + 1).astype(int)
    cells = [
        small[a : max(a + 1, b), c : max(c + 1, d)].mean(axis=(0, 1))
        for a, b in pairwise(rows)
        for c, d in pairwise(columns)
    ]
    vector = np.concatenate(cells).astype(np.float64)
    vector -= vector.mean()
    return (vector / max(1e-6, float(np.linalg.norm(vector)))).astype(np.float32)


def _shift(before: NDArray[np.float32], after: NDArray[np.float32]) -> tuple[float, float]:
    """By how much the whole picture moved, right and down, in fractions of its width; 0 where nothing tells."""
    height, width = before.shape
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    cross = np.fft.rfft2((before - before.mean()) * window).conj() * np.fft.rfft2((after - after.mean()) * window)
    strength = np.abs(cross)
    if not float(strength.max()) > 1e-6:
        return 0.0, 0.0
    peaks = np.fft.irfft2(cross / (strength + 1e-3 * strength.max()), s=before.shape)
    y, x = map(int, np.unravel_index(int(peaks.argmax()), peaks.shape))
    down, right = _refined(peaks[:, x], y), _refined(peaks[y], x)
    return _around(right, width) / width, _around(down, height) / width


def _refined(line: NDArray[np.floating[Any]], place: int) -> float:
    """The top of a parabola through the peak and its neighbours."""
    left, middle, right = line[place - 1], line[place], line[(place + 1) % len(line)]
    bend = left - 2 * middle + right
    return place + (float((left - right) / (2 * bend)) if abs(bend) > 1e-9 else 0.0)


def _around(place: float, size: int) -> float:
    return place - size if place > size / 2 else place
