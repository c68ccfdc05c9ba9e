"""Marker EDL for DaVinci Resolve ("Timelines > Import > Timeline Markers from EDL").  Not verified on a live Resolve.

Times are absolute record timecode: with another start, rate or drop-frame than the timeline has, Resolve imports
without a complaint and shows nothing.  So the file says which timeline it is for, and a notice does when that was
assumed.
"""

from __future__ import annotations

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.markers import CHAPTER_COLOUR, MOMENT_COLOUR
from cuemark.core.timebase import LEGAL_RATES
from cuemark.export.base import Exporter, ExportOptions
from cuemark.export.markers import FrameMarker, markers_of, one_per_frame
from cuemark.export.sequence import (
    Program,
    assumed_notice,
    check_markers,
    merged_notice,
    sequence_rate,
    sequence_start,
    with_name_kept,
)
from cuemark.export.text import file_stem, one_line, to_ascii, without_astral
from cuemark.export.timeline import Timeline

MAX_EVENTS = 999
_RESOLVE = Program("Resolve", LEGAL_RATES)


class EdlExporter(Exporter):
    """One event a marker: moments with their length, chapters as points."""

    name = "edl"
    suffix = ".markers.edl"
    description = "Marker EDL for DaVinci Resolve, every edition"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        rate, notices = sequence_rate(analysis.media, options, _RESOLVE)
        timeline, _ = sequence_start(rate, options, _RESOLVE)
        notices += assumed_notice(timeline, options)
        markers, more = markers_of(analysis, rate, options)
        notices += more
        markers = _unpiped(markers, notices)
        markers, joined = one_per_frame(markers)
        notices += merged_notice(joined)
        check_markers(markers, timeline, MAX_EVENTS)
        title = to_ascii(file_stem(analysis.media.path)).replace("|", " ") or "Cuemark"
        head = f"TITLE: {title}\nFCM: {'DROP FRAME' if timeline.drop_frame else 'NON-DROP FRAME'}\n\n"
        return head + "".join(_event(number, marker, timeline) for number, marker in enumerate(markers, 1)), notices


def _unpiped(markers: list[FrameMarker], notices: list[Notice]) -> list[FrameMarker]:
    """Markers whose text the format can hold: no pipe (its separator), nothing beyond the BMP (Resolve garbles it)."""
    cleaned = []
    for number, marker in enumerate(markers, 1):
        name = one_line(without_astral(marker.name.replace("|", " "))) or f"Marker {number}"
        cleaned.append(with_name_kept(marker, name, notices))
    if any(not marker.name.isascii() for marker in cleaned):
        notices.append(
            Notice(
                "export_non_ascii", "Some versions of Resolve lose non-ASCII letters; --transliterate spells them out."
            )
        )
    return cleaned


def _event(number: int, marker: FrameMarker, timeline: Timeline) -> str:
    begin, end = timeline.timecode(marker.frame), timeline.timecode(marker.frame + 1)
    colour = CHAPTER_COLOUR if marker.is_chapter else MOMENT_COLOUR
    return (
        f"{number:03}  001      V     C        {begin} {end} {begin} {end}  \n"
        f"{marker.note} |C:ResolveColor{colour} |M:{marker.name} |D:{max(1, marker.duration)}\n\n"
    )
