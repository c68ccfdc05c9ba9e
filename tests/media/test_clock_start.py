"""Files whose clock does not begin at 0: segments of a recording, copies that kept their time stamps."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from cuemark.media.probe import probe

Film = Callable[..., Path]
EVEN = [Fraction(number, 25) for number in range(250)]


@pytest.mark.parametrize("start", [3, 11, 600, 36_000])
@pytest.mark.parametrize("name", ["late.mkv", "late.wmv", "late.nut", "late.ts"])
def test_a_clock_that_begins_late_is_no_file_cut_off(film: Film, name: str, start: int) -> None:
    codec = "mpeg4" if name.endswith("wmv") else "libx264"
    info = probe(film(name, 250, codec=codec, options={"output_ts_offset": str(start)}))
    assert info.warnings == ()
    assert info.duration == pytest.approx(10, abs=0.1)
    assert info.picture_start == pytest.approx(0, abs=0.05)
    assert info.start_time == pytest.approx(start, abs=4)


@pytest.mark.parametrize("start", [0, 11])
def test_a_film_that_is_cut_off_is_said_to_be(film: Film, start: int) -> None:
    path = film("late.mkv", 250, times=[start + time for time in EVEN])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    [notice] = probe(path).warnings
    assert notice.code == "media_truncated"
    assert "of its 10.0 s" in notice.message


@pytest.mark.parametrize("name", ["early.mkv", "early.mp4", "early.ts"])
def test_a_clock_that_begins_before_zero(film: Film, name: str) -> None:
    """The sound's encoder needs a start of its own, which lies before 0."""
    path = film(name, 100, sound=4.0)
    with av.open(str(path)) as container:
        starts = [stream.start_time for stream in container.streams]
    info = probe(path)
    assert len(starts) == 2
    assert info.picture_start == pytest.approx(0, abs=0.06)
    assert info.duration == pytest.approx(4, abs=0.1)
