"""Thumbnails of a media: one for every ten seconds, of a keyframe where there is one, sharp and never black.

Keyframes are decoded alone, so that three hours cost seconds.  Which picture of a stretch is taken follows from what
the sampled frames measured; a picture that turns out to be black or of one colour gives way to the next best.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cuemark.core.errors import MediaError
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.evidence.frames.measures import NAMES, measure
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.evidence.index.entry import Thumbnail
from cuemark.media.frames import FrameSource

STAGE = "thumbnails"
EVERY = Fraction(10)
"""Seconds of footage with one thumbnail: about 3 MB an hour."""
WIDEST = 320
"""Pixels of the longer side."""
_QUALITY = 80
_TRIES = 4
#: Below these the picture is black, or of one colour: the luma 1 % of the pixels exceed, and how far luma varies.
_DARKEST, _FLATTEST = 0.12, 0.02


@dataclass
class _Cell:
    """A stretch of the footage, with the times that may show it, best first."""

    times: list[Fraction]
    found: Thumbnail | None = field(default=None)


def make_thumbnails(
    info: MediaInfo, track: FeatureTrack, frames: FrameSource, progress: Progress
) -> tuple[Thumbnail, ...]:
    """Small pictures of a media in order of time; none for stretches that are black throughout.

    Stage "thumbnails" in "pictures".  MediaError `media_vanished`, `media_changed`; what cannot be decoded has none.
    """
    cells = _cells(info, track)
    done = 0
    progress.update(STAGE, 0, len(cells), "pictures")
    for attempt in range(_TRIES):
        wanted = sorted((cell.times[attempt], place) for place, cell in enumerate(cells) if _wants(cell, attempt))
        for place, thumbnail in _decoded(frames, [time for time, _ in wanted], [place for _, place in wanted], info):
            cells[place].found = thumbnail
            done += thumbnail is not None
            progress.update(STAGE, done, len(cells), "pictures")
    progress.update(STAGE, len(cells), len(cells), "pictures")
    found = {cell.found.time: cell.found for cell in cells if cell.found is not None}
    return tuple(found[time] for time in sorted(found))


def _wants(cell: _Cell, attempt: int) -> bool:
    return cell.found is None and attempt < len(cell.times)


def _cells(info: MediaInfo, track: FeatureTrack) -> list[_Cell]:
    """Even stretches of the media, each with the keyframes and samples in it, most promising first."""
    count = max(1, ceil(track.duration / EVERY))
    keyframes = set() if info.keyframes is None else {tick * info.keyframes.base for tick in info.keyframes.ticks()}
    merits = _merits(track)
    inside: list[set[Fraction]] = [set() for _ in range(count)]
    for time in (*keyframes, *track.times):
        if 0 <= time < track.duration or time == track.times[0]:
            inside[min(count - 1, int(time * count / track.duration))].add(time)
    return [_Cell(_ranked(times, keyframes, merits)[:_TRIES]) for times in inside]


def _ranked(
    times: set[Fraction], keyframes: set[Fraction], merits: Mapping[Fraction, tuple[bool, float]]
) -> list[Fraction]:
    """Bright ones before dark ones, keyframes before others, sharp ones before blurred ones."""

    def rank(time: Fraction) -> tuple[bool, bool, float, Fraction]:
        bright, sharpness = merits.get(time, (True, 0.0))
        return not bright, bool(keyframes) and time not in keyframes, -sharpness, time

    return sorted(times, key=rank)


def _merits(track: FeatureTrack) -> dict[Fraction, tuple[bool, float]]:
    """Of each sample whether it shows anything, and how sharp it is."""
    if track.measures is None:
        return {}
    bright = (track.measures["highlight"] >= _DARKEST) & (track.measures["contrast"] >= _FLATTEST)
    sharp = track.measures["sharpness"]
    return {time: (bool(bright[at]), float(sharp[at])) for at, time in enumerate(track.times)}


def _decoded(
    frames: FrameSource, times: Sequence[Fraction], places: Sequence[int], info: MediaInfo
) -> Iterator[tuple[int, Thumbnail | None]]:
    """The picture at each of the rising times, None where it shows nothing; ends where decoding does."""
    if not times:
        return
    try:
        with closing(frames.at(times, _size(info))) as stream:
            for frame in stream:
                shows = _shows_something(frame.rgb)
                yield places[frame.index], Thumbnail(frame.time, jpeg_of(frame.rgb)) if shows else None
    except MediaError as error:
        if error.code in ("media_vanished", "media_changed"):
            raise


def _size(info: MediaInfo) -> tuple[int, int]:
    """(width, height) whose longer one is at most `WIDEST`; never enlarged."""
    ratio = min(Fraction(1), Fraction(WIDEST, max(info.width, info.height)))
    return max(2, round(info.width * ratio)), max(2, round(info.height * ratio))


def _shows_something(rgb: NDArray[np.uint8]) -> bool:
    values = measure(rgb).values
    highlight, contrast = values[NAMES.index("highlight")], values[NAMES.index("contrast")]
    return bool(highlight >= _DARKEST and contrast >= _FLATTEST)


def jpeg_of(rgb: NDArray[np.uint8]) -> bytes:
    """A picture, RGB uint8 [H, W, 3], as a JPEG."""
    content = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgb)).save(content, "JPEG", quality=_QUALITY)
    return content.getvalue()
