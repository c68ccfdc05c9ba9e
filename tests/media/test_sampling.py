"""The picture handed out for a time is the one that is on screen at that time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.errors import OptionError
from cuemark.core.media import MediaInfo
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe
from cuemark.media.sampling import DEFAULT_RATE, MAX_SAMPLES, sample_times

Film = Callable[..., Path]
ReadNumber = Callable[[np.ndarray[Any, np.dtype[np.uint8]]], int]


def info_of(duration: Fraction, rate: Fraction = Fraction(25)) -> MediaInfo:
    return MediaInfo(
        path=Path("x.mp4"), fingerprint="", size=1, container="mov", codec="h264", stream_index=0, width=16, height=16,
        rotation=0, pixel_aspect=Fraction(1), rate=rate, variable_rate=False, duration=duration, frame_count=None,
        start_time=Fraction(0), start_timecode=None,
    )  # fmt: skip


@given(st.fractions(Fraction(1, 1000), 20_000), st.sampled_from([Fraction(25), Fraction(30000, 1001), Fraction(1)]))
def test_default_samples_are_even_inside_and_bounded(duration: Fraction, rate: Fraction) -> None:
    times = sample_times(info_of(duration, rate))
    assert 1 <= len(times) <= MAX_SAMPLES
    assert all(0 < time < duration for time in (times[0], times[-1]))
    if len(times) > 1:
        step = times[1] - times[0]
        assert times == [step * k + step / 2 for k in range(len(times))]
        assert duration - times[-1] <= Fraction(3, 2) * step


def test_up_to_ten_minutes_are_sampled_at_the_default_rate_and_an_hour_sparser() -> None:
    assert 2 <= DEFAULT_RATE <= 3
    short, hour = sample_times(info_of(Fraction(600))), sample_times(info_of(Fraction(3600)))
    assert len(short) == len(hour) == MAX_SAMPLES
    assert len(sample_times(info_of(Fraction(60)))) == 60 * DEFAULT_RATE


def test_a_chosen_rate_is_kept_but_never_above_the_footage() -> None:
    assert sample_times(info_of(Fraction(2)), Fraction(1)) == [Fraction(1, 2), Fraction(3, 2)]
    assert len(sample_times(info_of(Fraction(2), Fraction(10)), Fraction(100))) == 20
    assert len(sample_times(info_of(Fraction(7200)), Fraction(1))) == 7200


@pytest.mark.parametrize("rate", [0, -1, 121])
def test_an_impossible_rate_is_refused(rate: int) -> None:
    with pytest.raises(OptionError) as caught:
        sample_times(info_of(Fraction(10)), Fraction(rate))
    assert caught.value.code == "option_sample_fps"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("b-frames.mp4", {}),
        ("open.mkv", {}),
        ("stream.ts", {}),
        ("old.avi", {"codec": "mpeg4"}),
        ("web.webm", {"codec": "libvpx"}),
        ("bare.h264", {"container_format": "h264"}),
        ("fragments.mp4", {"options": {"movflags": "frag_keyframe+empty_moov"}}),
        ("ntsc.mov", {"rate": Fraction(30000, 1001)}),
        ("live.webm", {"codec": "libvpx", "options": {"live": "1"}}),
    ],
)
def test_every_frame_of_every_container_is_found(
    film: Film, read_number: ReadNumber, name: str, options: dict[str, Any]
) -> None:
    info = probe(film(name, 60, **options))
    sampler = VideoFrames(info).at([(number + Fraction(1, 2)) / info.rate for number in range(60)])
    assert [read_number(sample.rgb) for sample in sampler] == list(range(60))
    assert sampler.warnings == ()


def test_variable_rate_shows_the_frame_that_stands(film: Film, read_number: ReadNumber) -> None:
    times = [Fraction(0), Fraction(1, 10), Fraction(2), Fraction(21, 10), Fraction(5), Fraction(51, 10)]
    info = probe(film("vfr.mp4", 6, times=times))
    wanted = [Fraction(1, 20), Fraction(1), Fraction(19, 10), Fraction(2), Fraction(4), Fraction(5), Fraction(51, 10)]
    samples = list(VideoFrames(info).at(wanted))
    assert [read_number(sample.rgb) for sample in samples] == [0, 1, 1, 2, 3, 4, 5]
    assert [round(float(sample.frame_time), 2) for sample in samples] == [0, 0.1, 0.1, 2, 2.1, 5, 5.1]


@pytest.mark.parametrize("name", ["late.ts", "late.mkv", "late.mp4"])
def test_times_count_from_the_first_frame_shown(film: Film, read_number: ReadNumber, name: str) -> None:
    info = probe(film(name, 50, times=[10 + Fraction(number, 25) for number in range(50)]))
    assert info.duration == pytest.approx(2, abs=0.002)
    samples = list(VideoFrames(info).at([Fraction(1, 50), Fraction(51, 50), Fraction(99, 50)]))
    assert [read_number(sample.rgb) for sample in samples] == [0, 25, 49]


@pytest.mark.parametrize("name", ["long.mp4", "long.mkv", "long.ts", "long.webm"])
def test_sparse_samples_seek_and_still_hit_the_right_frame(film: Film, read_number: ReadNumber, name: str) -> None:
    codec = "libvpx" if name.endswith("webm") else "libx264"
    info = probe(film(name, 200, rate=1, gop=4, codec=codec))
    times = [Fraction(2 * second + 1, 2) for second in range(3, 200, 40)]
    sampler = VideoFrames(info).at(times)
    assert [read_number(sample.rgb) for sample in sampler] == list(range(3, 200, 40))
    assert sampler.frames_decoded < 100


def test_reading_resumes_anywhere_with_the_same_pictures(film: Film) -> None:
    info = probe(film("clip.mp4", 100))
    times = sample_times(info, Fraction(10))
    whole = list(VideoFrames(info).at(times))
    for start in (1, 13, 30, len(times) - 1):
        part = list(VideoFrames(info).at(times[start:]))
        assert [s.time for s in part] == times[start:]
        assert all(np.array_equal(a.rgb, b.rgb) for a, b in zip(part, whole[start:], strict=True))


def test_a_size_can_be_asked_for(film: Film, read_number: ReadNumber) -> None:
    info = probe(film("clip.mp4", 10))
    sample = next(VideoFrames(info).at([Fraction(9, 50)], size=(64, 36)))
    assert sample.rgb.shape == (36, 64, 3)
    assert read_number(sample.rgb) == 4


def test_a_file_cut_in_half_gives_what_it_has(film: Film, read_number: ReadNumber) -> None:
    path = film("half.mp4", 200, options={"movflags": "faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    info = probe(path)
    samples = VideoFrames(info).at(sample_times(info))
    numbers = [read_number(sample.rgb) for sample in samples]
    assert len(numbers) > 2
    assert numbers == [int(time * 25) for time in sample_times(info)[: len(numbers)]]


def test_decoding_beyond_the_end_stops_and_says_where(film: Film) -> None:
    info = probe(film("clip.mp4", 50))
    sampler = VideoFrames(replace(info, duration=Fraction(10))).at([Fraction(1), Fraction(5), Fraction(6)])
    assert [sample.index for sample in sampler] == [0]
    assert [notice.code for notice in sampler.warnings] == ["media_truncated"]
    assert sampler.decoded_until == pytest.approx(2, abs=0.05)


def test_damage_in_the_middle_is_passed_over(film: Film, read_number: ReadNumber) -> None:
    path = film("scratched.mkv", 200, gop=10)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(bytes(data))
    info = probe(path)
    times = sample_times(info)  # which they are depends on what was hit: the encoder's bytes are not always the same
    numbers = [read_number(sample.rgb) for sample in VideoFrames(info).at(times)]
    shown = [int(time * 25) for time in times]
    assert len(numbers) == 20 and numbers[:5] == shown[:5] and numbers[-1] == shown[-1] >= 190


@pytest.mark.parametrize("name", ["bare.h264", "clip.mkv", "clip.mp4", "clip.ts", "clip.avi"])
def test_a_late_part_alone_is_read_in_any_container(film: Film, read_number: ReadNumber, name: str) -> None:
    options: dict[str, Any] = {"container_format": "h264"} if name == "bare.h264" else {}
    info = probe(film(name, 250, codec="mpeg4" if name.endswith("avi") else "libx264", **options))
    times = [Fraction(number, 25) + Fraction(1, 50) for number in (130, 131, 249)]
    assert [read_number(sample.rgb) for sample in VideoFrames(info).at(times)] == [130, 131, 249]
