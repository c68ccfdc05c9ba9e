"""A thing doing something before a place: its pose and the marks of its action, seen by a camera."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import cv2
import numpy as np

from tests.second_world.places import HEIGHT, HIGH, WIDE, WIDTH, Picture
from tests.second_world.skins import SIDE, Sprite, sprite
from tests.second_world.words import Slots

_MARK = (232, 232, 240)
_FLAMES = ((226, 74, 24), (246, 142, 36), (255, 220, 96))


@dataclass(frozen=True)
class Actor:
    """One thing as cast for an event: where it is, in shares of the frame, how large in pixels, how it leans."""

    relation: str
    picture: Sprite = field(repr=False, compare=False)
    x: float
    y: float
    size: float
    lean: float
    phase: float


@dataclass(frozen=True)
class Camera:
    """Which part of the painted place is seen, and how large; `roll` in degrees, `light` as a factor."""

    x: float = WIDE / 2
    y: float = HIGH / 2
    zoom: float = 1.0
    roll: float = 0.0
    mirrored: bool = False
    light: float = 1.0


def cast(slots: Slots, rng: random.Random) -> Actor | None:
    """An actor for `slots`, None where they are empty."""
    if slots.subject is None or slots.attribute is None or slots.relation is None:
        return None
    drawn = sprite(slots.subject, slots.attribute, rng)
    x, y, size = rng.uniform(0.3, 0.7), rng.uniform(0.45, 0.58), rng.uniform(126, 160)
    lean = rng.choice((-1, 1)) * rng.uniform(14, 30)
    return Actor(slots.relation, drawn, x, y, size, lean, rng.uniform(0, 6))


def any_camera(rng: random.Random) -> Camera:
    """Some camera on the place."""
    zoom = rng.uniform(0.86, 1.25)
    away = rng.uniform(-25, 25), rng.uniform(-18, 18)
    middle = WIDE / 2 + away[0], HIGH / 2 + away[1]
    return Camera(*middle, zoom, rng.uniform(-5, 5), rng.random() < 0.5, rng.uniform(0.85, 1.2))


def look(place: Picture, camera: Camera) -> Picture:
    """What the camera sees of an empty place: RGB [HEIGHT, WIDTH, 3]."""
    turn = cv2.getRotationMatrix2D((camera.x, camera.y), camera.roll, camera.zoom)
    turn[:, 2] += np.array((WIDTH / 2 - camera.x, HEIGHT / 2 - camera.y))
    seen = cv2.warpAffine(place, turn, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    seen = np.ascontiguousarray(seen[:, ::-1]) if camera.mirrored else seen
    return cv2.convertScaleAbs(seen, alpha=camera.light).astype(np.uint8, copy=False)


def perform(seen: Picture, actor: Actor, camera: Camera, seconds: float) -> Picture:
    """A copy of `seen` with the actor in front, `seconds` into its action."""
    frame = seen.copy()
    size = actor.size * (0.55 + 0.45 * camera.zoom)
    x = (1 - actor.x if camera.mirrored else actor.x) * WIDTH
    x, y = x + (camera.x - WIDE / 2) * -0.4, actor.y * HEIGHT
    {"spinning": _spin, "floating": _float, "swinging": _swing, "falling": _fall, "burning": _burn}[actor.relation](
        frame, actor, (x, y, size), actor.phase + seconds
    )
    return frame


_Spot = tuple[float, float, float]


def _spin(frame: Picture, actor: Actor, spot: _Spot, time: float) -> None:
    x, y, size = spot
    _put(frame, actor.picture, (x, y, size * 0.9), time * 110)
    for start in (20, 140, 260):
        begin = start + time * 60
        cv2.ellipse(frame, _at(x, y), _at(size * 0.66, size * 0.66), 0, begin, begin + 80, _MARK, 4, cv2.LINE_AA)
        tip = math.radians(begin + 84)
        point = x + size * 0.66 * math.cos(tip), y + size * 0.66 * math.sin(tip)
        cv2.circle(frame, _at(*point), 7, _MARK, -1, cv2.LINE_AA)


def _float(frame: Picture, actor: Actor, spot: _Spot, time: float) -> None:
    x, y, size = spot
    y += 4 * math.sin(time * 2) - 22
    floor = min(HEIGHT - 14, y + size * 0.5 + 42)
    cv2.ellipse(frame, _at(x, floor), _at(size * 0.46, 9), 0, 0, 360, (4, 4, 6), -1, cv2.LINE_AA)
    for number in range(3):
        middle = y + size * 0.5 + 4 + number * 10
        wave = [_at(x + dx, middle + 3 * math.sin(dx / 6 + time * 3)) for dx in np.arange(-size * 0.3, size * 0.3, 3.0)]
        cv2.polylines(frame, [np.array(wave)], False, (130, 200, 240), 2, cv2.LINE_AA)
    _put(frame, actor.picture, (x, y, size), 0)


def _swing(frame: Picture, actor: Actor, spot: _Spot, time: float) -> None:
    x, y, size = spot
    angle = actor.lean * (0.75 + 0.25 * math.cos(time * 2.2))
    turned = math.radians(angle)
    length = y + 12
    hung = x + math.sin(turned) * length * 0.55, y + 6
    top = hung[0] + math.sin(-turned) * length, -4
    head = hung[0] - math.sin(turned) * size * 0.42, hung[1] - math.cos(turned) * size * 0.42
    cv2.line(frame, _at(*top), _at(*head), (206, 176, 122), 5, cv2.LINE_AA)
    _put(frame, actor.picture, (*hung, size), -angle)
    for side in (-1, 1):
        spread = 90 - side * 34 - angle
        for far in (0.62, 0.74):
            ring = _at(size * far, size * far)
            cv2.ellipse(frame, _at(*hung), ring, 0, spread - 16, spread + 16, _MARK, 2, cv2.LINE_AA)


def _fall(frame: Picture, actor: Actor, spot: _Spot, time: float) -> None:
    x, y, size = spot
    y += 24 + 4 * math.sin(time * 4)
    for number in range(5):
        across = x + (number - 2) * size * 0.22
        start = y - size * (0.92 + 0.12 * ((number * 2 + int(time * 6)) % 3))
        cv2.line(frame, _at(across, start), _at(across, y - size * 0.42), _MARK, 4, cv2.LINE_AA)
    _put(frame, actor.picture, (x, y, size), actor.lean * 1.5 + 5 * math.sin(time * 3))


def _burn(frame: Picture, actor: Actor, spot: _Spot, time: float) -> None:
    x, y, size = spot
    base = y + size * 0.56
    _flames(frame, (x, base), (size * 0.66, size * 0.95), time, 0)
    _put(frame, actor.picture, (x, y, size), 0)
    _flames(frame, (x, base), (size * 0.6, size * 0.32), time + 1, 1)
    _flames(frame, (x, base), (size * 0.5, size * 0.18), time + 2, 2)


def _flames(frame: Picture, foot: tuple[float, float], extent: tuple[float, float], time: float, tone: int) -> None:
    """A row of tongues of fire."""
    (x, y), (half, tall) = foot, extent
    points = [_at(x - half, y)]
    for tongue in range(5):
        middle = x + half * (tongue - 2) * 0.42
        reach = tall * (0.72 + 0.28 * math.sin(time * 7 + tongue * 2.1))
        points += [_at(middle, y - reach), _at(middle + half * 0.2, y - reach * 0.4)]
    points.append(_at(x + half, y))
    cv2.fillPoly(frame, [np.array(points)], _FLAMES[tone], cv2.LINE_AA)


def _put(frame: Picture, picture: Sprite, spot: _Spot, degrees: float) -> None:
    """Composite a sprite, turned, into the frame in place."""
    x, y, size = spot
    side = math.ceil(size * 1.5)
    turn = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), degrees, size / SIDE * 1.3)
    left, top = round(x - side / 2), round(y - side / 2)
    turn[:, 2] += np.full(2, (side - SIDE) / 2)
    drawn = cv2.warpAffine(picture, turn, (side, side), flags=cv2.INTER_LINEAR)
    x0, y0, x1, y1 = max(0, left), max(0, top), min(WIDTH, left + side), min(HEIGHT, top + side)
    if x0 >= x1 or y0 >= y1:
        return
    part = drawn[y0 - top : y1 - top, x0 - left : x1 - left]
    under = frame[y0:y1, x0:x1].astype(np.float32)
    frame[y0:y1, x0:x1] = np.clip(under * (1 - part[..., 3:]) + part[..., :3], 0, 255).astype(np.uint8)


def _at(x: float, y: float) -> tuple[int, int]:
    return round(x), round(y)
