"""Bounded caches of what models said before."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from cuemark.models.runtime.caches import PrefixCache

PREFIXES = st.lists(st.integers(0, 2), min_size=1, max_size=4).map(tuple)


@dataclass(frozen=True)
class Weight:
    """A state that says which prefix it belongs to."""

    prefix: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        return 10 * len(self.prefix)


@given(uses=st.lists(PREFIXES, max_size=40), most=st.integers(0, 200))
def test_the_states_used_last_are_kept_within_the_bytes(uses: list[tuple[int, ...]], most: int) -> None:
    cache: PrefixCache[Weight] = PrefixCache(most)
    order: list[tuple[int, ...]] = []  # used longest ago first
    for prefix in uses:
        if prefix in cache:
            assert cache[prefix].prefix == prefix
            order.remove(prefix)
        else:
            cache.keep(prefix, Weight(prefix))
        order.append(prefix)
        while sum(10 * len(one) for one in order) > most and len(order) > 1:
            order.pop(0)
        assert {one for one in [*uses, ()] if one in cache} == set(order)
        assert len(cache) == len(order) and cache.nbytes == sum(10 * len(one) for one in order)


@given(kept=st.sets(PREFIXES), tokens=PREFIXES)
def test_the_longest_beginning_is_found_and_never_the_whole(
    kept: set[tuple[int, ...]], tokens: tuple[int, ...]
) -> None:
    cache: PrefixCache[Weight] = PrefixCache()
    for prefix in kept:
        cache.keep(prefix, Weight(prefix))
    shorter = [prefix for prefix in kept if len(prefix) < len(tokens) and tokens[: len(prefix)] == prefix]
    found = cache.longest(tokens)
    if not shorter:
        assert found is None
    else:
        assert found == (max(shorter, key=len), Weight(max(shorter, key=len)))


def test_being_read_on_from_is_no_use() -> None:
    cache: PrefixCache[Weight] = PrefixCache(20)
    cache.keep((1,), Weight((1,)))
    cache.keep((2,), Weight((2,)))
    assert cache.longest((1, 5)) is not None
    cache.keep((3,), Weight((3,)))
    assert (1,) not in cache and (2,) in cache
