"""The lexicon of captions, made anew: `python -m cuemark.lab.lexicon.make`.

Names of things and scenes are lemmas of WordNet 3.0 for what a picture can show, as far as a spelling list (SCOWL, in
Debian's packages wamerican and wamerican-small) knows their words: a name that only naturalists know helps nobody who
reads a marker.  People, actions and attributes are lists of our own (`plain_words.py`), since WordNet's are mostly
judgements and abstractions.  The form of what is written is that of `cuemark.captions.lexicon`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cuemark.captions.lexicon import LEXICON_FILE, Kind, Word, write_words
from cuemark.lab.lexicon.plain_words import ACTIONS, ANIMALS_FIRST, ATTRIBUTES, NEVER, SCENES, THINGS, TOO_BROAD
from cuemark.lab.lexicon.wordnet import Synset, WordNet

#: Lexicographer files of what can be seen.
_TOPICS = ("noun.animal", "noun.artifact", "noun.food", "noun.plant", "noun.object")
_SCENE_ROOTS = (
    *("building#1", "room#1", "geological_formation#1", "body_of_water#1", "way#6", "area#5", "land#4"),
    *("facility#1", "sky#1", "housing#1"),
)
_NEVER_ROOTS = (
    *("drug#1", "contraceptive#1", "parasite#1", "fabric#1", "textile_machine#1", "celestial_body#1", "particle#1"),
    *("instrument_of_execution#1", "instrument_of_torture#1"),
)
#: Kinds of plants are too many, and too much alike, for all but their plain names.
_ONE_WORD_TOPICS = ("noun.plant",)
_NAME = re.compile(r"[A-Za-z][a-z]*(?:[ -][A-Za-z]?[a-z]+){0,2}$")


@dataclass(frozen=True)
class Spelling:
    """Which words people spell: all of a dictionary of usual size, and the common ones of them."""

    known: frozenset[str]
    common: frozenset[str]

    @classmethod
    def read(cls, folder: Path) -> Spelling:
        """SCOWL's lists as Debian installs them."""
        return cls(*(_lower(folder / name) for name in ("american-english", "american-english-small")))

    def knows(self, name: str) -> bool:
        """Whether every word of a name is spelled."""
        return all(word in self.known for word in re.split("[ -]", name))

    def is_common(self, name: str) -> bool:
        """Whether every word of a name is common."""
        return all(word in self.common for word in re.split("[ -]", name))


class Names:
    """The names of things and scenes that WordNet has."""

    def __init__(self, wordnet: WordNet, spelling: Spelling) -> None:
        self._wordnet, self._spelling = wordnet, spelling
        self._scenes, self._never = self._keys(_SCENE_ROOTS), self._keys(_NEVER_ROOTS)
        self._senses = self._choose()
        self._by_sense: dict[str, list[str]] = {}
        for name, keys in self._senses.items():
            for key in keys:
                self._by_sense.setdefault(key, []).append(name)

    def words(self) -> Iterator[Word]:
        """Each with its kind, and its nearest broader names."""
        for name, keys in self._senses.items():
            scene = bool(self._wordnet.ancestors(keys[0]) & self._scenes)
            broader = {other for key in keys for other in self._above(key)} - {name}
            same = {other for key in keys for other in self._by_sense[key]} - {name}
            kind: Kind = "scene" if scene else "thing"
            yield Word(name, kind, self._spelling.is_common(name), tuple(sorted(broader - same)), tuple(sorted(same)))

    def _choose(self) -> dict[str, list[str]]:
        senses: dict[str, list[str]] = {}
        for key, synset in self._wordnet.synsets.items():
            if synset.instance or synset.topic not in _TOPICS or self._wordnet.ancestors(key) & self._never:
                continue
            for lemma in synset.lemmas:
                name = lemma.lower()
                if (
                    self._usable(lemma, synset.topic)
                    and key in self._wordnet.senses.get(name, ())[: _senses(name, synset)]
                ):
                    senses.setdefault(name, []).append(key)
        return {name: [self._meant(name, keys)] for name, keys in sorted(senses.items())}

    def _meant(self, name: str, keys: list[str]) -> str:
        """The one sense a name counts for: an animal before anything else (a turtle is no sweater), then the first."""
        animals = [key for key in keys if self._wordnet.synsets[key].topic == "noun.animal"]
        return min(animals or keys, key=self._wordnet.senses[name].index)

    def _usable(self, lemma: str, topic: str) -> bool:
        name = lemma.lower()
        if not _NAME.match(lemma) or len(name) < 3 or name.startswith("a ") or name in NEVER or name in TOO_BROAD:
            return False
        if topic in _ONE_WORD_TOPICS and (" " in name or not self._spelling.is_common(name)):
            return False
        return self._spelling.knows(name)

    def _above(self, key: str) -> set[str]:
        found: set[str] = set()
        for above in self._wordnet.synsets[key].hypernyms:
            found |= set(self._by_sense[above]) if above in self._by_sense else self._above(above)
        return found

    def _keys(self, names: tuple[str, ...]) -> frozenset[str]:
        return frozenset(self._wordnet.sense(name.replace("_", " ")) for name in names)


def _senses(name: str, synset: Synset) -> int:
    """How many of a word's senses are looked at: a reader hardly ever means the third, but of some animals."""
    return 5 if synset.topic == "noun.animal" and name in ANIMALS_FIRST else 2


def words(wordnet: Path, spelling: Path) -> list[Word]:
    """The whole lexicon, sorted by name; a name stands once, in the kind that our own lists give it first."""
    lists: tuple[tuple[Kind, tuple[str, ...]], ...] = (
        ("thing", THINGS),
        ("scene", SCENES),
        ("action", ACTIONS),
        ("attribute", ATTRIBUTES),
    )
    found = {name: Word(name, kind, True) for kind, names in lists for name in names}
    for word in Names(WordNet(wordnet), Spelling.read(spelling)).words():
        known = found.get(word.name)
        kind = known.kind if known is not None else word.kind
        found[word.name] = Word(word.name, kind, word.common, word.broader, word.same)
    return sorted(found.values(), key=lambda word: word.name)


def _lower(path: Path) -> frozenset[str]:
    return frozenset(word.lower() for word in path.read_text(encoding="utf-8").split())


def main() -> None:
    """Write the lexicon."""
    parser = argparse.ArgumentParser(description="Make the lexicon of captions anew.")
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"), help="WordNet 3.0's data files.")
    parser.add_argument("--spelling", type=Path, default=Path("/usr/share/dict"), help="SCOWL's word lists.")
    parser.add_argument("--out", type=Path, default=LEXICON_FILE)
    arguments = parser.parse_args()
    found = words(arguments.wordnet, arguments.spelling)
    write_words(arguments.out, found)
    print(len(found), "words in", arguments.out)


if __name__ == "__main__":
    main()
