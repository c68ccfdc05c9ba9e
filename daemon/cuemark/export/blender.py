"""A Python script that sets Blender's timeline markers, to be run in its text editor.

Markers have a name and a frame there, no colour and no length.  Frames count from the scene's first at the scene's
rate, which the script reads; with `--fps` it refuses a scene of another rate.  Ours begin with a prefix, and a second
run takes them off first.
"""

from __future__ import annotations

from fractions import Fraction

from cuemark.core.analysis import Analysis, Notice
from cuemark.export.base import Exporter, ExportOptions
from cuemark.export.markers import FrameMarker
from cuemark.export.sequence import Program, sequence_of
from cuemark.export.text import file_stem, to_ascii

PREFIX = "Cuemark: "
CHAPTER_PREFIX = "Cuemark chapter: "
_NAME_BYTES = 63
"""Blender cuts names after so many bytes of UTF-8."""
_BLENDER = Program("Blender", timecode=False, one_a_frame=False)

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
    """Chapters and moments by their first frame."""

    name = "blender"
    suffix = ".blender.py"
    description = "Blender script that sets timeline markers"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        timeline, markers, notices = sequence_of(analysis, options, _BLENDER)
        rate = None if options.rate is None else timeline.rate
        rows = "".join(_row(marker, timeline.rate, notices) for marker in markers)
        return _SCRIPT.format(
            title=to_ascii(file_stem(analysis.media.path)).replace("\\", "_").replace('"', "'") or "media",
            prefixes=(PREFIX, CHAPTER_PREFIX),
            rate=None if rate is None else f"Fraction({rate.numerator}, {rate.denominator})",
            rows=rows,
        ), notices


def _row(marker: FrameMarker, rate: Fraction, notices: list[Notice]) -> str:
    name = _cut((CHAPTER_PREFIX if marker.is_chapter else PREFIX) + marker.name)
    if not name.endswith(marker.name):
        message = f'{marker} is written as "{name}": Blender has {_NAME_BYTES} bytes for it.'
        notices.append(Notice("export_marker_text", message))
    seconds = marker.frame / rate
    return f"    (Fraction({seconds.numerator}, {seconds.denominator}), {name!a}),\n"


def _cut(name: str) -> str:
    return name.encode()[:_NAME_BYTES].decode("utf-8", "ignore").rstrip()
