"""The start timecode of footage whose timecode track counts at another rate than its pictures come at."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from cuemark.core.timebase import frames_of
from cuemark.media import timecode
from cuemark.media.probe import probe

Film = Callable[..., Path]
NTSC = Fraction(1000, 1001)
DROP = 1


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def timecode_track(offset: int, scale: int, step: int, nominal: int, flags: int) -> bytes:
    """A `tmcd` track of one sample, 4 bytes that lie at `offset` of the file."""
    entry = struct.pack(">I4s6xHIIIIBx", 34, b"tmcd", 1, 0, flags, scale, step, nominal)
    table = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), entry),
        box(b"stts", struct.pack(">IIII", 0, 1, 1, step)),
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)),
        box(b"stsz", struct.pack(">III", 0, 4, 1)),
        box(b"stco", struct.pack(">III", 0, 1, offset)),
    )
    media = box(
        b"mdia",
        box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, scale, step, 0, 0)),
        box(b"hdlr", struct.pack(">II4s12xB", 0, 0, b"tmcd", 0)),
        box(b"minf", box(b"gmhd", box(b"gmin", bytes(16))), table),
    )
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    header = struct.pack(">IIIIII8xHHHH", 15, 0, 0, 9, 0, 1, 0, 0, 0, 0) + matrix + bytes(8)
    return box(b"trak", box(b"tkhd", header), media)


def with_timecode(film: Path, first: int, scale: int, step: int, nominal: int, flags: int = 0) -> Path:
    """The MOV with a timecode track whose first label is frame `first` of it, at the end of the file."""
    data = film.read_bytes()
    place = data.index(b"moov") - 4
    length = int.from_bytes(data[place : place + 4], "big")
    assert place + length == len(data), "the index lies behind the pictures"
    track = timecode_track(0, scale, step, nominal, flags)
    offset = len(data) + len(track) + 8
    track = timecode_track(offset, scale, step, nominal, flags)
    index = struct.pack(">I", length + len(track)) + data[place + 4 :] + track
    film.write_bytes(data[:place] + index + box(b"mdat", struct.pack(">I", first)))
    return film


@pytest.mark.parametrize(
    ("rate", "first", "track", "flags", "label", "start"),
    [
        (Fraction(50), 900_020, (25, 1, 25), 0, "10:00:00:40", Fraction(1800040, 50)),
        (60 * NTSC, 1_078_940, (30000, 1001, 30), DROP, "10:00:00;40", Fraction(2160037880, 60000)),
        (60 * NTSC, 1_080_020, (30000, 1001, 30), 0, "10:00:00:40", Fraction(2160040 * 1001, 60000)),
        (Fraction(60), 1_080_007, (30, 1, 30), 0, "10:00:00:14", Fraction(2160014, 60)),
        (Fraction(48), 864_011, (24, 1, 24), 0, "10:00:00:22", Fraction(1728022, 48)),
        (Fraction(120), 1_080_007, (30, 1, 30), 0, "10:00:00:28", Fraction(4320028, 120)),
        (Fraction(25), 900_020, (25, 1, 25), 0, "10:00:00:20", Fraction(900_020, 25)),
        (30 * NTSC, 1_078_940, (30000, 1001, 30), DROP, "10:00:00;20", Fraction(1078940 * 1001, 30000)),
        (30 * NTSC, 1_080_020, (30, 1, 30), 0, "10:00:00:20", Fraction(1080020 * 1001, 30000)),
        (Fraction(25), 1_800_041, (50, 1, 50), 0, "10:00:00:21", Fraction(900_021, 25)),
        (Fraction(50), 86_400 * 25 - 1, (25, 1, 25), 0, "23:59:59:48", Fraction(86_400 * 50 - 2, 50)),
        (24 * NTSC, 1_078_920, (30000, 1001, 30), DROP, "09:59:24:00", Fraction(863136 * 1001, 24000)),
    ],
)
def test_a_label_is_that_of_the_same_moment(
    film: Film,
    rate: Fraction,
    first: int,
    track: tuple[int, int, int],
    flags: int,
    label: str,
    start: Fraction,
) -> None:
    info = probe(with_timecode(film("camera.mov", 30, rate=rate), first, *track, flags))
    assert (info.rate, info.start_timecode) == (rate, label)
    assert frames_of(label, rate) / rate == start


@pytest.mark.parametrize("track", [(25, 0, 25), (0, 1, 25), (25, 1, 0)])
def test_a_track_that_says_nothing_of_its_rate_is_read_at_the_pictures_own(
    film: Film, track: tuple[int, int, int]
) -> None:
    path = with_timecode(film("camera.mov", 30, rate=50), 0, *track)
    assert probe(path).start_timecode in (None, "00:00:00:00")


def test_a_label_of_another_container_counts_at_the_pictures_rate(film: Film) -> None:
    path = film("camera.mkv", 30, rate=50, metadata={"timecode": "10:00:00:40"})
    with av.open(str(path)) as container:
        assert container.metadata["TIMECODE"] == "10:00:00:40"
    assert probe(path).start_timecode == "10:00:00:40"


def test_a_file_without_a_label_is_not_searched_for_how_it_counts(film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(timecode, "track_rate", lambda path, container: asked.append(path))
    assert probe(film("plain.mov", 5)).start_timecode is None and not asked
    labelled = with_timecode(film("camera.mov", 30), 900_020, 25, 1, 25)
    assert probe(labelled).start_timecode == "10:00:00:20" and asked == [labelled]
