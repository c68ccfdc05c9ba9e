"""Polygons painted onto an image: shapes in a box of -1..1 (x to the right, y down), tones, outlines, placement."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

BODY, SHADE, DARK, LIGHT = "body", "shade", "dark", "light"


@dataclass(frozen=True)
class Patch:
    """A filled polygon: points [n, 2] and the tone it is painted with."""

    points: Points
    tone: str = BODY


def ellipse(x: float, y: float, rx: float, ry: float, tone: str = BODY, turn: float = 0.0) -> Patch:
    """An ellipse round (x, y), turned by `turn` degrees."""
    angles = np.linspace(0, 2 * math.pi, 28, endpoint=False)
    flat = np.stack([rx * np.cos(angles), ry * np.sin(angles)], axis=1)
    cosine, sine = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    return Patch(flat @ np.array([[cosine, sine], [-sine, cosine]]) + np.array([x, y]), tone)


def polygon(*corners: tuple[float, float], tone: str = BODY) -> Patch:
    """A polygon through its corners."""
    return Patch(np.array(corners, dtype=np.float64), tone)


def box(left: float, top: float, right: float, bottom: float, tone: str = BODY) -> Patch:
    """An upright rectangle."""
    return polygon((left, top), (right, top), (right, bottom), (left, bottom), tone=tone)


def bar(x1: float, y1: float, x2: float, y2: float, thickness: float, tone: str = BODY) -> Patch:
    """A straight stroke as a polygon."""
    length = math.hypot(x2 - x1, y2 - y1)
    dx, dy = -(y2 - y1) / length * thickness / 2, (x2 - x1) / length * thickness / 2
    return polygon((x1 + dx, y1 + dy), (x2 + dx, y2 + dy), (x2 - dx, y2 - dy), (x1 - dx, y1 - dy), tone=tone)


Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

#: RGB of the attributes; each painting varies them a little.
COLOURS: dict[str, Colour] = {
    "red": (205, 35, 35), "yellow": (240, 205, 30), "green": (45, 165, 55),
    "blue": (40, 80, 215), "purple": (140, 50, 170), "white": (240, 240, 238),
}  # fmt: skip
_SUBPIXEL_BITS = 4


@dataclass(frozen=True)
class Placement:
    """Where a shape stands: centre (pixels), half its size (pixels), turn (degrees), mirrored or not."""

    x: float
    y: float
    size: float
    turn: float = 0.0
    mirrored: bool = False

    def apply(self, points: Points) -> Points:
        """Unit-box points as pixels."""
        flip = np.array([-1.0 if self.mirrored else 1.0, 1.0])
        cosine, sine = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        turned = (points * flip) @ np.array([[cosine, sine], [-sine, cosine]])
        return np.asarray(turned * self.size + np.array([self.x, self.y]), dtype=np.float64)


def vary(colour: Colour, rng: random.Random, amount: int = 14) -> Colour:
    """`colour` with each channel moved by at most `amount`."""
    red, green, blue = (max(0, min(255, channel + rng.randint(-amount, amount))) for channel in colour)
    return red, green, blue


def fill(image: Image, points: Points, colour: Colour) -> None:
    """Fill one polygon, anti-aliased, in pixels."""
    import cv2

    fixed = np.round(points * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(image, [fixed], colour, cv2.LINE_AA, _SUBPIXEL_BITS)


def outline(image: Image, points: Points, colour: Colour, thickness: int = 1) -> None:
    """Draw a polygon's edge, anti-aliased, in pixels."""
    import cv2

    fixed = np.round(points * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.polylines(image, [fixed], True, colour, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)


def paint(image: Image, patches: Sequence[Patch], placement: Placement, colour: Colour) -> None:
    """Paint a shape in `colour`: a dark edge round all of it first, so that it stands out on any ground."""
    edge: Colour = (25, 22, 28)
    placed = [(placement.apply(patch.points), patch.tone) for patch in patches]
    for points, _ in placed:
        outline(image, points, edge, 2)
    tones = {SHADE: _scaled(colour, 0.72), DARK: (32, 30, 36), LIGHT: (214, 222, 226)}
    for points, tone in placed:
        fill(image, points, tones.get(tone, colour))


def _scaled(colour: Colour, factor: float) -> Colour:
    red, green, blue = (int(channel * factor) for channel in colour)
    return red, green, blue
