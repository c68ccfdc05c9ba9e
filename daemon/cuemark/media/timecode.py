"""The timecode of a file's first frame, as a label at the rate of its pictures."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.errors import OptionError
from cuemark.core.timebase import Timecode, TimecodeRate
from cuemark.media.boxes import read_claims

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_MXF_HEADER = 1 << 20


def start_timecode(path: Path, container: InputContainer, stream: VideoStream, rate: Fraction) -> str | None:
    """The timecode of the footage's own track, else of a data track (tmcd), else of the container.

    Much gear of 50 and 60 pictures a second counts timecode 25 and 30 times a second (SMPTE ST 12-1, frame pairs): such
    a label is said at `rate`, where it names the same moment, 10:00:00:20 of 25 as 10:00:00:40 of 50.
    """
    sources = [stream.metadata, *(s.metadata for s in container.streams if s.type == "data"), container.metadata]
    labels = [label for metadata in sources for label in _labels(metadata)]
    counted = track_rate(path, container.format.name.split(",")[0]) if labels else None
    for label in labels:
        with suppress(OptionError):
            return str(label if counted is None else label.at_rate(counted, rate))
    return None


def _labels(metadata: Mapping[str, str]) -> Iterator[Timecode]:
    """The timecodes that can be read."""
    for key, text in metadata.items():
        if key.lower() == "timecode":
            with suppress(OptionError):
                yield Timecode.parse(text)


def track_rate(path: Path, container: str) -> TimecodeRate | None:
    """How the first timecode track of an MP4, MOV or MXF file counts, which FFmpeg does not pass on; else None."""
    try:
        with io.FileIO(path, "r") as file:
            if container == "mov":
                return _of_mov(file)
            return _of_mxf(file.read(_MXF_HEADER) or b"") if container == "mxf" else None
    except OSError:
        return None


def _of_mov(file: io.FileIO) -> TimecodeRate | None:
    claims = read_claims(file)
    tracks = [] if claims is None else claims.tracks
    scale, step, nominal = next((track.timecode for track in tracks if track.timecode is not None), (0, 0, 0))
    return TimecodeRate(nominal, Fraction(scale, step)) if scale and step and nominal else None


def _of_mxf(header: bytes) -> TimecodeRate | None:
    """From the rounded timecode base of the first timecode component (SMPTE ST 377-1, local tags 1501 and 1502)."""
    found = re.search(rb"\x15\x01\x00\x08.{8}\x15\x02\x00\x02(..)", header, re.DOTALL)
    nominal = int.from_bytes(found[1], "big") if found else 0
    return TimecodeRate(nominal, Fraction(nominal)) if nominal else None
