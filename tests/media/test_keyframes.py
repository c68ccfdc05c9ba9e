"""Where keyframes are dense enough they are the samples, with their exact times."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core import serialise
from cuemark.core.media import Keyframes, MediaInfo
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe
from cuemark.media.sampling import sample_times

Film = Callable[..., Path]
BASE = Fraction(1, 1000)


@given(st.integers(0, 5000), st.lists(st.integers(1, 3000), max_size=80))
def test_all_keyframes_are_kept(first: int, gaps: list[int]) -> None:
    ticks = list(accumulate(gaps, initial=first))
    assert Keyframes.of(ticks, BASE).ticks() == ticks


def test_three_hours_of_even_keyframes_are_one_pair() -> None:
    hours = Keyframes.of(range(0, 10_800_000, 500), BASE)
    assert hours.gaps == ((500, 21_599),)


def test_very_many_uneven_keyframes_are_thinned_evenly() -> None:
    ticks = list(accumulate([333 + number % 3 for number in range(30_000)], initial=0))
    kept = Keyframes.of(ticks, BASE).ticks()
    assert len(kept) <= 4001 and set(kept) <= set(ticks)
    assert kept[-1] > 0.99 * ticks[-1]
    assert max(later - sooner for sooner, later in pairwise(kept)) < 2 * ticks[-1] / 4000 + 400


@given(st.lists(st.integers(0, 9_999), min_size=1, max_size=60, unique=True), st.integers(1, 8))
def test_the_nearest_to_the_middle_of_a_cell(ticks: list[int], cells: int) -> None:
    ticks.sort()
    step = Fraction(10, cells)
    wanted = [(step * k, step * (k + 1)) for k in range(cells)]
    for (start, end), found in zip(wanted, Keyframes.of(ticks, BASE).nearest(wanted), strict=True):
        inside = [tick * BASE for tick in ticks if start <= tick * BASE < end]
        if not inside:
            assert found is None
        else:
            assert found in inside
            assert abs(found - (start + end) / 2) == min(abs(time - (start + end) / 2) for time in inside)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.mov"])
@pytest.mark.parametrize("seconds", [4, 24])
def test_keyframes_are_the_samples(film: Film, name: str, seconds: int) -> None:
    info = probe(film(name, seconds * 25, gop=10, times=[3 + Fraction(k, 25) for k in range(seconds * 25)]))
    times = sample_times(info, Fraction(1))
    assert len(times) == seconds
    assert all(k <= time < k + 1 for k, time in enumerate(times))
    sampler = VideoFrames(info).at(times)
    samples = list(sampler)
    assert [sample.frame_time for sample in samples] == times
    assert [sample.time for sample in samples] == times
    assert sampler.frames_decoded == seconds


def test_sparse_keyframes_leave_the_middles(film: Film) -> None:
    info = probe(film("a.mp4", 300, gop=100))
    assert sample_times(info, Fraction(1)) == [Fraction(2 * k + 1, 2) for k in range(12)]


def test_where_every_frame_is_a_keyframe_the_middles_are_exact(film: Film) -> None:
    info = probe(film("a.mp4", 100, gop=1))
    assert info.keyframes is None
    assert sample_times(info, Fraction(1)) == [Fraction(2 * k + 1, 2) for k in range(4)]


def test_a_missing_keyframe_now_and_then_costs_only_its_cell() -> None:
    info = _info(Keyframes.of([k * 500 for k in range(40) if k not in (10, 11)], BASE))
    times = sample_times(info, Fraction(1))
    assert times[5] == Fraction(11, 2)
    assert [time for k, time in enumerate(times) if k != 5] == [k + Fraction(1, 2) for k in range(20) if k != 5]


def test_one_cell_in_five_without_a_keyframe_leaves_all_middles() -> None:
    info = _info(Keyframes.of([k * 1000 for k in range(20) if k % 5], BASE))
    assert sample_times(info, Fraction(1)) == [k + Fraction(1, 2) for k in range(20)]


@given(st.lists(st.integers(1, 1500), min_size=1, max_size=60), st.fractions(Fraction(1, 20), 10))
def test_times_rise_and_stay_in_their_cells(gaps: list[int], rate: Fraction) -> None:
    info = _info(Keyframes.of(list(accumulate(gaps, initial=0)), BASE))
    times = sample_times(info, rate)
    assert all(k / rate <= time < (k + 1) / rate for k, time in enumerate(times)) or len(times) == 1
    assert all(0 <= time < info.duration for time in times)


def test_keyframes_travel_as_json() -> None:
    info = _info(Keyframes.of([0, 500, 1000, 1700], BASE))
    assert serialise.loads(MediaInfo, serialise.dumps(info)) == info
    old = serialise.encode(info)
    del old["keyframes"]
    assert serialise.decode(MediaInfo, old).keyframes is None


def _info(keyframes: Keyframes) -> MediaInfo:
    known: dict[str, Any] = {
        "path": Path("x.mp4"), "fingerprint": "", "size": 1, "container": "mov", "codec": "h264", "stream_index": 0,
        "width": 16, "height": 16, "rotation": 0, "pixel_aspect": Fraction(1), "rate": Fraction(25),
        "variable_rate": False, "duration": Fraction(20), "frame_count": None, "start_time": Fraction(0),
        "start_timecode": None,
    }  # fmt: skip
    return MediaInfo(**known, keyframes=keyframes)
