"""The markers that analyses want on a timeline: through every clip that shows their footage, or a word on why not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from cuemark.core.analysis import Analysis
from cuemark.core.markers import CustomId, HostMarker, MarkerOptions, TimelineMarker
from cuemark.core.media import MediaInfo
from cuemark.core.text import first_few, shorten
from cuemark.core.timeline import FrameSpan, LeftOut, TimelineClip
from cuemark.hosts.clip_time_map import ClipTimeMap, file_rate, obstacle
from cuemark.hosts.showings import Showing, showings
from cuemark.markers.build import MarkedSegment, PlacedSegment, markers_for, one_a_frame, segments_of

_NAMED = 3
"""So many moments are named in one line."""
_NAME_LENGTH = 60


@dataclass(frozen=True)
class Window:
    """A span of the timeline that markers are wanted in, and ours that begin ahead of it, by segment."""

    span: FrameSpan
    ahead: Mapping[str, Collection[int]]

    @classmethod
    def of(cls, span: FrameSpan, markers: Iterable[HostMarker]) -> Window:
        """The window of a timeline that holds these markers, everybody's."""
        ahead: dict[str, list[int]] = {}
        for marker in markers:
            custom = CustomId.parse(marker.custom_data)
            if custom is not None and marker.frame < span.start:
                ahead.setdefault(custom.segment_id, []).append(marker.frame)
        return cls(span, ahead)

    def place(self, segment: MarkedSegment, showing: Showing) -> PlacedSegment | None:
        """What the window has of a segment in a showing: its marker, not beyond the window, where that begins in it.

        One that begins ahead goes on at the window's first frame that shows it, unless its marker is there already.
        """
        use = showing.place(segment)
        if use is None or use.end <= self.span.start or use.frame >= self.span.end:
            return None
        if use.frame >= self.span.start:
            high = self.span.end if use.high is None else min(use.high, self.span.end)
            low = max(use.low, self.span.start)
            return replace(use, duration=min(use.end, self.span.end) - use.frame, low=low, high=high)
        if any(use.frame <= frame for frame in self.ahead.get(segment.segment_id, ())):
            return None
        inside = showing.within(self.span)
        return None if inside is None else inside.place(segment)


@dataclass(frozen=True)
class Desired:
    """At most one marker a frame, what clips of the footage cannot carry, and the analyses no clip shows."""

    markers: tuple[TimelineMarker, ...]
    left_out: tuple[LeftOut, ...]
    unused: tuple[Analysis, ...]


def desired_markers(
    clips: Sequence[TimelineClip],
    rate: Fraction,
    analyses: Iterable[Analysis],
    contents: Mapping[Path, str],
    options: MarkerOptions,
    window: Window | None = None,
) -> Desired:
    """The markers that analyses want on a timeline of `rate`, or in a window of it: through every clip that shows their
    footage.

    `contents` are the fingerprints of the clips' files: footage is known by its content, not by its path.
    """
    markers: list[TimelineMarker] = []
    left_out: list[LeftOut] = []
    unused: list[Analysis] = []
    for analysis in analyses:
        paths = [path for path, content in contents.items() if content == analysis.media.fingerprint]
        if not paths:
            unused.append(analysis)
            continue
        placement = place(clips, rate, analysis.media, segments_of(analysis, options), paths, window)
        markers += markers_for(analysis.id, placement.placed, options.colours)
        left_out += placement.left_out
    return Desired(tuple(one_a_frame(markers)), tuple(dict.fromkeys(left_out)), tuple(unused))


@dataclass(frozen=True)
class Placement:
    """Every use of every segment in order of frame, and the clips that were left out, or moments of theirs were."""

    placed: tuple[PlacedSegment, ...]
    left_out: tuple[LeftOut, ...]


def place(
    clips: Iterable[TimelineClip],
    rate: Fraction,
    media: MediaInfo,
    segments: Iterable[MarkedSegment],
    paths: Collection[Path] = (),
    window: Window | None = None,
) -> Placement:
    """The segments of `media` on a timeline of `rate`, through each clip that shows one of `paths` (else the media's).

    A segment appears once in each showing that has it, and a chapter tells of the moments that its showing has.  What
    is left of a segment there is not marked where it is less than a quarter of a second and less than half: a cut made
    where a moment begins shows a frame or two of the one before.  Of the moments that have no marker at all for that,
    each showing that has one tells in one line; chapters, which follow each other, are not missed so.
    """
    files, wanted = set(paths) or {media.path}, list(segments)
    usable: list[ClipTimeMap] = []
    left_out: list[LeftOut] = []
    for clip in clips:
        if clip.path not in files:
            continue
        reason = obstacle(clip, media, rate)
        if not reason:
            usable.append(ClipTimeMap.through(clip, media, rate))
        elif window is None or window.span.meets(clip.start, clip.end):
            left_out.append(LeftOut.of(clip, f"{reason}{_unseen(clip, media, wanted)}"))
    shown = list(showings(usable))
    uses = [use for each in shown for use in _uses(each, wanted, window)]
    uses.sort(key=lambda use: (use.frame, use.track))
    marked = {use.segment.segment_id for use in uses}
    if window is not None:
        marked |= {segment.segment_id for each in shown for segment in wanted if each.place(segment) is not None}
    parts = shown if window is None else [part for each in shown if (part := each.within(window.span)) is not None]
    missed = [line for each in parts for line in _missed(each, [s for s in wanted if s.segment_id not in marked])]
    return Placement(tuple(uses), (*left_out, *missed))


def _uses(showing: Showing, segments: Iterable[MarkedSegment], window: Window | None) -> list[PlacedSegment]:
    """What one showing has of the segments; its chapters tell of the moments that it has, and of no others."""
    found = []
    for segment in segments:
        use = showing.place(segment) if window is None else window.place(segment, showing)
        if use is not None:
            inside = tuple(moment for moment in segment.inside if showing.place(moment) is not None)
            found.append(replace(use, segment=replace(segment, inside=inside)) if segment.inside else use)
    return found


def _missed(showing: Showing, segments: Iterable[MarkedSegment]) -> Iterable[LeftOut]:
    """One line a clip about moments that are marked nowhere, because too little of them is shown."""
    by_clip: dict[TimelineClip, list[MarkedSegment]] = {}
    for segment in segments:
        clip = showing.clip_with(segment)
        if clip is not None and segment.kind == "moment":
            by_clip.setdefault(clip, []).append(segment)
    for clip, missed in by_clip.items():
        yield LeftOut.of(clip, f"shows too little to mark of {_named(missed)}")


def _unseen(clip: TimelineClip, media: MediaInfo, segments: Iterable[MarkedSegment]) -> str:
    """The moments in the part of its file that a clip uses, as far as that is known: they have no marker there."""
    if clip.source_start is None or clip.source_end is None:
        return ""
    rate = file_rate(clip, media)
    first, after = clip.source_start / rate, clip.source_end / rate
    inside = [each for each in segments if each.kind == "moment" and each.start < after and each.end > first]
    return f"; no marker there for {_named(inside)}" if inside else ""


def _named(moments: Iterable[MarkedSegment]) -> str:
    """A few moments by their captions, each with its place in the file."""
    ordered = sorted(moments, key=lambda each: each.start)
    names = [f'"{shorten(each.text, _NAME_LENGTH)}" at {float(each.start):.1f} s of its file' for each in ordered]
    return first_few(names, _NAMED)
