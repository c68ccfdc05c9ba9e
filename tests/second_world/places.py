"""The places of the second world: night scenes of gradients, hatching and noise, larger than the frame."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

WIDTH, HEIGHT = 320, 240
#: Places are painted larger than a frame, so that a camera can look about.
WIDE, HIGH = 440, 330


def paint_place(place: str, rng: random.Random) -> Picture:
    """A fresh view of `place`, RGB [HIGH, WIDE, 3]; no two are alike."""
    canvas = _PAINTERS[place](rng)
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, 5, (HIGH // 2, WIDE // 2)).astype(np.float32)
    rough = cv2.resize(noise, (WIDE, HIGH), interpolation=cv2.INTER_NEAREST)
    grainy: Picture = np.clip(canvas.astype(np.float32) + rough[..., None], 0, 255).astype(np.uint8)
    return grainy


def _gradient(top: Colour, bottom: Colour, rng: random.Random) -> Picture:
    shift = rng.uniform(-8, 8)
    share = np.linspace(0, 1, HIGH, dtype=np.float32)[:, None, None]
    column = np.array(top, np.float32) * (1 - share) + np.array(bottom, np.float32) * share + shift
    return np.ascontiguousarray(np.broadcast_to(np.clip(column, 0, 255), (HIGH, WIDE, 3)).astype(np.uint8))


def _hatch(canvas: Picture, top: int, bottom: int, colour: Colour, step: int, slope: float) -> None:
    """Slanted strokes between two heights."""
    for x in range(-HIGH, WIDE + HIGH, step):
        cv2.line(canvas, (x, bottom), (round(x + slope * (bottom - top)), top), colour, 1, cv2.LINE_AA)


def _stars(canvas: Picture, below: int, count: int, rng: random.Random) -> None:
    for _ in range(count):
        cv2.circle(canvas, (rng.randrange(WIDE), rng.randrange(below)), 1, (150, 150, 165), -1)


def _harbour(rng: random.Random) -> Picture:
    canvas = _gradient((14, 20, 48), (18, 66, 92), rng)
    horizon = rng.randint(110, 150)
    for _ in range(rng.randint(3, 5)):
        x, tall = rng.randrange(20, WIDE - 20), rng.randint(60, 95)
        cv2.line(canvas, (x, horizon), (x, horizon - tall), (120, 112, 104), 3, cv2.LINE_AA)
        deck, keel = horizon - 8, horizon + 8
        hull = np.array([(x - 30, deck), (x + 30, deck), (x + 20, keel), (x - 20, keel)])
        cv2.fillPoly(canvas, [hull], (84, 62, 56))
        cv2.line(canvas, (x, horizon - tall), (x + 26, horizon - 10), (90, 88, 84), 1, cv2.LINE_AA)
    for y in range(horizon + 12, HIGH, 13):
        phase = rng.uniform(0, 6)
        wave = [(x, round(y + 3 * math.sin(x / 9 + phase))) for x in range(0, WIDE, 5)]
        cv2.polylines(canvas, [np.array(wave)], False, (58, 128, 150), 1, cv2.LINE_AA)
    return canvas


def _workshop(rng: random.Random) -> Picture:
    canvas = _gradient((58, 46, 34), (44, 34, 26), rng)
    offset = rng.randrange(16)
    for y in range(offset, HIGH, 16):
        for x in range(offset, WIDE, 16):
            cv2.circle(canvas, (x, y), 2, (22, 17, 14), -1)
    for _ in range(rng.randint(4, 6)):
        x, y, tall = rng.randrange(15, WIDE - 15), rng.randrange(10, 110), rng.randint(35, 60)
        cv2.line(canvas, (x, y), (x, y + tall), (122, 96, 62), 5, cv2.LINE_AA)
        cv2.rectangle(canvas, (x - 12, y), (x + 12, y + 11), (104, 108, 114), -1)
    bench = rng.randint(215, 250)
    cv2.rectangle(canvas, (0, bench), (WIDE, bench + 20), (112, 76, 42), -1)
    _hatch(canvas, bench + 20, HIGH, (74, 54, 34), 12, 0.0)
    return canvas


def _meadow(rng: random.Random) -> Picture:
    canvas = _gradient((24, 20, 56), (52, 40, 84), rng)
    ground = rng.randint(150, 185)
    _stars(canvas, ground, 70, rng)
    cv2.circle(canvas, (rng.randrange(40, WIDE - 40), rng.randrange(30, 70)), 22, (196, 196, 176), -1, cv2.LINE_AA)
    cv2.rectangle(canvas, (0, ground), (WIDE, HIGH), (18, 58, 30), -1)
    for _ in range(420):
        x, y = rng.randrange(WIDE), rng.randrange(ground, HIGH)
        tip = (x + rng.randint(-6, 6), y - rng.randint(10, 22))
        cv2.line(canvas, (x, y), tip, (40, rng.randint(90, 140), 52), 1, cv2.LINE_AA)
    return canvas


def _tunnel(rng: random.Random) -> Picture:
    canvas = _gradient((44, 42, 46), (30, 28, 32), rng)
    x, y = WIDE // 2 + rng.randint(-50, 50), HIGH // 2 + rng.randint(-15, 35)
    for number, radius in enumerate(range(280, 30, -28)):
        shade = 62 - number * 6
        cv2.circle(canvas, (x, y), radius, (shade, shade - 2, shade + 2), -1, cv2.LINE_AA)
        cv2.circle(canvas, (x, y), radius, (98, 92, 88), 2, cv2.LINE_AA)
    for spoke in range(18):
        angle = spoke * math.pi / 9 + rng.uniform(-0.05, 0.05)
        near, far = (round(x + 42 * math.cos(angle)), round(y + 42 * math.sin(angle))), 300
        end = (round(x + far * math.cos(angle)), round(y + far * math.sin(angle)))
        cv2.line(canvas, near, end, (76, 72, 70), 1, cv2.LINE_AA)
    return canvas


def _library(rng: random.Random) -> Picture:
    canvas = _gradient((34, 22, 18), (26, 16, 14), rng)
    spines = ((92, 38, 34), (38, 64, 56), (44, 46, 84), (98, 76, 44), (70, 40, 70), (60, 60, 58))
    shelf = rng.randint(58, 72)
    for top in range(-rng.randrange(shelf), HIGH, shelf):
        x = 0
        while x < WIDE:
            wide, tall = rng.randint(8, 17), rng.randint(shelf - 24, shelf - 12)
            cv2.rectangle(canvas, (x, top + shelf - tall), (x + wide - 2, top + shelf - 6), rng.choice(spines), -1)
            x += wide
        cv2.rectangle(canvas, (0, top + shelf - 6), (WIDE, top + shelf), (116, 82, 50), -1)
    return canvas


def _volcano(rng: random.Random) -> Picture:
    canvas = _gradient((46, 14, 20), (96, 34, 22), rng)
    x, peak = WIDE // 2 + rng.randint(-90, 90), rng.randint(40, 80)
    slopes = np.array([(x - 30, peak), (x + 30, peak), (x + 250, HIGH), (x - 250, HIGH)])
    cv2.fillPoly(canvas, [slopes], (34, 26, 28))
    for _ in range(rng.randint(4, 6)):
        start = x + rng.randint(-24, 24)
        lean = (start - x) / 14 + rng.uniform(-0.4, 0.4)
        stream = [(round(start + lean * step * 20 + rng.uniform(-6, 6)), peak + step * 34) for step in range(9)]
        cv2.polylines(canvas, [np.array(stream)], False, (198, 72, 26), 5, cv2.LINE_AA)
    cv2.ellipse(canvas, (x, peak), (30, 8), 0, 0, 360, (232, 120, 40), -1, cv2.LINE_AA)
    _hatch(canvas, 0, peak - 10, (84, 40, 40), 18, 0.8)
    return canvas


def _rooftop(rng: random.Random) -> Picture:
    canvas = _gradient((10, 14, 30), (44, 36, 66), rng)
    roof = rng.randint(205, 240)
    x = 0
    while x < WIDE:
        wide, top = rng.randint(45, 80), rng.randint(50, 140)
        cv2.rectangle(canvas, (x, top), (x + wide - 5, roof), (22, 24, 38), -1)
        for wy in range(top + 8, roof - 8, 17):
            for wx in range(x + 7, x + wide - 14, 14):
                lit = (176, 152, 84) if rng.random() < 0.45 else (40, 42, 58)
                cv2.rectangle(canvas, (wx, wy), (wx + 6, wy + 8), lit, -1)
        x += wide
    cv2.rectangle(canvas, (0, roof), (WIDE, HIGH), (74, 44, 48), -1)
    _hatch(canvas, roof, HIGH, (112, 70, 70), 15, 0.6)
    _hatch(canvas, roof, HIGH, (112, 70, 70), 15, -0.6)
    return canvas


_PAINTERS: dict[str, Callable[[random.Random], Picture]] = {
    "harbour": _harbour, "workshop": _workshop, "meadow": _meadow, "tunnel": _tunnel,
    "library": _library, "volcano": _volcano, "rooftop": _rooftop,
}  # fmt: skip
