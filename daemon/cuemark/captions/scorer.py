"""Scorers: how well texts fit the samples of one media, and how well the statement fits that nothing is there.

A language model that is made to begin with "nothing" goes on to name what CLIP sees, and CLIP cares little for the one
odd word: "nothing in the tunnel, a striped bell falling" fits the falling bell as well as its caption does.  So for the
background class each statement is held against itself without its words of emptiness, and counts only for frames that
these words fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from cuemark.captions.language import en
from cuemark.captions.protocols import Scorer, Sentence, clean

#: A logit no frame agrees with: large, not infinite, for a frame of weight 0 must not make a mean undefined.
_NEVER = -1e4
#: A fluency no searched sentence has: plain statements are there to be compared with, not to win by their wording.
_PLAIN_FLUENCY = -3.0

PLAIN_STATEMENTS = tuple(Sentence(text, clean(text, ""), _PLAIN_FLUENCY) for text in en.EMPTY_TEXTS)


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


def weighted_means(values: Tensor, weights: Tensor) -> Tensor:
    """[N, K]: means of the samples' values [T, K], of logits or vectors, for moments given as weights [N, T].

    Means of vectors are not made unit, so that a score is the mean of the frames'.  Zero where there is no weight.
    """
    return (weights @ values) / weights.sum(dim=1, keepdim=True).clamp(min=1e-6)


class BackgroundClass:
    """The class "nothing is here" over the samples of one media, made of statements of emptiness."""

    def __init__(self, scorer: Scorer, gain: float) -> None:
        """`gain`: logits by which the words of emptiness must raise a statement."""
        self._scorer, self._gain = scorer, gain

    def logits(self, statements: Sequence[Sentence]) -> Tensor:
        """[T]: the logit of the best statement that counts for each frame; at least one must name nothing at all."""
        logits = self._scorer.logits([one.text for one in statements])
        return torch.where(self._gains(statements) >= self._gain, logits, _NEVER).amax(dim=1)

    def counts(self, statements: Sequence[Sentence], weights: Tensor) -> list[list[bool]]:
        """Whether each statement counts for each moment, given as weights of the samples [N, T]."""
        counted: list[list[bool]] = (weighted_means(self._gains(statements), weights.cpu()) >= self._gain).tolist()
        return counted

    def _gains(self, statements: Sequence[Sentence]) -> Tensor:
        """[T, n]: what the words of emptiness add to each statement; no limit where it consists of nothing else."""
        plain = [one.without_negation for one in statements]
        without = self._scorer.logits([other or one.text for one, other in zip(statements, plain, strict=True)])
        gains = self._scorer.logits([one.text for one in statements]) - without
        gains[:, [number for number, other in enumerate(plain) if other is None]] = -_NEVER
        return gains


class UnprovenBackground(BackgroundClass):
    """The background class of a CLIP that did not prove that it knows emptiness: no frame belongs to it."""

    def logits(self, statements: Sequence[Sentence]) -> Tensor:
        """See `BackgroundClass`."""
        return torch.full_like(self._scorer.logits([statements[0].text])[:, 0], _NEVER)
