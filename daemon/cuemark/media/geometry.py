"""How a decoded picture becomes the picture on screen: pixel aspect, rotation, mirroring, colour."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cuemark.core.timebase import round_half_up

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter

Picture = np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]
_UNSPECIFIED_COLOURS = 2
_BT709_FROM_HEIGHT = 720
_MATRIX_BYTES = 36


@dataclass(frozen=True)
class Orientation:
    """A display matrix reduced to right angles: transpose first, then mirror."""

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False
    clockwise: int = 0

    def apply(self, picture: Picture) -> Picture:
        """Turn [H, W, 3] upright; contiguous."""
        if self.transpose:
            picture = picture.transpose(1, 0, 2)
        if self.mirror_x:
            picture = picture[:, ::-1]
        if self.mirror_y:
            picture = picture[::-1]
        return np.ascontiguousarray(picture)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """The upright size of a picture of this coded size (the way back is the same)."""
        return (height, width) if self.transpose else (width, height)


def orientation_of(frame: VideoFrame) -> Orientation:
    """The display matrix that travels with a frame: x' = a x + c y, y' = b x + d y, y pointing down."""
    for place in range(len(frame.side_data)):
        data = frame.side_data[place]  # type: ignore[literal-required]
        if data.type.name == "DISPLAYMATRIX":
            raw = bytes(data)
            if len(raw) >= _MATRIX_BYTES:
                a, b, _, c, d = struct.unpack_from("=5i", raw)
                return from_matrix(a, b, c, d)
    return Orientation()


def from_matrix(a: int, b: int, c: int, d: int) -> Orientation:
    """The nearest right-angled orientation of a matrix; a slanted one is rounded, as players do."""
    transpose = abs(b) + abs(c) > abs(a) + abs(d)
    across, down = (c, b) if transpose else (a, d)
    clockwise = round(math.degrees(math.atan2(b, a)) / 90) * 90 % 360
    return Orientation(transpose, across < 0, down < 0, clockwise)


def square_size(width: int, height: int, pixel_aspect: Fraction) -> tuple[int, int]:
    """The size with square pixels: the width is stretched, the lines stay."""
    return max(1, round_half_up(width * pixel_aspect)), height


def to_picture(
    frame: VideoFrame, width: int, height: int, orientation: Orientation, scaler: VideoReformatter | None = None
) -> Picture:
    """The frame as RGB uint8 [height, width, 3] on screen, whatever its bit depth, range and pixel aspect.

    One step from the decoder's own format to the size asked for.  A `scaler` kept for all frames of a file spares
    setting one up for each.
    """
    from av.video.reformatter import Colorspace

    coded_width, coded_height = orientation.size(width, height)
    # Untagged HD footage is BT.709 by convention; swscale would take BT.601 for everything untagged.
    untagged_hd = frame.colorspace == _UNSPECIFIED_COLOURS and frame.height >= _BT709_FROM_HEIGHT
    # Planar, because swscale halves the colours' width on its way to packed RGB: of a picture shrunk to an encoder's
    # size it would keep 48 columns of colour out of 96.  Bicubic widens with the shrinking, as Pillow's does.
    reformat = frame.reformat if scaler is None else partial(scaler.reformat, frame)
    rgb = reformat(
        width=coded_width,
        height=coded_height,
        format="gbrp",
        src_colorspace=Colorspace.ITU709 if untagged_hd else None,
        interpolation="BICUBIC",
    )
    return orientation.apply(rgb.to_ndarray().astype(np.uint8, copy=False))
