"""Black, flat, blurred pictures and test cards are empty; what is dark, soft, plain or colourful is not."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cuemark.evidence.frames.emptiness import REASONS, empty_logits, reason_logits
from cuemark.evidence.frames.measures import FrameMeasures, measure
from cuemark.lab.sample.lexicon import Slots
from cuemark.lab.sample.scene import add_actor, background, cast

Picture = NDArray[np.uint8]
SIZES = [(398, 224), (224, 224), (171, 96)]
HEIGHT, WIDTH = 360, 640


def measured(*pictures: Picture) -> FrameMeasures:
    measures = FrameMeasures.of([measure(picture) for picture in pictures])
    assert measures is not None
    return measures


def logit(picture: Picture) -> float:
    return float(empty_logits(measured(picture))[0])


def plain(*colour: int) -> Picture:
    return np.full((HEIGHT, WIDTH, 3), colour, np.uint8)


def grainy(picture: NDArray[np.generic], grain: float) -> Picture:
    noise = np.random.default_rng(1).normal(0, grain, picture.shape)
    return np.clip(picture.astype(float) + noise, 0, 255).astype(np.uint8)


def bars(level: int) -> Picture:
    """Colour bars; a strip of other bars below them, as SMPTE's have."""
    codes = [(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1)]
    picture = plain(8, 8, 8)
    for number, code in enumerate(codes):
        left, right = number * WIDTH // 7, (number + 1) * WIDTH // 7
        picture[:260, left:right] = level * np.array(code)
        picture[260:290, WIDTH - right : WIDTH - left] = level * np.array(code)
    return picture


def titled(picture: Picture) -> Picture:
    picture = picture.copy()
    cv2.putText(picture, "REEL 12  01:00:00:00", (120, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (255, 255, 255), 3)
    return picture


def chart() -> Picture:
    """Patches of four rows and six hues on grey, as colour charts have them."""
    picture = plain(40, 40, 40)
    for row in range(4):
        for column in range(6):
            hsv = np.array([[[(column * 30 + row * 7) % 180, 230 - 25 * row, 210 - 20 * row]]], np.uint8)
            top, left = 20 + row * 82, 20 + column * 102
            picture[top : top + 74, left : left + 92] = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    return picture


def out_of_focus() -> Picture:
    rough = np.random.default_rng(4).integers(60, 150, (4, 6, 3)).astype(np.uint8)
    return cv2.GaussianBlur(cv2.resize(rough, (WIDTH, HEIGHT)), (0, 0), 40).astype(np.uint8)


def lens_cap() -> Picture:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    shade = 46 - 0.00012 * ((y - HEIGHT / 2) ** 2 + (x - WIDTH / 2) ** 2)
    return grainy(np.repeat(shade[:, :, None], 3, axis=2), 6)


EMPTY: dict[str, tuple[Callable[[], Picture], str]] = {
    "black": (lambda: plain(0, 0, 0), "black"),
    "video black with grain": (lambda: grainy(plain(6, 6, 6), 4), "black"),
    "white": (lambda: plain(250, 250, 250), "flat"),
    "blue": (lambda: plain(20, 40, 200), "flat"),
    "grey with grain": (lambda: grainy(plain(120, 120, 120), 12), "flat"),
    "lens cap": (lens_cap, "out of focus"),
    "out of focus": (out_of_focus, "out of focus"),
    "bars": (lambda: bars(255), "test card"),
    "75 % bars with grain": (lambda: grainy(bars(191), 12), "test card"),
    "bars with a title": (lambda: titled(bars(191)), "test card"),
    "colour chart": (chart, "test card"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", EMPTY)
def test_these_pictures_are_empty(name: str, size: tuple[int, int]) -> None:
    picture, _ = EMPTY[name]
    assert logit(cv2.resize(picture(), size, interpolation=cv2.INTER_AREA).astype(np.uint8)) > 0


@pytest.mark.parametrize("name", EMPTY)
def test_the_reason_is_told(name: str) -> None:
    picture, reason = EMPTY[name]
    reasons = reason_logits(measured(picture()))[0]
    assert reasons[REASONS.index(reason)] > 0
    if reason in ("test card", "out of focus"):
        assert REASONS[int(reasons.argmax())] == reason


def drawn(seed: int, empty: bool = False) -> Picture:
    rng = random.Random(seed)
    slots = Slots("beach") if empty else Slots("kitchen", "cat", "red", "crate")
    canvas = background(slots, rng)
    return canvas if empty else add_actor(canvas, cast(slots, rng), 1.0)


FULL: dict[str, Callable[[], Picture]] = {
    "a title on black": lambda: titled(plain(0, 0, 0)),
    "a title on white": lambda: 255 - titled(plain(0, 0, 0)),
    "a cat in a kitchen": lambda: drawn(1),
    "a beach": lambda: drawn(2, empty=True),
    "a kitchen at night": lambda: (drawn(3) * 0.15).astype(np.uint8),
    "a kitchen in fog": lambda: (190 + drawn(4) * 0.2).astype(np.uint8),
    "a kitchen slightly out of focus": lambda: cv2.GaussianBlur(drawn(5), (0, 0), 4).astype(np.uint8),
    "texture": lambda: grainy(plain(120, 120, 120), 90),
    "three colours": lambda: np.concatenate([plain(200, 30, 30), plain(240, 240, 240), plain(30, 60, 180)], axis=1),
}


@pytest.mark.parametrize("name", FULL)
def test_these_pictures_are_not(name: str) -> None:
    assert logit(FULL[name]()) < 0


def test_a_fade_through_black_is_empty_only_where_it_is_black() -> None:
    full = drawn(6)
    shares = [1, 0.6, 0.3, 0.12, 0.02, 0, 0.02, 0.12, 0.3, 0.6, 1]
    empty = empty_logits(measured(*((full * share).astype(np.uint8) for share in shares))) > 0
    assert [share for share, one in zip(shares, empty, strict=True) if one] == [0.02, 0, 0.02]


def test_no_photograph_of_the_real_world_is_empty(photographs: list[Path]) -> None:
    pictures = [np.asarray(Image.open(path).convert("RGB").resize((298, 224))) for path in photographs]
    assert empty_logits(measured(*pictures)).max() < 0
