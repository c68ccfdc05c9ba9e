"""Media files and what is known of one without decoding it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, groupby, pairwise
from pathlib import Path

from cuemark.core.errors import Notice
from cuemark.core.text import first_few, printable_path
from cuemark.core.timebase import nearest_frame

_MOST = 4000


@dataclass(frozen=True)
class Keyframes:
    """When keyframes are shown, in ticks of `base` seconds from the first frame shown.

    `first` is the first one; `gaps` are (ticks to the next, how many times), so that the even spacing of most footage
    is one pair and three hours of it travel as little as a minute.
    """

    base: Fraction
    first: int
    gaps: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, ticks: Sequence[int], base: Fraction) -> Keyframes:
        """From rising ticks, at least one; the densest are thinned out where there would be too many to carry along."""
        if len(ticks) > _MOST and not _is_even(ticks):
            ticks = _thinned(ticks, (ticks[-1] - ticks[0]) // _MOST)
        gaps = (later - sooner for sooner, later in pairwise(ticks))
        return cls(base, ticks[0], tuple((gap, sum(1 for _ in same)) for gap, same in groupby(gaps)))

    def ticks(self) -> list[int]:
        """All of them, rising."""
        return list(accumulate((gap for gap, times in self.gaps for _ in range(times)), initial=self.first))

    def nearest(self, cells: Sequence[tuple[Fraction, Fraction]]) -> list[Fraction | None]:
        """For each cell [start, end) in seconds, the keyframe in it nearest to its middle; None where it has none."""
        ticks = self.ticks()
        return [self._nearest(ticks, start, end) for start, end in cells]

    def _nearest(self, ticks: Sequence[int], start: Fraction, end: Fraction) -> Fraction | None:
        inside = ticks[bisect_left(ticks, start / self.base) : bisect_left(ticks, end / self.base)]
        middle = (start + end) / 2 / self.base
        after = bisect_right(inside, middle)
        near = inside[max(0, after - 1) : after + 1]
        return min(near, key=lambda tick: abs(tick - middle)) * self.base if near else None


def _is_even(ticks: Sequence[int]) -> bool:
    """Whether few pairs say it all."""
    gaps = (later - sooner for sooner, later in pairwise(ticks))
    return sum(1 for _ in groupby(gaps)) <= _MOST


def _thinned(ticks: Sequence[int], least: int) -> list[int]:
    kept = [ticks[0]]
    for tick in ticks:
        if tick - kept[-1] > least:
            kept.append(tick)
    return kept


@dataclass(frozen=True)
class ClockJump:
    """A place where the time stamps of footage jump: they would have gone on at tick `before` and do so at `after`.

    A step back is met at packet number `packet` of the footage, from 0 in the order of storing.  A jump ahead is met
    where `after` is reached, among the packets from `packet` to the next step back.
    """

    packet: int
    before: int
    after: int

    @property
    def is_step_back(self) -> bool:
        """Whether the clock shows times again that it had shown before."""
        return self.after < self.before


@dataclass(frozen=True)
class MediaInfo:
    """One source file.  All times are exact seconds relative to the first frame shown, as an editor counts them.

    `rate` is the nominal frame rate; `start_time` the container time of the first frame; `picture_start` how long
    before that a player has been running, whose 0 is the start of the container (of its sound, say); `width` x `height`
    the size on screen (after rotation and pixel aspect); `rotation` is clockwise, in degrees.  `duration` is what can
    be decoded.  `frame_count` is None where nothing tells it.
    `keyframes` is None where the file does not tell them, and where every frame is one.
    `jumps` are places where the file's own clock jumps; all times here are without them.

    Without pictures (`has_picture` is False) times count from the first sample of sound, `codec` and `stream_index` are
    those of the main sound track, `width` and `height` are 0, and `rate` is a nominal one (`NOMINAL_RATE`).
    """

    path: Path
    fingerprint: str
    size: int
    container: str
    codec: str
    stream_index: int
    width: int
    height: int
    rotation: int
    pixel_aspect: Fraction
    rate: Fraction
    variable_rate: bool
    duration: Fraction
    frame_count: int | None
    start_time: Fraction
    start_timecode: str | None
    warnings: tuple[Notice, ...] = ()
    keyframes: Keyframes | None = None
    picture_start: Fraction = Fraction(0)
    jumps: tuple[ClockJump, ...] = ()
    has_picture: bool = True


NOMINAL_RATE = Fraction(24)
"""Frames a second where nothing has any: of sound alone, where something counts in frames."""
NOMINAL_SIZE = 1920, 1080
"""Pixels of a timeline on which there is sound alone."""


@dataclass(frozen=True)
class FoundVideos:
    """Videos and recordings of sound behind a path, sorted, and footage that cannot be read and was passed over."""

    videos: tuple[Path, ...]
    passed_over: tuple[Path, ...] = ()

    @staticmethod
    def names(paths: Sequence[Path], most: int = 6) -> str:
        """Files in words: `A001.braw, A002.R3D and 12 more`."""
        return first_few([printable_path(path.name) for path in paths], most)


def total_frames(media: MediaInfo, rate: Fraction | None = None) -> int:
    """How many frames of `rate` (default: the media's own) the media covers; at least 1."""
    at_own_rate = rate is None or rate == media.rate
    if at_own_rate and media.frame_count and not media.variable_rate:
        return media.frame_count
    return max(1, nearest_frame(media.duration, rate or media.rate))


def frame_span(media: MediaInfo, start: Fraction, end: Fraction, rate: Fraction | None = None) -> tuple[int, int]:
    """First frame and the frame after the last of [start, end): inside the media and never empty."""
    total = total_frames(media, rate)
    first = min(max(0, nearest_frame(start, rate or media.rate)), total - 1)
    after = min(max(nearest_frame(end, rate or media.rate), first + 1), total)
    return first, after
