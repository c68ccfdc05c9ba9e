"""A timeline's frames and its timecode, both ways, and the frames it does not have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.errors import OptionError
from cuemark.core.timebase import LEGAL_RATES, allows_drop_frame, frames_of_day
from tests.hosts.example import TIMELINE

Make = Callable[..., Any]


@given(st.sampled_from(LEGAL_RATES), st.booleans(), st.data())
def test_frame_and_timecode_are_inverse_from_any_start_also_over_midnight(
    rate: Fraction, drop: bool, data: st.DataObject
) -> None:
    drop = drop and allows_drop_frame(rate)
    day = frames_of_day(rate, drop)
    start, length = data.draw(st.integers(0, day - 1)), data.draw(st.integers(1, day))
    timeline = replace(TIMELINE, rate=rate, drop_frame=drop, start_frame=start, duration=length)
    frame = data.draw(st.integers(0, length - 1))
    assert timeline.frame_at(timeline.timecode(frame)) == frame


def test_a_label_is_read_the_way_the_timeline_counts(make_timeline: Make) -> None:
    rate = Fraction(30000, 1001)
    timeline = make_timeline(rate=rate, drop_frame=True, start_frame=107892, start_timecode="01:00:00;00")
    assert timeline.frame_at("01:01:00:02") == timeline.frame_at("01:01:00;02") == 1800
    with pytest.raises(OptionError) as caught:
        timeline.frame_at("01:01:00:00")
    assert caught.value.code == "timecode_invalid", "drop-frame has no such label"
    with pytest.raises(OptionError) as caught:
        make_timeline().frame_at("01:00:10;00")
    assert caught.value.code == "drop_frame_rate"


@pytest.mark.parametrize("label", ["00:59:59:24", "01:03:20:00", "10:00:00:00"])
def test_what_is_not_on_the_timeline_is_said_with_its_ends(label: str, make_timeline: Make) -> None:
    with pytest.raises(OptionError) as caught:
        make_timeline().frame_at(label)
    assert caught.value.code == "frame_outside"
    assert label in caught.value.message and "01:00:00:00 to 01:03:19:24 (5000 frames)" in caught.value.next_step


def test_an_empty_timeline_has_no_frame(make_timeline: Make) -> None:
    with pytest.raises(OptionError) as caught:
        make_timeline(duration=0).check_frame(0)
    assert caught.value.code == "frame_outside"
