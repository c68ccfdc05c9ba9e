"""Many token sequences through a causal tower: what begins alike is computed once, and passes are filled well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cuemark.models.clip.causal_tower import CausalTower, Past
from cuemark.models.clip.shared_prefix import PrefixCache, group_by_prefix
from cuemark.models.clip.text_tokens import Ids

_ROW_TOKENS = 48  # tokens of texts behind each other on one prefix: attention over a row stays small (measured)
_CPU_CALL_TOKENS = 2048  # padded tokens in one pass: bounds memory, keeps a CPU's cache warm
_GPU_CALL_TOKENS = 16384  # a GPU is idle between small passes
_PADDING, _FREE_PADDING = 1.15, 64  # padded tokens allowed in a pass: share of the real ones, and a few in any case


class SequencePasses:
    """A tower with its memory of prefixes."""

    def __init__(self, tower: CausalTower) -> None:
        """Prefixes are kept until `forget`, within a number of bytes."""
        self.tower = tower
        self._prefixes = PrefixCache(tower)
        self._call_tokens = _CPU_CALL_TOKENS if tower.device.type == "cpu" else _GPU_CALL_TOKENS

    def forget(self) -> None:
        """Drop the kept prefixes."""
        self._prefixes = PrefixCache(self.tower)

    def vectors(self, sequences: Sequence[Ids]) -> Tensor:
        """Unit vectors [n, D] of n distinct token sequences, each read at its last token."""
        rows = self._rows(sequences)
        rows.sort(key=lambda row: row.tokens)
        vectors = []
        for part in _chunks([row.tokens for row in rows], self._call_tokens):
            texts = [[list(sequences[member][row.past.length :]) for member in row.members] for row in rows[part]]
            vectors.append(self.tower.vectors([row.past for row in rows[part]], texts))
        together = torch.cat(vectors)
        order = torch.tensor([member for row in rows for member in row.members], device=together.device)
        return torch.empty_like(together).index_copy_(0, order, together)

    def _rows(self, sequences: Sequence[Ids]) -> list[_Row]:
        groups = group_by_prefix(sequences)
        pasts = self._prefixes.get([sequences[group.members[0]][: group.prefix_length] for group in groups])
        return [
            _Row(past, members, sum(len(sequences[member]) - past.length for member in members))
            for group, past in zip(groups, pasts, strict=True)
            for members in _fill_rows(group.members, [len(sequences[m]) - past.length for m in group.members])
        ]


@dataclass(frozen=True)
class _Row:
    """Texts (indices of sequences) run behind each other on one past; `tokens` of their own in all."""

    past: Past
    members: tuple[int, ...]
    tokens: int


def _fill_rows(members: Sequence[int], lengths: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Split a group into rows of about equal length, each of at most _ROW_TOKENS (or a single longer text)."""
    total = sum(lengths)
    target = total / -(-total // _ROW_TOKENS)
    start, tokens = 0, 0
    for index, length in enumerate(lengths):
        if index > start and tokens + length > target + length / 2:
            yield tuple(members[start:index])
            start, tokens = index, 0
        tokens += length
    yield tuple(members[start:])


def _chunks(lengths: Sequence[int], most: int) -> Iterator[slice]:
    """Runs of rows (sorted by length) for one pass each: at most `most` tokens, and little padding."""
    start, total = 0, 0
    for index, length in enumerate(lengths):
        padded = length * (index - start + 1)
        if index > start and (padded > most or padded > _PADDING * (total + length) + _FREE_PADDING):
            yield slice(start, index)
            start, total = index, 0
        total += length
    yield slice(start, len(lengths))
