"""The subjects of the sample world, and the props they stand in a relation to, as polygons in a box of -1..1.

x runs to the right, y down; subjects face right.  Each prop (crate, umbrella, fence, lamp, ring) has a part behind the
subject and a part before it, in the subject's own box.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cuemark.lab.sample.paint import BODY, DARK, LIGHT, SHADE, Colour, Patch, bar, box, ellipse, polygon


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


WOOD: Colour = (140, 96, 54)
STEEL: Colour = (122, 124, 132)
GOLD: Colour = (196, 160, 84)


@dataclass(frozen=True)
class Prop:
    """The patches behind and before the subject, with the colour of their body."""

    behind: tuple[Patch, ...] = ()
    before: tuple[Patch, ...] = ()
    colour: Colour = WOOD


def _crate() -> Prop:
    planks = [bar(-0.85, y, 0.85, y, 0.07, "dark") for y in (1.05, 1.32, 1.6)]
    return Prop(before=(box(-0.9, 1.0, 0.9, 1.68), *planks, bar(-0.85, 1.62, 0.85, 1.04, 0.09, "shade")), colour=WOOD)


def _umbrella() -> Prop:
    canopy = polygon(
        (-1.35, -1.05), (-1.1, -1.5), (-0.6, -1.78), (0, -1.88), (0.6, -1.78), (1.1, -1.5), (1.35, -1.05), (0.9, -1.2),
        (0.45, -1.05), (0, -1.2), (-0.45, -1.05), (-0.9, -1.2),
    )  # fmt: skip
    stripe = polygon((-0.45, -1.05), (0, -1.88), (0.45, -1.05), (0, -1.2), tone="light")
    return Prop(behind=(bar(1.05, -1.3, 1.05, 1.0, 0.1, "dark"), canopy, stripe), colour=(84, 72, 84))


def _fence() -> Prop:
    slats = [
        polygon((x, 1.1), (x, 0.28), (x + 0.13, 0.14), (x + 0.26, 0.28), (x + 0.26, 1.1))
        for x in (-1.5, -1.05, -0.6, -0.15, 0.3, 0.75, 1.2)
    ]
    return Prop(
        before=(box(-1.6, 0.42, 1.6, 0.56, "shade"), box(-1.6, 0.84, 1.6, 0.98, "shade"), *slats), colour=(176, 134, 90)
    )


def _lamp() -> Prop:
    bulb = [ellipse(-1.45, -1.28, 0.27, 0.3, "light"), box(-1.72, -1.62, -1.18, -1.48, "dark")]
    return Prop(behind=(box(-1.7, 0.9, -1.2, 1.04, "dark"), bar(-1.45, 1.0, -1.45, -1.1, 0.15), *bulb), colour=STEEL)


def _ring() -> Prop:
    outer, inner = (ellipse(0, 0, radius, radius).points for radius in (1.52, 1.24))
    hoop = np.concatenate([outer, outer[:1], inner[:1], inner[::-1]])
    return Prop(behind=(Patch(hoop),), colour=GOLD)


RELATION_PROPS: dict[str, Callable[[], Prop]] = {
    "crate": _crate, "umbrella": _umbrella, "fence": _fence, "lamp": _lamp, "ring": _ring,
}  # fmt: skip
