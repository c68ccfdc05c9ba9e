"""Camera paths of known moves, at several speeds."""

from __future__ import annotations

import math
import random

from cuemark.core.shots import CameraMove
from cuemark.lab.shots.scene import CANVAS, Path, View

SPEEDS = {"slow": 0.03, "usual": 0.1, "fast": 0.35}
"""Of pans and tilts, in widths of the picture a second; pushes change the size by the same share a second."""
_SEEN = 600.0
_WAYS = {
    CameraMove.PAN_LEFT: (-1.0, 0.0),
    CameraMove.PAN_RIGHT: (1.0, 0.0),
    CameraMove.TILT_UP: (0.0, -1.0),
    CameraMove.TILT_DOWN: (0.0, 1.0),
}


def path_of(move: CameraMove, speed: float, seconds: float, rng: random.Random) -> Path:
    """A path of `seconds` with a move of `speed`, around the middle of a place."""
    x, y = CANVAS[0] / 2 + rng.uniform(-60, 60), CANVAS[1] / 2 + rng.uniform(-60, 60)
    zoom = rng.uniform(1.0, 1.25)
    if move is CameraMove.STATIC:
        return lambda _: View(x, y, zoom)
    if move is CameraMove.HANDHELD:
        return _shaken(x, y, zoom, 0.12 * speed + 0.004, rng)
    if move in _WAYS:
        across, down = _WAYS[move]
        way = speed * _SEEN / zoom
        return lambda t: View(x + across * way * (t - seconds / 2), y + down * way * (t - seconds / 2), zoom)
    growth = speed if move is CameraMove.PUSH_IN else -speed
    return lambda t: View(x, y, zoom * math.exp(growth * (t - seconds / 2)))


def _shaken(x: float, y: float, zoom: float, strength: float, rng: random.Random) -> Path:
    """A hand's unrest: a few sines of 0.4 to 6 Hz whose strength (in widths) falls with their frequency."""
    parts = [(rng.uniform(0.4, 6.0), rng.uniform(0, 2 * math.pi), rng.uniform(0.5, 1.0)) for _ in range(9)]

    def swing(t: float, offset: int) -> float:
        return sum(
            share / (0.6 + hertz) * math.sin(2 * math.pi * hertz * t + phase)
            for hertz, phase, share in parts[offset::3]
        )

    def view(t: float) -> View:
        way = strength * _SEEN / zoom
        return View(x + way * swing(t, 0), y + way * swing(t, 1), zoom, 0.3 * strength * swing(t, 2))

    return view
