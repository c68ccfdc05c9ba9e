"""What models said before, kept within bounds: vectors of texts, and states behind beginnings that texts share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor

Ids = tuple[int, ...]
"""A text as token ids."""
Key = TypeVar("Key", bound=Hashable)

MOST_BYTES = 256 << 20
"""Of states: that of GPT-2 medium behind a sentence of 20 tokens takes 5 MB, so some fifty of them are kept."""
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


class VectorCache(Generic[Key]):
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


class HasBytes(Protocol):
    """Whatever can say how much memory it holds."""

    @property
    def nbytes(self) -> int:
        """Bytes held."""


State = TypeVar("State", bound=HasBytes)


class PrefixCache(Generic[State]):
    """Least-recently-used cache of a model's states (keys and values) behind token prefixes, bounded in bytes.

    The newest state is kept however large it is.
    """

    def __init__(self, max_bytes: int = MOST_BYTES) -> None:
        self._max_bytes = max_bytes
        self._states: OrderedDict[Ids, State] = OrderedDict()
        self.nbytes = 0

    def __len__(self) -> int:
        return len(self._states)

    def __contains__(self, prefix: object) -> bool:
        return prefix in self._states

    def __getitem__(self, prefix: Ids) -> State:
        """The state behind a prefix that is kept, which counts as a use."""
        self._states.move_to_end(prefix)
        return self._states[prefix]

    def longest(self, tokens: Ids) -> tuple[Ids, State] | None:
        """The longest kept beginning that is shorter than `tokens`, with its state; no use is counted."""
        for end in range(len(tokens) - 1, 0, -1):
            state = self._states.get(tokens[:end])
            if state is not None:
                return tokens[:end], state
        return None

    def keep(self, prefix: Ids, state: State) -> None:
        """Keep the state behind a prefix that is not kept yet; those used longest ago make room."""
        self._states[prefix] = state
        self.nbytes += state.nbytes
        while self.nbytes > self._max_bytes and len(self._states) > 1:
            _, dropped = self._states.popitem(last=False)
            self.nbytes -= dropped.nbytes
