"""Stretches whose pictures are empty: their ends are borders, they are no moments, and nothing is said of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cuemark.core.analysis import Moment
from cuemark.core.progress import SilentProgress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.evidence.frames.measures import FrameMeasures, measure
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.evidence.options import EmptinessOptions
from cuemark.lab.sample.lexicon import Slots
from cuemark.lab.sample.scene import add_actor, background, cast, grain, random_camera, shoot
from cuemark.moments.emptiness import EmptyStretches
from cuemark.moments.find import find_moments
from cuemark.moments.options import MomentOptions, from_preset
from cuemark.moments.presets import balanced
from cuemark.moments.segmenters import _apart
from cuemark.moments.selection import Detect, Keep

FAST = from_preset("fast")
RATE = 3
Picture = NDArray[np.uint8]


def scene(slots: Slots, count: int, seed: int = 3) -> list[Picture]:
    rng, noise = random.Random(seed), np.random.default_rng(seed)
    canvas, actor = background(slots, rng), cast(slots, rng)
    camera = random_camera(rng, actor)
    return [grain(shoot(add_actor(canvas, actor, number / RATE), camera), 4, 1.0, noise) for number in range(count)]


def black(count: int) -> list[Picture]:
    return [np.full((180, 320, 3), 6, np.uint8)] * count


def bars(count: int) -> list[Picture]:
    codes = np.array([(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1)])
    picture = 190 * codes[np.arange(320) * 7 // 320]
    return [np.broadcast_to(picture, (180, 320, 3)).astype(np.uint8)] * count


CAT = Slots("kitchen", "cat", "red", "crate")
BOAT = Slots("moon", "boat", "yellow", "ring")


def track_of(pair: Any, pictures: Sequence[Picture]) -> FeatureTrack:
    vectors = pair.clip.image.encode(np.stack([pair.clip.image.preprocess(picture) for picture in pictures]))
    measures = FrameMeasures.of([measure(picture) for picture in pictures])
    times = [Fraction(2 * number + 1, 2 * RATE) for number in range(len(pictures))]
    return FeatureTrack.of(times, vectors, Fraction(len(pictures), RATE), pair.clip.id, measures)


def search(pair: Any, pictures: Sequence[Picture], options: MomentOptions = FAST) -> tuple[Moment, ...]:
    evidence = EvidenceBundle(track_of(pair, pictures))
    return find_moments(evidence, pair.clip.text, pair.lm, options, SilentProgress()).moments


def times(moments: Sequence[Moment]) -> list[tuple[float, float]]:
    return [(float(moment.start), float(moment.end)) for moment in moments]


def assert_times(moments: Sequence[Moment], wanted: Sequence[tuple[float, float]]) -> None:
    """Within half a sample of what is wanted: masks have soft edges."""
    assert len(moments) == len(wanted)
    assert np.abs(np.array(times(moments)) - np.array(wanted)).max() < 0.5 / RATE


@pytest.mark.parametrize("between", [black, bars])
@pytest.mark.parametrize("knows", [True, False])
def test_moments_end_where_the_empty_stretch_begins(
    pair: Any, monkeypatch: pytest.MonkeyPatch, between: Any, knows: bool
) -> None:
    monkeypatch.setattr(pair.clip.text, "knows_emptiness", lambda: knows)
    moments = search(pair, [*scene(CAT, 18), *between(12), *scene(BOAT, 18)])
    assert_times(moments, [(0, 6), (10, 16)])
    assert ["cat" in moments[0].caption, "boat" in moments[1].caption] == [True, True]


def test_one_scene_with_black_in_the_middle_is_two_moments_at_most_and_none_is_black(pair: Any) -> None:
    pictures = scene(CAT, 30)
    moments = search(pair, [*black(9), *pictures[:15], *black(9), *pictures[15:], *black(6)])
    assert_times(moments, [(3, 8), (11, 16)])


def test_a_wink_of_black_cuts_nothing(pair: Any) -> None:
    pictures = scene(CAT, 24)
    pictures[12] = black(1)[0]
    assert_times(search(pair, pictures), [(0, 8)])


def test_nothing_but_black_has_no_moments(pair: Any) -> None:
    assert search(pair, black(30)) == ()


def test_a_wanted_number_is_found_all_the_same(pair: Any) -> None:
    three = replace(FAST, moments=3)
    moments = search(pair, [*scene(CAT, 12), *black(9), *scene(BOAT, 12)], three)
    assert len(moments) == 3 and all(moment.end <= 4 or moment.start >= 7 for moment in moments)
    assert len(search(pair, black(9), three)) == 3


def test_statements_of_emptiness_count_only_for_a_clip_that_proved_it(
    pair: Any, three_scenes: FeatureTrack, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = pair.context(three_scenes)
    assert isinstance(balanced(FAST, context).background, Detect)
    believed = sum(end - start for start, end in _found(pair, three_scenes))
    assert believed == pytest.approx(15, abs=0.7)  # the empty beach is 4 of 19 seconds
    monkeypatch.setattr(pair.clip.text, "knows_emptiness", lambda: False)
    assert isinstance(balanced(FAST, context).background, Keep)
    assert sum(end - start for start, end in _found(pair, three_scenes)) > 18.5


def _found(pair: Any, track: FeatureTrack) -> list[tuple[float, float]]:
    found = find_moments(EvidenceBundle(track), pair.clip.text, pair.lm, FAST, SilentProgress())
    return times(found.moments)


def test_stretches_are_steady(pair: Any) -> None:
    """Two samples make a stretch at 3 a second; what is left over between two stretches belongs to them."""
    cat = scene(CAT, 40)
    pictures = [*cat[:5], *black(1), *cat[5:10], *black(4), cat[10], *black(3), *cat[11:20], *black(2), cat[20]]
    stretches = EmptyStretches.of(track_of(pair, pictures), EmptinessOptions())
    assert stretches.spans == ((11, 19), (28, 31))
    assert stretches.others == ((0, 11), (19, 28))
    assert stretches.cut([(0, 31)]) == [(0, 11), (19, 28)]
    assert stretches.cut([(9, 12), (15, 17), (25, 31)]) == [(9, 11), (25, 28)]
    held = stretches.within([(0.1, 0.5), (0.5, 0.99), (0.5, 0.6)], [(2, 9), (20, 26), (2, 11)])
    assert held == [(0.1, 11 / 31), (19 / 31, 28 / 31), (2 / 31, 11 / 31)]
    assert stretches.within([(0.1, 0.3)], [(0, 11)]) == [(0, 11 / 31)]  # the ends of a stretch are known


def test_a_track_without_measures_has_none(three_scenes: FeatureTrack) -> None:
    stretches = EmptyStretches.of(three_scenes, EmptinessOptions())
    assert stretches.spans == () and stretches.others == ((0, len(three_scenes)),)


def test_coming_and_going_is_part_of_a_stay() -> None:
    track = _unmeasured(60)
    stretches = EmptyStretches(60, ((0, 5), (20, 25), (40, 44)), frozenset({(0, 5), (20, 25)}), coming=4)
    assert stretches.whole_stays([(5, 8), (8, 17), (17, 20)], track) == [(5, 20)]
    assert stretches.whole_stays([(5, 7), (7, 8), (8, 20)], track) == [(5, 20)]
    assert stretches.whole_stays([(5, 15), (15, 18), (18, 19), (19, 20)], track) == [(5, 15), (15, 20)]
    assert stretches.whole_stays([(5, 10), (10, 15), (15, 20)], track) == [(5, 10), (10, 15), (15, 20)]
    # Beside black, and beside nothing at all, a short segment stays what it is.
    assert stretches.whole_stays([(25, 37), (37, 40)], track) == [(25, 37), (37, 40)]
    assert stretches.whole_stays([(44, 57), (57, 60)], track) == [(44, 57), (57, 60)]


def _unmeasured(count: int) -> FeatureTrack:
    vectors = np.tile(np.array([1, 0], np.float32), (count, 1))
    return FeatureTrack.of([Fraction(number) for number in range(count)], vectors, Fraction(count), "e")


def test_a_stay_that_shows_the_same_all_the_time_is_one() -> None:
    """Two halves of it are joined; who stands somewhere else then is another one."""
    cat, boat = scene(CAT, 1)[0], scene(BOAT, 1)[0]
    measures = FrameMeasures.of([measure(picture) for picture in [*black(5), *[cat] * 30, *[boat] * 20, *black(5)]])
    track = replace(_unmeasured(60), measures=measures)
    stretches = EmptyStretches(60, ((0, 5), (55, 60)), frozenset({(0, 5), (55, 60)}), coming=4)
    assert stretches.whole_stays([(5, 15), (15, 35), (35, 55)], track) == [(5, 35), (35, 55)]
    assert replace(stretches, gaps=frozenset()).whole_stays([(5, 15), (15, 55)], track) == [(5, 15), (15, 55)]


def test_neighbours_that_cover_each_other_part_where_they_did() -> None:
    parts = [(0.0, 0.4), (0.4, 0.8)]
    assert _apart([(0.0, 0.45), (0.38, 0.8)], parts) == [(0.0, 0.45), (0.38, 0.8)]  # soft edges may overlap
    assert _apart([(0.0, 0.8), (0.6, 0.8)], parts) == [(0.0, 0.4), (0.4, 0.8)]
    assert _apart([(0.1, 0.5), (0.0, 0.7)], parts) == [(0.1, 0.4), (0.4, 0.7)]
    assert _apart([(0.5, 0.7), (0.4, 0.7)], parts) == [(0.0, 0.4), (0.4, 0.7)]
