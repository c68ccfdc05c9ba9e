"""What a file is said to be: size on screen, rate, length, timecode, which stream."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe

Film = Callable[..., Path]
ReadNumber = Callable[[np.ndarray[Any, np.dtype[np.uint8]]], int]


def codes(path: Path) -> list[str]:
    return [notice.code for notice in probe(path).warnings]


@pytest.mark.parametrize(
    ("name", "rate", "options"),
    [
        ("pal.mp4", Fraction(25), {}),
        ("ntsc.mp4", Fraction(30000, 1001), {}),
        ("film.mkv", Fraction(24000, 1001), {}),
        ("ntsc.mkv", Fraction(30000, 1001), {}),
        ("sixty.mkv", Fraction(60000, 1001), {}),
        ("slow.mp4", Fraction(25, 2), {}),
        ("ten.mp4", Fraction(10), {}),
        ("stream.ts", Fraction(25), {}),
        ("ntsc.ts", Fraction(30000, 1001), {}),
        ("old.avi", Fraction(25), {"codec": "mpeg4"}),
        ("web.webm", Fraction(30), {"codec": "libvpx"}),
        ("live.webm", Fraction(30), {"codec": "libvpx", "options": {"live": "1"}}),
        ("fragments.mp4", Fraction(25), {"options": {"movflags": "frag_keyframe+empty_moov"}}),
        ("bare.h264", Fraction(25), {"container_format": "h264"}),
    ],
)
def test_rate_and_length_are_exact(film: Film, name: str, rate: Fraction, options: dict[str, Any]) -> None:
    info = probe(film(name, 130, rate=rate, **options))
    assert info.rate == rate
    assert not info.variable_rate
    assert info.duration == pytest.approx(130 / rate, abs=0.003)
    assert info.frame_count in (130, None)
    assert info.warnings == ()


def test_the_frames_of_an_index_are_counted(film: Film) -> None:
    assert probe(film("reordered.mp4", 130, codec_options={"bf": "3"})).frame_count == 130


def test_a_variable_rate_is_said_and_counted_at_its_beat(film: Film) -> None:
    beats = [Fraction(number, 30) for number in range(200) if number % 7 not in (3, 4)]
    info = probe(film("phone.mp4", len(beats), times=beats))
    assert (info.variable_rate, info.rate) == (True, Fraction(30))
    assert "variable_frame_rate" in codes(info.path)


def test_a_variable_rate_late_in_a_file_without_an_index_is_seen(film: Film) -> None:
    even = [Fraction(number, 30) for number in range(400)]
    uneven = [even[-1] + Fraction(number, 30) + Fraction(number % 3, 24) for number in range(1, 300, 4)]
    info = probe(film("late.mkv", 475, times=even + uneven, size=(64, 48)))
    assert (info.variable_rate, info.rate) == (True, Fraction(30))


def test_one_dropped_frame_is_no_variable_rate(film: Film) -> None:
    beats = [Fraction(number, 25) for number in range(300) if number != 150]
    info = probe(film("drop.mp4", len(beats), times=beats))
    assert (info.variable_rate, info.rate) == (False, Fraction(25))


@pytest.mark.parametrize(
    ("rotation", "clockwise", "upright"),
    [((90, False, False), 270, (96, 160)), ((-90, False, False), 90, (96, 160)), ((180, False, False), 180, (160, 96))],
)
@pytest.mark.parametrize("name", ["turned.mp4", "turned.mov"])
def test_rotation_metadata_turns_the_picture(
    film: Film, name: str, rotation: tuple[float, bool, bool], clockwise: int, upright: tuple[int, int]
) -> None:
    info = probe(film(name, 5, rotation=rotation))
    assert (info.width, info.height, info.rotation) == (*upright, clockwise)
    picture = next(VideoFrames(info).at([Fraction(1, 10)])).rgb.astype(int)
    assert picture.shape == (upright[1], upright[0], 3)
    # The red strip is on top of the stored picture: a clockwise quarter turn brings it to the right.
    edge = {90: picture[:, -8:], 180: picture[-8:], 270: picture[:, :8]}[clockwise]
    assert edge[..., 0].mean() > 150 > edge[..., 1].mean() + 80


def test_a_mirrored_picture_is_mirrored(film: Film, read_number: ReadNumber) -> None:
    info = probe(film("mirror.mp4", 5, rotation=(0, True, False)))
    assert info.rotation in (0, 180)
    assert read_number(next(VideoFrames(info).at([Fraction(7, 50)])).rgb[:, ::-1]) == 3


def test_pixels_become_square(film: Film, read_number: ReadNumber) -> None:
    info = probe(film("anamorphic.mkv", 5, size=(144, 108), pixel_aspect=Fraction(4, 3)))
    assert (info.width, info.height, info.pixel_aspect) == (192, 108, Fraction(4, 3))
    sample = next(VideoFrames(info).at([Fraction(7, 50)]))
    assert sample.rgb.shape == (108, 192, 3)
    assert read_number(sample.rgb) == 3


def test_rotation_and_pixel_aspect_together(film: Film) -> None:
    info = probe(film("both.mp4", 5, size=(144, 108), pixel_aspect=Fraction(4, 3), rotation=(90, False, False)))
    assert (info.width, info.height) == (108, 192)
    assert next(VideoFrames(info).at([Fraction(0)])).rgb.shape == (192, 108, 3)


def test_ten_bit_footage_looks_like_eight_bit(film: Film) -> None:
    eight, ten = probe(film("8.mp4", 5)), probe(film("10.mp4", 5, pix_fmt="yuv420p10le"))
    a, b = (next(VideoFrames(info).at([Fraction(1, 10)])).rgb.astype(int) for info in (eight, ten))
    assert b.dtype == int and np.abs(a - b).mean() < 3


def test_colours_survive_at_any_size(film: Film) -> None:
    small, large = probe(film("sd.mp4", 3)), probe(film("hd.mp4", 3, size=(1280, 720)))
    for info, tolerance in ((small, 12), (large, 40)):
        picture = next(VideoFrames(info).at([Fraction(1, 50)])).rgb.astype(int)
        strip = picture[4 : info.height // 5 - 4].mean(axis=(0, 1))
        assert np.abs(strip - (200, 20, 20)).max() < tolerance


@pytest.mark.parametrize("name", ["tape.mov", "tape.mp4", "tape.mkv", "tape.mxf"])
def test_the_start_timecode_is_kept(film: Film, name: str) -> None:
    codec = "mpeg2video" if name.endswith("mxf") else "libx264"
    info = probe(film(name, 50, codec=codec, metadata={"timecode": "10:11:12:13"}))
    assert info.start_timecode == "10:11:12:13"
    assert probe(film("none.mov", 5)).start_timecode is None


def test_a_drop_frame_timecode_keeps_its_kind(film: Film) -> None:
    info = probe(film("df.mov", 50, rate=Fraction(30000, 1001), metadata={"timecode": "01:00:00;02"}))
    assert info.start_timecode == "01:00:00;02"


@pytest.mark.parametrize("name", ["late.ts", "late.mkv"])
def test_a_non_zero_start_is_kept_beside_the_times(film: Film, name: str) -> None:
    info = probe(film(name, 50, times=[10 + Fraction(number, 25) for number in range(50)]))
    assert info.start_time >= 10
    assert info.duration == pytest.approx(2, abs=0.003)


def test_sound_longer_than_the_picture_does_not_lengthen_it(film: Film) -> None:
    info = probe(film("long-sound.mp4", 50, sound=6.0))
    assert info.duration == pytest.approx(2, abs=0.003)
    assert info.warnings == ()


def test_short_and_single_frame_clips_are_analysable_and_said(film: Film, read_number: ReadNumber) -> None:
    assert codes(film("second.mp4", 25)) == ["very_short"]
    info = probe(film("one.mp4", 1))
    assert [notice.code for notice in info.warnings] == ["single_frame"]
    assert info.duration > 0
    assert read_number(next(VideoFrames(info).at([info.duration / 2])).rgb) == 0


def test_a_still_image_is_a_single_frame(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8))))
        container.mux(stream.encode())
    info = probe(path)
    assert [notice.code for notice in info.warnings] == ["single_frame"]
    assert len(list(VideoFrames(info).at([info.duration / 2]))) == 1


def test_half_a_faststart_mp4_is_what_can_be_decoded(film: Film) -> None:
    path = film("half.mp4", 500, options={"movflags": "faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    info = probe(path)
    assert [notice.code for notice in info.warnings] == ["media_truncated"]
    assert 4 < info.duration < 16
    assert "20.0 s" in info.warnings[0].message


@pytest.mark.parametrize(("name", "codec"), [("half.mkv", "libx264"), ("half.avi", "mpeg4")])
def test_half_of_other_containers_too(film: Film, name: str, codec: str) -> None:
    path = film(name, 500, codec=codec)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    info = probe(path)
    assert [notice.code for notice in info.warnings] == ["media_truncated"]
    assert 4 < info.duration < 16


def _two_streams(path: Path, sizes: list[tuple[int, int]], default: int | None) -> Path:
    with av.open(str(path), "w") as container:
        streams = []
        for number, (width, height) in enumerate(sizes):
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            chosen = default is None or number == default
            stream.disposition = av.stream.Disposition.default if chosen else av.stream.Disposition(0)
            streams.append(stream)
        for number in range(50):
            for stream in streams:
                picture = np.full((stream.height, stream.width, 3), 100, np.uint8)
                frame = av.VideoFrame.from_ndarray(picture)
                frame.pts, frame.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode())
    return path


def test_of_several_streams_the_default_is_taken_then_the_largest(tmp_path: Path) -> None:
    sizes = [(64, 48), (128, 96)]
    marked = probe(_two_streams(tmp_path / "marked.mkv", sizes, 0))
    assert (marked.width, marked.stream_index) == (64, 0)
    assert [notice.code for notice in marked.warnings] == ["several_video_streams"]
    largest = probe(_two_streams(tmp_path / "equal.mkv", sizes, None))
    assert (largest.width, largest.stream_index) == (128, 1)
    assert next(VideoFrames(largest).at([Fraction(1)])).rgb.shape == (96, 128, 3)


def _with_cover(path: Path, frames: int, *, marked: bool) -> Path:
    """A film (or, with no frames, sound) with a JPEG cover as a stream of its own, before the footage."""
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=25)
        cover.width, cover.height, cover.pix_fmt = 320, 320, "yuvj420p"
        if marked:
            cover.disposition = av.stream.Disposition.attached_pic
        footage = container.add_stream("libx264", rate=25) if frames else None
        sound = container.add_stream("aac", rate=48_000)
        if footage is not None:
            footage.width, footage.height, footage.pix_fmt = 64, 48, "yuv420p"
        picture = av.VideoFrame.from_ndarray(np.full((320, 320, 3), 9, np.uint8)).reformat(format="yuvj420p")
        picture.pts, picture.time_base = 0, Fraction(1, 25)
        container.mux(cover.encode(picture))
        container.mux(cover.encode())
        for start in range(0, 96_000, 960):
            silence = av.AudioFrame.from_ndarray(np.zeros((2, 960), np.float32), format="fltp", layout="stereo")
            silence.sample_rate, silence.pts, silence.time_base = 48_000, start, Fraction(1, 48_000)
            container.mux(sound.encode(silence))
        container.mux(sound.encode())
        if footage is not None:
            for number in range(frames):
                frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 100, np.uint8))
                frame.pts, frame.time_base = number, Fraction(1, 25)
                container.mux(footage.encode(frame))
            container.mux(footage.encode())
    return path


@pytest.mark.parametrize("marked", [True, False])
def test_cover_art_is_not_the_footage(tmp_path: Path, marked: bool) -> None:
    info = probe(_with_cover(tmp_path / "song.mp4", 50, marked=marked))
    assert (info.width, info.height, info.codec) == (64, 48, "h264")
    assert info.warnings == ()


@pytest.mark.parametrize("marked", [True, False])
def test_sound_with_cover_art_holds_no_video(tmp_path: Path, marked: bool) -> None:
    info = probe(_with_cover(tmp_path / "song.mp4", 0, marked=marked))
    assert not info.has_picture and info.codec == "aac"
    assert float(info.duration) == pytest.approx(2, abs=0.05)
