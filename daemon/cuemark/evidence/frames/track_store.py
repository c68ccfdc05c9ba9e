"""What the cache knows of a media's vectors already, whichever run computed them, and where new ones are left.

Entries are named by all that decides their vectors.  A *line* is one footage through all the lengths it had while it
was recorded, seen by one encoder; a *version* is one of these lengths.  Entries of a version are named
`<line>-<version>-...`, so that those of the line lie together.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cuemark.core.media import MediaInfo
from cuemark.core.serialise import UNREADABLE
from cuemark.evidence.frames.cache import CacheEntry, FeatureCache
from cuemark.evidence.frames.measures import MEASURES_VERSION, FrameMeasures, PictureMeasures
from cuemark.evidence.frames.track import UNIT_TOLERANCE, FeatureTrack
from cuemark.media.fingerprint import content_mark, opening_mark

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
        # Where a clock jumps, times say nothing of other lengths of the footage, nor of a run that believed the clock.
        stream = (info.container, info.codec, info.stream_index, info.start_time, *picture, *info.jumps)
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


Vector = NDArray[np.float32]
_EARLIER_VERSIONS = 3
# Where a file ended before, its last frames may have lacked what others are predicted from.
_END_SECONDS = Fraction(2)
_END_FRAMES = 32


@dataclass(frozen=True)
class FrameSpan:
    """A stretch of time, ends included, in which one and the same frame is on screen; seconds from the first frame."""

    start: Fraction
    end: Fraction

    @classmethod
    def of(cls, time: Fraction, frame_time: Fraction) -> FrameSpan:
        """From a time and when the frame on screen then came on (later only where the footage had not begun)."""
        return cls(min(time, frame_time), max(time, frame_time))


class Known(NamedTuple):
    """What is known of a frame: its vector, when it is on screen, and its measures where they were taken."""

    vector: Vector
    span: FrameSpan
    measures: PictureMeasures | None = None


# By version, so that entries without measures, or with those of another version, lend their vectors all the same.
_VALUES, _THUMBNAILS = f"measures_{MEASURES_VERSION}", f"thumbnails_{MEASURES_VERSION}"


def pack(
    spans: Sequence[FrameSpan],
    vectors: Sequence[Vector] | NDArray[np.float32],
    measures: FrameMeasures | None = None,
) -> dict[str, NDArray[Any]]:
    """Spans and their vectors as arrays for the cache: int64 [T, 4] (two exact fractions), float32 [T, D]; measures."""
    numbers = [(s.start.numerator, s.start.denominator, s.end.numerator, s.end.denominator) for s in spans]
    arrays: dict[str, NDArray[Any]] = {
        "spans": np.array(numbers, np.int64).reshape(-1, 4),
        "vectors": np.asarray(vectors, np.float32),
    }
    return arrays if measures is None else {**arrays, _VALUES: measures.values, _THUMBNAILS: measures.thumbnails}


def unpack_measures(arrays: Mapping[str, NDArray[Any]]) -> FrameMeasures | None:
    """The measures that `pack` was given; None where they are not there, or of another version."""
    return FrameMeasures(arrays[_VALUES], arrays[_THUMBNAILS]) if _VALUES in arrays else None


def fits(arrays: Mapping[str, NDArray[Any]], width: int) -> bool:
    """Whether arrays are what `pack` makes: as many spans as unit vectors of `width`, and of measures if there are any.

    What carries no seal may be anything.
    """
    spans, vectors = arrays.get("spans"), arrays.get("vectors")
    if spans is None or vectors is None or spans.dtype != np.int64 or vectors.dtype != np.float32:
        return False
    if vectors.shape != (len(spans), width) or spans.shape != (len(vectors), 4) or not len(vectors):
        return False
    whole = bool((spans[:, 1] > 0).all() and (spans[:, 3] > 0).all())
    lengths = np.linalg.norm(vectors, axis=1)
    unit = bool(np.all(np.abs(lengths - 1) < UNIT_TOLERANCE))  # also catches NaN
    try:
        measures = unpack_measures(arrays)
    except (ValueError, KeyError):
        return False
    return whole and unit and (measures is None or len(measures) == len(vectors))


class KnownVectors:
    """The vectors that can be had without decoding, by time."""

    def __init__(self) -> None:
        self._entries: list[Known] = []

    def add(self, arrays: Mapping[str, NDArray[Any]], before: Fraction | None = None) -> None:
        """What `pack` made; with `before`, only vectors of frames that were on screen before that time."""
        measured = unpack_measures(arrays)
        vectors = arrays["vectors"]
        pictures = [None] * len(vectors) if measured is None else list(measured)
        for (a, b, c, d), vector, picture in zip(arrays["spans"].tolist(), vectors, pictures, strict=True):
            span = FrameSpan(Fraction(a, b), Fraction(c, d))
            if before is None or span.end < before:
                self._entries.append(Known(vector, span, picture))

    def at(self, times: Sequence[Fraction]) -> dict[int, Known]:
        """Those of `times` at which a known frame is on screen, by place."""
        entries = sorted(self._entries, key=lambda entry: (entry.span.start, entry.span.end))
        starts = [entry.span.start for entry in entries]
        found = {}
        for place, time in enumerate(times):
            nearest = bisect_right(starts, time) - 1
            if nearest >= 0 and time <= entries[nearest].span.end:
                found[place] = entries[nearest]
        return found


class TrackStore:
    """The entries of one track in the cache, and those of the same footage that can stand in for them."""

    def __init__(
        self, info: MediaInfo, encoder_id: str, dimension: int, times: Sequence[Fraction], cache: FeatureCache
    ) -> None:
        """`encoder_id`: vectors of equal ones are comparable; `dimension`: D, how many numbers a vector has."""
        self._info, self._cache, self._times, self._width = info, cache, times, dimension
        self._keys = TrackKeys.of(info, encoder_id, times)
        self._mark: str | None = None
        self._dropped_before = cache.dropped

    @property
    def dropped(self) -> int:
        """How many entries did not fit and are computed again."""
        return self._cache.dropped - self._dropped_before

    def whole(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
        """Arrays and facts of the finished track; StoreError."""
        stored = self._fitting(self._keys.track)
        if stored is None or not (stored.sealed or len(stored.arrays["vectors"]) == len(self._times)):
            return None
        return stored.arrays, stored.facts

    def _fitting(self, key: str) -> CacheEntry | None:
        """The entry, if it is what was put there as far as can be told."""
        stored = self._cache.get(key)
        if stored is not None and not (stored.sealed or fits(stored.arrays, self._width)):
            self._cache.discard(key)
            return None
        return stored

    def known(self) -> tuple[dict[int, Known], int]:
        """What other runs left of the track, by place, and how many entries it comes from.

        Other runs: one of these times that did not finish, one of other times, one of the file when it was shorter.
        StoreError.
        """
        found: dict[int, Known] = {}
        entries = 0
        for key, before in self._useful():
            stored = self._fitting(key)
            if stored is None:
                continue
            known = KnownVectors()
            known.add(stored.arrays, before)
            fresh = {
                place: value
                for place, value in known.at(self._times).items()
                if place not in found or (found[place].measures is None and value.measures is not None)
            }
            found |= fresh
            entries += bool(fresh)
        return found, entries

    def keep_part(
        self, first: int, spans: Sequence[FrameSpan], vectors: Sequence[Vector], measures: FrameMeasures | None
    ) -> None:
        """Leave vectors of a run that goes on; StoreError."""
        facts = self._facts(self._info.duration)
        self._cache.put(self._keys.part(first), self._keys.parts, pack(spans, vectors, measures), facts)

    def keep_whole(self, spans: Sequence[FrameSpan], track: FeatureTrack, facts: Mapping[str, object]) -> None:
        """Keep the finished track, which makes its parts superfluous; StoreError."""
        every = {**facts, **self._facts(track.duration)}
        self._cache.put(self._keys.track, self._keys.track, pack(spans, track.vectors, track.measures), every)
        self._cache.drop(self._keys.parts)

    def _facts(self, duration: Fraction) -> dict[str, object]:
        if self._mark is None:
            self._mark = _mark(self._info, self._info.size)
        return {"size": self._info.size, "mark": self._mark, "duration": str(duration)}

    def _useful(self) -> list[tuple[str, Fraction | None]]:
        """Keys of entries to look into, and up to when each can be believed (None: all of it)."""
        own: list[tuple[str, Fraction | None]] = []
        earlier: dict[tuple[int, str], list[tuple[str, Fraction | None]]] = {}
        for key, facts in self._cache.find(f"{self._keys.line}-").items():
            size, mark = facts.get("size"), facts.get("mark")
            if key.startswith(f"{self._keys.version}-"):
                own.append((key, None))
            elif isinstance(size, int) and mark and size < self._info.size:
                margin = max(_END_SECONDS, _END_FRAMES / self._info.rate)
                with suppress(*UNREADABLE):  # facts of a torn row
                    earlier.setdefault((size, str(mark)), []).append((key, Fraction(facts["duration"]) - margin))
        longest_first = sorted(earlier, reverse=True)
        same = (version for version in longest_first if _mark(self._info, version[0]) == version[1])
        return own + [entry for version in islice(same, _EARLIER_VERSIONS) for entry in earlier[version]]


def _mark(info: MediaInfo, size: int) -> str:
    """The content mark, or "" (which equals no other) where the file cannot be read any more."""
    try:
        return content_mark(info.path, size)
    except OSError:
        return ""
