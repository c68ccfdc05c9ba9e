"""Words as they are compared in captions: without case, in the singular, and phrases found in a text by them.

"Two Dogs!" says "dog", "men" says "man", a hyphen parts words.  Articles stand beside the words and never matter.  What
is looked up is a caption of at most some dozen words, among thousands of phrases: each run of its words is one look
into a table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "people": "person", "feet": "foot", "teeth": "tooth",
    "geese": "goose", "mice": "mouse", "oxen": "ox", "leaves": "leaf", "wolves": "wolf", "knives": "knife",
    "loaves": "loaf", "calves": "calf", "shelves": "shelf", "scarves": "scarf", "halves": "half", "lives": "life",
    "wives": "wife", "hooves": "hoof", "cacti": "cactus", "fungi": "fungus", "buses": "bus", "busses": "bus",
    "gases": "gas", "lenses": "lens", "viruses": "virus", "octopuses": "octopus", "walruses": "walrus",
    "potatoes": "potato", "tomatoes": "tomato", "heroes": "hero", "mangoes": "mango", "volcanoes": "volcano",
    "cargoes": "cargo", "mosquitoes": "mosquito", "buffaloes": "buffalo", "movies": "movie", "cookies": "cookie",
    "ties": "tie", "pies": "pie", "zombies": "zombie", "axes": "axe",
}  # fmt: skip
#: What ends in "s" and is no plural.
_ENDINGS = ("ss", "us", "is", "'s")


def singular(word: str) -> str:
    """The singular of one word in lower case; a word that is one already stays."""
    word = re.sub(r"['’]s$", "", word)
    for end, irregular in _IRREGULAR.items():
        # "policemen", "grandchildren": the plural is that of the last part.
        if word == end or (len(end) > 3 and word.endswith(end) and end in ("men", "women", "children", "people")):
            return word[: len(word) - len(end)] + irregular
    if word.endswith("men") and len(word) > 4:
        return word[:-3] + "man"
    if not word.endswith("s") or word.endswith(_ENDINGS) or len(word) < 4:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zzes")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=65536)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, each in lower case and in the singular."""
    return tuple(singular(word) for word in _WORD.findall(text.casefold()))


@dataclass(frozen=True)
class PhraseIndex:
    """Phrases by their words, and the values that each of them says."""

    values: Mapping[tuple[str, ...], frozenset[str]]
    longest: int

    @classmethod
    def of(cls, phrases: Mapping[str, Sequence[str]]) -> PhraseIndex:
        """From the phrases of each value; a value says itself, too."""
        found: dict[tuple[str, ...], set[str]] = {}
        for value, ways in phrases.items():
            for way in (value, *ways):
                if words := words_of(way):
                    found.setdefault(words, set()).add(value)
        return cls({words: frozenset(values) for words, values in found.items()}, max(map(len, found), default=0))

    def named(self, text: str) -> frozenset[str]:
        """The values that the text says; of phrases that overlap the longer one is meant ("king crab", not "king")."""
        words = words_of(text)
        taken: set[int] = set()
        meant: set[str] = set()
        for length in range(min(self.longest, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                places = range(start, start + length)
                values = self.values.get(words[start : start + length])
                if values and taken.isdisjoint(places):
                    meant |= values
                    taken.update(places)
        return frozenset(meant)
