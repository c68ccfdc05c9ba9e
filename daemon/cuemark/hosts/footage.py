"""From analyses to the markers they want on a timeline: through every clip that shows their footage, under any name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cuemark.core.analysis import Analysis
from cuemark.core.markers import MarkerOptions, TimelineMarker
from cuemark.core.timebase import round_half_up
from cuemark.core.timeline import LeftOut, TimelineClip, TimelineDescription
from cuemark.hosts.mapping import place, spans_of
from cuemark.markers.build import markers_for, one_a_frame


@dataclass(frozen=True)
class Wishes:
    """At most one marker a frame, what clips of the footage cannot carry, and the analyses no clip shows."""

    markers: tuple[TimelineMarker, ...]
    left_out: tuple[LeftOut, ...]
    unused: tuple[Analysis, ...]


def files_of(description: TimelineDescription) -> list[Path]:
    """The files that its clips show and that are there, each once, in order of first use."""
    ordered = sorted(description.clips, key=lambda clip: (clip.start, clip.track))
    return list(dict.fromkeys(clip.path for clip in ordered if clip.path is not None and clip.problem != "offline"))


def alone(analysis: Analysis, rate: Fraction) -> TimelineDescription:
    """A timeline of this rate that shows the whole footage once, from its first frame on, and nothing else."""
    media = analysis.media
    frames = media.frame_count or round_half_up(media.duration * media.rate)
    length = max(1, round_half_up(media.duration * rate))
    clip = TimelineClip(
        item=media.path.name,
        track=1,
        index=1,
        start=0,
        duration=length,
        path=media.path,
        media_type="",
        clip_rate=media.rate,
        media_start_tc="",
        source_start=0,
        source_end=frames,
        speed=Fraction(1),
    )
    return TimelineDescription(
        host="",
        product="",
        version="",
        edition="free",
        project="",
        timeline=media.path.name,
        rate=rate,
        drop_frame=False,
        start_frame=0,
        start_timecode="00:00:00:00",
        duration=length,
        playhead=None,
        clips=(clip,),
        script_version="",
    )


def wishes_of(
    description: TimelineDescription,
    analyses: Iterable[Analysis],
    contents: Mapping[Path, str],
    options: MarkerOptions,
) -> Wishes:
    """`contents` are the fingerprints of the timeline's files: footage is known by its content, not by its path."""
    markers: list[TimelineMarker] = []
    left_out: list[LeftOut] = []
    unused: list[Analysis] = []
    for analysis in analyses:
        paths = [path for path, content in contents.items() if content == analysis.media.fingerprint]
        if not paths:
            unused.append(analysis)
            continue
        spans = [span for span in spans_of(analysis) if options.wants(span.kind)]
        placement = place(description, analysis.media, spans, paths)
        markers += markers_for(analysis, placement.placed, options)
        left_out += placement.left_out
    return Wishes(tuple(one_a_frame(markers)), tuple(dict.fromkeys(left_out)), tuple(unused))
