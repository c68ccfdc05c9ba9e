"""Avid Media Composer locators ("Markers > Import"): one line a marker, tab-separated.  Not verified on a live Avid.

User, timecode, track, colour, comment, 1.  Timecode is that of the sequence.  Text is kept ASCII, because how Avid
reads other letters was not tested.
"""

from __future__ import annotations

from fractions import Fraction

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.timebase import LEGAL_RATES
from cuemark.export.base import Exporter, ExportOptions
from cuemark.export.markers import FrameMarker
from cuemark.export.sequence import Program, assumed_notice, sequence_of, with_name_kept
from cuemark.export.text import to_ascii
from cuemark.export.timeline import Timeline

CHAPTER_COLOUR = "magenta"
MOMENT_COLOUR = "cyan"
"""Of red, green, blue, cyan, magenta, yellow, black and white."""
_NOT_AVID = (16, 18, 72, 96, Fraction(96000, 1001))
_AVID = Program("Avid Media Composer", [rate for rate in LEGAL_RATES if rate not in _NOT_AVID])


class AvidExporter(Exporter):
    """Markers are points there; how long a moment is cannot be said."""

    name = "avid"
    suffix = ".locators.txt"
    description = "Avid Media Composer locators"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        timeline, markers, notices = sequence_of(analysis, options, _AVID)
        notices += assumed_notice(timeline, options)
        ascii_only = [
            with_name_kept(marker, to_ascii(marker.name) or f"Marker {number}", notices)
            for number, marker in enumerate(markers, 1)
        ]
        return "".join(_line(marker, timeline) for marker in ascii_only), notices


def _line(marker: FrameMarker, timeline: Timeline) -> str:
    colour = CHAPTER_COLOUR if marker.is_chapter else MOMENT_COLOUR
    comment = "; ".join(filter(None, [marker.name, to_ascii(marker.note)]))
    return "\t".join(("Cuemark", timeline.timecode(marker.frame), "V1", colour, comment, "1")) + "\n"
