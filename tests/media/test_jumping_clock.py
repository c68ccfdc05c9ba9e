"""Footage whose time stamps jump: joined recordings, a camera's clock that was set, counters that start again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cuemark.core.limits import UNLIMITED
from cuemark.media.frames import VideoFrames
from cuemark.media.plain import PlainReader
from cuemark.media.probe import probe
from cuemark.media.selective import SelectiveReader

Film = Callable[..., Path]
ReadNumber = Callable[[np.ndarray[Any, np.dtype[np.uint8]]], int]
READERS = pytest.mark.parametrize(
    "readers", [(SelectiveReader, PlainReader), (PlainReader,)], ids=["selective", "plain"]
)
HOURS = 3600
CODECS = {".vob": "mpeg2video", ".webm": "libvpx", ".avi": "mpeg4", ".wmv": "mpeg4"}


def numbered(film: Film, name: str, numbers: Sequence[int], times: Sequence[Fraction | float], **options: Any) -> Path:
    """A film whose pictures show `numbers` at `times` (seconds)."""
    suffix = "." + name.rsplit(".", maxsplit=1)[-1]
    codec = {"codec": CODECS[suffix]} if suffix in CODECS else {}
    if suffix in (".mov", ".mp4"):  # a picture of 25 hours is too long for a clock of 90 kHz
        options["options"] = {"video_track_timescale": "12800"}
    exact = [Fraction(time).limit_denominator(1000) for time in times]
    if suffix == ".vob":  # its encoder counts pictures only
        return retimed(film(f"even-{name}", len(numbers), numbers=numbers, **codec, **options), name, exact)
    return film(name, len(numbers), times=exact, numbers=numbers, **codec, **options)


def retimed(source: Path, name: str, times: Sequence[Fraction]) -> Path:
    """A copy of an even film of 25 pictures a second whose pictures are shown at other times."""
    target = source.with_name(name)
    with av.open(str(source)) as film, av.open(str(target), "w") as copy:
        stream = copy.add_stream_from_template(film.streams.video[0])
        packets: list[Any] = [packet for packet in film.demux(video=0) if packet.pts is not None]
        first = min(packet.pts for packet in packets)
        for packet in packets:
            place = round((packet.pts - first) * packet.time_base * 25)
            moved = int((times[place] - Fraction(place, 25)) / packet.time_base)
            packet.pts, packet.dts, packet.stream = packet.pts + moved, packet.dts + moved, stream
            copy.mux(packet)
    return target


def steps(count: int, start: float = 0) -> list[Fraction]:
    return [Fraction(start) + Fraction(number, 25) for number in range(count)]


def joined(film: Film, tmp_path: Path, name: str, first: int, second: int, start: float = 0, **options: Any) -> Path:
    """Two recordings put one behind the other, byte for byte; the second one's clock begins at `start`."""
    parts = [
        numbered(film, f"a-{name}", range(first), steps(first), **options),
        numbered(film, f"b-{name}", range(first, first + second), steps(second, start), **options),
    ]
    whole = tmp_path / name
    whole.write_bytes(b"".join(part.read_bytes() for part in parts))
    return whole


def shown(path: Path, read_number: ReadNumber, times: Sequence[Fraction], readers: Any) -> list[int]:
    frames = VideoFrames(probe(path), readers=readers).at(times)
    return [read_number(frame.rgb) for frame in frames]


def assert_shows_all(path: Path, count: int, read_number: ReadNumber, readers: Any, loss: int = 1) -> None:
    """Every picture is where it would be in one piece; `loss` of them may be lost with a part that was cut."""
    info = probe(path)
    assert info.duration == pytest.approx(count / 25, abs=0.05 + loss / 25)
    assert "timestamps_jump" in [notice.code for notice in info.warnings]
    assert len(info.warnings) == 1 or loss > 1
    assert info.rate == 25
    times = [Fraction(2 * number + 1, 50) for number in range(0, count - 1, 7)]
    wanted = list(range(0, count - 1, 7))
    found = shown(path, read_number, times, readers)
    assert len(found) == len(wanted)
    assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= loss


@READERS
@pytest.mark.parametrize("second", [100, 60, 150])
@pytest.mark.parametrize("name", ["joined.ts", "joined.m2ts", "joined.vob", "joined.mkv", "joined.webm"])
def test_a_recording_behind_another_is_watched_to_the_end(
    film: Film, tmp_path: Path, read_number: ReadNumber, name: str, second: int, readers: Any
) -> None:
    options: dict[str, Any] = {}
    if name.endswith("m2ts"):
        options = {"options": {"mpegts_m2ts_mode": "1"}, "container_format": "mpegts"}
    assert_shows_all(joined(film, tmp_path, name, 100, second, **options), 100 + second, read_number, readers)


@READERS
@pytest.mark.parametrize(
    "name", ["ahead.ts", "ahead.m2ts", "ahead.vob", "ahead.mkv", "ahead.mov", "ahead.mp4", "ahead.flv"]
)
@pytest.mark.parametrize("place", [1, 57, 100])
def test_a_clock_put_forward_leaves_no_gap(
    film: Film, read_number: ReadNumber, name: str, place: int, readers: Any
) -> None:
    times = [*steps(place), *steps(200 - place, 10 * HOURS + place / 25)]
    options: dict[str, Any] = {"container_format": "mpegts"} if name.endswith("m2ts") else {}
    if name.endswith("flv"):  # it cannot write a picture that is decoded hours before it is shown
        options = {"codec_options": {"bf": "0"}}
    assert_shows_all(numbered(film, name, range(200), times, **options), 200, read_number, readers)


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("late.mkv", {}),
        ("late.flv", {}),
        ("late.mp4", {}),
        ("late.mp4", {"movflags": "frag_keyframe+empty_moov"}),
        ("late.mp4", {"movflags": "frag_keyframe+empty_moov+default_base_moof+global_sidx"}),
        ("late.mkv", {"reserve_index_space": "0", "live": "1"}),
    ],
)
def test_a_jump_far_from_both_ends_is_found(film: Film, name: str, flags: dict[str, str]) -> None:
    """Where the file is not read whole unless something is odd."""
    times = [*steps(700), *steps(700, 10 * HOURS)]
    path = film(
        name,
        1400,
        times=times,
        size=(32, 32),
        options={"video_track_timescale": "12800"} | flags if name.endswith("mp4") else flags,
        codec_options={"bf": "0"},
    )
    info = probe(path)
    assert info.duration == pytest.approx(56, abs=0.1)
    assert [notice.code for notice in info.warnings] == ["timestamps_jump"]


@READERS
def test_recordings_with_clocks_of_their_own_are_one(
    film: Film, tmp_path: Path, read_number: ReadNumber, readers: Any
) -> None:
    """Back, ahead and back again."""
    starts = [50, 0, 20 * HOURS, 3, 0]
    parts = [
        numbered(film, f"{place}.ts", range(40 * place, 40 * place + 40), steps(40, start), codec_options={"bf": "0"})
        for place, start in enumerate(starts)
    ]
    whole = tmp_path / "whole.ts"
    whole.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert_shows_all(whole, 200, read_number, readers, loss=4)
    notice = probe(whole).warnings[0]
    assert [f"at 0:00:{second:02}" in notice.message for second in (2, 3, 5, 6)] == [True] * 4


@READERS
def test_two_gaps_in_one_film(film: Film, read_number: ReadNumber, readers: Any) -> None:
    times = [*steps(60), *steps(60, 5 * HOURS), *steps(80, 40 * HOURS)]
    assert_shows_all(numbered(film, "gaps.mkv", range(200), times), 200, read_number, readers)


def test_what_ffmpeg_does_not_read_behind_a_recording_is_said(film: Film, tmp_path: Path) -> None:
    """It ends with the first of several Flash videos."""
    part = film("part.flv", 200, size=(320, 240))
    assert probe(part).warnings == ()
    whole = tmp_path / "joined.flv"
    whole.write_bytes(part.read_bytes() * 4)
    [notice] = probe(whole).warnings
    assert notice.code == "media_truncated"
    assert "Only 8.0 s" in notice.message


def test_the_place_and_the_size_of_a_jump_are_named(film: Film) -> None:
    times = [*steps(50), *steps(50, 25 * HOURS)]
    [notice] = probe(numbered(film, "stuck.mp4", range(100), times)).warnings
    assert '"stuck.mp4"' in notice.message or "stuck.mp4" in notice.message
    assert "ahead by 24:59:58 at 0:00:02" in notice.message


def test_a_counter_that_starts_again_loses_nothing(film: Film) -> None:
    """33 bits of 90 kHz are full after 26.5 hours."""
    wrap = Fraction(1 << 33, 90_000)
    info = probe(film("wrap.ts", 150, times=[wrap - 3 + time for time in steps(150)]))
    assert info.duration == pytest.approx(6, abs=0.05)
    assert info.warnings == ()


def test_a_pause_that_sound_goes_through_is_no_jump(film: Film, tmp_path: Path) -> None:
    """A recorded screen on which nothing moves for a while."""
    source = film("talk.mp4", 50, times=[*steps(25), *steps(25, 40)], sound=42.0)
    copy = tmp_path / "talk.ts"
    with av.open(str(source)) as talk, av.open(str(copy), "w") as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in talk.streams}
        for packet in talk.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                target.mux(packet)
    info = probe(copy)
    assert info.jumps == ()
    assert info.duration == pytest.approx(41, abs=0.2)


@pytest.mark.parametrize("name", ["hours.mp4", "hours.mkv", "hours.ts"])
def test_a_picture_an_hour_is_a_time_lapse(film: Film, name: str) -> None:
    info = probe(numbered(film, name, range(20), [HOURS * number for number in range(20)]))
    assert info.jumps == ()
    assert float(info.rate) == pytest.approx(
        1 / HOURS, rel=0.06
    )  # the last picture is as long as the film's header says
    assert info.duration == pytest.approx(20 * HOURS, rel=0.06)


def test_a_long_pause_on_a_screen_is_kept(film: Film) -> None:
    """An editor shows it as it is."""
    info = probe(numbered(film, "screen.mp4", range(100), [*steps(50), *steps(50, 1800)]))
    assert info.jumps == ()
    assert info.duration == pytest.approx(1802, abs=0.1)


@READERS
def test_pictures_stored_out_of_order_stay_in_order_at_the_joint(
    film: Film, tmp_path: Path, read_number: ReadNumber, readers: Any
) -> None:
    path = joined(film, tmp_path, "reordered.ts", 103, 97, codec_options={"bf": "3", "b-pyramid": "normal"})
    times = [Fraction(2 * number + 1, 50) for number in range(90, 115)]
    found = shown(path, read_number, times, readers)
    assert found == sorted(found)
    assert len(set(found)) >= 24


def test_vectors_of_a_run_that_believed_the_clock_are_not_taken(film: Film) -> None:
    from dataclasses import replace

    from cuemark.evidence.frames.track_store import TrackKeys

    info = probe(numbered(film, "stuck.mp4", range(100), [*steps(1), *steps(99, 25 * HOURS)]))
    assert TrackKeys.of(info, "e", [Fraction(1)]).line != TrackKeys.of(replace(info, jumps=()), "e", [Fraction(1)]).line


def test_readers_under_limits_read_the_same(film: Film, tmp_path: Path) -> None:
    path = joined(film, tmp_path, "joined.ts", 50, 50)
    assert len(list(VideoFrames(probe(path), UNLIMITED).at([Fraction(1), Fraction(3)]))) == 2
