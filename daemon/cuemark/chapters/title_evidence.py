"""What speaks for each given title at each place of a media: its words said or written there, and its meaning.

A place ("cell") is a sentence with the time up to the next, or a stretch of pictures where nobody speaks.  Two
matrices [titles, cells] come of it: how well what is said and written in a cell goes with a title, and how much more
so from that cell on than before it, which is where a title begins.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cuemark.captions.language.language import Language
from cuemark.captions.language.words import is_word

if TYPE_CHECKING:
    from cuemark.models.embedding.sentences import SentenceEncoder

Array = npt.NDArray[np.float64]

#: Weights of words in common, of likeness in meaning, and of the step at a beginning; cells on each side of that step.
#: Fitted on talks with the titles that people gave.
_WORDS, _MEANING, _STEP, _STEP_CELLS = 1.0, 0.3, 4.0, 3
#: Cells in which the words of a title are looked for together.
_TOGETHER = 6
_TINY = 1e-9
#: Log-odds that a title happens: a constant, and for each of `happening_features`.  Fitted on talks with the titles
#: that people gave and as many of other talks.
_HAPPENS = (-0.3, -0.17, 3.71, 6.89, -0.79)
#: All cells of pictures weigh as so many sentences.
_SEEN_CELLS = 60


@dataclass(frozen=True)
class Cell:
    """A place [start, end) in seconds: `text` is what is said in it, with what comes to be written in it."""

    start: Fraction
    end: Fraction
    text: str


@dataclass(frozen=True)
class TitleEvidence:
    """The two matrices [titles, cells], and the probability [titles] that each title happens at all.

    `covered` [titles, cells] is the share of a title's words, by their rarity, that the next cells hold.
    """

    inside: Array
    begins: Array
    happens: Array
    covered: Array


def evidence_for(
    titles: Sequence[str], cells: Sequence[Cell], encoder: SentenceEncoder, language: Language
) -> TitleEvidence:
    """Hold every title against every cell; there is at least one of each."""
    said = [_keys(cell.text, language) for cell in cells]
    words, covered, held = _words_in_common([_keys(title, language) for title in titles], said)
    meaning, raw = _meaning(encoder.encode(titles), encoder.encode([cell.text for cell in cells]))
    inside = _WORDS * (words - words.mean(axis=1, keepdims=True)) + _MEANING * meaning
    happens = logistic(happening_features(covered, held, meaning, raw) @ np.array(_HAPPENS[1:]) + _HAPPENS[0])
    return TitleEvidence(inside, _STEP * _steps(inside, _STEP_CELLS), happens, covered)


def happening_features(covered: Array, held: Array, meaning: Array, raw: Array) -> Array:
    """[titles, 4]: what tells whether a title happens: its words anywhere and together, its greatest likeness."""
    return np.stack([held, covered.max(axis=1), raw.max(axis=1), meaning.max(axis=1)], axis=1)


def seen_evidence(logits: Array, titles: int) -> TitleEvidence:
    """The evidence of pictures: `logits` [texts, cells] of the titles and, behind them, of what is said of anything.

    A title happens where it is the likeliest of these texts for a while; how much likelier than elsewhere tells where.
    """
    likely = np.exp(logits - logits.max(axis=0, keepdims=True))
    chance = (likely / likely.sum(axis=0, keepdims=True))[:titles]
    centred = logits[:titles] - logits[:titles].mean(axis=1, keepdims=True)
    inside = centred * min(1.0, _SEEN_CELLS / centred.shape[1])
    width = max(1, min(_STEP_CELLS, centred.shape[1] // (2 * titles)))
    return TitleEvidence(inside, _steps(inside, width), _smoothed(chance, width).max(axis=1), chance)


def _smoothed(values: Array, cells: int) -> Array:
    """The mean of each value and the next, `cells` of them."""
    count = values.shape[1]
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    here = np.arange(count)
    after = np.minimum(here + cells, count)
    means: Array = (sums[:, after] - sums[:, here]) / (after - here)
    return means


def logistic(odds: Array) -> Array:
    """Log-odds as probabilities."""
    chance: Array = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    return chance


def _keys(text: str, language: Language) -> list[str]:
    """The keys of the words with a meaning, in order."""
    return language.keys(filter(is_word, language.words(text)))


def _words_in_common(titles: Sequence[list[str]], said: Sequence[list[str]]) -> tuple[Array, Array, Array]:
    """[titles, cells] twice: rarity of a title's words in a cell, and the share of it in the next cells; and [titles],
    the share of it that is said anywhere."""
    cells_with = Counter(word for words in said for word in set(words))
    where = [set(words) for words in said]
    together = [set().union(*where[place : place + _TOGETHER]) for place in range(len(where))]
    words, covered, held = np.zeros((3, len(titles), len(said)))
    for row, title in enumerate(titles):
        rarity = {word: math.log((len(said) + 1) / (cells_with[word] + 0.5)) for word in dict.fromkeys(title)}
        whole = sum(rarity.values()) or 1.0
        for column, (there, next_ones) in enumerate(zip(where, together, strict=True)):
            words[row, column] = sum(rarity[word] for word in rarity if word in there) / max(1, len(rarity))
            covered[row, column] = sum(rarity[word] for word in rarity if word in next_ones) / whole
        held[row] = sum(value for word, value in rarity.items() if cells_with[word]) / whole
    return words, covered, held[:, 0]


def _meaning(titles: npt.NDArray[np.float32], cells: npt.NDArray[np.float32]) -> tuple[Array, Array]:
    """[titles, cells]: the likeness of vectors less what all cells have in common, in standard deviations over the
    cells; and as cosines."""
    common = cells.mean(axis=0)
    ours, theirs = (_unit(np.asarray(vectors - common, dtype=np.float64)) for vectors in (titles, cells))
    cosines = ours @ theirs.T
    spread = cosines.std(axis=1, keepdims=True)
    return (cosines - cosines.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-3), cosines


def _unit(vectors: Array) -> Array:
    unit: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), _TINY)
    return unit


def _steps(inside: Array, cells: int) -> Array:
    """At each cell: the mean of it and those behind, less the mean of those before; at the first cell the former."""
    count = inside.shape[1]
    sums = np.concatenate([np.zeros((len(inside), 1)), np.cumsum(inside, axis=1)], axis=1)
    here = np.arange(count)
    before = np.maximum(here - cells, 0)
    ahead = (sums[:, here] - sums[:, before]) / np.maximum(here - before, 1)
    steps: Array = _smoothed(inside, cells) - ahead
    return steps
