"""One scene of the sample world: a place, perhaps somebody in it, seen through a camera."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

import numpy as np

from cuemark.lab.sample.lexicon import Slots
from cuemark.lab.sample.paint import COLOURS, Image, Placement, paint, vary
from cuemark.lab.sample.props import RELATION_PROPS
from cuemark.lab.sample.scenery import paint_place
from cuemark.lab.sample.shapes import SUBJECT_SHAPES

#: Size of a finished frame, and of the larger canvas the camera moves over.
WIDTH, HEIGHT = 320, 180
CANVAS_WIDTH, CANVAS_HEIGHT = 400, 225


@dataclass(frozen=True)
class Camera:
    """The part of the canvas that is seen: centre (pixels), zoom (1 = a finished frame's size), mirrored or not."""

    x: float = CANVAS_WIDTH / 2
    y: float = CANVAS_HEIGHT / 2
    zoom: float = 1.0
    mirrored: bool = False


@dataclass(frozen=True)
class Actor:
    """Somebody in a scene, with the prop of the relation; `bob` is the height of the idle motion in pixels."""

    slots: Slots
    placement: Placement
    colour: tuple[int, int, int]
    bob: float = 2.0
    period: float = 1.6


def cast(slots: Slots, rng: random.Random) -> Actor:
    """Draw size, place and shade of the subject of `slots`."""
    size = rng.uniform(31, 43)
    x = CANVAS_WIDTH / 2 + rng.uniform(-70, 70)
    y = CANVAS_HEIGHT * rng.uniform(0.52, 0.6)
    placement = Placement(x, y, size, rng.uniform(-7, 7), rng.random() < 0.5)
    colour = vary(COLOURS[slots.attribute or ""], rng)
    return Actor(slots, placement, colour, rng.uniform(0.5, 3.0), rng.uniform(1.0, 2.5))


def background(slots: Slots, rng: random.Random) -> Image:
    """A fresh canvas of the place, uint8 RGB [CANVAS_HEIGHT, CANVAS_WIDTH, 3]."""
    return paint_place(slots.place, CANVAS_WIDTH, CANVAS_HEIGHT, rng)


def add_actor(canvas: Image, actor: Actor, seconds: float, presence: float = 1.0) -> Image:
    """`canvas` with the actor `seconds` into its stay; `presence` below 1 lets it fade in or out."""
    if presence <= 0:
        return canvas
    painted = canvas.copy()
    bobbing = actor.bob * math.sin(2 * math.pi * seconds / actor.period)
    standing = replace(actor.placement, y=actor.placement.y + bobbing)
    prop = RELATION_PROPS[actor.slots.relation or ""]()
    still = replace(actor.placement, turn=0.0)
    paint(painted, prop.behind, still, prop.colour)
    paint(painted, SUBJECT_SHAPES[actor.slots.subject or ""](), standing, actor.colour)
    paint(painted, prop.before, still, prop.colour)
    if presence < 1:
        return (canvas * (1 - presence) + painted * presence).astype(np.uint8)
    return painted


def shoot(canvas: Image, camera: Camera) -> Image:
    """What the camera sees, uint8 RGB [HEIGHT, WIDTH, 3]; borders are mirrored where it looks past the canvas."""
    import cv2

    sign = -1.0 if camera.mirrored else 1.0
    matrix = np.array(
        [
            [sign * camera.zoom, 0, WIDTH / 2 - sign * camera.zoom * camera.x],
            [0, camera.zoom, HEIGHT / 2 - camera.zoom * camera.y],
        ]
    )
    seen = cv2.warpAffine(canvas, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(seen, dtype=np.uint8)


def random_camera(rng: random.Random, actor: Actor | None = None) -> Camera:
    """A camera that keeps the actor well in view; anywhere over the canvas when there is none."""
    zoom = rng.uniform(0.95, 1.3)
    aim = (actor.placement.x, actor.placement.y) if actor else (CANVAS_WIDTH / 2, CANVAS_HEIGHT / 2)
    slack_x, slack_y = WIDTH / zoom * 0.18, HEIGHT / zoom * 0.08
    x, y = aim[0] + rng.uniform(-slack_x, slack_x), aim[1] + rng.uniform(-slack_y, slack_y)
    half_x, half_y = WIDTH / zoom / 2, HEIGHT / zoom / 2
    x = min(max(x, min(half_x, CANVAS_WIDTH / 2)), max(CANVAS_WIDTH - half_x, CANVAS_WIDTH / 2))
    y = min(max(y, min(half_y, CANVAS_HEIGHT / 2)), max(CANVAS_HEIGHT - half_y, CANVAS_HEIGHT / 2))
    return Camera(x, y, zoom, rng.random() < 0.5)


def grain(frame: Image, strength: float, brightness: float, noise: np.random.Generator) -> Image:
    """`frame` with sensor noise (standard deviation in levels) and a brightness factor."""
    grainy = frame.astype(np.float32) * brightness
    grainy += noise.standard_normal(frame.shape[:2], dtype=np.float32)[..., None] * strength
    return np.asarray(np.clip(grainy, 0, 255), dtype=np.uint8)
