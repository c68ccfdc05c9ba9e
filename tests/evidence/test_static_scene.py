"""A fixed camera before which somebody comes and goes: which frames show the background alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cuemark.evidence.frames.measures import FrameMeasures, measure
from cuemark.evidence.frames.static_scene import background_frames, runs
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.evidence.options import EmptinessOptions

Picture = NDArray[np.uint8]
RNG = np.random.default_rng(7)
ROOM = np.repeat(np.repeat(RNG.integers(90, 170, (9, 16, 3)), 20, axis=0), 20, axis=1)
OTHER_ROOM = np.repeat(np.repeat(RNG.integers(90, 170, (9, 16, 3)), 20, axis=0), 20, axis=1)


def track_of(pictures: Sequence[Picture]) -> FeatureTrack:
    vectors = np.tile(np.array([1, 0], np.float32), (len(pictures), 1))
    times = [Fraction(number, 2) for number in range(len(pictures))]
    measures = FrameMeasures.of([measure(picture) for picture in pictures])
    return FeatureTrack.of(times, vectors, Fraction(len(pictures), 2), "e", measures)


def seen(room: NDArray[np.int64], person: int | None = None, light: float = 1.0, slide: int = 0) -> Picture:
    """A room, perhaps with a striped person at this place; grain as a camera has it."""
    picture = np.roll(room, slide, axis=1).astype(float)
    if person is not None:
        picture[50:150, person : person + 50] = np.where(np.arange(50) // 6 % 2, 20, 60)[None, :, None]
    return np.clip(picture * light + RNG.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)


def stay(start: int, step: int = 12, count: int = 12) -> list[Picture]:
    """Somebody walks to the middle, stands there, and walks on."""
    places = [start + step * number for number in range(count)]
    return [seen(ROOM, place) for place in places]


def gap(count: int, light: float = 1.0) -> list[Picture]:
    return [seen(ROOM, light=light) for _ in range(count)]


def found(pictures: Sequence[Picture]) -> list[tuple[int, int]]:
    return list(runs(background_frames(track_of(pictures), EmptinessOptions())))


def test_gaps_between_stays_are_found_to_the_frame() -> None:
    assert found([*gap(5), *stay(20), *gap(4), *stay(60), *gap(6)]) == [(0, 5), (17, 21), (33, 39)]


def test_light_that_changes_is_nobody() -> None:
    assert found([*gap(5), *stay(20), *gap(5, 0.85), *stay(60), *gap(5, 1.1)]) == [(0, 5), (17, 22), (34, 39)]


def test_one_visitor_in_a_room_that_is_empty_else() -> None:
    assert found([*gap(30), *stay(20)]) == [(0, 30)]


def test_somebody_who_is_there_all_the_time_is_no_background() -> None:
    still = [seen(ROOM, 100) for _ in range(30)]
    assert found(still) == []
    swaying = [seen(ROOM, 100 + int(30 * np.sin(number / 3))) for number in range(40)]
    assert found(swaying) == []


def test_a_pose_that_is_taken_again_is_no_gap() -> None:
    """Somebody sits, and raises an arm now and then: what it covers elsewhere it uncovers here."""

    def sitting(arm: int) -> Picture:
        picture = seen(ROOM, 100)
        picture[arm : arm + 22, 150:190] = np.where(np.arange(40) // 5 % 2, 200, 40)[None, :, None]
        return picture

    rest, raised = [sitting(110) for _ in range(5)], [sitting(20 + 8 * number) for number in range(6)]
    assert found([*rest, *raised, *rest, *raised[::-1], *rest]) == []


def test_a_speaker_far_away_is_somebody_though_others_pass() -> None:
    def speaking(picture: Picture, number: int) -> Picture:
        picture[60:86, 250:276] = 20 + 110 * (number % 2)
        return picture

    pictures = [*gap(8), *stay(20), *gap(8), *stay(60), *gap(8)]
    assert found([speaking(picture, number) for number, picture in enumerate(pictures)]) == []


def test_slides_that_are_shown_again_are_no_visitors() -> None:
    slide = [seen(ROOM, 60) for _ in range(8)]
    assert found([*gap(8), *slide, *gap(8), *slide, *gap(8)]) == []


def test_two_cameras_in_turn_and_a_moving_one_have_no_background() -> None:
    assert found([seen((ROOM, OTHER_ROOM)[number // 6 % 2]) for number in range(36)]) == []
    assert found([seen(ROOM, slide=4 * (number % 20)) for number in range(60)]) == []


def test_the_emptier_of_two_states_is_the_background() -> None:
    """The desk is occupied most of the time."""
    sits: Callable[[int], list[Picture]] = lambda count: [seen(ROOM, 120) for _ in range(count)]  # noqa: E731
    leaves, comes = stay(120, 14, 6), stay(120, 14, 6)[::-1]
    pictures = [*sits(20), *leaves, *gap(5), *comes, *sits(20), *leaves, *gap(5), *comes, *sits(20)]
    assert found(pictures) == [(26, 31), (63, 68)]


def test_without_measures_nothing_is_told() -> None:
    vectors = np.tile(np.array([1, 0], np.float32), (20, 1))
    track = FeatureTrack.of([Fraction(number) for number in range(20)], vectors, Fraction(20), "e")
    assert not background_frames(track, EmptinessOptions()).any()
