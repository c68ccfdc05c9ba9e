"""What a language model is given beside tokens: the offsets of its soft prompt, and sentences under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class PrefixOffsets:
    """Offsets for the keys and values of the soft prompt: each [layers, B, heads, P, dim] (`dim` may differ)."""

    keys: Tensor
    values: Tensor

    @property
    def positions(self) -> int:
        """P, the number of soft prompt positions."""
        return int(self.keys.shape[3])

    def parameters(self) -> list[Tensor]:
        """What an optimiser updates."""
        return [self.keys, self.values]

    def select(self, indices: Tensor) -> PrefixOffsets:
        """The offsets of some rows of the batch (repeats allowed), differentiable."""
        rows = indices.to(self.keys.device)
        return PrefixOffsets(self.keys.index_select(1, rows), self.values.index_select(1, rows))


@dataclass(frozen=True)
class LMState:
    """Sentences under way: keys and values per layer ([B, heads, length, dim] pairs); never changed in place.

    `logits` [B, V] are those of the last token fed (of the last BOS for a new state).
    """

    cache: tuple[tuple[Tensor, Tensor], ...]
    logits: Tensor

    @property
    def length(self) -> int:
        """Positions fed so far, the soft prompt included."""
        return int(self.cache[0][0].shape[2])

    def select(self, indices: Tensor | Sequence[int]) -> LMState:
        """The state of some rows of the batch, repeats allowed: what a beam search keeps."""
        rows = torch.as_tensor(indices, dtype=torch.long, device=self.logits.device)
        cache = tuple((keys.index_select(0, rows), values.index_select(0, rows)) for keys, values in self.cache)
        return LMState(cache, self.logits.index_select(0, rows))
