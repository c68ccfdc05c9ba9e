"""What exists in the sample world, how it is said, and which combinations are kept from training."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

#: About a tenth of attribute x subject x place is never shown in training: half for choosing, half for reporting.
HELD_OUT_SHARE = 0.1
HELD_OUT_SEED = 20_260


@dataclass(frozen=True)
class Word:
    """A thing of the world: its name in the ground truth and the phrases it is said with."""

    name: str
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Slots:
    """What one event shows.  Only `place` may stand alone: an empty stretch."""

    place: str
    subject: str | None = None
    attribute: str | None = None
    relation: str | None = None

    @property
    def empty(self) -> bool:
        """Whether nobody is in the scene."""
        return self.subject is None

    def as_dict(self) -> dict[str, str]:
        """The slots that are set, by name."""
        pairs = {"subject": self.subject, "place": self.place, "attribute": self.attribute, "relation": self.relation}
        return {name: value for name, value in pairs.items() if value is not None}


SUBJECTS = tuple(
    Word(name, (name,))
    for name in (
        "cat", "dog", "bird", "fish", "rabbit", "car", "bus", "bicycle", "airplane", "balloon", "robot", "boat",
    )
)  # fmt: skip
ATTRIBUTES = tuple(Word(name, (name,)) for name in ("red", "yellow", "green", "blue", "purple", "white"))
PLACES = (
    Word("beach", ("on the beach", "at the beach")),
    Word("forest", ("in the forest", "among the trees")),
    Word("desert", ("in the desert", "in a desert")),
    Word("street", ("on the street", "on a city street")),
    Word("snow", ("in the snow", "on a snowy mountain")),
    Word("kitchen", ("in the kitchen", "in a kitchen")),
    Word("moon", ("on the moon", "on the surface of the moon")),
    Word("sea", ("under the sea", "deep in the sea")),
)
RELATIONS = (
    Word("crate", ("on a crate", "on top of a crate")),
    Word("umbrella", ("under an umbrella", "beneath an umbrella")),
    Word("fence", ("behind a fence", "behind a low fence")),
    Word("lamp", ("beside a lamp", "next to a lamp")),
    Word("ring", ("inside a ring", "in the middle of a ring")),
)


@dataclass(frozen=True)
class Lexicon:
    """The words of one world."""

    subjects: tuple[Word, ...] = SUBJECTS
    attributes: tuple[Word, ...] = ATTRIBUTES
    places: tuple[Word, ...] = PLACES
    relations: tuple[Word, ...] = RELATIONS

    def phrases(self, slot: str, name: str) -> tuple[str, ...]:
        """The ways to say `name` in `slot` ("subject", "place", "attribute" or "relation")."""
        return next(word.phrases for word in getattr(self, f"{slot}s") if word.name == name)

    def combinations(self) -> Iterator[tuple[str, str, str]]:
        """Every (attribute, subject, place)."""
        words = itertools.product(self.attributes, self.subjects, self.places)
        return ((attribute.name, subject.name, place.name) for attribute, subject, place in words)

    def held_out(self) -> dict[str, frozenset[tuple[str, str, str]]]:
        """Combinations never shown in training, by the split ("dev" or "test") that may show them."""
        combinations = sorted(self.combinations())
        random.Random(HELD_OUT_SEED).shuffle(combinations)
        count = round(len(combinations) * HELD_OUT_SHARE)
        return {"dev": frozenset(combinations[: count // 2]), "test": frozenset(combinations[count // 2 : count])}

    def allowed(self, split: str) -> list[tuple[str, str, str]]:
        """The combinations a split ("train", "dev" or "test") may show, in a fixed order."""
        held_out = self.held_out()
        hidden = {name: combos for name, combos in held_out.items() if name != split}
        return [
            combo for combo in sorted(self.combinations()) if not any(combo in combos for combos in hidden.values())
        ]
