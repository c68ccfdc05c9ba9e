"""The markers that analyses want on a timeline: through every clip that shows their footage, or a word on why not.

Times of a media are seconds from its first frame shown; a file of constant rate is followed by its frame numbers,
because an editor's seconds are not the file's where Clip Attributes gave the clip another rate.  A file of variable
rate has no frame numbers to follow; its seconds are used as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cuemark.core.analysis import Analysis
from cuemark.core.markers import MarkerOptions, TimelineMarker
from cuemark.core.media import MediaInfo
from cuemark.core.timebase import round_half_up
from cuemark.core.timeline import LeftOut, TimelineClip
from cuemark.markers.build import MarkedSegment, PlacedSegment, markers_for, one_a_frame, segments_of

_SLIVER_S = Fraction(1, 4)
_NAMED = 3
"""So many moments are named in one line."""


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
) -> Desired:
    """The markers that analyses want on a timeline of `rate`: through every clip that shows their footage.

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
        placement = place(clips, rate, analysis.media, segments_of(analysis, options), paths)
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
) -> Placement:
    """The segments of `media` on a timeline of `rate`, through each clip that shows one of `paths` (else the media's).

    A segment appears as often as it is used.  What trimming left less than a quarter of a second of, and less than
    half, is not marked: a cut made where a moment begins shows a frame or two of the one before.  Of the moments that
    have no marker at all for that, each clip that shows one tells in one line; chapters, which follow each other, are
    not missed so.
    """
    files, wanted = set(paths) or {media.path}, list(segments)
    placed: list[tuple[TimelineClip, PlacedSegment]] = []
    left_out: list[LeftOut] = []
    slivers: list[tuple[TimelineClip, list[MarkedSegment]]] = []
    for clip in clips:
        if clip.path not in files:
            continue
        reason = _obstacle(clip, media, rate)
        if reason:
            left_out.append(LeftOut(clip.item, reason))
        else:
            time_map = ClipTimeMap.through(clip, media, rate)
            first, last = time_map.window()
            near = [(each, time_map.show(each)) for each in wanted if each.start < last and each.end > first]
            placed += [(clip, use) for _, use in near if use is not None]
            slivers.append((clip, [each for each, use in near if use is None and each.kind == "moment"]))
    placed.sort(key=lambda pair: (pair[1].frame, pair[0].track, pair[0].index))
    uses = tuple(use for _, use in placed)
    return Placement(uses, (*left_out, *_missed(slivers, {use.segment.segment_id for use in uses})))


def _missed(slivers: Iterable[tuple[TimelineClip, list[MarkedSegment]]], marked: Collection[str]) -> Iterable[LeftOut]:
    """One line a clip about the moments of which no clip shows enough for a marker."""
    for clip, segments in slivers:
        missed = sorted((each for each in segments if each.segment_id not in marked), key=lambda each: each.start)
        if missed:
            which = ", ".join(f"{each.segment_id} at {float(each.start):.1f} s" for each in missed[:_NAMED])
            more = f" and {len(missed) - _NAMED} more" if len(missed) > _NAMED else ""
            yield LeftOut(clip.item, f"shows too little to mark of the footage's {which}{more}")


@dataclass(frozen=True)
class ClipTimeMap:
    """The time map of one clip, exact: media frames (from the file's first) <-> timeline frames, both as fractions.

    `anchor` is the media position that the clip's first frame begins with, `step` the media frames that pass in one
    timeline frame (negative: reversed), `file_rate` the media frames in one second of the file.
    """

    clip: TimelineClip
    anchor: Fraction
    step: Fraction
    file_rate: Fraction
    rate: Fraction

    @classmethod
    def through(cls, clip: TimelineClip, media: MediaInfo, rate: Fraction) -> ClipTimeMap:
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

    def show(self, segment: MarkedSegment) -> PlacedSegment | None:
        """The segment's part inside the clip, None where there is none worth a marker."""
        ends = self.timeline_frame(segment.start), self.timeline_frame(segment.end)
        whole_start, whole_end = min(ends), max(ends)
        start, end = max(whole_start, Fraction(self.clip.start)), min(whole_end, Fraction(self.clip.end))
        if end <= start or self._sliver(end - start, whole_end - whole_start):
            return None
        first = min(max(round_half_up(start), self.clip.start), self.clip.end - 1)
        after = min(max(round_half_up(end), first + 1), self.clip.end)
        return PlacedSegment(segment, first, after - first, self.clip.start, self.clip.end, self.clip.track)

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
    return _contradiction(clip, ClipTimeMap.through(clip, media, rate), media)


def _contradiction(clip: TimelineClip, time_map: ClipTimeMap, media: MediaInfo) -> str:
    first, last = time_map.window()
    if first >= media.duration or last <= 0:
        return "uses a part that its file does not have (was the file replaced?)"
    if clip.source_start is None or clip.source_end is None:
        return ""
    used, expected = clip.source_end - clip.source_start, abs(time_map.step) * clip.duration
    # Each end may be rounded by a media frame, and the length by a timeline frame.
    if abs(used - expected) > 2 + abs(time_map.step):
        return "speed not constant"
    return ""


_SPEED_STEPS = (1, 2, 4, 10, 20, 100, 1000, 10000)
"""Parts of the speed, coarsest first: whole numbers, halves, quarters, then percent and hundredths of a percent."""


def infer_speed(source_frames: int, clip_rate: Fraction, record_frames: int, rate: Fraction) -> Fraction | None:
    """The constant speed of a clip from how much media it uses and how long it lasts; few editors say it.

    Source seconds per timeline second, above zero; None where a length is zero, which says nothing.  Both lengths are
    whole frames, so the quotient is off by a rounding: 59 frames at 29.97 show 47 of 23.976; that is not 99.6 %.

    Of all speeds under which the media used would be within one of its frames of `source_frames`, 1 is preferred,
    then the one with the shortest name.  So the last frame of the clip is never more than one media frame off.
    """
    if source_frames <= 0 or record_frames <= 0:
        return None
    per_frame = rate / clip_rate / record_frames
    measured = source_frames * per_frame
    if abs(1 - measured) < per_frame:
        return Fraction(1)
    for parts in _SPEED_STEPS:
        speed = Fraction(round_half_up(measured * parts), parts)
        if speed > 0 and abs(speed - measured) < per_frame:
            return speed
    return measured
