"""A whole day of timecode at every rate an editor's timeline can have, and ten hours without drift."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.timebase import (
    LEGAL_RATES,
    Timecode,
    allows_drop_frame,
    frame_time,
    frames_of,
    frames_of_day,
    nearest_frame,
    nominal_rate,
    snap_rate,
    timecode_at,
)

RESOLVE_MENU = "16 18 23.976 24 25 29.97 30 47.952 48 50 59.94 60 72 95.904 96 100 119.88 120"
RESOLVE_RATES = RESOLVE_MENU.split()
COUNTINGS = [(rate, False) for rate in LEGAL_RATES] + [(rate, True) for rate in LEGAL_RATES if allows_drop_frame(rate)]
TEN_HOURS = 36000

rates = st.sampled_from(LEGAL_RATES)
countings = st.sampled_from(COUNTINGS)


@given(countings, st.data())
def test_frame_to_timecode_to_frame_is_the_identity_over_a_day(
    counting: tuple[Fraction, bool], data: st.DataObject
) -> None:
    frame = data.draw(st.integers(0, frames_of_day(*counting) - 1))
    label = timecode_at(frame, *counting)
    assert frames_of(label, counting[0]) == frame
    assert (";" in label) is counting[1]


@pytest.mark.parametrize(("rate", "drop"), COUNTINGS, ids=lambda value: f"{float(value):.5g}")
def test_around_every_minute_of_a_day_no_label_is_skipped_doubled_or_out_of_order(rate: Fraction, drop: bool) -> None:
    for minute in range(1440):
        first = frames_of(Timecode(minute // 60, minute % 60, 0, nominal_rate(rate) // 15 if drop else 0, drop), rate)
        labels = [Timecode.from_frame(frame, rate, drop) for frame in range(max(0, first - 2), first + 2)]
        assert [label.to_frame(rate) for label in labels] == list(range(max(0, first - 2), first + 2))
        keys = [(label.hours, label.minutes, label.seconds, label.frames) for label in labels]
        assert keys == sorted(set(keys))
        assert keys[-2][:3] == (minute // 60, minute % 60, 0)


def test_a_day_ends_where_the_next_begins() -> None:
    assert frames_of_day(Fraction(25)) == 2160000
    assert frames_of_day(Fraction(30000, 1001), drop_frame=True) == 24 * 107892
    for rate, drop in COUNTINGS:
        day = frames_of_day(rate, drop)
        assert timecode_at(day, rate, drop) == timecode_at(0, rate, drop)
        assert timecode_at(day - 1, rate, drop).startswith("23:59:59")


@given(rates, st.fractions(0, TEN_HOURS, max_denominator=10**6))
def test_no_rate_drifts_over_ten_hours(rate: Fraction, second: Fraction) -> None:
    """The frame of a time starts half a frame from it at most, however late it is."""
    frame = nearest_frame(second, rate)
    assert abs(frame_time(frame, rate) - second) * rate <= Fraction(1, 2)
    # A tenth of a millisecond an hour would show here: the label is read back as the same instant.
    assert frame_time(frames_of(timecode_at(frame, rate), rate), rate) == frame_time(frame, rate)


@given(rates, rates, st.integers(0, TEN_HOURS * 16))
def test_a_frame_carried_to_another_rate_and_back_returns(slow: Fraction, fast: Fraction, frame: int) -> None:
    slow, fast = sorted((slow, fast))
    there = nearest_frame(frame_time(frame, slow), fast)
    assert nearest_frame(frame_time(there, fast), slow) == frame


@given(st.sampled_from([rate for rate in LEGAL_RATES if allows_drop_frame(rate)]), st.integers(0, TEN_HOURS))
def test_drop_frame_shows_the_wall_clock_after_ten_hours(rate: Fraction, second: int) -> None:
    """Within the two labels (at 30) that a minute waits for, plus the 86 ms that drop-frame itself loses in a day."""
    label = Timecode.from_frame(nearest_frame(Fraction(second), rate), rate, drop_frame=True)
    shown = 3600 * label.hours + 60 * label.minutes + label.seconds + Fraction(label.frames, nominal_rate(rate))
    assert abs(shown - second) < Fraction(2, 30) + Fraction(9, 100)


def test_ten_hours_of_non_drop_ntsc_are_36_seconds_behind_the_clock() -> None:
    assert timecode_at(nearest_frame(Fraction(TEN_HOURS), Fraction(30000, 1001)), Fraction(30000, 1001)) == (
        "09:59:24:01"
    )


def test_the_legal_rates_are_those_of_the_menu() -> None:
    assert [f"{float(rate):.3f}".rstrip("0").rstrip(".") for rate in LEGAL_RATES] == RESOLVE_RATES


@pytest.mark.parametrize("written", RESOLVE_RATES)
def test_every_way_an_editor_writes_a_rate_is_read_exactly(written: str) -> None:
    exact = next(rate for rate in LEGAL_RATES if abs(float(rate) - float(written)) < 0.001)
    for value in (written, float(written), written + " DF", written.replace(".", ","), exact, float(exact), str(exact)):
        assert snap_rate(value, truncated=True) == exact
    cut = int(float(written))
    # "29.0" was read for 29.97; a rate that is whole anyway is left alone.
    expected = exact if Fraction(cut) not in LEGAL_RATES else Fraction(cut)
    for value in (cut, float(cut), str(cut), f"{cut}.0"):
        assert snap_rate(value, truncated=True) == expected
