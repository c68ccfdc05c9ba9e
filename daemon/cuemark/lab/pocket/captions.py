"""Plain captions of things and places, drawn by templates: what the pocket pair's language model learns to write.

Three to nine words and a full stop: "a dog on the grass", "two boats by the sea".  Where a thing may be depends on what
kind of thing it is, so that the model finds a boat on the water likelier than a boat on a plate.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from itertools import accumulate

from cuemark.captions.lexicon import load_lexicon
from cuemark.lab.lexicon.wordnet import WordNet
from cuemark.lab.pocket.meanings import Meanings
from cuemark.lab.pocket.usage import WordUsage, plural

_SCENE_PLACES = (
    "under a blue sky", "at night", "at sunset", "in the snow", "in the rain", "in the city", "from above",
    "in the distance", "in the morning",
)  # fmt: skip
#: t: a thing; q: the same or several, bare; p: where; u: another thing; s: a scene.
_FRAMES: tuple[tuple[str, int], ...] = (
    ("{t}", 14), ("{t} {p}", 40), ("{q} {p}", 8), ("{q}", 4), ("{t} and {u}", 7), ("{t} with {u}", 4),
    ("{t} next to {u}", 4), ("{t} in front of {u}", 3), ("{t} and {u} {p}", 5), ("{t} on {u}", 2),
    ("{t} in {s}", 4), ("{t} near {s}", 4), ("{t} by {s}", 3), ("{s}", 5), ("{s} with {t}", 4), ("{s} {d}", 5),
    ("a close-up of {t}", 4), ("a view of {s}", 3), ("{t} {a}", 5), ("{t} {a} {p}", 5), ("there is {t} {p}", 2),
)  # fmt: skip
_NUMBERS = ("two", "three", "several", "many", "some", "a few", "a group of", "a pair of")
#: What captions begin with when a search asks for a picture's caption.
_PROMPTS = tuple(f"{medium} {verb}" for medium in ("Video", "Image", "Picture", "Photo") for verb in ("of", "showing"))
_MORE_PROMPTS = ("A photo of", "A picture of", "A video of", "This is", "There is", "Video shows")
_PROMPTED = 0.6


#: The row of the table of places for what is no kind with places of its own.
_ANYTHING = ""


def usual_places() -> dict[str, tuple[str, ...]]:
    """Our own table: where things of a kind are found, by a name above them in WordNet; the first that fits counts."""
    text = resources.files("cuemark.lab.pocket").joinpath("places.json").read_text(encoding="utf-8")
    return {kind: tuple(places.split(", ")) for kind, places in json.loads(text).items()}


@dataclass
class CaptionMaker:
    """Draws captions; what it draws depends on the `rng` that is given to it alone."""

    meanings: Meanings
    net: WordNet
    usage: WordUsage
    _things: list[str] = field(init=False)
    _places: dict[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        words = [word for word in load_lexicon().words if re.fullmatch(r"[a-z][a-z' -]*", word.name)]
        counts, classes = self.usage.counts["noun"], set(self.meanings.groups["class"])
        known = classes | set(self.meanings.groups["kind"])
        self._things = [word.name for word in words if word.kind == "thing"]
        weights = [1 + 6 * (name in known) + min(20, counts[name]) / 2 for name in self._things]
        self._thing_weights = list(accumulate(weights))
        self._scenes = [word.name for word in words if word.kind == "scene" and word.common]
        self._scene_weights = list(accumulate(1 + min(30, counts[name]) for name in self._scenes))
        self._attributes = [word.name for word in words if word.kind == "attribute"]
        self._actions = [word.name for word in words if word.kind == "action" and len(word.name.split()) == 1]
        self._usual = usual_places()
        self._places = {name: self._where(name) for name in self._things}
        self._frames = [frame for frame, _ in _FRAMES]
        self._frame_weights = list(accumulate(weight for _, weight in _FRAMES))

    def names(self) -> Sequence[str]:
        """Every name a caption may hold."""
        return (*self._things, *self._scenes, *self._attributes, *self._actions)

    def draw(self, rng: random.Random) -> str:
        """One caption, often behind a prompt, ending with a full stop."""
        text = ""
        while not 1 <= len(text.split()) <= 9:
            text = rng.choices(self._frames, cum_weights=self._frame_weights)[0].format(**self._filled(rng))
        if rng.random() < _PROMPTED:
            text = f"{rng.choice(_PROMPTS if rng.random() < 0.8 else _MORE_PROMPTS)} {text}"
        return f"{text}."

    def _filled(self, rng: random.Random) -> dict[str, str]:
        thing, other = (rng.choices(self._things, cum_weights=self._thing_weights)[0] for _ in range(2))
        scene = rng.choices(self._scenes, cum_weights=self._scene_weights)[0]
        return {
            "t": self._described(thing, rng),
            "q": f"{rng.choice(_NUMBERS)} {plural(thing, self.usage.odd_plurals)}",
            "p": rng.choice(self._places[thing]),
            "u": self._described(other, rng),
            "s": with_article(scene),
            "d": rng.choice(_SCENE_PLACES),
            "a": rng.choice(self._actions),
        }

    def _described(self, thing: str, rng: random.Random) -> str:
        return with_article(f"{rng.choice(self._attributes)} {thing}" if rng.random() < 0.2 else thing)

    def _where(self, name: str) -> tuple[str, ...]:
        """Places for a thing, by its first sense that lies below a kind with places."""
        for sense in self.net.senses.get(name, ())[:2]:
            above = self.net.ancestors(sense)
            for kind, places in self._usual.items():
                if any(key in above for key in self.net.senses.get(kind, ())[:2]):
                    return places
        return self._usual[_ANYTHING]


def with_article(noun: str) -> str:
    """`noun` with its indefinite article; plurals stay bare."""
    if noun.endswith("s") and not noun.endswith(("ss", "us", "is")):
        return noun
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
