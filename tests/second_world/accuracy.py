"""How well the second CLIP names what a frame shows, measured as the product runs it."""

from __future__ import annotations

import itertools
import random
import tempfile
from pathlib import Path

import numpy as np

from tests.second_world.speech import EMPTY, FULL, sentence
from tests.second_world.stills import Stills, draw_stills
from tests.second_world.words import PLACES, RELATIONS, SLOTS, Slots, combinations

FRAMES = 600
#: Far from the seeds of training.
_SEED = 5_000


def measure(folder: Path, seed: int) -> dict[str, dict[str, float]]:
    """Slot accuracies on new frames of trained combinations and on frames of held-out ones."""
    return {
        "new_frames": slot_accuracy(folder, draw_stills(FRAMES, "train", _SEED + seed)),
        "held_out": slot_accuracy(folder, draw_stills(FRAMES, "test", _SEED + seed, only_held_out=True)),
    }


def slot_accuracy(folder: Path, stills: Stills) -> dict[str, float]:
    """Share of frames whose nearest of all captions names a slot rightly; "all" slots; "empty" whether anything is."""
    from cuemark.models.clip.clip import load_clip

    choices = every_caption()
    with tempfile.TemporaryDirectory() as cache:
        clip = load_clip(folder, Path(cache))
        texts = clip.text.encode([text for _, text in choices]).numpy()
        ready = [clip.image.preprocess(image) for image in stills.images]
        batches = [clip.image.encode(np.stack(ready[at : at + 64])) for at in range(0, len(ready), 64)]
    nearest = (np.concatenate(batches) @ texts.T).argmax(axis=1)
    pairs = [(shown, choices[int(one)][0]) for shown, one in zip(stills.slots, nearest, strict=True)]
    scores = {slot: np.mean([getattr(a, slot) == getattr(b, slot) for a, b in pairs]) for slot in SLOTS}
    scores["all"] = np.mean([a == b for a, b in pairs])
    scores["empty"] = np.mean([a.empty == b.empty for a, b in pairs])
    return {name: round(float(value), 4) for name, value in scores.items()}


def every_caption() -> list[tuple[Slots, str]]:
    """One plain caption for all that can be shown, the empty places included."""
    rng = random.Random(0)
    full = itertools.product(combinations(), RELATIONS)
    whole = [Slots(place, subject, attribute, relation) for (attribute, subject, place), relation in full]
    said = [(slots, sentence(slots, rng, FULL[0])) for slots in whole]
    return said + [(Slots(place), sentence(Slots(place), rng, template)) for place in PLACES for template in EMPTY]
