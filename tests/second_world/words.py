"""What exists in the second world, how it is said, and which combinations training never shows.

Nothing here is shared with the sample world on purpose: other things, other places, a look instead of a colour and
an action instead of a place within the place.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass

Phrases = Mapping[str, tuple[str, ...]]
#: (attribute, subject, place)
Combination = tuple[str, str, str]

#: Order of the slots wherever they are numbered.
SLOTS = ("subject", "place", "attribute", "relation")
HELD_OUT_SHARE = 0.12
_HELD_OUT_SEED = 4_711

SUBJECTS: Phrases = {
    name: (name,)
    for name in ("lantern", "kite", "gear", "spider", "anchor", "candle", "bell", "key", "mushroom", "crown")
}
ATTRIBUTES: Phrases = {
    "striped": ("striped",),
    "spotted": ("spotted", "dotted"),
    "checkered": ("checkered",),
    "golden": ("golden", "gilded"),
    "glowing": ("glowing", "shining"),
    "hollow": ("hollow",),
}
#: What the thing is doing, as it stands after "is": visible in a still picture by its pose and by marks around it.
RELATIONS: Phrases = {
    "spinning": ("spinning", "turning round"),
    "floating": ("floating", "hovering"),
    "swinging": ("swinging", "dangling"),
    "falling": ("falling", "dropping down"),
    "burning": ("burning", "on fire"),
}
PLACES: Phrases = {
    "harbour": ("in the harbour", "by the harbour wall"),
    "workshop": ("in the workshop", "inside the workshop"),
    "meadow": ("in the meadow", "out on the meadow"),
    "tunnel": ("in the tunnel", "deep inside the tunnel"),
    "library": ("in the library", "among the bookshelves"),
    "volcano": ("on the volcano", "below the volcano"),
    "rooftop": ("on the rooftop", "up on the rooftop"),
}
WORLD: Mapping[str, Phrases] = {
    "subject": SUBJECTS,
    "place": PLACES,
    "attribute": ATTRIBUTES,
    "relation": RELATIONS,
}


@dataclass(frozen=True)
class Slots:
    """What one stretch shows; all but `place` are None where nothing is there."""

    place: str
    subject: str | None = None
    attribute: str | None = None
    relation: str | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is there but the place."""
        return self.subject is None

    def named(self) -> dict[str, str]:
        """The slots that are set, by name."""
        pairs = {slot: getattr(self, slot) for slot in SLOTS}
        return {slot: value for slot, value in pairs.items() if value is not None}


def combinations() -> list[Combination]:
    """Every (attribute, subject, place), in a fixed order."""
    return sorted(itertools.product(ATTRIBUTES, SUBJECTS, PLACES))


def held_out() -> dict[str, frozenset[Combination]]:
    """Combinations that training never shows, by the split ("dev" or "test") that may show them."""
    shuffled = combinations()
    random.Random(_HELD_OUT_SEED).shuffle(shuffled)
    half = round(len(shuffled) * HELD_OUT_SHARE / 2)
    return {"dev": frozenset(shuffled[:half]), "test": frozenset(shuffled[half : 2 * half])}


def allowed(split: str) -> list[Combination]:
    """The combinations that `split` ("train", "dev" or "test") may show."""
    hidden = frozenset[Combination]().union(*(combos for name, combos in held_out().items() if name != split))
    return [combination for combination in combinations() if combination not in hidden]


def draw_slots(choices: list[Combination], rng: random.Random) -> Slots:
    """Something to see, out of `choices`."""
    attribute, subject, place = rng.choice(choices)
    return Slots(place, subject, attribute, rng.choice(list(RELATIONS)))
