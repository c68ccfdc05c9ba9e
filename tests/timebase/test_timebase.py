"""Exact time: what an editor's counter would show."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.errors import OptionError
from cuemark.core.timebase import (
    LEGAL_RATES,
    Timecode,
    allows_drop_frame,
    clock,
    frame_time,
    frames_of,
    nearest_frame,
    nominal_rate,
    snap_rate,
    timecode_at,
)

NTSC30 = Fraction(30000, 1001)
NTSC60 = Fraction(60000, 1001)
rates = st.sampled_from([*LEGAL_RATES, Fraction(25, 2), Fraction(10), Fraction(15)])


@given(rates, st.integers(0, 10**8))
def test_frame_and_time_are_inverse(rate: Fraction, frame: int) -> None:
    assert nearest_frame(frame_time(frame, rate), rate) == frame


@given(rates, st.integers(0, 10**6))
def test_a_half_goes_up(rate: Fraction, frame: int) -> None:
    assert nearest_frame(Fraction(2 * frame + 1, 2) / rate, rate) == frame + 1


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (29.97, NTSC30), ("29.97 DF", NTSC30), ("23.976", Fraction(24000, 1001)), (23.98, Fraction(24000, 1001)),
        (24.0, Fraction(24)), ("24", Fraction(24)), ("30000/1001", NTSC30),
        (59.94, NTSC60), (119.88, Fraction(120000, 1001)),
        (Fraction(25, 2), Fraction(25, 2)), (10.0, Fraction(10)), ("47.952", Fraction(48000, 1001)),
    ],
)  # fmt: skip
def test_rounded_rates_become_exact(value: Fraction | float | str, exact: Fraction) -> None:
    assert snap_rate(value) == exact


@pytest.mark.parametrize(("cut", "exact"), [(23, 24), (29, 30), (47, 48), (59, 60), (95, 96), (119, 120)])
def test_truncated_rates_are_read_as_ntsc(cut: int, exact: int) -> None:
    assert snap_rate(cut, truncated=True) == Fraction(exact * 1000, 1001)
    assert snap_rate(cut) == cut
    assert snap_rate(exact, truncated=True) == exact


@pytest.mark.parametrize("value", ["fast", "", 0, -25, "25/0", float("nan"), float("inf")])
def test_what_is_no_rate_is_refused(value: float | str) -> None:
    with pytest.raises(OptionError) as caught:
        snap_rate(value)
    assert caught.value.code == "rate_invalid"


def test_start_timecode_counts_at_the_nominal_rate() -> None:
    assert frames_of("01:00:00:00", NTSC30) == 108000
    assert frames_of("01:00:00;00", NTSC30) == 107892
    assert frames_of("01:00:00;00", NTSC60) == 215784
    assert frames_of("10:00:00:00", Fraction(25)) == 900000


@pytest.mark.parametrize(
    ("frame", "label"),
    [
        (1799, "00:00:59;29"),
        (1800, "00:01:00;02"),
        (17981, "00:09:59;29"),
        (17982, "00:10:00;00"),
        (107892, "01:00:00;00"),
    ],
)
def test_drop_frame_skips_two_labels_each_minute_except_the_tenth(frame: int, label: str) -> None:
    assert timecode_at(frame, NTSC30, drop_frame=True) == label


def test_drop_frame_at_59_94_skips_four() -> None:
    assert timecode_at(3599, NTSC60, drop_frame=True) == "00:00:59;59"
    assert timecode_at(3600, NTSC60, drop_frame=True) == "00:01:00;04"


@given(rates, st.booleans(), st.integers(0, 86399))
def test_label_and_frame_are_inverse(rate: Fraction, drop: bool, second: int) -> None:
    drop = drop and allows_drop_frame(rate)
    for frame in range(second * 9, second * 9 + 40):
        label = Timecode.from_frame(frame, rate, drop)
        assert label.to_frame(rate) == frame
        assert Timecode.parse(str(label)) == label


@given(st.sampled_from([NTSC30, NTSC60, Fraction(120000, 1001)]), st.integers(0, 86000))
def test_drop_frame_follows_the_wall_clock(rate: Fraction, second: int) -> None:
    label = Timecode.from_frame(nearest_frame(Fraction(second), rate), rate, drop_frame=True)
    shown = 3600 * label.hours + 60 * label.minutes + label.seconds + Fraction(label.frames, nominal_rate(rate))
    assert abs(shown - second) < Fraction(1, 5)


def test_labels_wrap_after_a_day() -> None:
    assert timecode_at(86400 * 25 + 3, Fraction(25)) == "00:00:00:03"
    assert timecode_at(24 * 107892, NTSC30, drop_frame=True) == "00:00:00;00"


@pytest.mark.parametrize("text", ["", "1:2:3:4", "25:00:00:00", "00:60:00:00", "00:00:61:00", "a:b:c:d", "00:00:00"])
def test_what_is_no_timecode_is_refused(text: str) -> None:
    with pytest.raises(OptionError) as caught:
        Timecode.parse(text)
    assert caught.value.code == "timecode_invalid"


@pytest.mark.parametrize("text", ["00:01:00;00", "00:01:00;01", "00:00:00:30"])
def test_labels_that_do_not_exist_are_refused(text: str) -> None:
    with pytest.raises(OptionError, match="no timecode"):
        frames_of(text, NTSC30)


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30), Fraction(24000, 1001), Fraction(12)])
def test_drop_frame_needs_its_rate(rate: Fraction) -> None:
    with pytest.raises(OptionError) as caught:
        timecode_at(0, rate, drop_frame=True)
    assert caught.value.code == "drop_frame_rate"


def test_clock_texts() -> None:
    assert clock(Fraction(7), "m:ss") == "0:07"
    assert clock(Fraction(750), "m:ss") == "12:30"
    assert clock(Fraction(3723), "m:ss") == "1:02:03"
    assert clock(Fraction(3723), "hh:mm:ss") == "01:02:03"
    assert clock(Fraction(36000), "h:mm:ss") == "10:00:00"
    assert clock(Fraction(1, 3), "hh:mm:ss.mmm") == "00:00:00.333"
    assert clock(Fraction(2, 3), "hh:mm:ss,mmm") == "00:00:00,667"
    assert clock(Fraction(1001, 30000), "hh:mm:ss.nnnnnnnnn") == "00:00:00.033366667"


def test_clock_rounding_carries() -> None:
    assert clock(Fraction(599996, 10000), "hh:mm:ss.mmm") == "00:01:00.000"
    assert clock(Fraction(7199, 2), "h:mm:ss") == "1:00:00"
    assert clock(Fraction(7199, 2), "h:mm:ss", rounding="down") == "0:59:59"
    with pytest.raises(ValueError, match="clock"):
        clock(Fraction(-1))


@given(st.fractions(Fraction(1, 10**9), Fraction(1, 100)))
def test_a_slow_rate_stays_one(rate: Fraction) -> None:
    """A picture in hours: a time lapse, a recorded screen."""
    snapped = snap_rate(rate)
    assert snapped > 0
    assert abs(snapped / rate - 1) < Fraction(1, 1000)


@pytest.mark.parametrize("step", [1, 2, 1000, 2002, 2003, 3600, 86_400, 10**6])
def test_a_picture_in_so_many_seconds_is_exact(step: int) -> None:
    assert snap_rate(Fraction(1, step)) == Fraction(1, step)
