"""What a subject stands in a relation to: a crate, an umbrella, a fence, a lamp, a ring.

Each prop has a part behind the subject and a part before it, in the subject's own box (-1..1, y down).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cuemark.lab.sample.paint import Colour
from cuemark.lab.sample.shapes import Patch, bar, box, ellipse, polygon

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
