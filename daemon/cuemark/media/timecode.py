"""The timecode of a file's first frame, as a label at the rate of its pictures."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cuemark.core.errors import OptionError
from cuemark.core.timebase import Timecode, allows_drop_frame, nominal_rate, round_half_up

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Size and kind of the entry, 6 + 2 + 4 bytes, flags, ticks a second, ticks a frame, frames a second.
_TMCD_ENTRY = struct.Struct(">I4s12xIIIB")
_MOST_BOXES = 10_000
_MXF_HEADER = 1 << 20


def start_timecode(path: Path, container: InputContainer, stream: VideoStream, rate: Fraction) -> str | None:
    """The timecode of the footage's own track, else of a data track (tmcd), else of the container.

    Much gear of 50 and 60 pictures a second counts timecode 25 and 30 times a second (SMPTE ST 12-1, frame pairs): such
    a label is said at `rate`, where it names the same moment, 10:00:00:20 of 25 as 10:00:00:40 of 50.
    """
    sources = [stream.metadata, *(s.metadata for s in container.streams if s.type == "data"), container.metadata]
    counted = track_rate(path, container.format.name.split(",")[0])
    for key, text in ((key, text) for metadata in sources for key, text in metadata.items()):
        if key.lower() != "timecode":
            continue
        try:
            label = Timecode.parse(text)
            return str(label if counted is None else at_rate(label, counted, rate))
        except OptionError:
            continue
    return None


@dataclass(frozen=True)
class TimecodeRate:
    """How a timecode track counts: `nominal` labels a second, `exact` frames of it a second."""

    nominal: int
    exact: Fraction


def at_rate(label: Timecode, counted: TimecodeRate, rate: Fraction) -> Timecode:
    """The label at `rate` of the moment that one of a track names.  OptionError where that label does not exist."""
    nominal = nominal_rate(rate)
    if counted.nominal == nominal:
        return label
    # Drop-frame labels are those of NTSC rates, whatever the track says of its length.
    exact = Fraction(counted.nominal * 1000, 1001) if label.drop_frame else Fraction(counted.nominal)
    frame = label.to_frame(exact)
    whole = nominal % counted.nominal == 0 or counted.nominal % nominal == 0
    ratio = Fraction(nominal, counted.nominal) if whole else rate / counted.exact
    return Timecode.from_frame(round_half_up(frame * ratio), rate, label.drop_frame and allows_drop_frame(rate))


def track_rate(path: Path, container: str) -> TimecodeRate | None:
    """How the first timecode track of an MP4, MOV or MXF file counts, which FFmpeg does not pass on; else None."""
    try:
        with path.open("rb") as file:
            if container == "mov":
                return _of_mov(file)
            return _of_mxf(file.read(_MXF_HEADER)) if container == "mxf" else None
    except OSError:
        return None


def _of_mov(file: BinaryIO) -> TimecodeRate | None:
    """From the sample description of a `tmcd` track (QuickTime File Format, timecode media)."""
    size = file.seek(0, 2)
    for moov in _boxes(file, 0, size, b"moov"):
        for trak in _boxes(file, *moov, b"trak"):
            for description in _nested(file, trak, (b"mdia", b"minf", b"stbl", b"stsd")):
                file.seek(description[0] + 8)
                entry = file.read(_TMCD_ENTRY.size)
                if len(entry) == _TMCD_ENTRY.size and entry[4:8] == b"tmcd":
                    *_, scale, duration, nominal = _TMCD_ENTRY.unpack(entry)
                    return TimecodeRate(nominal, Fraction(scale, duration)) if scale and duration and nominal else None
    return None


def _nested(file: BinaryIO, span: tuple[int, int], kinds: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    for inner in _boxes(file, *span, kinds[0]):
        if len(kinds) == 1:
            yield inner
        else:
            yield from _nested(file, inner, kinds[1:])


def _boxes(file: BinaryIO, start: int, end: int, kind: bytes) -> Iterator[tuple[int, int]]:
    """Where the contents of the boxes of a kind begin and end, among those between two places."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        file.seek(start)
        header = file.read(16)
        length, head = int.from_bytes(header[:4], "big"), 8
        if length == 1:
            length, head = int.from_bytes(header[8:16], "big"), 16
        elif length == 0:
            length = end - start
        if length < head:
            return
        if header[4:8] == kind:
            yield start + head, min(start + length, end)
        start += length


def _of_mxf(header: bytes) -> TimecodeRate | None:
    """From the rounded timecode base of the first timecode component (SMPTE ST 377-1, local tags 1501 and 1502)."""
    found = re.search(rb"\x15\x01\x00\x08.{8}\x15\x02\x00\x02(..)", header, re.DOTALL)
    nominal = int.from_bytes(found[1], "big") if found else 0
    return TimecodeRate(nominal, Fraction(nominal)) if nominal else None
