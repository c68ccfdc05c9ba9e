"""A bounded memory of the vectors of texts met before."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor

Ids = tuple[int, ...]
"""A text as token ids."""
Key = TypeVar("Key", bound=Hashable)

_LASTING_SHARE = 4  # one slot in so many is for what is worth keeping longer


@dataclass
class _Ring:
    """Slots from `first` up to `end`, used in turn."""

    first: int
    end: int
    next: int

    def take(self) -> int:
        """The slot that was filled longest ago."""
        slot = self.next
        self.next = self.first if slot + 1 == self.end else slot + 1
        return slot


class VectorMemory(Generic[Key]):
    """Text (or its token ids) to vector, for the last `capacity` distinct ones; the oldest is forgotten first.

    Texts that are `lasting` have a quarter of the room for themselves, so that others do not push them out.
    """

    def __init__(self, capacity: int, lasting: Callable[[Key], bool] | None = None) -> None:
        """`capacity` is at least 1, and with `lasting` at least 4."""
        share = capacity // _LASTING_SHARE if lasting else 0
        self._capacity, self._lasting = capacity, lasting
        self._kept, self._passing = _Ring(0, share, 0), _Ring(share, capacity, share)
        self._slots: dict[Key, int] = {}
        self._owners: dict[int, Key] = {}
        self._vectors: Tensor | None = None

    def through(self, texts: Sequence[Key], compute: Callable[[Sequence[Key]], Tensor]) -> Tensor:
        """Vectors [n, D] of the texts (repeats allowed); `compute` is asked once, for the distinct unknown ones."""
        distinct = dict.fromkeys(texts)
        missing = [text for text in distinct if text not in self._slots]
        known = [text for text in distinct if text in self._slots]
        parts = [compute(missing)] if missing or not known else []
        if known and self._vectors is not None:
            parts.append(self._vectors[_index([self._slots[text] for text in known], self._vectors)])
        table = torch.cat(parts) if len(parts) > 1 else parts[0]
        if missing:
            self._store(missing, parts[0])
        if len(distinct) == len(texts) and not (known and missing):
            return table
        place = {text: row for row, text in enumerate(missing + known)}
        return table[_index([place[text] for text in texts], table)]

    def _store(self, texts: Sequence[Key], vectors: Tensor) -> None:
        if self._vectors is None:
            self._vectors = vectors.new_empty(self._capacity, vectors.shape[1])
        rows: dict[int, int] = {}  # more texts than slots: the last one in a slot stays
        for row, text in enumerate(texts):
            lasting = self._lasting is not None and self._lasting(text)
            slot = (self._kept if lasting else self._passing).take()
            if slot in self._owners:
                del self._slots[self._owners[slot]]
            self._owners[slot], self._slots[text], rows[slot] = text, slot, row
        self._vectors[_index(list(rows), vectors)] = vectors[_index(list(rows.values()), vectors)]


def _index(rows: Sequence[int], like: Tensor) -> Tensor:
    return torch.tensor(rows, dtype=torch.long, device=like.device)
