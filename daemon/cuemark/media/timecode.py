"""The timecode of a file's first frame, as a label at the rate of its pictures."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.errors import OptionError
from cuemark.core.timebase import Timecode, allows_drop_frame, nominal_rate, round_half_up
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
