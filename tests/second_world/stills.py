"""Single frames with known slots at the size of the image tower: what it learns from and is measured on."""

from __future__ import annotations

import os
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.second_world.places import Picture, paint_place
from tests.second_world.stage import any_camera, cast, look, perform
from tests.second_world.words import PLACES, Combination, Slots, allowed, draw_slots, held_out

IMAGE_SIZE = 88
EMPTY_SHARE = 0.14
_FRAMES_PER_PLACE = 4
_FRAMES_PER_TASK = 500


@dataclass(frozen=True)
class Stills:
    """`images` uint8 RGB [N, IMAGE_SIZE, IMAGE_SIZE, 3] and what each shows."""

    images: NDArray[np.uint8]
    slots: tuple[Slots, ...]


def draw_stills(count: int, split: str, seed: int, *, only_held_out: bool = False) -> Stills:
    """`count` frames that `split` may show; the same arguments give the same frames."""
    starts = range(0, count, _FRAMES_PER_TASK)
    tasks = [(f"{split}/{seed}/{at}", min(_FRAMES_PER_TASK, count - at), split, only_held_out) for at in starts]
    if len(tasks) == 1:
        parts = [_draw_task(tasks[0])]
    else:
        with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=os.nice, initargs=(5,)) as pool:
            parts = list(pool.map(_draw_task, tasks))
    return Stills(np.concatenate([part.images for part in parts]), tuple(one for part in parts for one in part.slots))


def shrink(frame: Picture) -> Picture:
    """A frame squashed to the image tower's size, as the tower's own preprocessing does it."""
    small = Image.fromarray(frame).resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC)
    return np.asarray(small, dtype=np.uint8)


def _draw_task(task: tuple[str, int, str, bool]) -> Stills:
    import cv2

    cv2.setNumThreads(1)
    seed, count, split, only_held_out = task
    rng = random.Random(seed)
    by_place: dict[str, list[Combination]] = {place: [] for place in PLACES}
    for combination in sorted(held_out()[split]) if only_held_out else allowed(split):
        by_place[combination[2]].append(combination)
    places = [place for place in PLACES if by_place[place]]
    images: list[Picture] = []
    shown: list[Slots] = []
    while len(images) < count:
        place = rng.choice(places)
        painted = paint_place(place, rng)
        for _ in range(min(_FRAMES_PER_PLACE, count - len(images))):
            empty = not only_held_out and rng.random() < EMPTY_SHARE
            slots = Slots(place) if empty else draw_slots(by_place[place], rng)
            images.append(_still(painted, slots, rng))
            shown.append(slots)
    return Stills(np.stack(images), tuple(shown))


def _still(painted: Picture, slots: Slots, rng: random.Random) -> Picture:
    camera, actor = any_camera(rng), cast(slots, rng)
    seen = look(painted, camera)
    frame = seen if actor is None else perform(seen, actor, camera, rng.uniform(0, 8))
    if rng.random() < 0.1:  # as in a fade
        frame = (frame * rng.uniform(0.6, 1.0)).astype(np.uint8)
    return shrink(frame)
