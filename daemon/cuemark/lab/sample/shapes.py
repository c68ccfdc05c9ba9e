"""The subjects of the sample world as polygons in a box of -1..1, x to the right, y down, facing right."""

from __future__ import annotations

import math
from collections.abc import Callable
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


def _wheel(x: float, y: float, radius: float) -> list[Patch]:
    return [ellipse(x, y, radius, radius, DARK), ellipse(x, y, radius * 0.45, radius * 0.45, LIGHT)]


def _cat() -> list[Patch]:
    legs = [bar(x, 0.35, x, 0.98, 0.16) for x in (-0.45, -0.2, 0.25, 0.45)]
    tail = [bar(-0.6, 0.2, -0.9, -0.35, 0.15), bar(-0.9, -0.35, -0.7, -0.7, 0.14)]
    ears = [polygon((0.3, -0.6), (0.36, -1.0), (0.58, -0.7)), polygon((0.62, -0.7), (0.86, -1.0), (0.9, -0.58))]
    face = [ellipse(0.5, -0.42, 0.07, 0.08, DARK), ellipse(0.74, -0.42, 0.07, 0.08, DARK)]
    return [*tail, *legs, ellipse(-0.05, 0.2, 0.62, 0.34), *ears, ellipse(0.6, -0.38, 0.36, 0.36), *face]


def _dog() -> list[Patch]:
    legs = [bar(x, 0.2, x, 0.98, 0.2) for x in (-0.6, -0.35, 0.2, 0.42)]
    head = [box(0.35, -0.75, 0.72, -0.2), box(0.7, -0.5, 1.0, -0.22), ellipse(0.97, -0.45, 0.08, 0.08, DARK)]
    ear = [ellipse(0.38, -0.45, 0.13, 0.34, SHADE), ellipse(0.62, -0.58, 0.06, 0.07, DARK)]
    return [bar(-0.65, -0.15, -0.95, -0.6, 0.15), *legs, box(-0.72, -0.25, 0.5, 0.35), *head, *ear]


def _bird() -> list[Patch]:
    legs = [bar(-0.05, 0.5, -0.05, 0.98, 0.07, DARK), bar(0.15, 0.5, 0.15, 0.98, 0.07, DARK)]
    tail = polygon((-0.5, 0.1), (-1.0, 0.0), (-0.98, 0.38), tone=BODY)
    wing = polygon((0.15, 0.05), (-0.35, -0.85), (-0.5, 0.2), tone=SHADE)
    head = [ellipse(0.5, -0.35, 0.26, 0.26), polygon((0.7, -0.45), (1.0, -0.3), (0.7, -0.2), tone=DARK)]
    return [*legs, tail, ellipse(0.05, 0.15, 0.6, 0.4), wing, *head, ellipse(0.55, -0.42, 0.06, 0.06, DARK)]


def _fish() -> list[Patch]:
    tail = polygon((-0.45, 0.0), (-1.0, -0.5), (-0.85, 0.0), (-1.0, 0.5))
    fins = [
        polygon((-0.1, -0.35), (0.25, -0.8), (0.4, -0.3), tone=SHADE),
        polygon((0, 0.35), (0.1, 0.7), (0.3, 0.3), tone=SHADE),
    ]
    gill = [bar(0.38, -0.3, 0.38, 0.3, 0.07, SHADE), ellipse(0.66, -0.1, 0.09, 0.09, DARK)]
    return [tail, *fins, ellipse(0.2, 0.0, 0.75, 0.42), *gill]


def _rabbit() -> list[Patch]:
    ears = [ellipse(0.22, -0.7, 0.12, 0.4, BODY, -8), ellipse(0.5, -0.7, 0.12, 0.4, BODY, 8)]
    face = [ellipse(0.45, -0.22, 0.06, 0.07, DARK), ellipse(0.64, -0.12, 0.05, 0.04, DARK)]
    return [
        ellipse(-0.62, 0.5, 0.18, 0.18, LIGHT),
        *ears,
        ellipse(-0.1, 0.5, 0.55, 0.48),
        ellipse(0.36, -0.15, 0.34, 0.3),
        *face,
    ]


def _car() -> list[Patch]:
    cabin = polygon((-0.55, -0.1), (-0.35, -0.55), (0.3, -0.55), (0.55, -0.1))
    windows = [
        polygon((-0.4, -0.1), (-0.28, -0.42), (-0.05, -0.42), (-0.05, -0.1), tone=LIGHT),
        polygon((0.05, -0.1), (0.05, -0.42), (0.24, -0.42), (0.4, -0.1), tone=LIGHT),
    ]
    hull = polygon((-1, -0.1), (0.7, -0.12), (1, 0.1), (1, 0.42), (-1, 0.42))
    return [cabin, *windows, hull, *_wheel(-0.55, 0.45, 0.27), *_wheel(0.55, 0.45, 0.27)]


def _bus() -> list[Patch]:
    windows = [box(x, -0.55, x + 0.3, -0.12, LIGHT) for x in (-0.86, -0.44, -0.02, 0.4)]
    return [
        box(-1, -0.8, 1, 0.6),
        *windows,
        box(-1, 0.1, 1, 0.2, SHADE),
        *_wheel(-0.55, 0.62, 0.25),
        *_wheel(0.55, 0.62, 0.25),
    ]


def _bicycle() -> list[Patch]:
    rims = [
        patch
        for x in (-0.58, 0.58)
        for patch in (ellipse(x, 0.4, 0.42, 0.42, DARK), ellipse(x, 0.4, 0.31, 0.31, LIGHT))
    ]
    joints = [
        (-0.58, 0.4, -0.2, -0.25),
        (-0.2, -0.25, 0.4, -0.3),
        (0.4, -0.3, 0.0, 0.4),
        (0.0, 0.4, -0.58, 0.4),
        (-0.2, -0.25, 0, 0.4),
        (0.58, 0.4, 0.36, -0.6),
    ]
    frame = [bar(*joint, 0.15) for joint in joints]
    return [*rims, *frame, bar(-0.42, -0.36, -0.05, -0.36, 0.15, DARK), bar(0.2, -0.62, 0.56, -0.58, 0.13, DARK)]


def _airplane() -> list[Patch]:
    wings = [
        polygon((0.2, 0.0), (-0.35, 0.85), (-0.6, 0.85), (-0.2, 0.0), tone=SHADE),
        polygon((0.2, -0.05), (-0.2, -0.7), (-0.45, -0.7), (-0.2, -0.05), tone=SHADE),
    ]
    tail = polygon((-0.65, -0.05), (-1.0, -0.65), (-0.78, -0.65), (-0.4, -0.1))
    windows = [ellipse(x, -0.06, 0.05, 0.06, DARK) for x in (-0.3, -0.1, 0.1, 0.3, 0.5)]
    return [wings[1], tail, ellipse(0.05, 0.0, 0.95, 0.2), wings[0], *windows]


def _balloon() -> list[Patch]:
    ropes = [bar(-0.3, 0.15, -0.14, 0.68, 0.05, DARK), bar(0.3, 0.15, 0.14, 0.68, 0.05, DARK)]
    return [
        *ropes,
        ellipse(0, -0.35, 0.62, 0.62),
        ellipse(0, -0.35, 0.22, 0.62, SHADE),
        box(-0.2, 0.66, 0.2, 0.98, DARK),
    ]


def _robot() -> list[Patch]:
    limbs = [
        box(-0.3, 0.5, -0.1, 0.98),
        box(0.1, 0.5, 0.3, 0.98),
        box(-0.68, -0.15, -0.5, 0.4),
        box(0.5, -0.15, 0.68, 0.4),
    ]
    face = [box(-0.24, -0.68, -0.06, -0.5, DARK), box(0.06, -0.68, 0.24, -0.5, DARK), bar(0, -0.8, 0, -1.0, 0.07, DARK)]
    return [
        *limbs,
        box(-0.46, -0.22, 0.46, 0.56),
        box(-0.38, -0.84, 0.38, -0.28),
        *face,
        box(-0.24, 0.0, 0.24, 0.26, LIGHT),
    ]


def _boat() -> list[Patch]:
    hull = polygon((-1, 0.3), (1, 0.3), (0.65, 0.85), (-0.65, 0.85))
    sails = [
        polygon((0.06, -0.95), (0.8, 0.15), (0.06, 0.15), tone=LIGHT),
        polygon((-0.08, -0.75), (-0.08, 0.15), (-0.6, 0.15), tone=BODY),
    ]
    return [bar(0, -1, 0, 0.35, 0.09, DARK), *sails, hull]


SUBJECT_SHAPES: dict[str, Callable[[], list[Patch]]] = {
    "cat": _cat, "dog": _dog, "bird": _bird, "fish": _fish, "rabbit": _rabbit, "car": _car, "bus": _bus,
    "bicycle": _bicycle, "airplane": _airplane, "balloon": _balloon, "robot": _robot, "boat": _boat,
}  # fmt: skip
