"""Which token follows, as the method's ancestor decides: logits adjusted in its order, one of the best three drawn.

Part of the plain loop (`plain_loop.py`), a rival to measure against.  Nothing of the product's own vocabulary is used.
"""

from __future__ import annotations

import math
import re

import torch
from torch import Tensor

from cuemark.models.lm.lm import BOS_POSITIONS, LanguageModel

_END = "."
_REPETITION = 2.0
_RECENT = 16
_VARIANTS = 8
_EARLIEST_END = 10  # positions in all, the start mark and the prompt included
_STYLE = 2.0
_END_BONUS = 2.0
_DRAW_FROM = 3
_ALLOWED = re.compile(r"[a-zA-Z ,']*")


class PlainWords:
    """The tables of one language model, and the adjustments."""

    def __init__(self, lm: LanguageModel) -> None:
        """ValueError for a language model that has no full stop."""
        self._texts = lm.token_text
        self.end = self._texts.index(_END)
        banned = torch.tensor([not text or _ALLOWED.fullmatch(text) is None for text in self._texts])
        banned[self.end] = False
        self._banned = banned.to(lm.device)
        self._impure = torch.tensor([not text.strip().isalpha() for text in self._texts]).to(lm.device)
        self._upper = torch.tensor([text != text.lower() for text in self._texts]).to(lm.device)
        self._variants: dict[str, list[int]] = {}
        for token, text in enumerate(self._texts):
            self._variants.setdefault(text.strip().lower(), []).append(token)

    def adjusted(self, logits: Tensor, row: list[int], first: bool, late: bool) -> Tensor:
        """Logits [V] of the token behind `row`, in the ancestor's order of adjustments; everything it removes is -inf.

        `first` for the first token behind the prompt, `late` in the second half of the length a sentence may have.
        """
        result = logits.clone()
        self._damp(result, row)
        for start in range(len(row) - 2):
            if row[start : start + 2] == row[-2:]:
                result[row[start + 2]] = -math.inf
        if BOS_POSITIONS + len(row) < _EARLIEST_END:
            result[self.end] = -math.inf
        result[self._banned] = -math.inf
        result[self._impure if first else self._upper] -= _STYLE
        result[self.end] += _END_BONUS
        if late:
            kept = [*result.topk(_DRAW_FROM).indices.tolist(), self.end]
            only = torch.full_like(result, -math.inf)
            only[kept] = result[kept]
            return only
        return result

    def draw(self, adjusted: Tensor) -> int:
        """One of the three likeliest tokens, by its probability among them."""
        best = adjusted.topk(_DRAW_FROM)
        return int(best.indices[torch.multinomial(torch.softmax(best.values, dim=0), 1)])

    def _damp(self, logits: Tensor, row: list[int]) -> None:
        """The repetition penalty on what stands in the last tokens, in any case, with or without a space."""
        near = {other for token in row[-_RECENT:] for other in self._like(token)}
        chosen = torch.tensor(sorted(near), dtype=torch.long, device=logits.device)
        value = logits[chosen]
        logits[chosen] = torch.where(value > 0, value / _REPETITION, value * _REPETITION)

    def _like(self, token: int) -> list[int]:
        return [token, *self._variants[self._texts[token].strip().lower()][: _VARIANTS - 1]]
