"""Many token sequences through a causal tower: what begins alike is computed once, and passes are filled well.

Finds the prefixes that many sequences share, and remembers their keys and values between calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cuemark.models.clip.causal_tower import CausalTower, Past
from cuemark.models.runtime.caches import Ids, PrefixCache

_ROW_TOKENS = 48  # tokens of texts behind each other on one prefix: attention over a row stays small (measured)
_CPU_CALL_TOKENS = 2048  # padded tokens in one pass: bounds memory, keeps a CPU's cache warm
_GPU_CALL_TOKENS = 16384  # a GPU is idle between small passes
_PADDING, _FREE_PADDING = 1.15, 64  # padded tokens allowed in a pass: share of the real ones, and a few in any case


class SequencePasses:
    """A tower with its memory of prefixes."""

    def __init__(self, tower: CausalTower) -> None:
        """Prefixes are kept until `forget`, within a number of bytes."""
        self.tower = tower
        self._empty = tower.empty_past()
        self._kept: PrefixCache[Past] = PrefixCache()
        self._call_tokens = _CPU_CALL_TOKENS if tower.device.type == "cpu" else _GPU_CALL_TOKENS

    def forget(self) -> None:
        """Drop the kept prefixes."""
        self._kept = PrefixCache()

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
        pasts = self._pasts([sequences[group.members[0]][: group.prefix_length] for group in groups])
        return [
            _Row(past, members, sum(len(sequences[member]) - past.length for member in members))
            for group, past in zip(groups, pasts, strict=True)
            for members in _fill_rows(group.members, [len(sequences[m]) - past.length for m in group.members])
        ]

    def _pasts(self, prefixes: Sequence[Ids]) -> list[Past]:
        """The past of each prefix; what is missing is computed from the longest known part, in one batch."""
        missing = [prefix for prefix in dict.fromkeys(prefixes) if prefix and prefix not in self._kept]
        fresh: dict[Ids, Past] = {}
        if missing:
            known = [self._kept.longest(prefix) or ((), self._empty) for prefix in missing]
            suffixes = [list(prefix[len(part) :]) for prefix, (part, _) in zip(missing, known, strict=True)]
            fresh = dict(zip(missing, self.tower.extend([past for _, past in known], suffixes), strict=True))
        # All are looked up before any is kept, which may push others out.
        pasts = [self._past(prefix, fresh) for prefix in prefixes]
        for prefix, past in fresh.items():
            self._kept.keep(prefix, past)
        return pasts

    def _past(self, prefix: Ids, fresh: Mapping[Ids, Past]) -> Past:
        if not prefix:
            return self._empty
        return fresh[prefix] if prefix in fresh else self._kept[prefix]


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


_LEAST_GROUP = 4  # fewer texts do not pay for a prefix of their own
_LEAST_SAVING = 12  # tokens a prefix of its own must save


@dataclass(frozen=True)
class PrefixGroup:
    """Sequences (indices into the caller's list) that are continued from one prefix."""

    prefix_length: int
    members: tuple[int, ...]


def group_by_prefix(sequences: Sequence[Ids]) -> list[PrefixGroup]:
    """Partition distinct sequences into groups that share a prefix worth computing once.

    A prefix is always shorter than each of its sequences, so every sequence keeps a token of its own.
    """
    order = sorted(range(len(sequences)), key=sequences.__getitem__)
    groups: list[PrefixGroup] = []
    stack = [(0, len(order))]
    while stack:
        low, high = stack.pop()
        members = order[low:high]
        depth = _common(sequences[members[0]], sequences[members[-1]], members, sequences)
        loose: list[int] = []
        for start, end in _branches(sequences, order, low, high, depth):
            if start == low and end == high:
                loose.extend(order[start:end])
            elif _pays(sequences, order, start, end, depth):
                stack.append((start, end))
            else:
                loose.extend(order[start:end])
        if loose:
            groups.append(PrefixGroup(depth, tuple(loose)))
    return groups


def _common(first: Ids, last: Ids, members: Sequence[int], sequences: Sequence[Ids]) -> int:
    """Length of the prefix all share (of sorted sequences: what first and last share), below the shortest's length."""
    limit = min(len(sequences[member]) for member in members) - 1
    for index in range(limit):
        if first[index] != last[index]:
            return index
    return limit


def _branches(sequences: Sequence[Ids], order: Sequence[int], low: int, high: int, depth: int) -> list[tuple[int, int]]:
    """Runs of sorted sequences with the same token at `depth`."""
    cuts = [low]
    cuts += [i for i in range(low + 1, high) if sequences[order[i]][depth] != sequences[order[i - 1]][depth]]
    return list(zip(cuts, [*cuts[1:], high], strict=True))


def _pays(sequences: Sequence[Ids], order: Sequence[int], start: int, end: int, depth: int) -> bool:
    count = end - start
    if count < _LEAST_GROUP:
        return False
    members = order[start:end]
    deeper = _common(sequences[members[0]], sequences[members[-1]], members, sequences)
    return (count - 1) * (deeper - depth) >= _LEAST_SAVING
