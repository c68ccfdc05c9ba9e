"""An entry of the index: all that can be searched of one media, and how it lies on the disk.

The bytes are a function of the footage, the models and what was asked alone: no clock, no path of the footage, no
machine.  So two ways of indexing, or two runs of which one was killed, can be compared byte by byte.  Light: the daemon
reads it without any model's runtime.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from itertools import accumulate, groupby, pairwise
from math import lcm
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cuemark.core.analysis import ModelUse
from cuemark.core.media import MediaInfo
from cuemark.core.screen_text import ScreenTexts
from cuemark.core.shots import Shot
from cuemark.core.transcript import Transcript

ENTRY_VERSION = 1
"""Raise when an entry is written so that older versions cannot read it."""
UNIT_TOLERANCE = 4e-3
"""Of a vector's length: half precision rounds each of its numbers by up to 1 in 2048."""

Vectors = NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class EncodedTrack:
    """The frame vectors of one encoder: `times` are exact seconds from the first frame, `vectors` float16 [N, D], unit.

    `model` names the encoder and has its id; where it ran is left out.  ValueError where the parts do not fit.
    """

    model: ModelUse
    times: tuple[Fraction, ...]
    vectors: Vectors

    def __post_init__(self) -> None:
        if self.vectors.dtype != np.float16 or self.vectors.ndim != 2 or len(self.vectors) != len(self.times):
            found = f"{self.vectors.dtype} {self.vectors.shape}"
            raise ValueError(f"vectors {found} do not fit {len(self.times)} times; float16 [N, D] is meant")

    def __len__(self) -> int:
        return len(self.times)


@dataclass(frozen=True)
class Thumbnail:
    """A small picture of a media at `time`: a JPEG of at most 320 pixels in width."""

    time: Fraction
    jpeg: bytes


@dataclass(frozen=True, eq=False)
class IndexEntry:
    """All that the library knows of one media.

    `media` has no path and no warnings: where content lies, and what was met there, is the library's to know.
    `transcript` and `screen_text` are None where nobody listened or read.  `made` says by encoder ("" for sound alone)
    what was asked when its track was made.
    """

    media: MediaInfo
    tracks: tuple[EncodedTrack, ...] = ()
    shots: tuple[Shot, ...] = ()
    transcript: Transcript | None = None
    screen_text: ScreenTexts | None = None
    thumbnails: tuple[Thumbnail, ...] = ()
    recorded: datetime | None = None
    camera: str = ""
    made: dict[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Of the media's content."""
        return self.media.fingerprint


def placeless(media: MediaInfo) -> MediaInfo:
    """The media without where it lies and what was met there."""
    return replace(media, path=Path(), warnings=())


def nameless(use: ModelUse) -> ModelUse:
    """The model without the machine it ran on."""
    return ModelUse(use.name, use.id, "", "")


def contentual(entry: IndexEntry) -> IndexEntry:
    """The entry less all that is not of the content: paths, machines, and what was met on the way."""
    said, read = entry.transcript, entry.screen_text
    return replace(
        entry,
        media=placeless(entry.media),
        tracks=tuple(replace(track, model=nameless(track.model)) for track in entry.tracks),
        transcript=None if said is None else replace(said, name=Path(said.name).name, warnings=()),
        screen_text=None if read is None else replace(read, warnings=()),
    )


def half(vectors: NDArray[np.float32]) -> Vectors:
    """Unit vectors in half precision, which moves a cosine by less than 0.001."""
    return np.ascontiguousarray(vectors, np.float16)


@dataclass(frozen=True)
class TimeRuns:
    """Rising times as ticks of 1/`timescale` s: the first, then (ticks to the next, how many times in a row).

    Samples are spaced evenly, or by keyframes, so three hours of them are a few numbers.
    """

    timescale: int
    first: int
    gaps: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, times: Sequence[Fraction]) -> TimeRuns:
        """From exact times, at least one."""
        scale = lcm(*(time.denominator for time in times))
        ticks = [time.numerator * (scale // time.denominator) for time in times]
        gaps = (after - before for before, after in pairwise(ticks))
        return cls(scale, ticks[0], tuple((gap, len(list(same))) for gap, same in groupby(gaps)))

    def times(self) -> tuple[Fraction, ...]:
        """The times; ValueError where they do not rise from 0 on."""
        if self.timescale < 1 or self.first < 0 or any(gap < 1 or count < 1 for gap, count in self.gaps):
            raise ValueError("the times of an entry rise from 0 on")
        steps = (gap for gap, count in self.gaps for _ in range(count))
        return tuple(Fraction(tick, self.timescale) for tick in accumulate(steps, initial=self.first))


def npy_bytes(vectors: Vectors) -> bytes:
    """The file of a track's vectors, which can be mapped into memory."""
    content = io.BytesIO()
    np.lib.format.write_array(content, np.ascontiguousarray(vectors), version=(1, 0), allow_pickle=False)
    return content.getvalue()


def digest(data: bytes) -> str:
    """What a file of an entry is known by: a SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()
