"""Where the moments of one media lie on a timeline: through every clip that uses it, or with a word on why not.

Times of a media are seconds from its first frame shown; a file of constant rate is followed by its frame numbers,
because an editor's seconds are not the file's where Clip Attributes gave the clip another rate.  A file of variable
rate has no frame numbers to follow; its seconds are used as they are.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cuemark.core.analysis import Analysis
from cuemark.core.markers import MarkerKind
from cuemark.core.media import MediaInfo
from cuemark.core.timebase import Timecode, frames_of, round_half_up, timecode_at
from cuemark.core.timeline import LeftOut, TimelineClip, TimelineDescription

_SLIVER_S = Fraction(1, 4)
_NAMED = 3
"""So many moments are named in one line."""


@dataclass(frozen=True)
class SourceSpan:
    """A moment or chapter (its id) of one media: [start, end) in seconds."""

    segment_id: str
    kind: MarkerKind
    start: Fraction
    end: Fraction


@dataclass(frozen=True)
class PlacedSpan:
    """The part of a span that one clip shows: timeline frames [frame, frame + duration), always inside the clip."""

    span: SourceSpan
    clip: TimelineClip
    frame: int
    duration: int


@dataclass(frozen=True)
class Placement:
    """Every use of every span in order of frame, and the clips that were left out, or moments of theirs were."""

    placed: tuple[PlacedSpan, ...]
    left_out: tuple[LeftOut, ...]


def spans_of(analysis: Analysis) -> list[SourceSpan]:
    """The chapters and moments of an analysis as spans of its media."""
    chapters = [SourceSpan(c.id, "chapter", c.start, c.end) for c in analysis.chapters]
    return chapters + [SourceSpan(m.id, "moment", m.start, m.end) for m in analysis.moments]


def place(
    description: TimelineDescription,
    media: MediaInfo,
    spans: Iterable[SourceSpan],
    paths: Collection[Path] = (),
) -> Placement:
    """The spans of `media` on the timeline, through each clip whose file is one of `paths` (else the media's own).

    A span appears as often as it is used.  What trimming left less than a quarter of a second of, and less than half,
    is not marked: a cut made where a moment begins shows a frame or two of the one before.  Of the moments that have
    no marker at all for that, each clip that shows one tells in one line; chapters, which follow each other, are not
    missed so.
    """
    files, wanted = set(paths) or {media.path}, list(spans)
    placed: list[PlacedSpan] = []
    left_out: list[LeftOut] = []
    slivers: list[tuple[TimelineClip, list[SourceSpan]]] = []
    for clip in description.clips:
        if clip.path not in files:
            continue
        reason = _obstacle(clip, media, description.rate)
        if reason:
            left_out.append(LeftOut(clip.item, reason))
        else:
            passage = Passage.through(clip, media, description.rate)
            first, last = passage.window()
            near = [(span, passage.show(span)) for span in wanted if span.start < last and span.end > first]
            placed += [use for _, use in near if use is not None]
            slivers.append((clip, [span for span, use in near if use is None and span.kind == "moment"]))
    placed.sort(key=lambda use: (use.frame, use.clip.track, use.clip.index))
    return Placement(tuple(placed), (*left_out, *_missed(slivers, {use.span.segment_id for use in placed})))


def _missed(slivers: Iterable[tuple[TimelineClip, list[SourceSpan]]], marked: Collection[str]) -> Iterable[LeftOut]:
    """One line a clip about the moments of which no clip shows enough for a marker."""
    for clip, spans in slivers:
        missed = sorted((span for span in spans if span.segment_id not in marked), key=lambda span: span.start)
        if missed:
            which = ", ".join(f"{span.segment_id} at {float(span.start):.1f} s" for span in missed[:_NAMED])
            more = f" and {len(missed) - _NAMED} more" if len(missed) > _NAMED else ""
            yield LeftOut(clip.item, f"shows too little to mark of the footage's {which}{more}")


def without_media(description: TimelineDescription) -> list[LeftOut]:
    """The items that show no file: titles, generators, compound clips and the like."""
    return [LeftOut(clip.item, clip.problem or "no media file") for clip in description.clips if clip.path is None]


@dataclass(frozen=True)
class Passage:
    """The exact way through one clip: media frames (from the file's first) <-> timeline frames, both as fractions.

    `anchor` is the media position that the clip's first frame begins with, `step` the media frames that pass in one
    timeline frame (negative: reversed), `file_rate` the media frames in one second of the file.
    """

    clip: TimelineClip
    anchor: Fraction
    step: Fraction
    file_rate: Fraction
    rate: Fraction

    @classmethod
    def through(cls, clip: TimelineClip, media: MediaInfo, rate: Fraction) -> Passage:
        """ValueError where the clip does not say how it uses its media; `place` reports such clips."""
        clip_rate = clip.clip_rate or media.rate
        start = clip.source_start if clip.speed is None or clip.speed > 0 else clip.source_end
        if not clip.speed or start is None:
            raise ValueError(f"{clip.item} cannot be mapped")
        file_rate = clip_rate if media.variable_rate else media.rate
        return cls(clip, Fraction(start), clip.speed * clip_rate / rate, file_rate, rate)

    def source_time(self, frame: Fraction | int) -> Fraction:
        """The second of the file that the timeline shows at `frame`."""
        return (self.anchor + (frame - self.clip.start) * self.step) / self.file_rate

    def window(self) -> tuple[Fraction, Fraction]:
        """The seconds of the file that the clip shows, the earlier first."""
        ends = self.source_time(self.clip.start), self.source_time(self.clip.end)
        return min(ends), max(ends)

    def timeline_frame(self, second: Fraction) -> Fraction:
        """The timeline position at which `second` of the file would be shown, inside the clip or not."""
        return self.clip.start + (second * self.file_rate - self.anchor) / self.step

    def source_timecode(self, frame: int) -> str:
        """The media's own timecode of what the timeline shows at `frame`; "" where it has none that fits its rate."""
        clip_rate = self.clip.clip_rate or self.file_rate
        if not self.clip.media_start_tc:
            return ""
        shown = self.anchor + (frame - self.clip.start) * self.step
        # Reversed, the frame that begins at `anchor` is the one after the first shown.
        number = math.ceil(shown) - 1 if self.step < 0 else math.floor(shown)
        label = Timecode.parse(self.clip.media_start_tc)
        return timecode_at(frames_of(label, clip_rate) + number, clip_rate, label.drop_frame)

    def show(self, span: SourceSpan) -> PlacedSpan | None:
        """The span's part inside the clip, None where there is none worth a marker."""
        ends = self.timeline_frame(span.start), self.timeline_frame(span.end)
        whole_start, whole_end = min(ends), max(ends)
        start, end = max(whole_start, Fraction(self.clip.start)), min(whole_end, Fraction(self.clip.end))
        if end <= start or self._sliver(end - start, whole_end - whole_start):
            return None
        first = min(max(round_half_up(start), self.clip.start), self.clip.end - 1)
        after = min(max(round_half_up(end), first + 1), self.clip.end)
        return PlacedSpan(span, self.clip, first, after - first)

    def _sliver(self, shown: Fraction, whole: Fraction) -> bool:
        return shown < _SLIVER_S * self.rate and 2 * shown < whole


def _obstacle(clip: TimelineClip, media: MediaInfo, rate: Fraction) -> str:
    """Why nothing can be placed through the clip, "" where it can."""
    if clip.problem:
        return clip.problem
    if not clip.enabled:
        return "disabled"
    if clip.duration <= 0:
        return "no length"
    if clip.speed is None:
        return "speed unknown"
    if clip.speed == 0:
        return "freeze frame"
    if (clip.source_start if clip.speed > 0 else clip.source_end) is None:
        return "unknown which part of its file it uses"
    return _contradiction(clip, Passage.through(clip, media, rate), media)


def _contradiction(clip: TimelineClip, passage: Passage, media: MediaInfo) -> str:
    first, last = passage.window()
    if first >= media.duration or last <= 0:
        return "uses a part that its file does not have (was the file replaced?)"
    if clip.source_start is None or clip.source_end is None:
        return ""
    used, expected = clip.source_end - clip.source_start, abs(passage.step) * clip.duration
    # Each end may be rounded by a media frame, and the length by a timeline frame.
    if abs(used - expected) > 2 + abs(passage.step):
        return "speed not constant"
    return ""
