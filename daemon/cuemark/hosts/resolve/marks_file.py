"""The markers of an analysis inside one self-contained Lua file, for Resolve without the daemon.

The file is clicked once in Workspace > Scripts.  It holds for a timeline that shows the whole media from its first
frame, and its markers are those of every other way: `markers.build` makes them.
"""

from __future__ import annotations

from fractions import Fraction

from cuemark.core.analysis import Analysis
from cuemark.core.errors import InputError
from cuemark.core.markers import MarkerOptions
from cuemark.core.timebase import snap_rate
from cuemark.core.timeline import MarksFile
from cuemark.export.base import ExportOptions, file_stem
from cuemark.export.marker_lists import RESOLVE
from cuemark.export.sequence import Timebase, marked, sequence_rate
from cuemark.hosts.resolve.script import marks_script


def marks_file(analysis: Analysis, rate: Fraction | None, options: MarkerOptions, *, remove: bool = False) -> MarksFile:
    """The script that puts the markers on the open timeline of `rate` (None: the media's), or takes them off.

    Raises what `sequence_rate` and `chapter_entries` raise, InputError `export_no_markers`, StoreError.
    """
    wanted = ExportOptions(rate=None if rate is None else snap_rate(rate), transliterate=options.transliterate)
    exact, notices = sequence_rate(analysis.media, wanted, RESOLVE)
    sequence = marked(analysis, Timebase(exact, False, 0), wanted, options)
    markers = [] if remove else [marker.on_host() for marker in sequence.markers]
    if not markers and not remove:
        raise InputError("export_no_markers", "This analysis has nothing to mark.", "Analyse the file again.")
    name = f"{file_stem(analysis.media.path)}{'.unmark' if remove else ''}.marks.lua"
    return MarksFile(name, marks_script(markers, exact, analysis.id, remove), len(markers), exact, tuple(notices))
