"""Files of a few bytes that claim what no footage needs: refused by name, at once, before memory goes into it."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from cuemark.core.errors import MediaError
from cuemark.core.limits import UNLIMITED
from cuemark.media import budgets
from cuemark.media.boxes import read_claims
from cuemark.media.probe import probe
from cuemark.media.sampling import MOST_SAMPLES, sample_times
from cuemark.models.clip.image_encoder import ImageEncoder
from cuemark.models.clip.preprocess import ImagePreprocess

Film = Callable[..., Path]
_PROBES = """
import json, os, sys, time
from pathlib import Path
from cuemark.core.errors import MediaError
from cuemark.lab.bench.meters import lifetime_peak
from cuemark.media.probe import probe
begun = time.monotonic()
try:
    probe(Path(sys.argv[1]))
    code, message = "", ""
except MediaError as error:
    code, message = error.code, str(error)
print(json.dumps([code, message, time.monotonic() - begun, (lifetime_peak(os.getpid()) or 0) >> 20]))
"""


def _probed(path: Path) -> tuple[str, str, float, int]:
    """In a process of its own: reason code, text, seconds, MiB at most."""
    done = subprocess.run([sys.executable, "-c", _PROBES, str(path)], capture_output=True, text=True, check=True)
    code, message, seconds, peak = json.loads(done.stdout)
    return code, message, seconds, peak


def _refused(path: Path, words: str) -> None:
    code, message, seconds, peak = _probed(path)
    assert code == "media_too_large" and words in message and path.name in message
    assert seconds < 20 and peak < 600


def _box(kind: bytes, *inside: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, inside)), kind) + b"".join(inside)


def _table(film: bytes, samples: int) -> bytes:
    """The film's index rewritten to claim so many samples of ten bytes, all in one place."""
    tables = {
        b"stsz": struct.pack(">III", 0, 10, samples),
        b"stts": struct.pack(">IIII", 0, 1, samples, 512),
        b"stsc": struct.pack(">IIIII", 0, 1, 1, samples, 1),
    }

    def rewritten(data: bytes) -> bytes:
        out, place = b"", 0
        while place < len(data):
            length, kind = struct.unpack_from(">I4s", data, place)
            inside = data[place + 8 : place + length]
            if kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
                inside = rewritten(inside)
            if kind not in (b"ctts", b"stss", b"edts"):
                out += _box(kind, tables.get(kind, inside))
            place += length
        return out

    return rewritten(film)


def test_a_table_of_fifty_million_samples(film: Film) -> None:
    path = film("bomb.mov", 25)
    path.write_bytes(_table(path.read_bytes(), 50_000_000))
    assert path.stat().st_size < 20_000
    _refused(path, "50,000,000 samples")


def test_fragments_that_claim_as_many(film: Film) -> None:
    path = film("bomb.mp4", 25, options={"movflags": "frag_keyframe+empty_moov"})
    run = _box(b"trun", struct.pack(">II", 0, 50_000_000))
    track = _box(b"traf", _box(b"tfhd", struct.pack(">II", 0, 1)), run)
    with path.open("ab") as file:
        file.write(_box(b"moof", _box(b"mfhd", struct.pack(">II", 0, 9)), track))
    _refused(path, "samples")


def test_a_compressed_index_that_would_fill_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.mov"
    index = _box(b"cmov", _box(b"dcom", b"zlib"), _box(b"cmvd", struct.pack(">I", 3 << 30), zlib.compress(bytes(1000))))
    path.write_bytes(_box(b"ftyp", b"qt  \0\0\0\0") + _box(b"moov", index) + _box(b"mdat", bytes(100)))
    _refused(path, "an index of 3,072 MiB")


def test_boxes_within_boxes_end_somewhere(tmp_path: Path) -> None:
    path = tmp_path / "deep.mp4"
    nested = b""
    for _ in range(3000):
        nested = _box(b"trak", nested)
    path.write_bytes(_box(b"ftyp", b"isom\0\0\0\0") + _box(b"moov", nested))
    with path.open("rb") as file:
        assert read_claims(io.FileIO(file.fileno(), closefd=False)) is not None
    assert _probed(path)[0] in ("media_not_recognised", "media_truncated_unreadable", "no_video_stream")


def test_uncompressed_sound_of_a_day_is_no_bomb(tmp_path: Path) -> None:
    """Its samples are single numbers, of which nobody makes a table."""
    path = tmp_path / "sound.mov"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        sound: Any = container.add_stream("pcm_s16le", rate=48_000)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(25):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        heard = av.AudioFrame.from_ndarray(np.zeros((1, 96_000), np.int16), format="s16", layout="stereo")
        heard.sample_rate, heard.pts = 48_000, 0
        container.mux(sound.encode(heard))
        container.mux(stream.encode())
    data = path.read_bytes()
    with path.open("rb", buffering=0) as file:
        claims = read_claims(file)
    assert claims is not None and [track.handler for track in claims.tracks] == ["vide", "soun"]
    assert claims.tracks[1].samples >= 48_000 and claims.samples == 25
    assert probe(path).width == 64 and data


@pytest.mark.parametrize("suffix", [".mkv", ".mov", ".ts"])
def test_a_thousand_streams(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"many{suffix}"
    with av.open(str(path), "w") as container:
        streams: list[Any] = [container.add_stream("mpeg2video", rate=25) for _ in range(400)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
            stream.codec_context.thread_count = 1
        for stream in streams:
            frame = av.VideoFrame(16, 16, "yuv420p")
            frame.pts, frame.time_base = 0, Fraction(1, 25)
            container.mux(stream.encode(frame))
            container.mux(stream.encode())
    _refused(path, "256")


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        pytest.param({f"key{number}": "x" for number in range(3000)}, "tags", id="many"),
        pytest.param({"title": "t" * 5_000_000}, "letters", id="long"),
    ],
)
def test_tags_without_end(film: Film, metadata: dict[str, str], words: str) -> None:
    _refused(film("tags.mkv", 5, metadata=metadata), words)


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer, row = zlib.compressobj(9), bytes(1 + width * 8)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_a_picture_larger_than_any_camera_takes(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(_png(16_000, 16_000)[:200_000])
    _refused(path, "134,217,728 pixels")


@pytest.mark.parametrize("size", [(60_000, 2), (2, 60_000)])
def test_a_picture_of_one_endless_line(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "line.mov"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, "gray"
        frame = av.VideoFrame(*size, "gray")
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    _refused(path, f"{size[0]} x {size[1]}")


def test_a_decoder_refuses_pictures_that_grow_in_mid_stream(tmp_path: Path) -> None:
    """What a header said before is no promise."""
    path = tmp_path / "grows.avi"
    small, large = io.BytesIO(), io.BytesIO()
    from PIL import Image

    Image.new("L", (64, 48)).save(small, "PNG")
    Image.new("1", (20_000, 20_000)).save(large, "PNG")
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        for number, data in enumerate((small, small, large, small)):
            packet = av.Packet(data.getvalue())
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, number, number, Fraction(1, 25)
            packet.is_keyframe = True
            container.mux(packet)
    code, _, _, peak = _probed(path)
    assert code == "" and peak < 400


@pytest.mark.parametrize("shown", [(30_000, 2), (2, 30_000), (8_000, 60)])
def test_an_oblong_picture_is_not_enlarged_by_its_short_side(shown: tuple[int, int]) -> None:
    encoder = ImageEncoder.__new__(ImageEncoder)
    encoder._preprocess = ImagePreprocess(224, 224, (0.5,) * 3, (0.5,) * 3)
    width, height = encoder.picture_size(*shown)
    fitted = encoder._preprocess.fitted_size(width, height)
    assert fitted[0] * fitted[1] < 5_000_000 and width * height <= shown[0] * shown[1]


@pytest.mark.parametrize(
    ("size", "pix_fmt", "threads"),
    [((1920, 1080), "yuv420p", 0), ((7680, 4320), "yuv420p10le", 5), ((15_360, 8_640), "yuv420p10le", 1)],
)
def test_huge_pictures_get_fewer_threads(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], pix_fmt: str, threads: int
) -> None:
    monkeypatch.setattr(budgets, "usable_cores", lambda: 16)
    context: Any = av.CodecContext.create("hevc", "r")
    context.width, context.height, context.pix_fmt = *size, pix_fmt
    assert budgets.decoder_threads(context, UNLIMITED) == threads


@pytest.mark.parametrize(
    ("codec", "size", "pix_fmt", "fits"),
    [
        ("h264", (7680, 4320), "yuv420p", True),
        ("hevc", (8192, 4320), "yuv422p10le", False),
        ("hevc", (7680, 4320), "yuv422p10le", True),
        ("h264", (16_384, 8_160), "yuv420p", False),
        ("prores", (12_288, 6_480), "yuv422p10le", True),
        ("prores", (15_360, 8_640), "yuv444p12le", False),
        ("ffv1", (7680, 4320), "yuv444p16le", True),
        ("gif", (10_000, 10_000), "bgra", False),
    ],
)
def test_what_a_decoder_would_hold(codec: str, size: tuple[int, int], pix_fmt: str, fits: bool) -> None:
    """Sixteen pictures where others may refer to them, two or three where each stands alone."""
    context: Any = av.CodecContext.create(codec, "r")
    context.width, context.height, context.pix_fmt = *size, pix_fmt
    stream: Any = SimpleNamespace(codec_context=context)
    if fits:
        budgets.check_picture(stream, Path("film.mov"))
    else:
        with pytest.raises(MediaError, match=f"{size[0]} x {size[1]}"):
            budgets.check_picture(stream, Path("film.mov"))


def _long(film: Film, seconds: int) -> Any:
    return replace(probe(film("long.mp4", 5)), duration=Fraction(seconds), rate=Fraction(120), keyframes=None)


@pytest.mark.parametrize("rate", [Fraction(5, 2), Fraction(120)])
def test_the_number_of_samples_has_a_bound(film: Film, rate: Fraction) -> None:
    info = _long(film, 40 * 86_400)
    with pytest.raises(MediaError) as caught:
        sample_times(info, rate)
    error = caught.value
    assert error.code == "media_too_large" and f"{MOST_SAMPLES:,}" in error.message
    advised = Fraction(error.next_step.split("--sample-fps ")[1].split()[0])
    assert 0 < len(sample_times(info, advised)) <= MOST_SAMPLES
    assert len(sample_times(info)) <= 1500


def test_an_hour_at_25_samples_a_second_is_within_it(film: Film) -> None:
    assert len(sample_times(_long(film, 3600), Fraction(25))) == 90_000


def test_claims_of_ordinary_files_are_read_right(film: Film) -> None:
    def claimed(path: Path) -> Sequence[int]:
        with path.open("rb", buffering=0) as file:
            claims = read_claims(file)
        return [] if claims is None else [claims.samples]

    assert claimed(film("plain.mp4", 30)) == [30]
    assert claimed(film("pieces.mp4", 30, options={"movflags": "frag_keyframe+empty_moov"})) == [30]
    assert claimed(film("other.mkv", 30)) == []
