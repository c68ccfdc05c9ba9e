"""One scene of the sample world: a place, perhaps somebody in it, seen through a camera.

Places are painted afresh each time: palette, horizon and furniture vary, clutter is strewn.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cuemark.lab.sample.figures import RELATION_PROPS, SUBJECT_SHAPES
from cuemark.lab.sample.lexicon import Slots
from cuemark.lab.sample.paint import (
    COLOURS,
    Colour,
    Image,
    Placement,
    bar,
    box,
    ellipse,
    fill,
    paint,
    polygon,
    vary,
)

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


def paint_place(name: str, width: int, height: int, rng: random.Random) -> Image:
    """The empty place `name` with its clutter, uint8 RGB [height, width, 3]."""
    image = np.zeros((height, width, 3), dtype=np.uint8)
    horizon = height * rng.uniform(0.42, 0.6)
    _PLACES[name](image, horizon, rng)
    _strew(image, horizon, rng)
    return image


def _gradient(image: Image, top: int, bottom: int, upper: Colour, lower: Colour) -> None:
    """Fill rows top..bottom with a vertical blend of two colours."""
    blend = np.linspace(0, 1, max(1, bottom - top))[:, None]
    rows = np.array(upper) * (1 - blend) + np.array(lower) * blend
    image[top:bottom] = rows[:, None, :].astype(np.uint8)


def _halves(
    image: Image, horizon: float, sky: tuple[Colour, Colour], ground: tuple[Colour, Colour], rng: random.Random
) -> None:
    _gradient(image, 0, int(horizon), vary(sky[0], rng), vary(sky[1], rng))
    _gradient(image, int(horizon), image.shape[0], vary(ground[0], rng), vary(ground[1], rng))


def _beach(image: Image, horizon: float, rng: random.Random) -> None:
    height, width = image.shape[:2]
    _halves(image, horizon, ((120, 190, 240), (200, 228, 245)), ((238, 214, 160), (222, 190, 130)), rng)
    top = int(horizon - height * rng.uniform(0.1, 0.16))
    _gradient(image, top, int(horizon), vary((30, 120, 190), rng), vary((70, 180, 210), rng))
    for _ in range(rng.randint(3, 7)):
        x, y = rng.uniform(0, width), rng.uniform(top, horizon)
        fill(image, bar(x, y, x + rng.uniform(15, 50), y, 2).points, (225, 240, 248))
    x, y = rng.uniform(0, width), height * rng.uniform(0.08, 0.2)
    fill(image, ellipse(x, y, 14, 14).points, (255, 240, 170))


def _forest(image: Image, horizon: float, rng: random.Random) -> None:
    height, width = image.shape[:2]
    _halves(image, horizon, ((60, 95, 70), (85, 125, 80)), ((52, 80, 40), (40, 58, 30)), rng)
    for _ in range(rng.randint(9, 15)):
        x, base = rng.uniform(0, width), horizon + rng.uniform(-6, 18)
        tall, half = height * rng.uniform(0.3, 0.55), rng.uniform(14, 28)
        fill(image, bar(x, base, x, base - tall * 0.5, rng.uniform(5, 9)).points, vary((84, 58, 36), rng))
        green = vary((28, 82, 42), rng)
        for level in (0.25, 0.5, 0.75):
            y = base - tall * level
            fill(
                image,
                polygon((x - half * (1.1 - level), y), (x, y - tall * 0.4), (x + half * (1.1 - level), y)).points,
                green,
            )


def _desert(image: Image, horizon: float, rng: random.Random) -> None:
    _height, width = image.shape[:2]
    _halves(image, horizon, ((250, 200, 130), (252, 226, 176)), ((226, 150, 76), (200, 118, 54)), rng)
    for _ in range(rng.randint(2, 4)):
        x, wide = rng.uniform(0, width), rng.uniform(70, 150)
        fill(image, ellipse(x, horizon + 14, wide, rng.uniform(18, 38)).points, vary((218, 140, 70), rng))
    for _ in range(rng.randint(1, 4)):
        x, base, tall = rng.uniform(0, width), horizon + rng.uniform(0, 20), rng.uniform(25, 50)
        green = vary((70, 120, 70), rng)
        fill(image, bar(x, base, x, base - tall, 8).points, green)
        fill(image, bar(x, base - tall * 0.5, x + 14, base - tall * 0.5, 6).points, green)
        fill(image, bar(x + 14, base - tall * 0.45, x + 14, base - tall * 0.85, 6).points, green)


def _street(image: Image, horizon: float, rng: random.Random) -> None:
    height, width = image.shape[:2]
    _halves(image, horizon, ((176, 186, 198), (206, 210, 216)), ((120, 120, 124), (84, 84, 88)), rng)
    x = -rng.uniform(0, 40)
    while x < width:
        wide, top = rng.uniform(36, 70), horizon - height * rng.uniform(0.18, 0.45)
        fill(
            image,
            box(x, top, x + wide, horizon).points,
            vary(rng.choice(((150, 110, 95), (130, 130, 140), (165, 150, 130))), rng),
        )
        for row in np.arange(top + 8, horizon - 10, 15):
            for column in np.arange(x + 7, x + wide - 10, 14):
                fill(
                    image,
                    box(column, row, column + 7, row + 8).points,
                    (225, 220, 175) if rng.random() < 0.4 else (60, 66, 80),
                )
        x += wide + rng.uniform(0, 6)
    y = (horizon + height) / 2 + rng.uniform(0, 20)
    for start in np.arange(-rng.uniform(0, 40), width, 48):
        fill(image, box(start, y, start + 26, y + 5).points, (232, 230, 220))


def _snow(image: Image, horizon: float, rng: random.Random) -> None:
    height, width = image.shape[:2]
    _halves(image, horizon, ((150, 175, 205), (196, 210, 226)), ((226, 234, 242), (204, 216, 230)), rng)
    for _ in range(rng.randint(3, 5)):
        x, wide, tall = rng.uniform(0, width), rng.uniform(50, 100), height * rng.uniform(0.22, 0.42)
        fill(
            image,
            polygon((x - wide, horizon), (x, horizon - tall), (x + wide, horizon)).points,
            vary((112, 124, 146), rng),
        )
        cap = 0.36
        fill(
            image,
            polygon(
                (x - wide * cap, horizon - tall * (1 - cap)),
                (x, horizon - tall),
                (x + wide * cap, horizon - tall * (1 - cap)),
            ).points,
            (244, 248, 252),
        )
    for _ in range(rng.randint(30, 60)):
        fill(image, ellipse(rng.uniform(0, width), rng.uniform(0, height), 1.4, 1.4).points, (252, 252, 255))


def _kitchen(image: Image, horizon: float, rng: random.Random) -> None:
    height, width = image.shape[:2]
    _halves(image, horizon, ((226, 214, 190), (214, 200, 176)), ((158, 112, 74), (120, 82, 54)), rng)
    step = rng.uniform(20, 28)
    for x in np.arange(-rng.uniform(0, step), width, step):
        fill(image, bar(x, 0, x, horizon, 1.5).points, (190, 176, 150))
    for y in np.arange(horizon % step, horizon, step):
        fill(image, bar(0, y, width, y, 1.5).points, (190, 176, 150))
    x = rng.uniform(20, width - 120)
    fill(image, box(x, height * 0.08, x + 80, height * 0.3).points, (120, 86, 60))
    fill(image, box(x + 5, height * 0.11, x + 75, height * 0.27).points, vary((168, 208, 232), rng))
    fill(image, box(0, horizon - 10, width, horizon + 4).points, (96, 70, 52))
    for _ in range(rng.randint(2, 4)):
        x = rng.uniform(0, width)
        fill(image, box(x, horizon - 26, x + 14, horizon - 10).points, vary((150, 150, 156), rng))


def _moon(image: Image, horizon: float, rng: random.Random) -> None:
    height, width = image.shape[:2]
    _halves(image, horizon, ((8, 8, 18), (16, 14, 30)), ((132, 132, 136), (94, 94, 100)), rng)
    for _ in range(rng.randint(40, 80)):
        fill(image, ellipse(rng.uniform(0, width), rng.uniform(0, horizon - 4), 1, 1).points, (235, 235, 220))
    for _ in range(rng.randint(5, 9)):
        x, y, wide = rng.uniform(0, width), rng.uniform(horizon + 8, height), rng.uniform(12, 34)
        fill(image, ellipse(x, y, wide, wide * 0.35).points, (88, 88, 94))
        fill(image, ellipse(x + 2, y + 2, wide * 0.85, wide * 0.26).points, (108, 108, 114))
    x, y = rng.uniform(30, width - 30), height * rng.uniform(0.12, 0.25)
    fill(image, ellipse(x, y, 18, 18).points, vary((70, 120, 190), rng))


def _sea(image: Image, horizon: float, rng: random.Random) -> None:
    height, width = image.shape[:2]
    _gradient(image, 0, height, vary((30, 130, 180), rng), vary((8, 40, 96), rng))
    fill(image, box(0, height * 0.86, width, height).points, vary((120, 116, 96), rng))
    for _ in range(rng.randint(5, 9)):
        x, y = rng.uniform(0, width), height * 0.9
        for _ in range(rng.randint(3, 6)):
            bend = rng.uniform(-8, 8)
            fill(image, bar(x, y, x + bend, y - 16, 5).points, vary((24, 110, 84), rng))
            x, y = x + bend, y - 15
    for _ in range(rng.randint(15, 30)):
        x, y, radius = rng.uniform(0, width), rng.uniform(0, height * 0.85), rng.uniform(1.5, 4)
        fill(image, ellipse(x, y, radius, radius).points, (140, 200, 226))
        fill(image, ellipse(x, y, radius * 0.6, radius * 0.6).points, (60, 140, 190))


def _strew(image: Image, horizon: float, rng: random.Random) -> None:
    """Clutter that is nobody: stones, tufts and scraps, some in the attributes' colours."""
    height, width = image.shape[:2]
    for _ in range(rng.randint(3, 10)):
        x, y = rng.uniform(0, width), rng.uniform(horizon, height)
        size = rng.uniform(2, 7)
        grey = rng.randint(50, 180)
        colour: Colour = (
            (grey, grey, grey)
            if rng.random() < 0.6
            else (rng.randint(30, 230), rng.randint(30, 230), rng.randint(30, 230))
        )
        shape = (
            ellipse(x, y, size, size * 0.6)
            if rng.random() < 0.5
            else polygon((x - size, y), (x, y - size * 1.4), (x + size, y))
        )
        fill(image, shape.points, colour)


_PLACES: dict[str, Callable[[Image, float, random.Random], None]] = {
    "beach": _beach, "forest": _forest, "desert": _desert, "street": _street,
    "snow": _snow, "kitchen": _kitchen, "moon": _moon, "sea": _sea,
}  # fmt: skip
