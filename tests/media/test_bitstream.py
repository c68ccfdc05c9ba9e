"""Where decoding can begin, read from hand-made units of H.264 and HEVC."""

from __future__ import annotations

import pytest

from cuemark.media import bitstream

H264_IDR = bytes([0x65, 1, 2, 3])
H264_SLICE = bytes([0x41, 1, 2, 3])
PICTURE_TIMING = bytes([6, 1, 1, 0x80, 0x80])


def recovery(code: int, before: bytes = b"") -> bytes:
    """A unit of messages whose last says after how many frames the picture is right, coded as `code`."""
    return bytes([6]) + before + bytes([6, 1, code, 0x80])


def annexb(*units: bytes) -> bytes:
    return b"".join(b"\x00\x00\x00\x01" + unit for unit in units)


def with_lengths(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


@pytest.mark.parametrize(("packed", "lengths"), [(annexb, 0), (with_lengths, 4)])
@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([H264_IDR], (True, True)),
        ([recovery(0b1000_0000), H264_SLICE], (True, False)),  # right at once
        ([recovery(0b0101_0000), H264_SLICE], (False, False)),  # right after one frame
        ([recovery(0b1000_0000, before=bytes([1, 2, 9, 9])), H264_SLICE], (True, False)),
        ([recovery(0b1000_0000, before=bytes([255, 3, 1, 7])), H264_SLICE], (True, False)),
        ([PICTURE_TIMING, H264_SLICE], (False, False)),
        ([H264_SLICE], (False, False)),
    ],
)
def test_h264_random_access_points(
    packed: object, lengths: int, units: list[bytes], expected: tuple[bool, bool]
) -> None:
    assert callable(packed)
    assert bitstream.random_access("h264", packed(*units), lengths) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(19, (True, True)), (20, (True, True)), (21, (True, False)), (16, (True, False)), (1, (False, False))],
)
def test_hevc_random_access_points(kind: int, expected: tuple[bool, bool]) -> None:
    parameters, picture = bytes([33 << 1, 1, 0]), bytes([kind << 1, 1, 0, 0])
    assert bitstream.random_access("hevc", annexb(parameters, picture), 0) == expected
    assert bitstream.random_access("hevc", with_lengths(parameters, picture), 4) == expected


@pytest.mark.parametrize(("layers", "expected"), [(1, False), (2, True), (3, True)])
def test_hevc_layers_in_both_kinds_of_header(layers: int, expected: bool) -> None:
    header = bytearray(b"\x01" + bytes(22))
    header[21] = layers << 3 | 3
    assert bitstream.hevc_has_layers(bytes(header)) is expected
    video_parameters = bytes([32 << 1, 1, 0xC, (layers - 1) << 1 | 1])
    assert bitstream.hevc_has_layers(annexb(video_parameters)) is expected


def test_a_header_that_says_nothing_may_have_layers() -> None:
    assert bitstream.hevc_has_layers(b"")


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x00\x00\x01", b"\x00\x00\x00\xff\x65", bytes(40)])
@pytest.mark.parametrize("lengths", [0, 4])
def test_rubbish_is_no_beginning(data: bytes, lengths: int) -> None:
    assert bitstream.random_access("hevc", data, lengths) == (False, False)
    assert not bitstream.random_access("h264", data, lengths)[0] or lengths


@pytest.mark.parametrize(
    ("codec", "extradata", "expected"),
    [
        ("h264", bytes([1, 100, 0, 40, 0xFF, 0xE1]), 4),
        ("h264", bytes([1, 100, 0, 40, 0xFD]), 2),
        ("h264", b"\x00\x00\x00\x01\x67", 0),
        ("hevc", b"\x01" + bytes(20) + bytes([0x0F, 0]), 4),
        ("hevc", b"", 0),
    ],
)
def test_how_units_are_told_apart(codec: str, extradata: bytes, expected: int) -> None:
    assert bitstream.length_size(codec, extradata) == expected


@pytest.mark.parametrize(
    ("codec", "packet", "expected"),
    [
        ("h264", annexb(PICTURE_TIMING, bytes([0x01, 9])), True),
        ("h264", annexb(bytes([0x41, 9])), False),
        (
            "h264",
            annexb(bytes([0x01, 9]), bytes([0x41, 9])),
            False,
        ),  # a field that is referred to beside one that is not
        ("h264", annexb(PICTURE_TIMING), False),
        ("hevc", annexb(bytes([0 << 1, 1, 9])), True),
        ("hevc", annexb(bytes([8 << 1, 1, 9])), True),
        ("hevc", annexb(bytes([1 << 1, 1, 9])), False),
        ("hevc", annexb(bytes([19 << 1, 1, 9])), False),
        ("mpeg2video", b"\x00\x00\x01\x00\x00\x18\x00", True),
        ("mpeg2video", b"\x00\x00\x01\x00\x00\x10\x00", False),
        ("mpeg4", b"\x00\x00\x01\xb6\x80\x00", True),
        ("mpeg4", b"\x00\x00\x01\xb6\x40\x00", False),
        ("mpeg4", b"\x00\x00\x01\xb6\x40\x00\x00\x00\x01\xb6\x80\x00", False),  # packed: a reference and a B picture
        ("vp9", b"\x00\x00\x01\x00", False),
    ],
)
def test_pictures_no_other_needs(codec: str, packet: bytes, expected: bool) -> None:
    assert bitstream.is_non_reference(codec, packet, 0) is expected
