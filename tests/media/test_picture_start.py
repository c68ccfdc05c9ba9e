"""When the first picture comes, as a player counts: from the start of the container, whatever stream begins there."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from cuemark.media.probe import probe

Film = Callable[..., Path]


def delayed(source: Path, target: Path, seconds: Fraction, *, picture: bool = True) -> Path:
    """A copy whose pictures (else whose sound) come later than they did."""
    with av.open(str(source)) as film, av.open(str(target), "w") as copy:
        streams = {stream.index: copy.add_stream_from_template(stream) for stream in film.streams}
        for packet in film.demux():
            if packet.dts is None or packet.pts is None:
                continue
            if (packet.stream.type == "video") is picture:
                ticks = int(seconds / packet.time_base)
                packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
            packet.stream = streams[packet.stream_index]
            copy.mux(packet)
    return target


@pytest.mark.parametrize("name", ["late.mkv", "late.mp4", "late.mov", "late.ts"])
def test_pictures_behind_the_sound_start_where_a_player_shows_them(film: Film, tmp_path: Path, name: str) -> None:
    info = probe(delayed(film("even.mp4", 100, sound=8.0), tmp_path / name, Fraction(3)))
    assert info.picture_start == pytest.approx(3, abs=0.05)
    assert info.duration == pytest.approx(4, abs=0.05)


@pytest.mark.parametrize("name", ["early.mkv", "early.mp4", "early.ts"])
def test_pictures_before_the_sound_start_at_zero(film: Film, tmp_path: Path, name: str) -> None:
    source = film("even.mp4", 100, sound=4.0)
    assert probe(source).picture_start == pytest.approx(0, abs=0.03)
    assert probe(delayed(source, tmp_path / name, Fraction(2), picture=False)).picture_start == pytest.approx(
        0, abs=0.03
    )


def test_a_clock_that_begins_late_is_no_late_picture(film: Film) -> None:
    assert probe(film("late.ts", 50, times=[600 + Fraction(number, 25) for number in range(50)])).picture_start == 0
