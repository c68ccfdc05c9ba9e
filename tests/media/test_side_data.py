"""What travels beside a frame and is newer than the library that reads it: the footage is analysed all the same."""

from __future__ import annotations

import io
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from PIL import Image

from cuemark.media.frames import VideoFrames
from cuemark.media.geometry import StreamOrientation
from cuemark.media.probe import probe

_SIZE = (160, 96)
# How Exif numbers the ways a picture can lie (TIFF 6.0, tag 274), as the operation that makes it upright.
_UPRIGHT = {
    1: (), 2: (Image.Transpose.FLIP_LEFT_RIGHT,), 3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,), 5: (Image.Transpose.TRANSPOSE,), 6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,), 8: (Image.Transpose.ROTATE_90,),
}  # fmt: skip


def _quarters() -> Image.Image:
    """Four colours, so that every way of turning and mirroring looks another way."""
    picture = np.zeros((_SIZE[1], _SIZE[0], 3), np.uint8)
    picture[:48, :80], picture[:48, 80:] = (220, 30, 30), (30, 220, 30)
    picture[48:, :80], picture[48:, 80:] = (30, 30, 220), (220, 220, 220)
    return Image.fromarray(picture)


def _encoded(kind: str, lies: int) -> bytes:
    exif = Image.Exif()
    exif[0x112], exif[0x10E] = lies, "a picture"
    data = io.BytesIO()
    _quarters().save(data, format=kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))
    return data.getvalue()


def _shown(path: Path) -> np.ndarray:
    info = probe(path)
    (sample,) = VideoFrames(info).at([Fraction(0)])
    assert sample.rgb.shape == (info.height, info.width, 3)
    return sample.rgb


def _expected(lies: int) -> np.ndarray:
    picture = _quarters()
    for step in _UPRIGHT[lies]:
        picture = picture.transpose(step)
    return np.asarray(picture)


@pytest.mark.parametrize("lies", sorted(_UPRIGHT))
@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("TIFF", ".tif"), ("PNG", ".png"), ("WEBP", ".webp")])
def test_exif_turns_a_picture_and_is_no_fault(tmp_path: Path, kind: str, suffix: str, lies: int) -> None:
    path = tmp_path / f"picture{suffix}"
    path.write_bytes(_encoded(kind, lies))
    difference = np.abs(_shown(path).astype(int) - _expected(lies))
    assert difference.mean() < 12


def test_motion_jpeg_with_exif_in_every_picture(tmp_path: Path) -> None:
    path = tmp_path / "camera.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = *_SIZE, "yuvj420p"
        for number in range(20):
            packet = av.Packet(_encoded("JPEG", 6))
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, number, number, Fraction(1, 10)
            packet.is_keyframe = True
            container.mux(packet)
    info = probe(path)
    assert (info.width, info.height, info.rotation) == (96, 160, 90)
    samples = list(VideoFrames(info).at([Fraction(k, 2) for k in range(4)]))
    assert [np.abs(s.rgb.astype(int) - _expected(6)).mean() < 12 for s in samples] == [True] * 4


def test_a_matrix_is_read_once_while_the_angle_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    from cuemark.media import geometry

    read = []

    def noted(frame: av.VideoFrame) -> geometry.Orientation:
        read.append(frame)
        return geometry.Orientation()

    monkeypatch.setattr(geometry, "orientation_of", noted)
    orientation = StreamOrientation()
    for _ in range(9):
        orientation.of(av.VideoFrame(64, 64, "yuv420p"))
    assert len(read) == 1


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_the_angle_alone_turns_what_cannot_be_converted(angle: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from cuemark.media import geometry

    def refused(*_: object) -> None:
        raise geometry.NotConvertible("yaf32le")

    cosine, sine = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[angle]
    wanted = geometry.from_matrix(cosine, sine, -sine, cosine)
    monkeypatch.setattr(geometry, "_scaled", refused)
    frame = SimpleNamespace(rotation=-angle if angle <= 180 else 360 - angle)
    assert geometry.orientation_of(frame) == wanted  # type: ignore[arg-type]
    assert wanted.clockwise == angle


def test_two_views_of_a_phones_spatial_video(tmp_path: Path) -> None:
    """Footage of two views announces them beside every frame; the base view is what is there to see."""
    if shutil.which("ffmpeg") is None or "libx265" not in _encoders():
        pytest.skip("ffmpeg with libx265 is not installed")
    path = _spatial(tmp_path)
    info = probe(path)
    assert (info.width, info.height, info.rotation) == (320, 180, 0)
    assert len(list(VideoFrames(info).at([Fraction(k, 2) for k in range(6)]))) == 6


def _encoders() -> str:
    return subprocess.run(["ffmpeg", "-v", "quiet", "-encoders"], capture_output=True, text=True, check=True).stdout


def _spatial(folder: Path) -> Path:
    plain, two, path = folder / "plain.hevc", folder / "two.hevc", folder / "spatial.mov"
    source = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=4", "-pix_fmt", "yuv420p"]
    coding = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:repeat-headers=1:keyint=30"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *source, *coding, str(plain)], check=True)
    start = b"\0\0\0\1"
    units = plain.read_bytes().replace(start, start[1:]).split(start[1:])[1:]
    two.write_bytes(b"".join(start + (_two_views(unit) if unit[0] >> 1 & 63 == 32 else unit) for unit in units))
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-r", "30", "-i", two, "-c", "copy", "-tag:v", "hvc1", path], check=True
    )
    return path


def _two_views(vps: bytes) -> bytes:
    """The video parameter set with an extension that announces a second view (ITU-T H.265, F.7.3.2.1)."""
    profile = vps.replace(b"\0\0\3", b"\0\0")[6:18]
    bits = _Bits()
    bits.fixed((4, 0), (1, 1), (1, 1), (6, 1), (3, 0), (1, 1), (16, 0xFFFF), *((8, byte) for byte in profile))
    bits.fixed((1, 1)).golomb(4, 2, 0).fixed((6, 1)).golomb(1).fixed((1, 1), (1, 1), (1, 0), (1, 1)).align("1")
    bits.fixed((8, profile[-1]), (1, 0), (16, 0x4000), (3, 0), (1, 1), (6, 1), (1, 1), (4, 1), (1, 0), (1, 1))
    bits.fixed((1, 1), (1, 0), (1, 0), (1, 1)).golomb(1).fixed((1, 1), (2, 0), (1, 0), (1, 1)).golomb(0)
    bits.fixed((16, 320), (16, 180), (1, 1), (2, 1), (4, 0), (4, 0), (1, 0), (1, 1), (1, 0), (1, 0))
    bits.golomb(4, 4, 2, 0, 0).fixed((1, 1), (2, 2)).golomb(0).fixed((1, 0), (1, 0), (1, 1)).align("0")
    return bytes([0x40, 1]) + bits.escaped()


class _Bits:
    def __init__(self) -> None:
        self._text = ""

    def fixed(self, *fields: tuple[int, int]) -> _Bits:
        self._text += "".join(format(value, f"0{width}b") for width, value in fields)
        return self

    def golomb(self, *values: int) -> _Bits:
        for value in values:
            digits = format(value + 1, "b")
            self._text += "0" * (len(digits) - 1) + digits
        return self

    def align(self, bit: str) -> _Bits:
        self._text += bit * (-len(self._text) % 8)
        return self

    def escaped(self) -> bytes:
        raw = bytes(int(self._text[place : place + 8], 2) for place in range(0, len(self._text), 8))
        out, zeros = bytearray(), 0
        for byte in raw:
            if zeros >= 2 and byte <= 3:
                out.append(3)
                zeros = 0
            out.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return bytes(out)
