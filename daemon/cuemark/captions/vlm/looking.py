"""The frames of a moment that a vision-language model is shown: spread over its middle, none of them dark or flat."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from fractions import Fraction

import numpy as np

from cuemark.captions.vlm.model import Check
from cuemark.captions.vlm.options import VlmOptions
from cuemark.core.analysis import Moment
from cuemark.media.frames import FrameSource
from cuemark.media.geometry import Picture

#: Frames at the ends belong to a cut, a fade or the neighbour: this share of a moment is left out at either end.
_EDGE = Fraction(1, 8)
#: One frame more for so many seconds.
_SECONDS_A_FRAME = 4
#: Mean and spread of the brightness, 0 to 255, below which a picture shows nothing.
_DARK, _FLAT = 12, 4


def frames_of(moment: Moment, source: FrameSource, options: VlmOptions, check: Check) -> list[Picture]:
    """Pictures of a moment in order, RGB uint8 [H, W, 3]; at least one where the media can be read there.

    Raises MediaError as `FrameSource` does.
    """
    pictures: list[Picture] = []
    size = _fitted(source.info.width, source.info.height, options.pixels)
    with closing(source.at(times_of(moment, options.frames), size)) as stream:
        for frame in stream:
            check()
            pictures.append(frame.rgb)
    telling = [picture for picture in pictures if _shows_something(picture)]
    return telling or pictures[:1]


def times_of(moment: Moment, counts: tuple[int, int]) -> list[Fraction]:
    """Times spread evenly over the middle of a moment, rising: `counts` are the fewest and the most."""
    fewest, most = counts
    length = moment.end - moment.start
    count = max(fewest, min(most, fewest + int(length / _SECONDS_A_FRAME) - 1))
    first, middle = moment.start + length * _EDGE, length * (1 - 2 * _EDGE)
    return [first + middle * Fraction(2 * number + 1, 2 * count) for number in range(count)]


def sheet_of(pictures: Sequence[Picture]) -> Picture:
    """Pictures of one size as one picture, in rows from the left, for a model that takes only one."""
    columns = 1 if len(pictures) == 1 else 2 if len(pictures) <= 4 else 3
    rows = -(-len(pictures) // columns)
    height, width, _ = pictures[0].shape
    sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
    for number, picture in enumerate(pictures):
        top, left = number // columns * height, number % columns * width
        sheet[top : top + height, left : left + width] = picture
    return sheet


def _fitted(width: int, height: int, longest: int) -> tuple[int, int]:
    """The size within `longest` of the same shape; nothing is enlarged."""
    scale = min(Fraction(1), Fraction(longest, max(width, height)))
    return max(1, int(width * scale)), max(1, int(height * scale))


def _shows_something(picture: Picture) -> bool:
    grey = picture.mean(axis=2)
    return bool(grey.mean() >= _DARK and grey.std() >= _FLAT)
