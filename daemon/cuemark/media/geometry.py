"""How a decoded picture becomes the picture on screen: pixel aspect, rotation, mirroring, colour."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cuemark.core.timebase import round_half_up

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter

Picture = np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]
_MATRIX_BYTES = 36
_TWIN = 16  # pixels across


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


class StreamOrientation:
    """The orientations of a stream's frames.  A matrix is read once, and again where the angle of a frame is another.

    A matrix that mirrors or no longer mirrors in mid-stream, at the same angle, is not noticed; containers have one
    for the whole stream.
    """

    def __init__(self) -> None:
        self._by_angle: dict[int, Orientation] = {}

    def of(self, frame: VideoFrame) -> Orientation:
        """How this frame is turned upright."""
        angle = frame.rotation
        if angle not in self._by_angle:
            self._by_angle[angle] = orientation_of(frame)
        return self._by_angle[angle]


def orientation_of(frame: VideoFrame) -> Orientation:
    """The display matrix that travels with a frame: x' = a x + c y, y' = b x + d y, y pointing down.

    Of a frame that nothing here converts the angle alone is known, not whether it is mirrored.
    """
    try:
        raw = _display_matrix(frame)
    except NotConvertible:
        return _turned(frame.rotation)
    if raw is None:
        return Orientation()
    a, b, _, c, d = struct.unpack_from("=5i", raw)
    return from_matrix(a, b, c, d)


def _turned(anticlockwise: int) -> Orientation:
    angle = math.radians(-anticlockwise)
    across, down = round(math.cos(angle) * 65536), round(math.sin(angle) * 65536)
    return from_matrix(across, down, -down, across)


def _display_matrix(frame: VideoFrame) -> bytes | None:
    """Read from a copy of a few pixels, which carries the same side data.

    PyAV's frame and the list of its side data hold each other, so that whatever was looked at stays in memory until
    Python's cyclic collector happens to run: a picture of UHD is 12 MB, such a copy less than one kB.
    """
    _let_new_types_pass()
    twin = _scaled(frame, _TWIN, _TWIN, "POINT")
    for place in range(len(twin.side_data)):
        data = twin.side_data[place]  # type: ignore[literal-required]
        if data.type.name == "DISPLAYMATRIX" and data.buffer_size >= _MATRIX_BYTES:
            return bytes(data)
    return None


@cache
def _let_new_types_pass() -> None:
    """PyAV lists no side data of a frame where one kind is newer than its list (the views of two-view HEVC, Exif)."""
    from av.sidedata.sidedata import Type

    def unlisted(kind: Any, value: object) -> Any:
        member = object.__new__(kind)
        member._name_, member._value_ = f"UNLISTED_{value}", value
        return member

    Type._missing_ = classmethod(unlisted)  # type: ignore[assignment]


def from_matrix(a: int, b: int, c: int, d: int) -> Orientation:
    """The nearest right-angled orientation of a matrix; a slanted one is rounded, as players do."""
    transpose = abs(b) + abs(c) > abs(a) + abs(d)
    across, down = (c, b) if transpose else (a, d)
    clockwise = round(math.degrees(math.atan2(b, a)) / 90) * 90 % 360
    return Orientation(transpose, across < 0, down < 0, clockwise)


def square_size(width: int, height: int, pixel_aspect: Fraction) -> tuple[int, int]:
    """The size with square pixels: the width is stretched, the lines stay."""
    return max(1, round_half_up(width * pixel_aspect)), height


class NotConvertible(Exception):
    """A picture whose numbers cannot be turned into RGB; the text names its format."""


def to_picture(
    frame: VideoFrame, width: int, height: int, orientation: Orientation, scaler: VideoReformatter | None = None
) -> Picture:
    """The frame as RGB uint8 [height, width, 3] on screen, whatever its bit depth, range and pixel aspect.

    One step from the decoder's own format to the size asked for.  A `scaler` kept for all frames of a file spares
    setting one up for each.  Raises NotConvertible.
    """
    # Bicubic widens with the shrinking, as Pillow's does.
    rgb = _scaled(frame, *orientation.size(width, height), "BICUBIC", scaler)
    return orientation.apply(rgb.to_ndarray().astype(np.uint8, copy=False))


_UNSPECIFIED_COLOURS = 2
_BT709_FROM_HEIGHT = 720
# By their numbers in ITU-T H.273: what swscale has no coefficients for.
_CONVERTIBLE_MATRICES = frozenset({0, 1, 2, 4, 5, 6, 7, 9})
_MATRICES = {
    8: "YCgCo", 10: "BT.2020 with constant luminance", 11: "SMPTE ST 2085", 12: "chromaticity-derived",
    13: "chromaticity-derived with constant luminance", 14: "ICtCp", 15: "IPT-C2", 16: "YCgCo-Re", 17: "YCgCo-Ro",
}  # fmt: skip
_RANGES = 2
# swscale ends the whole process over these.
_FATAL_FORMATS = frozenset({"yaf16le", "yaf16be", "yaf32le", "yaf32be"})


def colours_replaced(frame: VideoFrame) -> str | None:
    """The colour matrix or range a frame names that nothing here converts, in words; None for what is converted."""
    matrix = int(frame.colorspace)
    if matrix not in _CONVERTIBLE_MATRICES:
        return f"the colour matrix {_MATRICES.get(matrix, f'number {matrix}')}"
    return f"the colour range number {int(frame.color_range)}" if frame.color_range > _RANGES else None


def _scaled(
    frame: VideoFrame, width: int, height: int, interpolation: str, scaler: VideoReformatter | None = None
) -> VideoFrame:
    """The frame as planar RGB of this size; NotConvertible."""
    import av
    from av.video.reformatter import ColorRange, Colorspace

    if frame.format.name in _FATAL_FORMATS:
        raise NotConvertible(frame.format.name)
    # Untagged HD footage is BT.709 by convention; swscale would take BT.601 for everything untagged.
    untagged_hd = frame.colorspace == _UNSPECIFIED_COLOURS and frame.height >= _BT709_FROM_HEIGHT
    as_709 = untagged_hd or frame.colorspace not in _CONVERTIBLE_MATRICES
    reformat = frame.reformat if scaler is None else partial(scaler.reformat, frame)
    try:
        # Planar, because swscale halves the colours' width on its way to packed RGB: of a picture shrunk to an
        # encoder's size it would keep 48 columns of colour out of 96.
        return reformat(
            width=width,
            height=height,
            format="gbrp",
            src_colorspace=Colorspace.ITU709 if as_709 else None,
            src_color_range=ColorRange.MPEG if frame.color_range > _RANGES else None,
            interpolation=interpolation,
        )
    except MemoryError:
        raise
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise NotConvertible(frame.format.name) from error
