"""The things of the second world as masks: a body that carries the pattern, and ink drawn over it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Point = tuple[float, float]
SIZE = 160
_HALF = SIZE / 2


@dataclass(frozen=True)
class Silhouette:
    """`body` and `ink` uint8 [SIZE, SIZE]; the thing fills about the square from -0.9 to 0.9."""

    body: Mask
    ink: Mask


class _Pen:
    """Draws on a mask in coordinates from -1 to 1, y downwards."""

    def __init__(self) -> None:
        self.mask: Mask = np.zeros((SIZE, SIZE), np.uint8)

    def fill(self, points: Sequence[Point], value: int = 255) -> None:
        cv2.fillPoly(self.mask, [np.array([_pixel(p) for p in points], np.int32)], value, cv2.LINE_AA)

    def line(self, points: Sequence[Point], width: float, closed: bool = False, value: int = 255) -> None:
        corners = np.array([_pixel(p) for p in points], np.int32)
        cv2.polylines(self.mask, [corners], closed, value, max(1, round(width * _HALF)), cv2.LINE_AA)

    def disc(self, centre: Point, radius: float, width: float | None = None, value: int = 255) -> None:
        thickness = -1 if width is None else max(1, round(width * _HALF))
        cv2.circle(self.mask, _pixel(centre), round(radius * _HALF), value, thickness, cv2.LINE_AA)

    def box(self, left: float, top: float, right: float, bottom: float, value: int = 255) -> None:
        self.fill([(left, top), (right, top), (right, bottom), (left, bottom)], value)


def _pixel(point: Point) -> tuple[int, int]:
    return round(_HALF + point[0] * _HALF), round(_HALF + point[1] * _HALF)


def _arc(centre: Point, radius: float, start: float, end: float) -> list[Point]:
    """Points on a circle between two angles in degrees, 0 to the right, 90 down."""
    angles = (math.radians(start + (end - start) * step / 24) for step in range(25))
    return [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]


def _lantern(body: _Pen, ink: _Pen) -> None:
    body.disc((0, -0.68), 0.2, 0.09)
    body.fill([(-0.3, -0.5), (0.3, -0.5), (0.6, -0.25), (-0.6, -0.25)])
    body.box(-0.48, -0.25, 0.48, 0.65)
    body.box(-0.62, 0.65, 0.62, 0.88)
    for x in (-0.48, -0.16, 0.16, 0.48):
        ink.line([(x, -0.25), (x, 0.65)], 0.05)


def _kite(body: _Pen, ink: _Pen) -> None:
    body.fill([(0, -0.95), (0.62, -0.3), (0, 0.5), (-0.62, -0.3)])
    body.line([(0, 0.45), (0.14, 0.62), (-0.12, 0.76), (0.12, 0.92)], 0.07)
    body.fill([(0.3, 0.52), (0.3, 0.72), (0.0, 0.62)])
    ink.line([(0, -0.95), (0, 0.5)], 0.04)
    ink.line([(-0.62, -0.3), (0.62, -0.3)], 0.04)


def _gear(body: _Pen, ink: _Pen) -> None:
    for tooth in range(8):
        angle = math.radians(tooth * 45 + 22)
        body.line([(0, 0), (0.84 * math.cos(angle), 0.84 * math.sin(angle))], 0.27)
    body.disc((0, 0), 0.66)
    body.disc((0, 0), 0.26, value=0)
    ink.disc((0, 0), 0.3, 0.05)


def _spider(body: _Pen, ink: _Pen) -> None:
    for side in (-1, 1):
        for start, knee, foot in ((-0.25, -0.75, -0.35), (-0.1, -0.38, 0.12), (0.1, 0.08, 0.55), (0.25, 0.45, 0.95)):
            body.line([(0, start), (side * 0.62, knee), (side * 0.92, foot)], 0.11)
    body.disc((0, 0.28), 0.46)
    body.disc((0, -0.36), 0.27)
    ink.disc((-0.1, -0.42), 0.07)
    ink.disc((0.1, -0.42), 0.07)


def _anchor(body: _Pen, ink: _Pen) -> None:
    body.disc((0, -0.72), 0.19, 0.11)
    body.line([(0, -0.55), (0, 0.8)], 0.24)
    body.line([(-0.45, -0.3), (0.45, -0.3)], 0.2)
    body.line(_arc((0, 0.05), 0.75, 15, 165), 0.24)
    body.fill([(0.5, 0.18), (0.95, -0.12), (0.95, 0.48)])
    body.fill([(-0.5, 0.18), (-0.95, -0.12), (-0.95, 0.48)])
    ink.disc((0, -0.3), 0.06)


def _candle(body: _Pen, ink: _Pen) -> None:
    body.box(-0.27, -0.42, 0.27, 0.7)
    body.fill([*_arc((0, 0.62), 0.7, 0, 180)])
    body.fill([(0, -0.98), (0.16, -0.68), (0, -0.52), (-0.16, -0.68)])
    ink.line([(0, -0.55), (0, -0.42)], 0.06)
    ink.line([(-0.27, 0.62), (0.27, 0.62)], 0.05)


def _bell(body: _Pen, ink: _Pen) -> None:
    body.disc((0, -0.8), 0.13, 0.08)
    dome = _arc((0, -0.22), 0.48, 180, 360)
    body.fill([*dome, (0.5, 0.25), (0.82, 0.6), (-0.82, 0.6), (-0.5, 0.25)])
    body.disc((0, 0.72), 0.18)
    ink.line([(-0.75, 0.5), (0.75, 0.5)], 0.06)


def _key(body: _Pen, ink: _Pen) -> None:
    body.disc((0, -0.5), 0.44)
    body.disc((0, -0.5), 0.17, value=0)
    body.line([(0, -0.1), (0, 0.85)], 0.24)
    body.box(0, 0.28, 0.45, 0.46)
    body.box(0, 0.64, 0.58, 0.86)
    ink.disc((0, -0.5), 0.2, 0.05)


def _mushroom(body: _Pen, ink: _Pen) -> None:
    body.fill([*_arc((0, -0.02), 0.9, 180, 360)])
    body.fill([(-0.24, 0), (0.24, 0), (0.36, 0.85), (-0.36, 0.85)])
    ink.line([(-0.88, 0), (0.88, 0)], 0.06)


def _crown(body: _Pen, ink: _Pen) -> None:
    body.fill(
        [(-0.75, 0.7), (0.75, 0.7), (0.9, -0.4), (0.42, 0.12), (0, -0.62), (-0.42, 0.12), (-0.9, -0.4)],
    )
    for x, y in ((-0.86, -0.48), (0, -0.72), (0.86, -0.48)):
        body.disc((x, y), 0.13)
    ink.line([(-0.75, 0.42), (0.75, 0.42)], 0.06)


_DRAWINGS: dict[str, Callable[[_Pen, _Pen], None]] = {
    "lantern": _lantern, "kite": _kite, "gear": _gear, "spider": _spider, "anchor": _anchor,
    "candle": _candle, "bell": _bell, "key": _key, "mushroom": _mushroom, "crown": _crown,
}  # fmt: skip


@cache
def silhouette(subject: str) -> Silhouette:
    """The masks of a subject; treat them as read-only."""
    body, ink = _Pen(), _Pen()
    _DRAWINGS[subject](body, ink)
    return Silhouette(body.mask, ink.mask)
