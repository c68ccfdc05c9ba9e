"""Pictures decoded selectively are, bit for bit, those a full decode shows at the same times; and little is decoded."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.media.geometry import orientation_of, to_picture
from cuemark.media.info import MediaInfo
from cuemark.media.probe import probe
from cuemark.media.sampling import decode_samples

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
    sampler = decode_samples(info, times)
    seen = [(sample.frame_time, zlib.crc32(sample.rgb.tobytes())) for sample in sampler]
    assert sampler.warnings == ()
    return seen, sampler.frames_decoded


def _every(step: Fraction, info: MediaInfo) -> list[Fraction]:
    return [step * k + step / 2 for k in range(int(info.duration / step))]


X264 = {"preset": "veryfast"}
X265 = {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:bframes=3:b-adapt=0"}
VPX = {"deadline": "realtime", "cpu-used": "8"}
CASES: dict[str, tuple[str, str, dict[str, Any], int]] = {
    # name: file, codec, options of `moving`, at most so many frames of 120 are decoded at one sample a second
    "long group": ("a.mp4", "libx264", {"options": X264, "gop": 250}, 90),
    "one-second groups": ("a.mp4", "libx264", {"options": X264, "gop": 25}, 60),
    "open groups": ("a.mp4", "libx264", {"options": X264 | {"x264-params": "open-gop=1:scenecut=0"}, "gop": 20}, 60),
    "open groups, mkv": (
        "a.mkv", "libx264", {"options": X264 | {"x264-params": "open-gop=1:bframes=5:b-adapt=0"}, "gop": 20}, 60,
    ),
    "pyramid": ("a.mp4", "libx264", {"options": X264 | {"x264-params": "bframes=7:b-adapt=0:ref=4"}, "gop": 60}, 70),
    "no pyramid": ("a.mkv", "libx264", {"options": X264 | {"x264-params": "b-pyramid=none:ref=3"}, "gop": 60}, 70),
    "slow preset": ("a.mp4", "libx264", {"options": {"preset": "slower"}, "gop": 50}, 70),
    "intra refresh": ("a.mp4", "libx264", {"options": X264 | {"x264-params": "intra-refresh=1"}, "gop": 20}, 240),
    "transport stream": ("a.ts", "libx264", {"options": X264, "gop": 25}, 60),
    "open groups, ts": ("a.ts", "libx264", {"options": X264 | {"x264-params": "open-gop=1"}, "gop": 12}, 60),
    "interlaced": ("a.mp4", "libx264", {"options": X264 | {"x264-params": "interlaced=1"}, "gop": 25}, 70),
    "4:2:2 10 bits": ("a.mov", "libx264", {"options": X264, "gop": 25, "pix_fmt": "yuv422p10le"}, 60),
    "fragmented": ("a.mp4", "libx264", {"options": X264, "gop": 25, "muxer": {"movflags": "frag_keyframe+empty_moov"}}, 60),
    "avi": ("a.avi", "libx264", {"options": X264 | {"x264-params": "bframes=0"}, "gop": 25}, 130),
    "flv": ("a.flv", "libx264", {"options": X264, "gop": 25}, 60),
    "all intra H.264": ("a.mp4", "libx264", {"options": X264, "gop": 1}, 5),
    "hevc": ("a.mp4", "libx265", {"options": X265, "gop": 30}, 80),
    "hevc open groups": (
        "a.mkv", "libx265", {"options": {**X265, "x265-params": X265["x265-params"] + ":open-gop=1:keyint=20:scenecut=0"}}, 80,
    ),
    "hevc layers": (
        "a.mp4", "libx265", {"options": {**X265, "x265-params": X265["x265-params"] + ":temporal-layers=3:keyint=30"}}, 120,
    ),
    "hevc ts": ("a.ts", "libx265", {"options": X265, "gop": 25}, 80),
    "mpeg2 ts": ("a.ts", "mpeg2video", {"options": {"bf": "2"}, "gop": 15}, 60),
    "mpeg2 program": ("a.mpg", "mpeg2video", {"options": {"bf": "2"}, "gop": 15}, 60),
    "mpeg2 closed": ("a.mov", "mpeg2video", {"options": {"bf": "2", "flags": "+cgop", "sc_threshold": "1000000000"}, "gop": 12}, 60),
    "mpeg1": ("a.mpg", "mpeg1video", {"options": {"bf": "2"}, "gop": 15}, 60),
    "mpeg4": ("a.mp4", "mpeg4", {"options": {"bf": "2"}, "gop": 25}, 70),
    "mpeg4 avi": ("a.avi", "mpeg4", {"gop": 25}, 70),
    "mpeg4 avi, reordered": ("a.avi", "mpeg4", {"options": {"bf": "2"}, "gop": 25}, 240),
    "vp8": ("a.webm", "libvpx", {"options": VPX, "gop": 40}, 120),
    "vp8 alternate references": (
        "a.webm", "libvpx", {"options": {"deadline": "good", "auto-alt-ref": "1", "lag-in-frames": "16", "b": "400k"}, "gop": 40}, 240,
    ),
    "vp9": ("a.webm", "libvpx-vp9", {"options": VPX, "gop": 25}, 80),
    "vp9 alternate references": (
        "a.mkv", "libvpx-vp9", {"options": {"deadline": "good", "cpu-used": "5", "auto-alt-ref": "1", "lag-in-frames": "16"}, "gop": 40}, 120,
    ),
    "av1": ("a.mp4", "libsvtav1", {"options": {"preset": "12", "svtav1-params": "lp=1"}, "gop": 25}, 100),
    "prores": ("a.mov", "prores_ks", {"pix_fmt": "yuv422p10le"}, 5),
    "dnxhr": ("a.mov", "dnxhd", {"options": {"profile": "dnxhr_sq"}, "pix_fmt": "yuv422p", "size": (256, 144)}, 5),
    "dnxhr mxf": ("a.mxf", "dnxhd", {"options": {"profile": "dnxhr_sq"}, "pix_fmt": "yuv422p", "size": (256, 144)}, 5),
    "mjpeg": ("a.avi", "mjpeg", {"pix_fmt": "yuvj420p"}, 5),
    "cineform": ("a.mov", "cfhd", {"pix_fmt": "yuv422p10le"}, 25),
    "ffv1": ("a.mkv", "ffv1", {"gop": 1}, 5),
    "ffv1 groups": ("a.mkv", "ffv1", {"options": {"context": "1"}, "gop": 30}, 80),
    "huffyuv": ("a.avi", "huffyuv", {"pix_fmt": "yuv422p"}, 5),
    "raw": ("a.mov", "v210", {"pix_fmt": "yuv422p10le"}, 5),
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
    print("COUNT", case, decoded)
    if step == 1:
        assert decoded <= bound
