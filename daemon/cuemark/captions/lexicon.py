"""The lexicon: words for what a picture can show, with their kinds and what they are a kind of.

Things and scenes are names out of WordNet 3.0, people, actions and attributes are lists of our own; nothing of it comes
from the drawn world of the sample models.  `lexicon_data/words.tsv` has one word a line: name, kind, whether it is
common ("c"), nearest broader names, and names of the same thing, each list joined by "|".  It is made anew by
`python -m cuemark.lab.lexicon.make`; its licences stand beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal, cast, get_args

from cuemark.core.files import atomic_write

Kind = Literal["thing", "scene", "action", "attribute"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LEXICON_FILE = Path(__file__).parent / "lexicon_data" / "words.tsv"
_COMMON = "c"


@dataclass(frozen=True)
class Word:
    """A word or a name of several words; `broader` and `same` are other words of the lexicon."""

    name: str
    kind: Kind
    common: bool
    broader: tuple[str, ...] = ()
    same: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Words in a fixed order, W of them; whatever is computed for all of them has this order."""

    words: tuple[Word, ...]

    @cached_property
    def id(self) -> str:
        """Names this list of words in this order: vectors of one list say nothing of another."""
        told = "\n".join(f"{word.name}\t{word.kind}" for word in self.words)
        return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()

    @cached_property
    def place(self) -> dict[str, int]:
        """Where each name stands."""
        return {word.name: number for number, word in enumerate(self.words)}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return tuple(word.name for word in self.words)

    def of_kind(self, *kinds: Kind) -> list[int]:
        """Places of the words of these kinds."""
        return [number for number, word in enumerate(self.words) if word.kind in kinds]

    @cached_property
    def narrower(self) -> tuple[tuple[int, ...], ...]:
        """For each word the places of itself, of other names for the same, and of all that is a kind of it."""
        below: list[set[int]] = [{number, *(self.place[name] for name in word.same)} for number, word in self._numbered]
        children: list[set[int]] = [set() for _ in self.words]
        for number, word in self._numbered:
            for name in word.broader:
                children[self.place[name]].add(number)
        order: dict[int, None] = {}
        for number in range(len(self.words)):
            self._depth_first(number, children, order)
        for number in order:
            for child in children[number]:
                below[number] |= below[child]
        return tuple(tuple(sorted(one)) for one in below)

    @property
    def _numbered(self) -> list[tuple[int, Word]]:
        return list(enumerate(self.words))

    @staticmethod
    def _depth_first(start: int, children: Sequence[set[int]], order: dict[int, None]) -> None:
        """Add `start` to `order` behind all that is below it."""
        todo = [(start, False)]
        entered: set[int] = set()
        while todo:
            number, done = todo.pop()
            if number in order:
                continue
            if done:
                order[number] = None
            elif number not in entered:  # a ring, which WordNet should not have, is walked once
                entered.add(number)
                todo += [(number, True), *((child, False) for child in children[number])]


@lru_cache(maxsize=1)
def load_lexicon(path: Path = LEXICON_FILE) -> Lexicon:
    """The lexicon that comes with the package."""
    return Lexicon(tuple(_word(line) for line in path.read_text(encoding="utf-8").splitlines()))


def write_words(path: Path, words: Sequence[Word]) -> None:
    """Write a lexicon; words may name only each other."""
    known = {word.name for word in words}
    closed = [
        Word(word.name, word.kind, word.common, _among(word.broader, known), _among(word.same, known)) for word in words
    ]
    atomic_write(path, "".join(f"{_line(word)}\n" for word in closed).encode())


def _among(names: Sequence[str], known: set[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in known)


def _line(word: Word) -> str:
    common = _COMMON if word.common else ""
    return "\t".join((word.name, word.kind, common, "|".join(word.broader), "|".join(word.same)))


def _word(line: str) -> Word:
    name, kind, common, broader, same = line.split("\t")
    return Word(name, cast(Kind, kind), common == _COMMON, _split(broader), _split(same))


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()
