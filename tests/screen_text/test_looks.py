"""Which frames are looked at: a bounded count that follows from the pictures alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cuemark.evidence.screen_text.looks import CLOSE, QUICK, all_looks, is_other, reading_size

MOST_QUICK = 0.14 * 1500 + 28
"""Quick looks that ten minutes may cost; a close look is five and a half."""


def cost(thumbnails: list[Any], policy: str | None = None) -> float:
    """What the looks cost."""
    return sum(5.5 if look.side == CLOSE else 1 for look in all_looks(thumbnails, len(thumbnails), policy))


def pictures(count: int, changes: int) -> list[Any]:
    """Thumbnails of which every so many differ from the one before."""
    random = np.random.default_rng(1)
    found, picture = [], random.integers(0, 255, (27, 48)).astype(np.uint8)
    for number in range(count):
        if changes and number % changes == 0:
            picture = random.integers(0, 255, (27, 48)).astype(np.uint8)
        found.append(picture)
    return found


@pytest.mark.parametrize("changes", [0, 1, 2, 3, 7, 30, 200])
def test_ten_minutes_cost_a_bounded_count_whatever_they_show(changes: int) -> None:
    assert cost(pictures(1500, changes)) <= MOST_QUICK


@pytest.mark.parametrize("changes", [0, 30, 200])
def test_pictures_that_rest_cost_less(changes: int) -> None:
    moves = 1500 // changes if changes else 0
    assert cost(pictures(1500, changes)) <= 0.035 * 1500 + 0.105 * moves + 28


def test_slides_with_bare_margins_are_all_looked_at_and_closer_for_it() -> None:
    def bare(picture: Any) -> Any:
        slide = np.full_like(picture, 240)
        slide[4:13, 4:22] = picture[4:13, 4:22]
        return slide

    full = pictures(1500, 30)
    closely = [
        sum(look.side == CLOSE for look in all_looks(seen, 1500, None)) for seen in (full, list(map(bare, full)))
    ]
    assert closely[1] > 2 * closely[0]
    assert {look.place // 30 for look in all_looks(full, 1500, None)} == set(range(50))


@pytest.mark.parametrize("changes", [1, 2, 5])
def test_short_footage_is_looked_at_more_often_and_as_bounded(changes: int) -> None:
    assert cost(pictures(75, changes)) <= 0.14 * 400 + 28
    assert len(all_looks(pictures(75, 1), 75, None)) > 20


def test_each_picture_that_rests_is_looked_at_closely_once() -> None:
    looks = all_looks(pictures(300, 60), 300, None)
    for start in range(0, 300, 60):
        first = next(look for look in looks if look.place >= start)
        assert first.place <= start + 1 and first.side == CLOSE


def test_moving_pictures_are_looked_at_on_a_grid() -> None:
    places = [look.place for look in all_looks(pictures(1500, 1), 1500, None)]
    assert np.diff(places).max() <= 20 and min(np.diff(places)) >= 10
    assert {look.side for look in all_looks(pictures(1500, 1), 1500, None)[1:]} == {QUICK}


def test_with_on_every_sample_is_looked_at_closely() -> None:
    looks = all_looks(pictures(50, 0), 50, "on")
    assert [look.place for look in looks] == list(range(50)) and {look.side for look in looks} == {CLOSE}


def test_the_choice_is_the_same_each_time_and_knows_no_future() -> None:
    seen = pictures(500, 9)
    looks = all_looks(seen, 500, None)
    assert looks == all_looks(seen, 500, None)
    assert all_looks(seen[:200], 200, None, 500) == [look for look in looks if look.place < 200]


def test_a_word_makes_another_picture_and_noise_does_not() -> None:
    picture = np.full((27, 48), 100, np.uint8)
    noisy = picture + np.random.default_rng(0).integers(0, 4, picture.shape).astype(np.uint8)
    word = picture.copy()
    word[10, 10:14] += 30
    assert not is_other(picture, noisy) and is_other(picture, word)


def test_pictures_are_read_no_larger_than_they_are() -> None:
    assert reading_size(1920, 1080) == (1280, 720)
    assert reading_size(7680, 4320) == (1280, 720)
    assert reading_size(320, 180) == (320, 180)
    assert reading_size(1, 9000) == (1, 1280)
