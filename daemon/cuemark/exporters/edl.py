"""Marker EDL for DaVinci Resolve ("Timelines > Import > Timeline Markers from EDL").  Not verified on a live Resolve.

Times are absolute record timecode: with another start, rate or drop-frame than the timeline has, Resolve imports
without a complaint and shows nothing.  So the file says which timeline it is for, and a notice does when that was
assumed.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from cuemark.errors import InputError, OptionError
from cuemark.exporters.base import Exporter, ExportOptions
from cuemark.exporters.markers import FrameMarker, markers_of, one_per_frame
from cuemark.exporters.text import file_stem, one_line, to_ascii, without_astral
from cuemark.exporters.timeline import Timeline, record_timeline
from cuemark.media.info import MediaInfo
from cuemark.results import Analysis, Notice
from cuemark.timebase import LEGAL_RATES, snap_rate

MAX_EVENTS = 999
CHAPTER_COLOUR = "Purple"
"""Chapters have a colour of their own: Deliver's "Chapters from Markers" chooses by it."""
MOMENT_COLOUR = "Sky"
_FALLBACK_RATE = Fraction(24)


class EdlExporter(Exporter):
    """One event a marker: moments with their length, chapters as points."""

    name = "edl"
    suffix = ".markers.edl"
    description = "Marker EDL for DaVinci Resolve, every edition"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        rate, notices = _timeline_rate(analysis.media, options)
        timeline = record_timeline(rate, options)
        if options.rate is None or options.start_timecode is None:
            notices.append(
                Notice(
                    "export_timeline_assumed",
                    f"Written for a timeline of {timeline}; on another, markers will not show.",
                )
            )
        markers, more = markers_of(analysis, rate, options)
        notices += more
        markers = _unpiped(markers, notices)
        markers, joined = one_per_frame(markers)
        if joined:
            notices.append(
                Notice("export_markers_merged", f"{joined} marker(s) joined another on the same frame; see its note.")
            )
        _check(markers, timeline)
        title = to_ascii(file_stem(analysis.media.path)).replace("|", " ") or "Cuemark"
        head = f"TITLE: {title}\nFCM: {'DROP FRAME' if timeline.drop_frame else 'NON-DROP FRAME'}\n\n"
        return head + "".join(_event(number, marker, timeline) for number, marker in enumerate(markers, 1)), notices


def _timeline_rate(media: MediaInfo, options: ExportOptions) -> tuple[Fraction, list[Notice]]:
    if options.rate is not None:
        rate = snap_rate(options.rate, truncated=True)
        if rate not in LEGAL_RATES:
            legal = ", ".join(f"{float(legal):.5g}" for legal in LEGAL_RATES)
            raise OptionError(
                "export_rate", f"Resolve has no timeline of {float(options.rate):.5g} fps.", f"Use one of {legal}."
            )
        return rate, []
    rate = snap_rate(media.rate)
    if rate in LEGAL_RATES:
        return rate, []
    message = f"Resolve has no timeline of {float(rate):.5g} fps; written for {_FALLBACK_RATE}. Give yours: --fps."
    return _FALLBACK_RATE, [Notice("export_rate_assumed", message)]


def _unpiped(markers: list[FrameMarker], notices: list[Notice]) -> list[FrameMarker]:
    """Markers whose text the format can hold: no pipe (its separator), nothing beyond the BMP (Resolve garbles it)."""
    cleaned = []
    for number, marker in enumerate(markers, 1):
        name = one_line(without_astral(marker.name.replace("|", " "))) or f"Marker {number}"
        if name != marker.name:
            notices.append(Notice("export_marker_text", f'The text of {marker} is written as "{name}".'))
        cleaned.append(replace(marker, name=name))
    if any(not marker.name.isascii() for marker in cleaned):
        notices.append(
            Notice(
                "export_non_ascii", "Some versions of Resolve lose non-ASCII letters; --transliterate spells them out."
            )
        )
    return cleaned


def _check(markers: list[FrameMarker], timeline: Timeline) -> None:
    if not markers:
        raise InputError(
            "export_no_markers", "This analysis has no moment and no chapter to mark.", "Analyse the file again."
        )
    if len(markers) > MAX_EVENTS:
        raise InputError(
            "export_too_many_markers",
            f"A marker EDL holds {MAX_EVENTS} markers, here are {len(markers)}: {markers[MAX_EVENTS]} is one too many.",
            "Analyse with fewer moments, or export OTIO.",
        )
    for marker in markers:
        if timeline.past_midnight(marker.frame + 1):
            raise InputError(
                "export_past_midnight",
                f"The timecode of {marker} would pass 24:00:00:00 on a timeline of {timeline}.",
                "Give an earlier start timecode.",
            )


def _event(number: int, marker: FrameMarker, timeline: Timeline) -> str:
    begin, end = timeline.timecode(marker.frame), timeline.timecode(marker.frame + 1)
    colour = CHAPTER_COLOUR if marker.is_chapter else MOMENT_COLOUR
    return (
        f"{number:03}  001      V     C        {begin} {end} {begin} {end}  \n"
        f"{marker.note} |C:ResolveColor{colour} |M:{marker.name} |D:{max(1, marker.duration)}\n\n"
    )
