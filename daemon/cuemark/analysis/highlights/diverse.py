"""A diverse set of the best: maximal marginal relevance (Carbonell and Goldstein, 1998).

The next pick is the one with the largest worth, less what it has in common with the most alike of those that are
picked already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

TRADE = 0.7
"""lambda: what worth counts beside difference."""
_TWIN = 0.97
"""Alike as two takes of one shot, or as a copy."""
_BY_WORDS = 0.9
"""The same words do not make the same pictures."""


@dataclass(frozen=True, eq=False)
class Appearance:
    """By what stretches are compared: a unit vector of an image encoder (`encoder` names it, "" for none), colours by
    place (a unit vector), and words; the first of them that both have counts."""

    encoder: str = ""
    vector: NDArray[np.float32] | None = None
    layout: NDArray[np.float32] | None = None
    words: frozenset[str] = field(default_factory=frozenset)


def likeness(every: Sequence[Appearance]) -> NDArray[np.float64]:
    """[N, N], 0 to 1: 0 for a pair as alike as most are, or less, 1 for the same pictures.

    Cosines of an encoder lie close together, and each encoder's elsewhere: they are told from their own median.
    """
    count = len(every)
    kinds = np.zeros((count, count), np.int8)
    raw = np.zeros((count, count))
    for a in range(count):
        for b in range(a):
            kinds[a, b], raw[a, b] = _pair(every[a], every[b])
    for kind in (1, 2):
        pairs = kinds == kind
        if bool(pairs.any()):
            usual = min(float(np.median(raw[pairs])), 0.95)
            raw[pairs] = np.clip((raw[pairs] - usual) / (1 - usual), 0, 1)
    alike: NDArray[np.float64] = raw + raw.T
    np.fill_diagonal(alike, 1.0)
    return alike


def _pair(one: Appearance, other: Appearance) -> tuple[int, float]:
    """By what a pair is compared (1 encoder, 2 layout, 3 words), and the cosine, or the share of common words."""
    if one.vector is not None and other.vector is not None and one.encoder == other.encoder:
        return 1, float(one.vector @ other.vector)
    if one.layout is not None and other.layout is not None:
        return 2, float(one.layout @ other.layout)
    both = one.words | other.words
    return 3, _BY_WORDS * len(one.words & other.words) / len(both) if both else 0.0


def marginal(worth: NDArray[np.float64], alike: NDArray[np.float64], picked: Sequence[int]) -> NDArray[np.float64]:
    """[N]: what each would add to those that are picked."""
    if not picked:
        return TRADE * worth
    nearest: NDArray[np.float64] = alike[:, list(picked)].max(axis=1)
    return TRADE * worth - (1 - TRADE) * nearest


def is_twin(alike: NDArray[np.float64], one: int, picked: Sequence[int]) -> bool:
    """Whether one shows the very pictures of a pick."""
    return any(alike[one, other] > _TWIN for other in picked)
