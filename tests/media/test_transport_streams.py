"""Transport streams as receivers and recorders leave them: begun anywhere, with streams that come later."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cuemark.core.errors import MediaError
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe

Film = Callable[..., Path]
ReadNumber = Callable[[np.ndarray[Any, np.dtype[np.uint8]]], int]
PACKET = 188
TABLES = 3
"""Packets at the beginning that name the streams."""
LONG_GROUPS = {"x264-params": "keyint=250:min-keyint=250:scenecut=0"}


def begun_in_a_group(source: Path, target: Path, packets: int) -> Path:
    """The stream from its picture number `packets` on."""
    with av.open(str(source)) as film:
        places = [packet.pos for packet in film.demux(video=0) if packet.pos is not None and packet.size]
    data = source.read_bytes()
    target.write_bytes(data[: TABLES * PACKET] + data[places[packets] :])
    return target


def test_a_first_keyframe_after_more_than_five_seconds_is_found(
    film: Film, tmp_path: Path, read_number: ReadNumber
) -> None:
    source = film("whole.ts", 500, codec_options=LONG_GROUPS, numbers=[n % 250 for n in range(500)])
    path = begun_in_a_group(source, tmp_path / "late.ts", 60)
    info = probe(path)
    assert (info.width, info.height) == (160, 96)
    assert info.rate == 25
    assert info.duration == pytest.approx(10, abs=0.1)
    assert info.frame_count is None
    frames = list(VideoFrames(info).at([Fraction(1, 50), Fraction(4), Fraction(9)]))
    assert [read_number(frame.rgb) for frame in frames] == [0, 100, 225]


def test_a_stream_without_any_keyframe_says_so(film: Film, tmp_path: Path) -> None:
    """H.264 is not what is wrong with it."""
    source = film("whole.ts", 249, codec_options=LONG_GROUPS)
    with pytest.raises(MediaError) as caught:
        probe(begun_in_a_group(source, tmp_path / "headless.ts", 60))
    assert caught.value.code == "media_undecodable"
    assert "No whole picture begins" in caught.value.message
    assert "H.264" not in str(caught.value)


def with_a_late_stream(film: Film, tmp_path: Path) -> Path:
    """A broadcast in whose middle sound comes, farther from both ends than FFmpeg looks to learn of the streams."""
    alone, both = film("alone.ts", 100), film("both.ts", 100, sound=4.0)
    empty = (b"\x47\x1f\xff\x10" + b"\xff" * (PACKET - 4)) * 100_000
    path = tmp_path / "broadcast.ts"
    path.write_bytes(alone.read_bytes() + empty + both.read_bytes() + empty + alone.read_bytes())
    return path


def test_streams_that_appear_in_mid_transport_are_no_fault(film: Film, tmp_path: Path) -> None:
    path = with_a_late_stream(film, tmp_path)
    with av.open(str(path)) as container, pytest.raises(IndexError):
        for _ in container.demux():
            pass
    info = probe(path)
    assert info.duration == pytest.approx(12, abs=0.2)
    times = [Fraction(number, 4) for number in range(47)]
    assert len(list(VideoFrames(info).at(times))) == len(times)
