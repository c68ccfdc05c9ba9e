"""A thing with its look: the silhouette of a subject under the pattern of an attribute, as a sprite with alpha."""

from __future__ import annotations

import random

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.second_world.silhouettes import SIZE, Mask, silhouette

#: float32 [h, w, 4]: RGB in 0..255, alpha in 0..1, colours multiplied by alpha.
Sprite = NDArray[np.float32]
Colour = tuple[int, int, int]

_BRIGHT: tuple[Colour, ...] = (
    (225, 90, 90), (95, 190, 110), (100, 150, 235), (205, 120, 220), (90, 205, 205), (235, 150, 80), (220, 220, 225),
)  # fmt: skip
_DARK: tuple[Colour, ...] = ((28, 24, 40), (20, 40, 44), (48, 22, 26))
#: Room round the body, for what glows.
MARGIN = 24
SIDE = SIZE + 2 * MARGIN


def sprite(subject: str, attribute: str, rng: random.Random) -> Sprite:
    """`subject` drawn with the look of `attribute`; colours and the phase of patterns are drawn."""
    shape = silhouette(subject)
    body, ink = (np.pad(mask, MARGIN) for mask in (shape.body, shape.ink))
    if attribute == "hollow":
        return _hollow(body, ink, rng)
    alpha = body.astype(np.float32) / 255
    colours = _texture(attribute, rng)
    _over(colours, ink, np.array((255, 250, 225) if attribute == "glowing" else (30, 26, 34), np.float32))
    edge = cv2.morphologyEx(body, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)).astype(np.uint8)
    _over(colours, edge, np.array((225, 255, 255) if attribute == "glowing" else (235, 232, 222), np.float32))
    alpha = np.maximum(alpha, edge.astype(np.float32) / 255)
    result = np.dstack([colours * alpha[..., None], alpha]).astype(np.float32)
    return _with_halo(result, body) if attribute == "glowing" else result


def _texture(attribute: str, rng: random.Random) -> NDArray[np.float32]:
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    first, second = rng.choice(_BRIGHT), rng.choice(_DARK)
    phase = rng.uniform(0, 30)
    if attribute == "golden":
        shade = 0.72 + 0.28 * np.sin((x + 0.6 * y) / 34 + phase)
        return _mix((250, 205, 70), (168, 108, 14), shade)
    if attribute == "glowing":
        middle = np.hypot(x - SIDE / 2, y - SIDE / 2) / (SIDE / 2)
        return _mix((150, 235, 255), (255, 255, 255), np.clip(middle * 1.6, 0, 1))
    if attribute == "striped":
        return _mix(first, second, ((x + phase) % 32 < 17).astype(np.float32))
    if attribute == "spotted":
        row = np.floor((y + phase) / 30)
        near = np.hypot((x + phase + 15 * (row % 2)) % 30 - 15, (y + phase) % 30 - 15)
        return _mix(second, first, (near < 9).astype(np.float32))
    squares = (np.floor((x + phase) / 22) + np.floor((y + phase) / 22)) % 2
    return _mix(first, second, squares)


def _mix(one: Colour, other: Colour, share: NDArray[np.float32]) -> NDArray[np.float32]:
    """`one` where `share` is 1, `other` where it is 0."""
    weight = share.astype(np.float32)[..., None]
    return np.array(one, np.float32) * weight + np.array(other, np.float32) * (1 - weight)


def _over(colours: NDArray[np.float32], mask: Mask, colour: NDArray[np.float32]) -> None:
    weight = mask.astype(np.float32)[..., None] / 255
    colours *= 1 - weight
    colours += colour * weight


def _hollow(body: Mask, ink: Mask, rng: random.Random) -> Sprite:
    """Nothing but the outline: what is behind shows through."""
    outline = np.maximum(cv2.morphologyEx(body, cv2.MORPH_GRADIENT, np.ones((7, 7), np.uint8)), ink // 2)
    alpha = outline.astype(np.float32) / 255
    colour = np.array(rng.choice(_BRIGHT), np.float32)
    return np.dstack([alpha[..., None] * colour, alpha]).astype(np.float32)


def _with_halo(drawn: Sprite, body: Mask) -> Sprite:
    """Light round the body; it covers little and adds much."""
    halo = cv2.GaussianBlur(cv2.dilate(body, np.ones((9, 9), np.uint8)), (0, 0), 9).astype(np.float32) / 255 * 0.75
    covered = drawn[..., 3:]
    drawn[..., :3] += (1 - covered) * halo[..., None] * np.array((150, 235, 255), np.float32)
    drawn[..., 3] = np.maximum(drawn[..., 3], halo * 0.8)
    return drawn
