"""Showings: clips of one footage that follow each other in its own order on one track, as the cuts of an interview do.

A viewer sees one stretch of footage with bits left out, so a moment that a cut runs through is one moment, and a
chapter that goes on behind a cut does not begin again.  Elsewhere on the timeline the same footage is shown anew.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import groupby

from cuemark.core.timebase import round_half_up
from cuemark.core.timeline import FrameSpan, TimelineClip
from cuemark.hosts.clip_time_map import ClipTimeMap
from cuemark.markers.build import MarkedSegment, PlacedSegment

NEAR_S = 30
"""Seconds of timeline between two clips of one showing, at most: cutaways lie there, another scene takes longer."""
SLIVER_S = Fraction(1, 4)
"""Seconds: a shorter part of a segment is not marked, unless it is half of it; nor is a shorter step back a jump."""


@dataclass(frozen=True)
class Part:
    """What one clip of a showing has of a segment: timeline positions [start, end), and which share of it that is."""

    through: ClipTimeMap
    start: Fraction
    end: Fraction
    share: Fraction

    @property
    def first(self) -> int:
        """The first timeline frame that shows it, by rounding."""
        return max(round_half_up(self.start), self.through.low)

    @property
    def after(self) -> int:
        """The frame behind the last that shows it, by rounding."""
        return min(round_half_up(self.end), self.through.high)


@dataclass(frozen=True)
class Showing:
    """The clips of one showing in order of time; never empty."""

    clips: tuple[ClipTimeMap, ...]

    def parts(self, segment: MarkedSegment) -> list[Part]:
        """What its clips have of a segment, in order of time."""
        ordered, starts, ends = self._by_source
        near = ordered[bisect_right(ends, segment.start) : bisect_left(starts, segment.end)]
        if self.clips[0].step < 0:
            near = near[::-1]
        return [part for each in near if (part := _part(each, segment)) is not None]

    @cached_property
    def _by_source(self) -> tuple[tuple[ClipTimeMap, ...], list[Fraction], list[Fraction]]:
        """The clips in the footage's order, with the seconds they start and end at: both rise from clip to clip."""
        ordered = self.clips if self.clips[0].step > 0 else self.clips[::-1]
        return ordered, [each.window[0] for each in ordered], [each.window[1] for each in ordered]

    def within(self, span: FrameSpan) -> Showing | None:
        """What a span of the timeline has of it."""
        inside = tuple(replace(each, span=span) for each in self.clips if span.meets(each.clip.start, each.clip.end))
        return Showing(inside) if inside else None

    def clip_with(self, segment: MarkedSegment) -> TimelineClip | None:
        """The clip that shows a segment first, however little of it."""
        return next((part.through.clip for part in self.parts(segment)), None)

    def place(self, segment: MarkedSegment) -> PlacedSegment | None:
        """A segment from the first frame that shows some of it to the last; None where that is not worth a marker."""
        parts = self.parts(segment)
        if not parts or self._is_sliver(parts):
            return None
        # What lies between two frames is shown by neither; only a segment that has no frame at all is given one.
        parts = [part for part in parts if part.after > part.first] or parts[:1]
        begin, end = parts[0], parts[-1].through.high
        first = min(begin.first, begin.through.high - 1)
        after = min(max(parts[-1].after, first + 1), end)
        return PlacedSegment(segment, first, after - first, begin.through.low, end, begin.through.clip.track)

    def _is_sliver(self, parts: list[Part]) -> bool:
        shown = sum((part.end - part.start for part in parts), Fraction(0))
        return shown < SLIVER_S * self.clips[0].rate and 2 * sum(part.share for part in parts) < 1


def _part(clip: ClipTimeMap, segment: MarkedSegment) -> Part | None:
    ends = clip.timeline_frame(segment.start), clip.timeline_frame(segment.end)
    start, end = max(min(ends), Fraction(clip.low)), min(max(ends), Fraction(clip.high))
    return None if end <= start else Part(clip, start, end, (end - start) / (max(ends) - min(ends)))


def showings(clips: Iterable[ClipTimeMap]) -> Iterator[Showing]:
    """The showings of one footage, track by track in order of time."""
    ordered = sorted(clips, key=lambda each: (each.clip.track, each.clip.start, each.clip.index))
    for _, on_track in groupby(ordered, key=lambda each: each.clip.track):
        run: list[ClipTimeMap] = []
        for each in on_track:
            if run and not _goes_on(run[-1], each):
                yield Showing(tuple(run))
                run = []
            run.append(each)
        yield Showing(tuple(run))


def _goes_on(before: ClipTimeMap, after: ClipTimeMap) -> bool:
    """Whether a clip shows what comes next in the footage, or later, and soon enough; reversed ones run backwards."""
    if after.low - before.high > NEAR_S * before.rate or (before.step > 0) != (after.step > 0):
        return False
    begun, ended = _played(before)
    begins, ends = _played(after)
    return begins >= ended - SLIVER_S and begins > begun and ends > ended


def _played(clip: ClipTimeMap) -> tuple[Fraction, Fraction]:
    """The seconds that a clip plays from and to, counted in its own direction."""
    sign = 1 if clip.step > 0 else -1
    return sign * clip.source_time(clip.low), sign * clip.source_time(clip.high)
