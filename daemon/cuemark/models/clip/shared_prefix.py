"""Finds the prefixes that many token sequences share, and remembers their keys and values between calls."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from cuemark.models.clip.causal_tower import CausalTower, Past
from cuemark.models.clip.text_tokens import Ids

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


class PrefixCache:
    """Keys and values of prefixes used lately, up to a number of bytes."""

    def __init__(self, tower: CausalTower, max_bytes: int = 256 << 20) -> None:
        self._tower = tower
        self._max_bytes = max_bytes
        self._bytes = 0
        self._pasts: OrderedDict[Ids, Past] = OrderedDict()
        self._empty = tower.empty_past()

    def get(self, prefixes: Sequence[Ids]) -> list[Past]:
        """The past of each prefix; what is missing is computed from the longest known part, in one batch."""
        missing = [prefix for prefix in dict.fromkeys(prefixes) if prefix and prefix not in self._pasts]
        fresh: dict[Ids, Past] = {}
        if missing:
            known = [self._longest_known(prefix) for prefix in missing]
            suffixes = [list(prefix[past.length :]) for prefix, past in zip(missing, known, strict=True)]
            fresh = dict(zip(missing, self._tower.extend(known, suffixes), strict=True))
        pasts = [self._find(prefix, fresh) for prefix in prefixes]
        for prefix, past in fresh.items():
            self._store(prefix, past)
        return pasts

    def _find(self, prefix: Ids, fresh: dict[Ids, Past]) -> Past:
        if not prefix:
            return self._empty
        if prefix in fresh:
            return fresh[prefix]
        self._pasts.move_to_end(prefix)
        return self._pasts[prefix]

    def _longest_known(self, prefix: Ids) -> Past:
        for length in range(len(prefix) - 1, 0, -1):
            past = self._pasts.get(prefix[:length])
            if past is not None:
                return past
        return self._empty

    def _store(self, prefix: Ids, past: Past) -> None:
        self._pasts[prefix] = past
        self._bytes += past.nbytes
        while self._bytes > self._max_bytes and len(self._pasts) > 1:
            _, dropped = self._pasts.popitem(last=False)
            self._bytes -= dropped.nbytes
