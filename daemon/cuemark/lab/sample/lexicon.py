"""What exists in the sample world, which combinations are kept from training, and how an event is put into words."""

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


#: {thing} is "a red cat", {relation} "on a crate", {place} "on the beach".
FULL = (
    "{thing} {relation} {place}",
    "{thing} is {relation} {place}",
    "there is {thing} {relation} {place}",
    "{place}, {thing} is {relation}",
    "{thing} stays {relation} {place}",
)
EMPTY = (
    "nothing {place}",
    "an empty scene {place}",
    "nobody is {place}",
    "an empty view {place}",
    "there is nothing {place}",
)
#: Two-word openings of a sentence, as the method's hard prompts are (arXiv 2207.11100).
MEDIUMS = ("Video", "Image", "Picture", "Photo")
VERBS = ("of", "showing", "shows")


def article(phrase: str) -> str:
    """`phrase` with its indefinite article: "a red cat", "an orange fish"."""
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def caption(slots: Slots, rng: random.Random, lexicon: Lexicon, template: str | None = None) -> str:
    """One caption of `slots`, without a period; the template is drawn unless given."""
    if slots.empty:
        text = (template or rng.choice(EMPTY)).format(place=_say(slots, "place", rng, lexicon))
        return text
    thing = article(f"{_say(slots, 'attribute', rng, lexicon)} {_say(slots, 'subject', rng, lexicon)}")
    relation, place = _say(slots, "relation", rng, lexicon), _say(slots, "place", rng, lexicon)
    return (template or rng.choice(FULL)).format(thing=thing, relation=relation, place=place)


def paraphrases(slots: Slots, rng: random.Random, lexicon: Lexicon) -> tuple[str, ...]:
    """One caption of `slots` in each template, no two alike."""
    templates = EMPTY if slots.empty else FULL
    return tuple(dict.fromkeys(caption(slots, rng, lexicon, template) for template in templates))


def partial_caption(slots: Slots, rng: random.Random, lexicon: Lexicon) -> tuple[str, frozenset[str]]:
    """A caption that leaves something out, and the names of the slots it still tells."""
    shapes = (
        ("{thing}", ("attribute", "subject")),
        ("{subject} {place}", ("subject", "place")),
        ("{thing} {place}", ("attribute", "subject", "place")),
        ("{thing} {relation}", ("attribute", "subject", "relation")),
        ("{subject} {relation}", ("subject", "relation")),
        ("{subject}", ("subject",)),
        ("{place}", ("place",)),
        ("{subject} {relation} {place}", ("subject", "relation", "place")),
    )
    shape, told = rng.choice(shapes)
    attribute, subject = (_say(slots, name, rng, lexicon) for name in ("attribute", "subject"))
    text = shape.format(
        thing=article(f"{attribute} {subject}"),
        subject=article(subject),
        relation=_say(slots, "relation", rng, lexicon),
        place=_say(slots, "place", rng, lexicon),
    )
    return text, frozenset(told)


def with_prompt(text: str, rng: random.Random) -> str:
    """`text` behind a two-word hard prompt, as language models meet it: "Video of a red cat ..."."""
    return f"{rng.choice(MEDIUMS)} {rng.choice(VERBS)} {text}"


def slots_in(text: str, lexicon: Lexicon) -> Slots:
    """The slots a free caption names, the first mention of each; used to score captions against the truth.

    Words are matched whole and lower case; a relation is known by the thing it is to, a place by any of its phrases.
    """
    words = text.lower().replace(",", " ").replace(".", " ").split()
    padded = f" {' '.join(words)} "

    def first(slot: str) -> str | None:
        hits = []
        for word in getattr(lexicon, f"{slot}s"):
            keys = word.phrases if slot == "place" else (word.name,)
            places = [padded.find(f" {key} ") for key in (*keys, word.name)]
            hits += [(place, word.name) for place in places if place >= 0]
        return min(hits)[1] if hits else None

    subject = first("subject")
    return Slots(place=first("place") or "", subject=subject, attribute=first("attribute"), relation=first("relation"))


def _say(slots: Slots, slot: str, rng: random.Random, lexicon: Lexicon) -> str:
    name = getattr(slots, slot)
    return rng.choice(lexicon.phrases(slot, name)) if name is not None else ""
