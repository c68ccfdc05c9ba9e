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
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov"}
VPX = {"deadline": "realtime", "cpu-used": "8"}
ALT_REF = {"deadline": "good", "cpu-used": "5", "auto-alt-ref": "1", "lag-in-frames": "16", "b": "400k"}
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
