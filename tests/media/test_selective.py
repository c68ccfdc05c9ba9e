"""Pictures decoded selectively are, bit for bit, those a full decode shows at the same times; and little is decoded."""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.core.media import MediaInfo
from cuemark.media import decoder, selective, source
from cuemark.media.frames import VideoFrames
from cuemark.media.geometry import orientation_of, to_picture
from cuemark.media.probe import probe

Seen = list[tuple[Fraction, int]]
Moving = Callable[..., Path]
FRAMES = 120
SIZE = (176, 144)


def _footage(frames: int, size: tuple[int, int]) -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
    """A texture that moves under grain, with a cut: every frame differs, and coding is worth its references."""
    rng = np.random.default_rng(5)
    width, height = size
    scenes = [rng.integers(0, 256, (height // 4 + 40, width // 4 + 40, 3), np.uint8) for _ in range(2)]
    pictures = []
    for number in range(frames):
        scene = scenes[number >= frames // 2].repeat(4, 0).repeat(4, 1)
        moved = scene[number % 97 : number % 97 + height, (2 * number) % 113 : (2 * number) % 113 + width]
        grain = rng.integers(-6, 7, (height, width, 1))
        pictures.append(np.clip(moved.astype(np.int16) + grain, 0, 255).astype(np.uint8))
    return pictures


@pytest.fixture
def moving(tmp_path: Path) -> Moving:
    """`moving("name.mp4", codec, **options)` writes moving footage into the test's folder."""

    def write(
        name: str,
        codec: str,
        options: dict[str, str] | None = None,
        *,
        frames: int = FRAMES,
        gop: int | None = None,
        pix_fmt: str = "yuv420p",
        size: tuple[int, int] = SIZE,
        muxer: dict[str, str] | None = None,
        times: Sequence[Fraction] | None = None,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w", options=muxer or {}) as container:
            stream: Any = container.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
            if gop is not None:
                stream.gop_size = gop
            stream.codec_context.options = options or {}
            if times is not None:
                stream.codec_context.time_base = Fraction(1, 90_000)
            for number, picture in enumerate(_footage(frames, size)):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pix_fmt)
                frame.pts, frame.time_base = number, Fraction(1, 25)
                if times is not None:
                    frame.pts, frame.time_base = round(times[number] * 90_000), Fraction(1, 90_000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write


def _full_decode(info: MediaInfo, times: Sequence[Fraction]) -> Seen:
    """What a decoder that is given every packet shows at these times: when each frame came on, and its pixels."""
    with av.open(str(info.path)) as container:
        stream = container.streams.video[0]
        frames: dict[Fraction, int] = {}
        for frame in container.decode(stream):
            assert frame.pts is not None and stream.time_base is not None
            seconds = frame.pts * stream.time_base - info.start_time
            if not frames or seconds > max(frames):
                frames[seconds] = zlib.crc32(
                    to_picture(frame, info.width, info.height, orientation_of(frame)).tobytes()
                )
    on_screen = [max(seconds for seconds in frames if seconds <= time) for time in times]
    return [(seconds, frames[seconds]) for seconds in on_screen]


def _selective(info: MediaInfo, times: Sequence[Fraction]) -> tuple[Seen, int]:
    sampler = VideoFrames(info).at(times)
    seen = [(sample.frame_time, zlib.crc32(sample.rgb.tobytes())) for sample in sampler]
    assert sampler.warnings == ()
    return seen, sampler.frames_decoded


def _every(step: Fraction, info: MediaInfo) -> list[Fraction]:
    return [step * k + step / 2 for k in range(int(info.duration / step))]


X264 = {"preset": "veryfast"}
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov"}
# In one thread: on a machine that is busy, those of libvpx's encoder of VP8 may wait for one another for ever.
VPX = {"threads": "1", "deadline": "realtime", "cpu-used": "8"}
ALT_REF = {**VPX, "deadline": "good", "cpu-used": "5", "auto-alt-ref": "1", "lag-in-frames": "16", "b": "400k"}
DNXHR: dict[str, Any] = {"options": {"profile": "dnxhr_sq"}, "pix_fmt": "yuv422p", "size": (256, 144)}


def _x264(**parameters: str) -> dict[str, str]:
    return X264 | {"x264-params": ":".join(f"{name.replace('_', '-')}={value}" for name, value in parameters.items())}


def _x265(more: str = "") -> dict[str, str]:
    return {"preset": "ultrafast", "x265-params": f"log-level=none:pools=1:bframes=3:b-adapt=0{more}"}


CASES: dict[str, tuple[str, str, dict[str, Any], int]] = {
    # name: file, codec, options of `moving`, at most so many of the 120 frames are decoded at one sample a second
    "long group": ("a.mp4", "libx264", {"options": X264, "gop": 250}, 60),
    "one-second groups": ("a.mp4", "libx264", {"options": X264, "gop": 25}, 35),
    "open groups": ("a.mp4", "libx264", {"options": _x264(open_gop="1", scenecut="0"), "gop": 20}, 40),
    "open groups, mkv": ("a.mkv", "libx264", {"options": _x264(open_gop="1", bframes="5", b_adapt="0"), "gop": 20}, 40),
    "pyramid": ("a.mp4", "libx264", {"options": _x264(bframes="7", b_adapt="0", ref="4"), "gop": 60}, 40),
    "no pyramid": ("a.mkv", "libx264", {"options": _x264(b_pyramid="none", ref="3"), "gop": 60}, 40),
    "slow preset": ("a.mp4", "libx264", {"options": {"preset": "slower"}, "gop": 50}, 60),
    "intra refresh": ("a.mp4", "libx264", {"options": _x264(intra_refresh="1"), "gop": 20}, 70),
    "transport stream": ("a.ts", "libx264", {"options": X264, "gop": 25}, 35),
    "open groups, ts": ("a.ts", "libx264", {"options": _x264(open_gop="1"), "gop": 12}, 25),
    "interlaced": ("a.mp4", "libx264", {"options": _x264(interlaced="1"), "gop": 25}, 40),
    "4:2:2 10 bits": ("a.mov", "libx264", {"options": X264, "gop": 25, "pix_fmt": "yuv422p10le"}, 35),
    "fragmented": ("a.mp4", "libx264", {"options": X264, "gop": 25, "muxer": FRAGMENTS}, 35),
    "avi": ("a.avi", "libx264", {"options": _x264(bframes="0"), "gop": 25}, 50),
    "flv": ("a.flv", "libx264", {"options": X264, "gop": 25}, 35),
    "all intra H.264": ("a.mp4", "libx264", {"options": X264, "gop": 1}, 4),
    "hevc": ("a.mp4", "libx265", {"options": _x265(), "gop": 30}, 45),
    "hevc open groups": ("a.mkv", "libx265", {"options": _x265(":open-gop=1:keyint=20:scenecut=0")}, 45),
    "hevc layers": ("a.mp4", "libx265", {"options": _x265(":temporal-layers=3:keyint=30")}, 70),
    "hevc ts": ("a.ts", "libx265", {"options": _x265(), "gop": 25}, 45),
    "mpeg2 ts": ("a.ts", "mpeg2video", {"options": {"bf": "2"}, "gop": 15}, 30),
    "mpeg2 program": ("a.mpg", "mpeg2video", {"options": {"bf": "2"}, "gop": 15}, 30),
    "mpeg2 closed": (
        "a.mov", "mpeg2video", {"options": {"bf": "2", "flags": "+cgop", "sc_threshold": "1000000000"}, "gop": 12}, 30,
    ),
    "mpeg1": ("a.mpg", "mpeg1video", {"options": {"bf": "2"}, "gop": 15}, 30),
    "mpeg4": ("a.mp4", "mpeg4", {"options": {"bf": "2"}, "gop": 25}, 30),
    "mpeg4 avi": ("a.avi", "mpeg4", {"gop": 25}, 50),
    "mpeg4 avi, reordered": ("a.avi", "mpeg4", {"options": {"bf": "2"}, "gop": 25}, 240),
    "vp8": ("a.webm", "libvpx", {"options": VPX, "gop": 40}, 80),
    "vp8 alternate references": ("a.webm", "libvpx", {"options": ALT_REF, "gop": 40}, 240),
    "vp9": ("a.webm", "libvpx-vp9", {"options": VPX, "gop": 25}, 60),
    "vp9 alternate references": ("a.mkv", "libvpx-vp9", {"options": ALT_REF, "gop": 40}, 90),
    "av1": ("a.mp4", "libsvtav1", {"options": {"preset": "12", "svtav1-params": "lp=1"}, "gop": 25}, 65),
    "prores": ("a.mov", "prores_ks", {"pix_fmt": "yuv422p10le"}, 4),
    "dnxhr": ("a.mov", "dnxhd", DNXHR, 4),
    "dnxhr mxf": ("a.mxf", "dnxhd", DNXHR, 4),
    "mjpeg": ("a.avi", "mjpeg", {"pix_fmt": "yuvj420p"}, 4),
    "cineform": ("a.mov", "cfhd", {"pix_fmt": "yuv422p10le"}, 25),
    "ffv1": ("a.mkv", "ffv1", {"gop": 1}, 4),
    "ffv1 groups": ("a.mkv", "ffv1", {"options": {"context": "1"}, "gop": 30}, 60),
    "huffyuv": ("a.avi", "huffyuv", {"pix_fmt": "yuv422p"}, 4),
    "raw": ("a.mov", "v210", {"pix_fmt": "yuv422p10le"}, 4),
    "a codec nothing is known of": ("a.flv", "flv", {"gop": 25}, 240),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("step", [Fraction(1), Fraction(1, 4)])
def test_frames_are_those_of_a_full_decode(moving: Moving, case: str, step: Fraction) -> None:
    name, codec, options, bound = CASES[case]
    info = probe(moving(name, codec, **options))
    times = _every(step, info)
    seen, decoded = _selective(info, times)
    assert seen == _full_decode(info, times)
    if step == 1:
        assert decoded <= bound


@pytest.mark.parametrize("case", ["open groups, mkv", "hevc open groups", "mpeg2 ts"])
@given(data=st.data())
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_times_give_the_frames_of_a_full_decode(moving: Moving, case: str, data: st.DataObject) -> None:
    name, codec, options, _ = CASES[case]
    path = moving(name, codec, **options) if (info := _probed.get(case)) is None else info.path
    info = _probed.setdefault(case, probe(path))
    times = sorted(data.draw(st.lists(st.fractions(0, info.duration - Fraction(1, 25)), min_size=1, max_size=12)))
    assert _selective(info, times)[0] == _full_decode(info, times)


_probed: dict[str, MediaInfo] = {}


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_uneven_frames(moving: Moving, name: str) -> None:
    steps = [Fraction(1 + (7 * k) % 5, 25) * (8 if k % 31 == 0 else 1) for k in range(FRAMES)]
    info = probe(moving(name, "libx264", X264, gop=30, times=list(accumulate(steps, initial=Fraction(0)))[:FRAMES]))
    for step in (Fraction(1), Fraction(1, 7)):
        times = _every(step, info)
        assert _selective(info, times)[0] == _full_decode(info, times)


def test_an_edit_that_begins_inside_a_group(moving: Moving) -> None:
    path = moving("a.mp4", "libx264", _x264(b_adapt="0"), gop=25)
    data = bytearray(path.read_bytes())
    edit = data.index(b"elst") + 8  # version and flags, count of entries; then length, media time, rate
    duration, media_time = struct.unpack_from(">Ii", data, edit + 4)
    struct.pack_into(">Ii", data, edit + 4, duration * 2 // 3, media_time + 12_800 * 2 // 5)
    path.write_bytes(bytes(data))
    info = probe(path)
    assert info.duration < 4
    times = _every(Fraction(1, 4), info)
    assert _selective(info, times)[0] == _full_decode(info, times)


def test_gaps_are_jumped_without_reading_them(moving: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    path = moving("a.mov", "v210", frames=200, pix_fmt="yuv422p10le", size=(640, 360))
    info = probe(path)
    read = 0
    plain = source._Reader.read

    def counted(self: source._Reader, count: int) -> bytes:
        nonlocal read
        data = plain(self, count)
        read += len(data)
        return data

    monkeypatch.setattr(source._Reader, "read", counted)
    times = _every(Fraction(2), info)
    seen, decoded = _selective(info, times)
    assert decoded == len(times) == 4
    assert read < info.size / 10
    assert seen == _full_decode(info, times)


@pytest.mark.parametrize("case", ["dnxhr mxf", "transport stream"])
def test_packets_read_on_the_way_are_let_go(moving: Moving, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    name, codec, options, _ = CASES[case]
    info = probe(moving(name, codec, **options))
    most = 0
    plain = selective.PacketSelection._read

    def watched(self: selective.PacketSelection, target: int | None) -> Any:
        nonlocal most
        stored = plain(self, target)
        most = max(most, len(self._near))
        return stored

    monkeypatch.setattr(selective.PacketSelection, "_read", watched)
    times = [Fraction(1, 10), info.duration - Fraction(1, 10)]  # without an index, all between them is read
    assert _selective(info, times)[0] == _full_decode(info, times)
    assert most < 2 * 33 < FRAMES


def test_damage_shows_what_a_plain_reading_shows(moving: Moving) -> None:
    path = moving("a.mkv", "libx264", X264, gop=25)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 600] = bytes(600)
    path.write_bytes(bytes(data))
    info = probe(path)
    samples = list(VideoFrames(info).at(_every(Fraction(1, 5), info)))
    late = [(sample.frame_time, zlib.crc32(sample.rgb.tobytes())) for sample in samples if sample.time > 4]
    assert late == _full_decode(info, [sample.time for sample in samples if sample.time > 4])


@pytest.mark.parametrize("device", ["cuda", "vaapi", "no such device"])
def test_a_device_that_cannot_be_opened_leaves_the_work_to_software(
    moving: Moving, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    def promised(_codec: object) -> decoder.Hardware:
        return decoder.Hardware(device, "promised by the test")

    if device in {"cuda", "vaapi"} and (Path("/dev/nvidia0").exists() or Path("/dev/dri").exists()):
        pytest.skip("this machine has devices")
    info = probe(moving("a.mp4", "libx264", X264, gop=25))
    times = _every(Fraction(1, 2), info)
    monkeypatch.setattr(decoder, "choose_hardware", promised)
    sampler = VideoFrames(info).at(times)
    assert [(s.frame_time, zlib.crc32(s.rgb.tobytes())) for s in sampler] == _full_decode(info, times)
    assert sampler.device == "cpu" and device in sampler.device_reason


def test_why_there_is_no_hardware_is_told_for_each_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(decoder._DEVICES, "linux", ("vdpau", "drm"))
    monkeypatch.setattr(sys, "platform", "linux")
    found = decoder.choose_hardware(av.Codec("h264", "r"))
    assert found.device == "cpu"
    assert "vdpau" in found.reason and "drm" in found.reason


@pytest.mark.parametrize("name", ["nv12", "p010le"])
def test_a_devices_frame_becomes_the_planes_of_software(name: str) -> None:
    planar = {"nv12": "yuv420p", "p010le": "yuv420p10le"}[name]
    picture = av.VideoFrame.from_ndarray(_footage(1, SIZE)[0], format="rgb24").reformat(format=planar)
    given = picture.reformat(format=name, threads=1)
    device = decoder.Decoder.__new__(decoder.Decoder)
    for _ in range(30):  # the library's threads would spoil about one in five
        there_and_back = device._downloaded(given)
        assert there_and_back.format.name == planar
        assert np.array_equal(there_and_back.to_ndarray(), picture.to_ndarray())
