"""What every `FrameSource` keeps to, whatever its pictures come from: one suite over all of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.core.limits import ProcessLimits
from cuemark.lab.sample.script import write_script
from cuemark.lab.sample.video import DrawnFrames, frames
from cuemark.media.frames import FrameSource, SampledFrame, VideoFrames
from cuemark.media.geometry import orientation_of, to_picture
from cuemark.media.plain import PlainReader
from cuemark.media.probe import probe
from cuemark.media.selective import SelectiveReader

Film = Callable[..., Path]
FRAMES = 60


@dataclass(frozen=True)
class Told:
    """A source, and what is on screen in truth: when each frame comes on, and its picture's checksum."""

    source: FrameSource
    frames: list[tuple[Fraction, int]]

    def at(self, time: Fraction) -> tuple[Fraction, int]:
        """What is on screen at a time."""
        return max(frame for frame in self.frames if frame[0] <= time)


def _checksum(picture: np.ndarray[Any, np.dtype[np.uint8]]) -> int:
    return zlib.crc32(np.ascontiguousarray(picture).tobytes())


def _of_file(path: Path, source: VideoFrames) -> Told:
    found: list[tuple[Fraction, int]] = []
    info = source.info
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            assert frame.pts is not None and stream.time_base is not None
            picture = to_picture(frame, info.width, info.height, orientation_of(frame))
            found.append((frame.pts * stream.time_base - info.start_time, _checksum(picture)))
    return Told(source, found)


def _drawn(film: Film) -> Told:
    script = write_script("cuts", "test", 3, seconds=3, events=1)
    truth = [(number / script.rate, _checksum(frame)) for number, frame in enumerate(frames(script))]
    return Told(DrawnFrames(script), truth)


def _decoded(name: str, reader: type[SelectiveReader] | type[PlainReader], **options: Any) -> Callable[[Film], Told]:
    def make(film: Film) -> Told:
        path = film(name, FRAMES, **options)
        readers = (SelectiveReader, PlainReader) if reader is SelectiveReader else (PlainReader,)
        return _of_file(path, VideoFrames(probe(path), readers=readers))

    return make


def _gentle(film: Film) -> Told:
    path = film("gentle.mp4", FRAMES)
    return _of_file(path, VideoFrames(probe(path), ProcessLimits(gentle=True)))


SOURCES: dict[str, Callable[[Film], Told]] = {
    "selective, mp4": _decoded("a.mp4", SelectiveReader),
    "selective, ts": _decoded("a.ts", SelectiveReader),
    "selective, prores": _decoded("a.mov", SelectiveReader, codec="prores_ks", pix_fmt="yuv422p10le"),
    "selective, oblong pixels": _decoded("a.mkv", SelectiveReader, pixel_aspect=Fraction(4, 3)),
    "selective cannot": _decoded("a.flv", SelectiveReader, codec="flv"),
    "plain, mp4": _decoded("a.mp4", PlainReader),
    "plain, turned": _decoded("a.mp4", PlainReader, rotation=(90, False, False)),
    "plain, webm": _decoded("a.webm", PlainReader, codec="libvpx"),
    "gentle": _gentle,
    "drawn": _drawn,
}


@pytest.fixture(scope="module")
def sources() -> dict[str, Told]:
    """Made once; what they are made of is read only."""
    return {}


@pytest.fixture(params=SOURCES)
def told(
    request: pytest.FixtureRequest,
    sources: dict[str, Told],
    film_writer: Film,
    tmp_path_factory: pytest.TempPathFactory,
) -> Told:
    """One source after another."""

    def film(name: str, count: int, **options: Any) -> Path:
        return film_writer(tmp_path_factory.mktemp("films") / name, count, **options)

    if request.param not in sources:
        sources[request.param] = SOURCES[request.param](film)
    return sources[request.param]


def _seen(pictures: Sequence[SampledFrame]) -> list[tuple[Fraction, int]]:
    return [(picture.frame_time, _checksum(picture.rgb)) for picture in pictures]


def _middles(told: Told, step: int = 1) -> list[Fraction]:
    half = 1 / told.source.info.rate / 2
    return [time + half for time, _ in told.frames[::step]]


def test_the_picture_on_screen_and_when_it_came_on(told: Told) -> None:
    times = _middles(told)
    stream = told.source.at(times)
    pictures = list(stream)
    assert [(picture.index, picture.time) for picture in pictures] == list(enumerate(times))
    assert _seen(pictures) == [told.at(time) for time in times]
    assert stream.warnings == () and stream.decoded_until is None
    assert stream.device and stream.device_reason


def test_any_part_can_be_had_alone_and_again(told: Told) -> None:
    times = _middles(told, 7)
    whole = _seen(list(told.source.at(times)))
    for part in (slice(0, 1), slice(len(times) // 2, None), slice(-1, None), slice(0, None)):
        assert _seen(list(told.source.at(times[part]))) == whole[part]


@given(data=st.data())
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_rising_times(told: Told, data: st.DataObject) -> None:
    end = told.source.info.duration - 1 / told.source.info.rate
    times = sorted(data.draw(st.lists(st.fractions(0, end, max_denominator=1000), min_size=1, max_size=8)))
    assert _seen(list(told.source.at(times))) == [told.at(time) for time in times]


def test_a_frame_that_stays_is_one_picture(told: Told) -> None:
    first = told.frames[len(told.frames) // 2][0]
    soon = first + 1 / told.source.info.rate / 4
    one, other = told.source.at([first, soon])
    assert one.frame_time == other.frame_time == first and one.rgb is other.rgb


def test_pictures_have_the_size_of_the_screen_or_the_one_asked_for(told: Told) -> None:
    info, time = told.source.info, _middles(told)[3]
    own = next(told.source.at([time])).rgb
    assert own.shape == (info.height, info.width, 3) and own.dtype == np.uint8
    small = next(told.source.at([time], (info.width // 2, info.height // 2))).rgb
    assert small.shape == (info.height // 2, info.width // 2, 3)
    assert np.abs(small.mean((0, 1)) - own.mean((0, 1))).max() < 3, "it shows the same"


def test_beyond_the_end_it_stops_and_says_where(told: Told) -> None:
    times = [*_middles(told, 11), told.source.info.duration + 5]
    stream = told.source.at(times)
    assert [picture.index for picture in stream] == list(range(len(times) - 1))
    assert stream.decoded_until == pytest.approx(told.source.info.duration, abs=0.1)


def test_no_times_no_pictures(told: Told) -> None:
    assert list(told.source.at([])) == []


def test_what_is_let_go_midway_can_be_asked_again(told: Told) -> None:
    times = _middles(told, 5)
    stream = told.source.at(times)
    next(stream)
    stream.close()
    assert list(stream) == []
    assert next(told.source.at(times)).time == times[0]


def test_a_gentle_source_leaves_devices_alone(film: Film) -> None:
    stream = _gentle(film).source.at([Fraction(1, 2)])
    next(stream)
    assert stream.device == "cpu" and "gentle" in stream.device_reason
