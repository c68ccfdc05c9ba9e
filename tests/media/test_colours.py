"""Colour matrices, ranges and pixel formats that nothing here converts: read as ordinary colour and said, or named."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cuemark.core.errors import MediaError
from cuemark.media.decoder import Decoder, Hardware
from cuemark.media.frames import VideoFrames
from cuemark.media.geometry import NotConvertible, Orientation, colours_replaced, to_picture
from cuemark.media.packets import SelectionFailed
from cuemark.media.probe import probe

GREY = 126


def _grey(pix_fmt: str = "yuv420p") -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((96, 160, 3), GREY, np.uint8), format="rgb24").reformat(format=pix_fmt)


@pytest.mark.parametrize("matrix", range(24))
@pytest.mark.parametrize("spread", range(6))
def test_every_number_of_a_matrix_and_range_gives_a_picture(matrix: int, spread: int) -> None:
    frame = _grey()
    frame.colorspace, frame.color_range = matrix, spread
    picture = to_picture(frame, 80, 48, Orientation())
    assert picture.shape == (48, 80, 3)
    assert abs(int(picture.mean()) - GREY) < 25
    known = matrix in {0, 1, 2, 4, 5, 6, 7, 9} and spread <= 2
    assert (colours_replaced(frame) is None) is known


@pytest.mark.parametrize(
    ("matrix", "words"), [(8, "YCgCo"), (10, "constant luminance"), (12, "chromaticity"), (14, "ICtCp")]
)
def test_footage_of_an_unusual_matrix_is_read_and_said_once(tmp_path: Path, matrix: int, words: str) -> None:
    info = probe(_film(tmp_path / "odd.mp4", matrix))
    stream = VideoFrames(info).at([Fraction(k, 5) for k in range(4)])
    assert [abs(int(sample.rgb.mean()) - GREY) < 25 for sample in stream] == [True] * 4
    (notice,) = stream.warnings
    assert notice.code == "colours_unknown" and words in notice.message and "odd.mp4" in notice.message


def _film(path: Path, matrix: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.codec_context.colorspace = matrix
        for number in range(25):
            frame = _grey()
            frame.pts, frame.time_base, frame.colorspace = number, Fraction(1, 25), matrix
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("pix_fmt", ["yaf32le", "yaf16be", "rgb96le", "rgba128le"])
def test_a_pixel_format_that_cannot_be_converted_is_named(pix_fmt: str) -> None:
    """swscale refuses some, and over others it ends the process."""
    try:
        frame = av.VideoFrame(160, 96, pix_fmt)
    except ValueError:
        pytest.skip("this FFmpeg does not know the format")
    with pytest.raises(NotConvertible, match=pix_fmt):
        to_picture(frame, 80, 48, Orientation())


def test_pictures_that_cannot_be_converted_are_an_error_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _film(tmp_path / "strange.mp4", 1)
    info = probe(path)

    def refused(*_: object) -> None:
        raise NotConvertible("rgb96le")

    monkeypatch.setattr("cuemark.media.frames.to_picture", refused)
    with pytest.raises(MediaError) as caught:
        list(VideoFrames(info).at([Fraction(0)]))
    assert caught.value.code == "codec_not_supported"
    assert "strange.mp4" in caught.value.message and "rgb96le" in caught.value.message


def test_a_device_whose_pictures_cannot_be_read_leaves_the_file_to_software() -> None:
    device = Decoder.__new__(Decoder)
    device.hardware = Hardware("cuda", "")
    frame = _grey("nv12")
    frame.colorspace = 14
    with pytest.raises(SelectionFailed):
        device._downloaded(frame)
    assert device.hardware.device == "cpu" and "cuda" in device.hardware.reason
