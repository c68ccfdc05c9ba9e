"""How well each sentence fits each frame: CLIP logits, computed once a sentence and kept for the whole run."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cuemark.models.clip.text_encoder import TextEncoder


class Agreement:
    """CLIP logits between the frames of one track and any sentences."""

    def __init__(self, vectors: Tensor, text: TextEncoder) -> None:
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
