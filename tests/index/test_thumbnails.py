"""Thumbnails: small JPEGs of keyframes, sharp and never black; and what a container says of the recording."""

from __future__ import annotations

import io
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cuemark.core.limits import UNLIMITED
from cuemark.core.progress import SilentProgress
from cuemark.evidence.frames.measures import FrameMeasures, measure
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.evidence.index.entry import Thumbnail
from cuemark.evidence.index.thumbnails import make_thumbnails
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe
from cuemark.media.recording import date_of, recording_of
from cuemark.media.sampling import sample_times
from tests.index.conftest import write_film


def thumbnails_of(path: Path) -> tuple[tuple[Thumbnail, ...], set[Fraction]]:
    """The thumbnails of a film, and the times of its keyframes."""
    info = probe(path)
    frames, times = VideoFrames(info, UNLIMITED), sample_times(info)
    pictures = [measure(frame.rgb) for frame in frames.at(times, (64, 48))]
    vectors = np.ones((len(times), 1), np.float32)
    track = FeatureTrack.of(times, vectors, info.duration, "e", FrameMeasures.of(pictures))
    assert info.keyframes is not None
    keyframes = {tick * info.keyframes.base for tick in info.keyframes.ticks()}
    return make_thumbnails(info, track, frames, SilentProgress()), keyframes


def levels(jpeg: bytes) -> NDArray[np.uint8]:
    """The picture's luma."""
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("L"))


def test_one_for_ten_seconds_of_a_keyframe_and_never_black(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", 24, 1, black=5, size=(640, 360))
    found, keyframes = thumbnails_of(film)
    assert len(found) == 3
    for each in found:
        assert each.time in keyframes and each.time >= 5
        picture = Image.open(io.BytesIO(each.jpeg))
        assert picture.format == "JPEG" and picture.size == (320, 180)
        assert levels(each.jpeg).std() > 10


def test_footage_that_is_black_throughout_has_none(tmp_path: Path) -> None:
    assert thumbnails_of(write_film(tmp_path / "a.mp4", 6, 1, black=6))[0] == ()


def test_long_groups_of_pictures_have_one_of_another_frame(tmp_path: Path) -> None:
    found, keyframes = thumbnails_of(write_film(tmp_path / "a.mp4", 12, 1, black=1, every=1000))
    assert len(found) == 2 and keyframes == {Fraction(0)}
    assert all(levels(each.jpeg).std() > 10 for each in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-01T14:03:09+0200", datetime(2024, 5, 1, 12, 3, 9, tzinfo=timezone.utc)),
        ("2024-05-01T14:03:09.000000Z", datetime(2024, 5, 1, 14, 3, 9, tzinfo=timezone.utc)),
        ("2024:05:01 14:03:09", datetime(2024, 5, 1, 14, 3, 9, tzinfo=timezone.utc)),
        ("2024-05-01", datetime(2024, 5, 1, tzinfo=timezone.utc)),
        ("1970-01-01T00:00:00.000000Z", None),
        ("1904-01-01T00:00:00.000000Z", None),
        ("2024", None),
        ("2024-13-41", None),
        ("yesterday", None),
        ("9999-12-31T23:59:59-2359", None),
    ],
)
def test_dates_as_cameras_write_them(text: str, expected: datetime | None) -> None:
    assert date_of(text) == expected


@pytest.mark.parametrize(
    ("said", "camera"),
    [
        ({"com.apple.quicktime.make": "Apple", "com.apple.quicktime.model": "iPhone 15 Pro"}, "Apple iPhone 15 Pro"),
        ({"make": "Canon", "model": "Canon EOS R5"}, "Canon EOS R5"),
        ({"encoder": "GoPro AVC encoder"}, "GoPro"),
        ({"company_name": "FFmpeg", "product_name": "OP1a Muxer"}, ""),
        ({"encoder": "Lavf60.4.101"}, ""),
    ],
)
def test_cameras_are_named_as_the_file_names_them(said: dict[str, str], camera: str) -> None:
    assert recording_of([said]).camera == camera


def test_apples_date_goes_before_the_muxers() -> None:
    said = {"creation_time": "2024-05-02T00:00:00Z", "com.apple.quicktime.creationdate": "2024-05-01T14:03:09+0200"}
    found = recording_of([said]).at
    assert found is not None and found.isoformat() == "2024-05-01T12:03:09+00:00"
