"""Names the cached vectors of a media by all that decides them.

A *line* is one footage through all the lengths it had while it was recorded, seen by one encoder; a *version* is one
of these lengths.  Entries of a version are named `<line>-<version>-...`, so that those of the line lie together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.media import MediaInfo
from cuemark.media.growth import opening_mark

SAMPLING_VERSION = 2
"""Raise when the pictures handed to an encoder change for the same file (scaling, colour, choice of frames)."""

# Written front to back, with the time of every frame beside it: what is appended changes no frame before it.
_GROWING = frozenset({"matroska", "mov", "mpegts", "flv", "asf", "mxf"})


@dataclass(frozen=True)
class TrackKeys:
    """The names under which one track is kept: `line` and `version` as above, `track` for exactly these times."""

    line: str
    version: str
    track: str

    @classmethod
    def of(cls, info: MediaInfo, encoder_id: str, times: Sequence[Fraction]) -> TrackKeys:
        """From the media's content, its stream, the encoder with its preprocessing, and the sample times."""
        picture = (info.width, info.height, info.rotation, info.pixel_aspect)
        stream = (info.container, info.codec, info.stream_index, info.start_time, *picture)
        line = _digest(20, _opening(info), encoder_id, SAMPLING_VERSION, *stream)
        version = f"{line}-{_digest(8, info.fingerprint)}"
        return cls(line, version, f"{version}-{_digest(8, *times)}")

    @property
    def parts(self) -> str:
        """The owner of what a run leaves behind before it is done."""
        return f"{self.track}/parts"

    def part(self, first: int) -> str:
        """The entry of the part whose first sample is number `first` of the track."""
        return f"{self.track}-{first:07}"


def _opening(info: MediaInfo) -> str:
    """What stays the same as the footage grows; its fingerprint where it is of a kind or a size that does not."""
    if info.container in _GROWING:
        try:
            return opening_mark(info.path) or info.fingerprint
        except OSError:  # gone meanwhile: whoever decodes it says so
            pass
    return info.fingerprint


def _digest(size: int, *parts: object) -> str:
    return hashlib.blake2b("\n".join(map(str, parts)).encode(), digest_size=size).hexdigest()
