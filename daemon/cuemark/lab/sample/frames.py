"""Single frames with known slots: what the sample image tower learns from and is measured on."""

from __future__ import annotations

import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from cuemark.lab.sample.lexicon import Lexicon, Slots
from cuemark.lab.sample.paint import Image
from cuemark.lab.sample.scene import add_actor, background, cast, grain, random_camera, shoot

IMAGE_SIZE = 96
EMPTY_SHARE = 0.12
#: Frames that share one painted place: painting it is most of the cost.
_FRAMES_PER_PLACE = 4
_FRAMES_PER_TASK = 500


@dataclass(frozen=True)
class FramePool:
    """`images` uint8 [N, IMAGE_SIZE, IMAGE_SIZE, 3] RGB and the slots each shows."""

    images: NDArray[np.uint8]
    slots: tuple[Slots, ...]


def render_pool(count: int, split: str, seed: int, *, only_held_out: bool = False) -> FramePool:
    """`count` frames of a split ("train", "dev", "test"); `only_held_out` keeps to combinations never trained on."""
    tasks = [
        (seed * 100_003 + start, min(_FRAMES_PER_TASK, count - start), split, only_held_out)
        for start in range(0, count, _FRAMES_PER_TASK)
    ]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(_render_task, tasks))
    images = np.concatenate([part[0] for part in parts])
    return FramePool(images, tuple(slots for part in parts for slots in part[1]))


def shrink(frame: Image) -> Image:
    """A finished frame squashed to the image tower's size, as its preprocessing does."""
    from PIL import Image as Pictures

    picture = Pictures.fromarray(frame).resize((IMAGE_SIZE, IMAGE_SIZE), Pictures.Resampling.BICUBIC)
    return np.asarray(picture, dtype=np.uint8)


def _render_task(task: tuple[int, int, str, bool]) -> tuple[NDArray[np.uint8], list[Slots]]:
    import cv2

    cv2.setNumThreads(1)
    seed, count, split, only_held_out = task
    rng, noise = random.Random(seed), np.random.default_rng(seed)
    lexicon = Lexicon()
    combinations = sorted(lexicon.held_out()[split]) if only_held_out else lexicon.allowed(split)
    by_place: dict[str, list[tuple[str, str, str]]] = {}
    for combination in combinations:
        by_place.setdefault(combination[2], []).append(combination)
    images: list[Image] = []
    all_slots: list[Slots] = []
    while len(images) < count:
        place = rng.choice(sorted(by_place))
        canvas = background(Slots(place), rng)
        for _ in range(min(_FRAMES_PER_PLACE, count - len(images))):
            slots = _draw_slots(place, by_place[place], lexicon, rng, allow_empty=not only_held_out)
            images.append(_render_one(canvas, slots, rng, noise))
            all_slots.append(slots)
    return np.stack(images), all_slots


def _draw_slots(
    place: str, combinations: list[tuple[str, str, str]], lexicon: Lexicon, rng: random.Random, *, allow_empty: bool
) -> Slots:
    if allow_empty and rng.random() < EMPTY_SHARE:
        return Slots(place)
    attribute, subject, _ = rng.choice(combinations)
    return Slots(place, subject, attribute, rng.choice(lexicon.relations).name)


def _render_one(canvas: Image, slots: Slots, rng: random.Random, noise: np.random.Generator) -> Image:
    actor = None if slots.empty else cast(slots, rng)
    presence = rng.uniform(0.75, 1.0) if rng.random() < 0.1 else 1.0
    painted = canvas if actor is None else add_actor(canvas, actor, rng.uniform(0, 5), presence)
    seen = shoot(painted, random_camera(rng, actor))
    brightness = rng.uniform(0.55, 1.1) if rng.random() < 0.15 else rng.uniform(0.92, 1.08)
    return shrink(grain(seen, rng.uniform(1, 8), brightness, noise))
