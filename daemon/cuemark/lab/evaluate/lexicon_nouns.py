"""The lexicon as a judge of captions: which things and scenes a text names, and what each of them is a kind of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from cuemark.lab.evaluate.word_forms import PhraseIndex

if TYPE_CHECKING:
    from cuemark.captions.lexicon import Lexicon, Word

#: Nouns that say nothing of what is in the picture: of the picture itself, of places in it, of how much there is.
_NEUTRAL = frozenset(
    ("picture", "photo", "photograph", "image", "video", "clip", "film", "scene", "view", "shot", "close-up", "frame",
     "top", "side", "front", "back", "middle", "center", "centre", "background", "foreground", "end", "edge", "corner",
     "bottom", "lot", "couple", "group", "kind", "sort", "piece", "pair", "one", "two", "some", "thing", "object",
     "place", "area", "spot", "part", "way")
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class LexiconNouns:
    """The things and scenes of a lexicon, found in captions by their words in the singular."""

    lexicon: Lexicon

    def things_in(self, text: str) -> frozenset[str]:
        """The names of things and scenes that the text says; of names that overlap the longer one is meant."""
        return self._index.named(text) - _NEUTRAL

    def kin_of(self, text: str) -> frozenset[str]:
        """What the text names, other names for the same, and everything that these are kinds of."""
        kin: set[str] = set()
        todo = list(self._index.named(text))
        while todo:
            name = todo.pop()
            if name not in kin:
                kin.add(name)
                word = self._words.get(name)
                todo += [*word.same, *word.broader] if word else []
        return frozenset(kin)

    @cached_property
    def _words(self) -> dict[str, Word]:
        return {word.name: word for word in self.lexicon.words}

    @cached_property
    def _index(self) -> PhraseIndex:
        return PhraseIndex.of({word.name: () for word in self.lexicon.words if word.kind in ("thing", "scene")})


@lru_cache(maxsize=1)
def lexicon_nouns() -> LexiconNouns:
    """Of the lexicon that comes with the package."""
    from cuemark.captions.lexicon import load_lexicon

    return LexiconNouns(load_lexicon())
