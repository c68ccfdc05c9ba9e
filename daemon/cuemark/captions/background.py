"""The background class: statements that nothing is there, and where they may be taken at their word.

A language model that is made to begin with "nothing" goes on to name what CLIP sees, and CLIP cares little for the one
odd word: "nothing in the tunnel, a striped bell falling" fits the falling bell as well as its caption does.  So each
statement is held against itself without its words of emptiness, and counts only for frames that these words fit.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cuemark.captions.language import en
from cuemark.captions.protocols import Scorer, Sentence, clean
from cuemark.captions.scorer import mean_logits

#: A logit no frame agrees with: large, not infinite, for a frame of weight 0 must not make a mean undefined.
_NEVER = -1e4
#: A fluency no searched sentence has: plain statements are there to be compared with, not to win by their wording.
_PLAIN_FLUENCY = -3.0

PLAIN_STATEMENTS = tuple(Sentence(text, clean(text, ""), _PLAIN_FLUENCY) for text in en.EMPTY_TEXTS)


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
        counted: list[list[bool]] = (mean_logits(self._gains(statements), weights.cpu()) >= self._gain).tolist()
        return counted

    def _gains(self, statements: Sequence[Sentence]) -> Tensor:
        """[T, n]: what the words of emptiness add to each statement; no limit where it consists of nothing else."""
        plain = [one.without_negation for one in statements]
        without = self._scorer.logits([other or one.text for one, other in zip(statements, plain, strict=True)])
        gains = self._scorer.logits([one.text for one in statements]) - without
        gains[:, [number for number, other in enumerate(plain) if other is None]] = -_NEVER
        return gains
