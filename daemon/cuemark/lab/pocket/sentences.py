"""Sentences about nouns, with what each of them means: what the pocket pair's text tower learns from.

A sentence is a row of pieces; a piece is some words and perhaps a noun's row in the table of meanings with its weight.
What a sentence means is the weighted sum of its nouns, the first most; adjectives take next to nothing away; what
somebody does, and any word that no picture shows, leans towards NOTHING.  Sentences are broken off anywhere, because a
search asks for the beginnings of sentences too.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cuemark.captions.lexicon import load_lexicon
from cuemark.lab.pocket.image_tower import Vectors
from cuemark.lab.pocket.meanings import Meanings, unit
from cuemark.lab.pocket.usage import WordUsage, going, plural

NOTHING = 0
#: Weight of the first noun, of what it is with, and of where it is; of NOTHING behind an adjective and a verb.
MAIN, OTHER, PLACE = 1.0, 0.45, 0.4
_ADJECTIVE, _VERB = 0.07, 0.3
#: Shares of the first nouns' groups.
_SHARES = {"class": 0.42, "kind": 0.17, "below": 0.12, "scene": 0.07, "unknown": 0.22}
_GLOSSES, _NONSENSE, _BROKEN = 0.12, 0.03, 0.25


@dataclass(frozen=True)
class Piece:
    """Some words; `row` of the noun they are, where they are one, and its weight."""

    text: str
    row: int | None = None
    weight: float = 0.0


#: n: a noun with article and perhaps an adjective; m: the same for what it is with; p: a place with its preposition;
#: v: what it is doing.  Medium words are no nouns here: "a photo of" says nothing of what is shown.
FRAMES = tuple(
    """{n}|{n}|{n}.|{n}.|a photo of {n}|a photo of {n}.|a photo of {n}|photo of {n}|an image of {n}|image of {n}.
image showing {n}|picture of {n}.|a picture of {n}|picture shows {n}|video of {n}|video of {n}.|a video of {n}
video showing {n}.|photo showing {n}|a close-up of {n}|a close up photo of {n}.|a blurry photo of {n}
a black and white photo of {n}|a cropped photo of {n}|a bright photo of {n}|a dark photo of {n}
a good photo of {n}|a view of {n}.|footage of {n}|a clip of {n}|a film about {n}|a shot of {n}|there is {n}
there is {n}.|this is {n}.|here is {n}|we see {n}.|you can see {n}|it is {n}.|that is {n}|{n} is shown
{n} can be seen.|{n} {p}|{n} {p}.|{n} {p}.|video of {n} {p}.|a photo of {n} {p}|image of {n} {p}
picture showing {n} {p}.|there is {n} {p}.|{n} is {p}.|{n} and {m}|{n} with {m}.|{n} next to {m}
{n} in front of {m}.|{n} beside {m}|{n} on {m}|{n} near {m}.|{n} and {m} {p}.|a photo of {n} and {m}
video of {n} with {m}.|a photo of {n} on {m}|{n} of {m}|{n} behind {m}|{n} under {m}|{n} {v}|{n} {v}.
{n} is {v}.|{n} {v} {p}.|video of {n} {v} {p}.|a photo of {n} {v}|{n} {v} near {m}|{n} which is {v}
{n} that is {v} {p}|the {n} is {v}|{p}, {n}|{p} there is {n}.""".replace("\n", "|").split("|")
)  # fmt: skip
_PREPOSITIONS = [
    "in",
    "on",
    "at",
    "by",
    "near",
    "in front of",
    "beside",
    "under",
    "over",
    "on top of",
    "next to",
    "inside",
    "behind",
    "along",
    "above",
]
_NUMBERS = [
    "two",
    "three",
    "several",
    "many",
    "some",
    "a few",
    "a group of",
    "a pair of",
    "lots of",
    "four",
    "a lot of",
]
_ARTICLES = ("a", "a", "a", "the", "the", "one", "this", "a single", "")
_FILLERS = [
    "which has been used for",
    "is a",
    "that can be",
    "of the most important",
    "very",
    "can be used to",
    "as well as",
    "in the middle of",
    "on a white background",
    "at night",
    "in the background",
    "at sunset",
    "in black and white",
    "of all time",
    "during the day",
    "for the first time",
    "with the",
    "it",
    "and the",
]
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass
class SentenceMaker:
    """Draws sentences; what it draws depends on the `rng` that is given to it alone."""

    meanings: Meanings
    usage: WordUsage
    _cumulative: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self._cumulative = list(np.cumsum([_SHARES[group] for group in self._nouns]))

    @cached_property
    def _nouns(self) -> dict[str, tuple[str, ...]]:
        """Nouns by group; the unknown ones that people use are there many times."""
        counts = self.usage.counts["noun"]
        plain = {
            group: tuple(word for word in words if re.fullmatch(r"[a-z][a-z' .-]*", word))
            for group, words in self.meanings.groups.items()
        }
        seen = tuple(word.name for word in load_lexicon().words if word.kind in ("thing", "scene"))
        for group in ("kind", "below", "unknown"):
            members = set(plain[group])
            plain[group] += tuple(word for word in plain[group] if counts[word]) * 4
            plain[group] += tuple(word for word in seen if word in members) * 4
        return plain

    @cached_property
    def _adjectives(self) -> list[str]:
        ours = [word.name for word in load_lexicon().words if word.kind == "attribute"]
        return ours * 8 + self.usage.common("adj", 1500)

    @cached_property
    def _actions(self) -> list[str]:
        ours = [" ".join(word.name.split()) for word in load_lexicon().words if word.kind == "action"]
        return ours * 3 + [going(verb) for verb in self.usage.common("verb", 1200)]

    @cached_property
    def _glosses(self) -> list[str]:
        return self.usage.gloss_sentences()

    @cached_property
    def _no_nouns(self) -> frozenset[str]:
        """Words that a sentence rarely means as nouns."""
        counts = self.usage.counts
        others = {word for part in ("verb", "adj", "adv") for word in counts[part]}
        mostly = {w for w in others if sum(counts[part][w] for part in ("verb", "adj", "adv")) > counts["noun"][w]}
        return frozenset(
            mostly
            | set(
                [
                    "a",
                    "an",
                    "the",
                    "of",
                    "in",
                    "on",
                    "at",
                    "by",
                    "to",
                    "it",
                    "is",
                    "as",
                    "or",
                    "and",
                    "for",
                    "with",
                    "from",
                    "that",
                    "be",
                    "i",
                    "he",
                    "one",
                    "no",
                    "so",
                    "do",
                    "who",
                    "which",
                    "large",
                    "small",
                    "his",
                    "her",
                    "its",
                ]
            )
        )

    def draw(self, rng: random.Random) -> list[Piece]:
        """One sentence in pieces."""
        kind = rng.random()
        if kind < _NONSENSE:
            return [Piece(rng.choice(("a photo of", "video of", "a", "the"))), Piece(_nonsense(rng), NOTHING, MAIN)]
        pieces = self.read(rng.choice(self._glosses)) if kind < _NONSENSE + _GLOSSES else self._framed(rng)
        return self._broken_off(pieces, rng) if rng.random() < _BROKEN else pieces

    def meaning(self, pieces: list[Piece]) -> Vectors:
        """The unit vector [256] of a sentence; NOTHING where it has no noun."""
        rows, weights = parts_of(pieces)
        return unit((self.meanings.vectors[rows] * np.asarray(weights, np.float32)[:, None]).sum(axis=0))

    def read(self, text: str) -> list[Piece]:
        """Any sentence in pieces: names as long as possible, the first of the nouns weighs most."""
        words, pieces, weight, at = text.split(), [], MAIN, 0
        while at < len(words):
            length, row = self._name_at(words, at)
            pieces.append(Piece(" ".join(words[at : at + length]), row, weight if row is not None else 0.0))
            weight *= 0.6 if row is not None else 1.0
            at += length
        return pieces

    def _name_at(self, words: list[str], at: int) -> tuple[int, int | None]:
        for length in (3, 2, 1):
            name = " ".join(words[at : at + length]).strip(".,;:!?`'\"")
            if length == 1 and name in self._no_nouns:
                break
            for form in (name, name.removesuffix("s"), name.removesuffix("es")):
                row = self.meanings.rows.get(form) if len(words[at : at + length]) == length else None
                if row:
                    return length, row
        return 1, None

    def _framed(self, rng: random.Random) -> list[Piece]:
        makers = {"n": self._main, "m": self._other, "p": self._place, "v": self._action}
        pieces: list[Piece] = []
        for part in re.split(r"(\{\w\}\.?)", rng.choice(FRAMES)):
            if part.startswith("{"):
                made = makers[part[1]](rng)
                if part.endswith("."):
                    made[-1] = Piece(f"{made[-1].text}.", made[-1].row, made[-1].weight)
                pieces += made
            elif part.strip():
                pieces.append(Piece(part.strip()))
        return [*pieces, Piece(rng.choice(_FILLERS))] if rng.random() < 0.06 else pieces

    def _main(self, rng: random.Random) -> list[Piece]:
        groups = list(self._nouns)
        group = rng.choices(groups, cum_weights=self._cumulative)[0]
        return self._phrase(rng.choice(self._nouns[group]), MAIN, rng)

    def _other(self, rng: random.Random) -> list[Piece]:
        pieces = self._main(rng)
        return [Piece(piece.text, piece.row, piece.weight * OTHER) for piece in pieces]

    def _place(self, rng: random.Random) -> list[Piece]:
        group = rng.choice(("scene", "scene", "class", "kind", "unknown"))
        noun = self._phrase(rng.choice(self._nouns[group]), PLACE, rng)
        return [Piece(rng.choice(_PREPOSITIONS)), *noun]

    def _action(self, rng: random.Random) -> list[Piece]:
        return [Piece(rng.choice(self._actions), NOTHING, _VERB)]

    def _phrase(self, noun: str, weight: float, rng: random.Random) -> list[Piece]:
        row = self.meanings.rows[noun]
        adjectives = [Piece(rng.choice(self._adjectives), NOTHING, _ADJECTIVE * weight)] if rng.random() < 0.25 else []
        if rng.random() < 0.15:
            many = plural(noun, self.usage.odd_plurals)
            before = [Piece(rng.choice(_NUMBERS))] if rng.random() < 0.7 else []
            return [*before, *adjectives, Piece(many, row, weight)]
        article = rng.choice(_ARTICLES)
        following = adjectives[0].text if adjectives else noun
        article = "an" if article == "a" and following[0] in "aeiou" else article
        return [*([Piece(article)] if article else []), *adjectives, Piece(noun, row, weight)]

    def _broken_off(self, pieces: list[Piece], rng: random.Random) -> list[Piece]:
        """The first words; what is left of a name means what it says by itself."""
        kept = rng.randint(1, max(1, sum(len(piece.text.split()) for piece in pieces) - 1))
        short: list[Piece] = []
        for piece in pieces:
            words = piece.text.split()[:kept]
            if not words:
                break
            whole = len(words) == len(piece.text.split())
            row = piece.row if whole or piece.row is None else self.meanings.rows.get(" ".join(words), NOTHING)
            short.append(Piece(" ".join(words), row, piece.weight))
            kept -= len(words)
        return short


def parts_of(pieces: list[Piece]) -> tuple[list[int], list[float]]:
    """Rows and weights of what a sentence means; NOTHING alone where it has no noun."""
    parts = [(piece.row, piece.weight) for piece in pieces if piece.row is not None]
    if not any(row or weight >= OTHER for row, weight in parts):
        parts = [(NOTHING, 1.0)]
    return [row for row, _ in parts], [weight for _, weight in parts]


def _nonsense(rng: random.Random) -> str:
    return " ".join("".join(rng.choice(_LETTERS) for _ in range(rng.randint(2, 9))) for _ in range(rng.randint(1, 3)))
