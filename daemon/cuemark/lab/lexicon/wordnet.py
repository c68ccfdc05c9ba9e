"""WordNet 3.0 as its database files have it (data.noun, index.noun, ...): synsets, senses in order, hypernyms.

The files are read as they lie in Debian's package wordnet-base; the format is that of WordNet's wndb(5WN).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

#: Lexicographer files by their number in data.* (lexnames(5WN)): the nouns come behind three others.
_NOUN_TOPICS = """Tops act animal artifact attribute body cognition communication event feeling food group location
    motive object person phenomenon plant possession process quantity relation shape state substance time"""
LEXICOGRAPHER_FILES = ("adj.all", "adj.pert", "adv.all", *(f"noun.{topic}" for topic in _NOUN_TOPICS.split()))


@dataclass(frozen=True)
class Synset:
    """A set of synonyms: its key (offset), lexicographer file, lemmas as printed, and the keys of its hypernyms."""

    key: str
    topic: str
    lemmas: tuple[str, ...]
    hypernyms: tuple[str, ...]
    #: One of a kind ("Eiffel Tower"): an instance is no kind of thing.
    instance: bool


@dataclass(frozen=True)
class WordNet:
    """The nouns of the database in `folder`."""

    folder: Path

    @cached_property
    def synsets(self) -> dict[str, Synset]:
        """All synsets by key."""
        return {synset.key: synset for synset in map(_synset, self._lines("data"))}

    @cached_property
    def senses(self) -> dict[str, tuple[str, ...]]:
        """Keys of the senses of each lemma (lower case, blanks for underscores), most frequent first."""
        rows = (line.split() for line in self._lines("index"))
        return {row[0].replace("_", " "): tuple(row[-int(row[2]) :]) for row in rows}

    def sense(self, name: str) -> str:
        """The key of "lemma#number", counted from 1; KeyError where there is none."""
        lemma, _, number = name.partition("#")
        return self.senses[lemma][int(number or 1) - 1]

    def ancestors(self, key: str) -> frozenset[str]:
        """The key itself and all its hypernyms, to the root."""
        if key not in self._ancestors:
            above = (self.ancestors(one) for one in self.synsets[key].hypernyms)
            self._ancestors[key] = frozenset({key}).union(*above)
        return self._ancestors[key]

    @cached_property
    def _ancestors(self) -> dict[str, frozenset[str]]:
        return {}

    def _lines(self, kind: str) -> Iterator[str]:
        with open(self.folder / f"{kind}.noun", encoding="utf-8", errors="replace") as file:
            yield from (line for line in file if not line.startswith("  "))  # the licence stands in front


def _synset(line: str) -> Synset:
    fields = line.partition(" | ")[0].split()
    count = int(fields[3], 16)
    at = 4 + 2 * count
    pointers = [fields[at + 1 + 4 * number :][:4] for number in range(int(fields[at]))]
    above = [(kind, key) for kind, key, part, _ in pointers if kind in ("@", "@i") and part == fields[2]]
    lemmas = tuple(_spelled(fields[4 + 2 * number]) for number in range(count))
    kinds = {kind for kind, _ in above}
    return Synset(fields[0], LEXICOGRAPHER_FILES[int(fields[1])], lemmas, tuple(key for _, key in above), "@i" in kinds)


def _spelled(lemma: str) -> str:
    return lemma.partition("(")[0].replace("_", " ")
