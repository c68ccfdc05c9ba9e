"""The clock behind the clock: whatever jumps a file's time stamps make, pictures follow each other evenly."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cuemark.core.media import ClockJump
from cuemark.media.clock import BROADCAST_GAP, LONGEST_PAUSE, ClockWatch, SteadyClock, jump_notice

STEP = 3600
BASE = Fraction(1, 90_000)
GROUP = (0, 3, 1, 2)
"""A picture that is predicted from, and three that are stored behind what they are predicted from."""

parts = st.lists(st.tuples(st.integers(12, 60), st.integers(0, 1 << 33)), min_size=1, max_size=8)


def stored(count: int, start: int) -> list[tuple[int, int]]:
    """(pts, dts) of the pictures of a part in the order they are stored."""
    order = [first + place for first in range(0, count, 4) for place in GROUP if first + place < count]
    return [(start + STEP * shown, start + STEP * (number - 2)) for number, shown in enumerate(order)]


def watched(container: str, packets: list[tuple[int, int]]) -> ClockWatch:
    watch = ClockWatch(container, BASE)
    for pts, dts in packets:
        watch.footage(pts, dts if container == "mpegts" else None)
    return watch


@example([(12, 0), (12, 324_403_201), (12, 0)], "matroska")
@example([(12, 0), (12, 324_403_201), (12, 43_200)], "matroska")
@given(parts, st.sampled_from(["mpegts", "matroska"]))
@settings(max_examples=200, deadline=None)
def test_joined_parts_follow_each_other(lengths: list[tuple[int, int]], container: str) -> None:
    gap = int((BROADCAST_GAP if container == "mpegts" else LONGEST_PAUSE) / BASE) + 100 * STEP
    end = None
    for count, start in lengths:
        assume(end is None or start < end - 90_000 * 6 or start > end + gap)
        assume(end is None or not -90_000 <= start + (1 << 33) - end < gap)  # a counter that starts again: see below
        end = start + count * STEP
    packets = [packet for count, start in lengths for packet in stored(count, start)]
    clock = SteadyClock(watched(container, packets).jumps())
    shown = sorted(clock.tick(number, pts) for number, (pts, _) in enumerate(packets))
    first = lengths[0][1]
    whole = {(at - first) // STEP for at in shown}
    assert all((at - first) % STEP == 0 for at in shown[: lengths[0][0]])
    assert len(whole) == sum(count for count, _ in lengths)
    assert max(after - before for before, after in pairwise(shown)) <= STEP


def test_without_jumps_nothing_changes() -> None:
    packets = stored(100, 5000)
    watch = watched("mpegts", packets)
    assert watch.jumps() == ()
    assert [SteadyClock(()).tick(number, pts) for number, (pts, _) in enumerate(packets)] == [pts for pts, _ in packets]


def test_one_wild_time_stamp_moves_nothing_else() -> None:
    packets = stored(100, 0)
    packets[40] = (10**9, 10**9)
    clock = SteadyClock(watched("mpegts", packets).jumps())
    shown = [clock.tick(number, pts) for number, (pts, _) in enumerate(packets)]
    assert max(shown) <= 103 * STEP


def test_counters_that_wrap_keep_their_spacing_and_are_not_told() -> None:
    packets = [*stored(40, (1 << 33) - 40 * STEP), *stored(40, 5 * STEP)]
    jumps = watched("mpegts", packets).jumps()
    [jump] = jumps
    assert jump.before - jump.after == 1 << 33
    assert jump_notice("film.ts", jumps, BASE, packets[0][0]) == []


def test_pictures_stored_out_of_order_stay_so_where_the_counter_wraps() -> None:
    turn, place = 1 << 33, (1 << 33) - 50 * STEP
    packets = [((pts + place) % turn, (dts + place) % turn) for pts, dts in stored(100, 10 * STEP)]
    jumps = watched("mpegts", packets).jumps()
    assert jump_notice("film.ts", jumps, BASE, packets[0][0]) == []
    clock = SteadyClock(jumps)
    # Of a packet that is decoded before the counter wraps and shown behind it, `next` knows the turn by both times.
    told = [clock.tick(number, pts) for number, (pts, dts) in enumerate(packets) if abs(pts - dts) < turn // 2]
    assert max(told) - min(told) == 99 * STEP


@pytest.mark.parametrize("count", [2, 4, 5, 30])
def test_a_notice_names_a_few_places_and_counts_the_others(count: int) -> None:
    jumps = [ClockJump(100 * number, 100 * STEP, 0) for number in range(1, count + 1)]
    [notice] = jump_notice("film.ts", jumps, BASE, 0)
    assert notice.message.count("back by 0:00:04 at") == min(count, 4)
    assert ("more" in notice.message) is (count > 4)
