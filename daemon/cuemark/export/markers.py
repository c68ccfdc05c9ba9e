"""Moments and chapters as markers on frames, for formats that put them on a timeline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby

from cuemark.core.analysis import Analysis, Notice
from cuemark.export.base import ExportOptions
from cuemark.export.entries import chapter_entries, plain
from cuemark.export.spans import frame_span


@dataclass(frozen=True)
class FrameMarker:
    """`frame` counts from the media's first; a chapter is a point (1 frame) so that it does not cover the ruler."""

    frame: int
    duration: int
    name: str
    is_chapter: bool
    note: str = ""

    def __str__(self) -> str:
        return f'{"Chapter" if self.is_chapter else "Moment"} "{self.name}" at frame {self.frame}'


def markers_of(analysis: Analysis, rate: Fraction, options: ExportOptions) -> tuple[list[FrameMarker], list[Notice]]:
    """Every chapter start and every moment, in order of frame; several may share one."""
    markers: list[FrameMarker] = []
    notices: list[Notice] = []
    if analysis.chapters:
        entries, notices = chapter_entries(analysis, options)
        for entry in entries:
            first, _ = frame_span(analysis.media, entry.start, entry.end, rate)
            markers.append(FrameMarker(first, 1, entry.title, True))
    for number, moment in enumerate(sorted(analysis.moments, key=lambda m: m.start), 1):
        first, after = frame_span(analysis.media, moment.start, moment.end, rate)
        name = plain(moment.caption, options) or f"Moment {number}"
        markers.append(FrameMarker(first, after - first, name, False))
    return sorted(markers, key=lambda m: (m.frame, not m.is_chapter, -m.duration)), notices


def one_per_frame(markers: Iterable[FrameMarker]) -> tuple[list[FrameMarker], int]:
    """At most one marker a frame, and how many were joined into another.

    A chapter keeps its name and colour, else the longest moment does; the longest duration wins; what the others
    said goes into the note.  `markers` are in order of frame.
    """
    merged: list[FrameMarker] = []
    joined = 0
    for _, same in groupby(markers, key=lambda m: m.frame):
        group = sorted(same, key=lambda m: (not m.is_chapter, -m.duration))
        head, rest = group[0], group[1:]
        said = dict.fromkeys(m.name for m in rest if m.name.casefold() != head.name.casefold())
        note = "; ".join(filter(None, [head.note, *said]))
        merged.append(replace(head, duration=max(m.duration for m in group), note=note))
        joined += len(rest)
    return merged, joined
