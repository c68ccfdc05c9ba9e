"""What words mean to the pocket pair: a unit vector for each noun of WordNet, in the space that pictures are put into.

A picture is the sum of the classes the network sees in it, each with its own vector (`class_vectors`).  Classes of one
kind share a part of theirs, as much as the network finds that kind alike: where it wavers between breeds, their common
part outweighs each single one, and "dog" fits better than any breed.  A word means the classes it names or includes; a
word below a class means that class in part; a word the network cannot know means NOTHING, an axis where every picture
is 0.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from cuemark.lab.lexicon.wordnet import WordNet
from cuemark.lab.pocket.image_tower import SEMANTIC, Vectors, class_offsets
from cuemark.lab.pocket.usage import WordUsage

#: Kinds of more classes than this look like nothing in particular ("artifact").
_LARGEST_KIND = 300
#: A kind with more members in WordNet for each class among them ("plant") says nothing of a member that is no class.
_MEMBERS_A_CLASS = 25
_BELOW = 0.75  # what is left of a meaning with each step down from what the network knows
_PERSON = "noun.person"
_PERSON_KNOWN = 0.4
_RARE_KIND = 0.8  # "canine" fits a dog less well than "dog": people seldom say it
_SENSE_SHARES = (0.6, 0.25, 0.15)
_SCENE = 0.9
GROUPS = ("class", "kind", "below", "scene", "unknown")


@dataclass(frozen=True)
class Meanings:
    """`vectors` [R, 256] by row, `rows` from word to row (row 0: NOTHING), and words by how they are known.

    `groups`: "class" (names of the classes), "kind" (of what includes some), "below" (of what lies below), "scene"
    (places and stuff, from our own table), "unknown".
    """

    vectors: Vectors
    rows: dict[str, int]
    groups: dict[str, tuple[str, ...]]

    def of(self, word: str) -> Vectors:
        """The meaning of a word, NOTHING where it is not a noun of WordNet."""
        vector: Vectors = self.vectors[self.rows.get(word, 0)]
        return vector


def class_vectors(directions: Vectors, net: WordNet, steps: int = 300) -> Vectors:
    """Unit vectors [classes, 256] whose products are the likeness of their classes: up to 0.6 within a kind.

    How alike a kind is, the classifier's `directions` [classes, 255] tell: their mean cosine over the kind's pairs.
    Fitted by Adam on the squared error; the last two of the dimensions stay zero.
    """
    import torch

    likeness = torch.from_numpy(_likeness(directions, classes_below(net))).float()
    values, axes = torch.linalg.eigh(likeness)
    start = axes[:, -SEMANTIC:] * values[-SEMANTIC:].clamp(min=1e-3).sqrt()
    noise = torch.randn(start.shape, generator=torch.Generator().manual_seed(0))
    fitted = (start + 0.02 * noise).requires_grad_()
    optimiser = torch.optim.Adam([fitted], lr=0.02)
    for _ in range(steps):
        unit = torch.nn.functional.normalize(fitted, dim=1)
        error = unit @ unit.T - likeness
        # Likeness that is not there costs more than likeness missed: it makes wrong words win.
        loss = (error.square() + 4 * error.clamp(min=0).square()).sum() / len(likeness)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    unit = torch.nn.functional.normalize(fitted, dim=1).detach()
    return torch.nn.functional.pad(unit, (0, 2)).numpy()


def _likeness(directions: Vectors, below: dict[str, tuple[int, ...]]) -> NDArray[np.float64]:
    likeness = np.zeros((len(directions), len(directions)))
    for classes in below.values():
        if 2 <= len(classes) <= _LARGEST_KIND:
            products = directions[list(classes)] @ directions[list(classes)].T
            alike = (products.sum() - len(classes)) / (len(classes) * (len(classes) - 1))
            block = np.ix_(classes, classes)
            likeness[block] = np.maximum(likeness[block], np.clip(4 * alike, 0, 0.6))
    np.fill_diagonal(likeness, 1)
    return likeness


def classes_below(net: WordNet) -> dict[str, tuple[int, ...]]:
    """For each synset that is a class or above one: the classes it includes."""
    found: dict[str, list[int]] = {}
    for index, offset in enumerate(class_offsets()):
        for above in net.ancestors(offset):
            found.setdefault(above, []).append(index)
    return {offset: tuple(indices) for offset, indices in found.items()}


class _Senses:
    """Meanings of synsets: a vector and how they are known."""

    def __init__(self, vectors: Vectors, net: WordNet) -> None:
        self._vectors, self._net = vectors, net
        self._below = classes_below(net)
        self._classes = {offset: index for index, offset in enumerate(class_offsets())}
        self.nothing = np.zeros(vectors.shape[1], np.float32)
        self.nothing[-1] = 1

    def of(self, offset: str) -> tuple[Vectors, str]:
        """Unit vector and group of one synset."""
        if offset in self._classes:
            return self._vectors[self._classes[offset]], "class"
        person = _PERSON_KNOWN if self._net.synsets[offset].topic == _PERSON else 1.0
        if offset in self._below:
            return self._faded(self._kind(offset), person), "kind" if self._is_kind(offset) else "unknown"
        for above, steps in upwards(offset, self._net).items():
            if above in self._below:
                known = person * _BELOW**steps if self._is_kind(above) and self._is_close(above) else 0.0
                return self._faded(self._kind(above), known), "below" if known > 0.3 else "unknown"
        return self.nothing, "unknown"

    def _is_kind(self, offset: str) -> bool:
        return len(self._below[offset]) <= _LARGEST_KIND

    def _is_close(self, offset: str) -> bool:
        return self._members[offset] <= _MEMBERS_A_CLASS * len(self._below[offset])

    @cached_property
    def _members(self) -> Counter[str]:
        return Counter(above for offset in self._net.synsets for above in self._net.ancestors(offset))

    def _kind(self, offset: str) -> Vectors:
        return unit(self._vectors[list(self._below[offset])].mean(axis=0)) if self._is_kind(offset) else self.nothing

    def _faded(self, vector: Vectors, known: float) -> Vectors:
        return faded(vector, known, self.nothing)


def upwards(key: str, net: WordNet) -> dict[str, int]:
    """Every synset above one, itself included, with the fewest steps to it, the nearest first."""
    steps, level = {key: 0}, [key]
    while level:
        fresh = list(dict.fromkeys(up for one in level for up in net.synsets[one].hypernyms if up not in steps))
        steps.update((up, steps[level[0]] + 1) for up in fresh)
        level = fresh
    return steps


def unit(vector: Vectors) -> Vectors:
    """The vector at length 1."""
    made: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)
    return made


def faded(vector: Vectors, known: float, nothing: Vectors) -> Vectors:
    """A unit vector whose agreement with pictures is `known` times as large; the rest is NOTHING."""
    return unit(known * vector + float(np.sqrt(1 - known * known)) * nothing)


def build_meanings(vectors: Vectors, net: WordNet, usage: WordUsage) -> Meanings:
    """Every noun of WordNet and every scene of our own table, for the vectors of the classes [1000, 256]."""
    senses = _Senses(vectors, net)
    rows: dict[str, int] = {"": 0}
    made = [senses.nothing]
    groups: dict[str, list[str]] = {name: [] for name in GROUPS}
    for word, offsets in net.senses.items():
        vector, group = _combined([senses.of(offset) for offset in offsets])
        if group == "kind" and not usage.counts["noun"][word]:
            vector = faded(vector, _RARE_KIND, senses.nothing)
        rows[word] = len(made)
        made.append(vector)
        groups[group].append(word)
    nouns = list(made)  # a word of the table may be a member of another there
    for word, members in scenes().items():
        seen = unit(np.mean([nouns[rows[member]] for member in members], axis=0))
        vector = faded(seen, _SCENE, senses.nothing)
        if word in rows:
            made[rows[word]] = vector
        else:
            rows[word] = len(made)
            made.append(vector)
        groups["scene"].append(word)
    return Meanings(np.stack(made), rows, {name: tuple(words) for name, words in groups.items()})


def scenes() -> dict[str, list[str]]:
    """Our own table: places and stuff that are no class, with the nouns whose presence shows them."""
    text = resources.files("cuemark.lab.pocket").joinpath("scenes.json").read_text(encoding="utf-8")
    table: dict[str, list[str]] = json.loads(text)
    return table


def _combined(senses: Iterable[tuple[Vectors, str]]) -> tuple[Vectors, str]:
    """One meaning from those of a word's senses, the most usual first: the classes among them alone, else a mixture."""
    ranked = list(senses)
    named = [(vector, 1 / (rank + 1)) for rank, (vector, group) in enumerate(ranked) if group == "class"]
    if named:
        return unit(np.sum([share * vector for vector, share in named], axis=0)), "class"
    usual = ranked[: len(_SENSE_SHARES)]
    shares = _SENSE_SHARES[: len(usual)]
    mixed = unit(np.sum([share * vector for (vector, _), share in zip(usual, shares, strict=True)], axis=0))
    known = [(group, share) for (_, group), share in zip(usual, shares, strict=True) if group != "unknown"]
    return mixed, max(known, key=lambda one: one[1])[0] if known else "unknown"
