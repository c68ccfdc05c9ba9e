"""Where a sentence with "nothing" or "deserted" in it may be taken at its word.

A language model that is made to begin with "nothing" goes on to name what CLIP sees, and CLIP cares little for the one
odd word: "nothing in the tunnel, a striped bell falling" fits the falling bell as well as its caption does.  So each
statement is held against itself without its words of emptiness, and counts only for frames that these words fit.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cuemark.captions.scorer import Agreement
from cuemark.captions.sentences import Sentence

#: A logit no frame agrees with.
_NEVER = -1e4


class Emptiness:
    """Statements that nothing is there, over the frames of one track."""

    def __init__(self, agreement: Agreement, gain: float) -> None:
        """`gain`: logits by which the words of emptiness must raise a statement."""
        self._agreement, self._gain = agreement, gain

    def best(self, statements: Sequence[Sentence]) -> Tensor:
        """[T]: the logit of the best statement that counts for each frame; at least one must name nothing at all."""
        logits = self._agreement.logits([one.text for one in statements])
        return torch.where(self.gains(statements) >= self._gain, logits, _NEVER).amax(dim=1)

    def count(self, statements: Sequence[Sentence], weights: Tensor) -> list[list[bool]]:
        """Whether each statement counts for each moment, given as weights of the frames [N, T]."""
        weights = weights.cpu()
        means = (weights @ self.gains(statements)) / weights.sum(dim=1, keepdim=True).clamp(min=1e-6)
        counted: list[list[bool]] = (means >= self._gain).tolist()
        return counted

    def gains(self, statements: Sequence[Sentence]) -> Tensor:
        """[T, n]: what the words of emptiness add to each statement; no limit where it consists of nothing else."""
        others = [one.otherwise for one in statements]
        without = self._agreement.logits([other or one.text for one, other in zip(statements, others, strict=True)])
        gains = self._agreement.logits([one.text for one in statements]) - without
        # Large, not infinite: a frame of weight 0 must not make a mean undefined.
        gains[:, [number for number, other in enumerate(others) if other is None]] = -_NEVER
        return gains
