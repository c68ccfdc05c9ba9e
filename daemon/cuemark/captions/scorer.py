"""Scorers: how well texts fit the samples of one media."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from cuemark.captions.protocols import Scorer


class TextTower(Protocol):
    """What scorers use of a TextEncoder."""

    @property
    def logit_scale(self) -> float:
        """What cosines are multiplied by before a softmax."""

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors [n, D] of n >= 1 texts."""


class FrameTextScores:
    """CLIP logits between the frames of one track and any texts, computed once a text and kept for the whole run."""

    def __init__(self, vectors: Tensor, text: TextTower) -> None:
        """`vectors` [T, D], the unit image vectors of the track."""
        self._vectors, self._text = vectors, text
        self._columns: dict[str, Tensor] = {}

    def logits(self, texts: Sequence[str]) -> Tensor:
        """[T, n]: scale times cosine of every frame with every text, on the CPU."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._columns]
        if missing:
            encoded = self._text.encode(missing).to(self._vectors)
            table = (self._text.logit_scale * self._vectors @ encoded.T).cpu()
            self._columns.update(zip(missing, table.unbind(dim=1), strict=True))
        if not texts:
            return torch.zeros(len(self._vectors), 0)
        return torch.stack([self._columns[text] for text in texts], dim=1)


class WeightedScores:
    """A weighted sum of scorers: pictures beside speech beside screen text, on one time axis."""

    def __init__(self, parts: Sequence[tuple[float, Scorer]]) -> None:
        """Pairs of weight and scorer, at least one; all of the same T samples."""
        self._parts = tuple(parts)

    def logits(self, texts: Sequence[str]) -> Tensor:
        """[T, n]: the sum of what each scorer says, times its weight."""
        (weight, first), *others = self._parts
        total = weight * first.logits(texts)
        for weight, scorer in others:
            total = total + weight * scorer.logits(texts)
        return total


def mean_logits(logits: Tensor, weights: Tensor) -> Tensor:
    """[N, n]: the mean of logits [T, n] over the samples of each moment, given as weights [N, T]."""
    return (weights @ logits) / weights.sum(dim=1, keepdim=True).clamp(min=1e-6)
