"""A bounded memory of the vectors of texts met before."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import torch
from torch import Tensor

Key = TypeVar("Key", bound=Hashable)


class VectorMemory(Generic[Key]):
    """Text (or its token ids) to vector, for the last `capacity` distinct ones; the oldest is forgotten first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._slots: dict[Key, int] = {}
        self._texts: list[Key] = []
        self._ring: Tensor | None = None
        self._next = 0

    def through(self, texts: Sequence[Key], compute: Callable[[Sequence[Key]], Tensor]) -> Tensor:
        """Vectors [n, D] of the texts (repeats allowed); `compute` is asked once, for the distinct unknown ones."""
        distinct = dict.fromkeys(texts)
        missing = [text for text in distinct if text not in self._slots]
        known = [text for text in distinct if text in self._slots]
        parts = [compute(missing)] if missing or not known else []
        if known and self._ring is not None:
            parts.append(self._ring[self._index([self._slots[text] for text in known])])
        table = torch.cat(parts) if len(parts) > 1 else parts[0]
        if missing:
            self._store(missing, parts[0])
        if len(distinct) == len(texts) and not (known and missing):
            return table
        place = {text: row for row, text in enumerate(missing + known)}
        return table[self._index([place[text] for text in texts], table)]

    def _index(self, rows: Sequence[int], like: Tensor | None = None) -> Tensor:
        target = self._ring if like is None else like
        return torch.tensor(rows, dtype=torch.long, device=None if target is None else target.device)

    def _store(self, texts: Sequence[Key], vectors: Tensor) -> None:
        if self._ring is None:
            self._ring = vectors.new_empty(self._capacity, vectors.shape[1])
        texts, vectors = texts[-self._capacity :], vectors[-self._capacity :]
        slots = []
        for text in texts:
            if len(self._texts) < self._capacity:
                self._texts.append(text)
            else:
                del self._slots[self._texts[self._next]]
                self._texts[self._next] = text
            self._slots[text] = self._next
            slots.append(self._next)
            self._next = (self._next + 1) % self._capacity
        self._ring[self._index(slots)] = vectors
