"""Lists of markers for a timeline that is open already: Resolve's marker EDL, Avid locators, Kdenlive guides, Blender.

None was verified on a live program.  Each of these files says which frames to mark and nothing about the footage, so
all depends on the timeline being the one they were written for; where that was assumed, a notice says so.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.errors import InputError
from cuemark.core.export_formats import ExportOptions
from cuemark.core.markers import TimelineMarker
from cuemark.core.text import one_line, to_ascii, without_astral
from cuemark.core.timebase import LEGAL_RATES
from cuemark.export.base import Exporter, file_stem, json_file
from cuemark.export.sequence import Program, Sequence, Timebase, assumed_notice, described, sequence_of, text_notice

MAX_EVENTS = 999
RESOLVE = Program("Resolve", LEGAL_RATES)


class EdlExporter(Exporter):
    """Marker EDL ("Timelines > Import > Timeline Markers from EDL"): moments with their length, chapters as points.

    Times are absolute record timecode: with another start, rate or drop-frame than the timeline has, Resolve imports
    without a complaint and shows nothing.
    """

    name = "edl"
    suffix = ".markers.edl"
    description = "Marker EDL for DaVinci Resolve, every edition"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        sequence = sequence_of(analysis, options, RESOLVE)
        _check_count(sequence.markers)
        notices = [*assumed_notice(sequence.timebase, options), *sequence.notices]
        markers = [_unpiped(marker, number, notices) for number, marker in enumerate(sequence.markers, 1)]
        if any(not f"{marker.name}{marker.note}".isascii() for marker in markers):
            message = "Some versions of Resolve lose non-ASCII letters; --transliterate spells them out."
            notices.append(Notice("export_non_ascii", message))
        title = to_ascii(file_stem(analysis.media.path)).replace("|", " ") or "Cuemark"
        counting = "DROP FRAME" if sequence.timebase.drop_frame else "NON-DROP FRAME"
        events = [_event(number, marker, sequence.timebase) for number, marker in enumerate(markers, 1)]
        return f"TITLE: {title}\nFCM: {counting}\n\n" + "".join(events), notices


def _check_count(markers: list[TimelineMarker]) -> None:
    if len(markers) > MAX_EVENTS:
        raise InputError(
            "export_too_many_markers",
            f"A marker EDL holds {MAX_EVENTS} markers, here are {len(markers)}: "
            f"{described(markers[MAX_EVENTS])} is one too many.",
            "Delete or merge some (cuemark analyses edit), analyse with fewer --moments, or export OTIO.",
        )


def _unpiped(marker: TimelineMarker, number: int, notices: list[Notice]) -> TimelineMarker:
    """A marker whose text the format can hold: no pipe (its separator), nothing beyond the BMP (Resolve garbles it)."""
    name, note = (one_line(without_astral(text.replace("|", " "))) for text in (marker.name, marker.note))
    name = name or f"Marker {number}"
    notices += text_notice(marker, marker.name, name)
    return replace(marker, name=name, note=note)


def _event(number: int, marker: TimelineMarker, timebase: Timebase) -> str:
    begin, end = timebase.timecode(marker.frame), timebase.timecode(marker.frame + 1)
    return (
        f"{number:03}  001      V     C        {begin} {end} {begin} {end}  \n"
        f"{marker.note} |C:ResolveColor{marker.color} |M:{marker.name} |D:{max(1, marker.duration)}\n\n"
    )


AVID_COLOURS = {"chapter": "magenta", "moment": "cyan", "shot": "yellow"}
"""Of red, green, blue, cyan, magenta, yellow, black and white."""
_NOT_AVID = (16, 18, 72, 96, Fraction(96000, 1001))
_AVID = Program("Avid Media Composer", [rate for rate in LEGAL_RATES if rate not in _NOT_AVID])


class AvidExporter(Exporter):
    """Avid Media Composer locators ("Markers > Import"): one line a marker, tab-separated.

    User, timecode, track, colour, comment, length in frames (1: a point).  Timecode is that of the sequence.  Text is
    kept ASCII, because how Avid reads other letters was not tested.
    """

    name = "avid"
    suffix = ".locators.txt"
    description = "Avid Media Composer locators"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        sequence = sequence_of(analysis, options, _AVID)
        notices = [*sequence.notices, *assumed_notice(sequence.timebase, options)]
        lines, track = [], "V1" if analysis.media.has_picture else "A1"
        for number, marker in enumerate(sequence.markers, 1):
            text = sequence.label(marker)
            comment = to_ascii(text) or f"Marker {number}"
            notices += text_notice(marker, text, comment)
            timecode = sequence.timebase.timecode(marker.frame)
            length = str(max(1, marker.duration))
            lines.append("\t".join(("Cuemark", timecode, track, AVID_COLOURS[marker.kind], comment, length)) + "\n")
        return "".join(lines), notices


KDENLIVE_CATEGORIES = {"chapter": 0, "moment": 1, "shot": 2}
"""Of 0 to 8."""
_KDENLIVE = Program("Kdenlive", timecode=False)


class KdenliveExporter(Exporter):
    """Kdenlive guides (JSON, "Guides > Import"): chapters as points, moments with their length in another category.

    `pos` and `duration` count frames at the project's rate.  Two guides on one frame would undo the whole import.
    """

    name = "kdenlive"
    suffix = ".guides.json"
    description = "Kdenlive guides"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        sequence = sequence_of(analysis, options, _KDENLIVE)
        notices = list(sequence.notices)
        if options.rate is None:
            message = f"Written for a project of {float(sequence.timebase.rate):.5g} fps; give yours with --fps."
            notices.append(Notice("export_timeline_assumed", message))
        guides = [_guide(marker, sequence) for marker in sequence.markers]
        return json_file(guides), notices


def _guide(marker: TimelineMarker, sequence: Sequence) -> dict[str, Any]:
    point = marker.kind == "chapter" and marker.duration == 1
    return {
        "comment": sequence.label(marker),
        "pos": marker.frame,
        "type": KDENLIVE_CATEGORIES[marker.kind],
        "duration": 0 if point else marker.duration,
    }


BLENDER_PREFIXES = {"moment": "Cuemark: ", "chapter": "Cuemark chapter: ", "shot": "Cuemark "}
_NAME_BYTES = 63
"""Blender cuts names after so many bytes of UTF-8."""
_BLENDER = Program("Blender", timecode=False)

_SCRIPT = '''"""Cuemark's markers for {title}.  Text editor > Open > Run Script; run again to renew them."""
from fractions import Fraction

import bpy

PREFIXES = {prefixes!r}
RATE = {rate}  # frames a second this was written for; None: the scene's
MARKERS = [  # (seconds from the first frame, name)
{rows}]

scene = bpy.context.scene
rate = Fraction(scene.render.fps) / Fraction(scene.render.fps_base).limit_denominator(10000)
if RATE is not None and abs(rate - RATE) > Fraction(1, 1000):
    raise RuntimeError("Written for %.5g fps, but the scene has %.5g." % (RATE, rate))
for marker in [m for m in scene.timeline_markers if m.name.startswith(PREFIXES)]:
    scene.timeline_markers.remove(marker)
for seconds, name in MARKERS:
    scene.timeline_markers.new(name, frame=scene.frame_start + int(seconds * rate + Fraction(1, 2)))
'''


class BlenderExporter(Exporter):
    """A Python script that sets Blender's timeline markers, to be run in its text editor.

    Markers have a name and a frame there, no colour and no length.  Frames count from the scene's first at the scene's
    rate, which the script reads; with `--fps` it refuses a scene of another rate.  Ours begin with a prefix, and a
    second run takes them off first.
    """

    name = "blender"
    suffix = ".blender.py"
    description = "Blender script that sets timeline markers"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        sequence = sequence_of(analysis, options, _BLENDER)
        notices = list(sequence.notices)
        rate = None if options.rate is None else sequence.timebase.rate
        rows = "".join(_row(marker, sequence, notices) for marker in sequence.markers)
        return _SCRIPT.format(
            title=to_ascii(file_stem(analysis.media.path)).replace("\\", "_").replace('"', "'") or "media",
            prefixes=tuple(BLENDER_PREFIXES.values()),
            rate=None if rate is None else f"Fraction({rate.numerator}, {rate.denominator})",
            rows=rows,
        ), notices

    def _remarked(self, text: str, remark: str) -> str:
        return f"# {remark}\n{text}"


def _row(marker: TimelineMarker, sequence: Sequence, notices: list[Notice]) -> str:
    text = sequence.label(marker)
    name = (BLENDER_PREFIXES[marker.kind] + text).encode()[:_NAME_BYTES].decode("utf-8", "ignore").rstrip()
    if not name.endswith(text):
        message = f'{described(marker)} is written as "{name}": Blender has {_NAME_BYTES} bytes for it.'
        notices.append(Notice("export_marker_text", message))
    seconds = marker.frame / sequence.timebase.rate
    return f"    (Fraction({seconds.numerator}, {seconds.denominator}), {name!a}),\n"
