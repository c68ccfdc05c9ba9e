"""Painting polygons onto an image: tones, outlines, placement."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cuemark.lab.sample.shapes import DARK, LIGHT, SHADE, Patch, Points

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
