"""The markers of an analysis inside one self-contained Lua file, for Resolve without the daemon."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from cuemark.core.errors import InputError

if TYPE_CHECKING:
    from cuemark.core.analysis import Analysis, Notice
    from cuemark.core.markers import MarkerOptions


@dataclass(frozen=True)
class MarksScript:
    """The file's bytes and a name for it, the rate it is for, and what to tell the user."""

    name: str
    data: bytes
    count: int
    rate: Fraction
    notices: tuple[Notice, ...]


def script_of(analysis: Analysis, rate: Fraction | None, options: MarkerOptions, *, remove: bool) -> MarksScript:
    """Raises what `sequence_rate` raises, InputError `export_no_markers`, StoreError."""
    from cuemark.core.timebase import LEGAL_RATES, snap_rate
    from cuemark.export.base import ExportOptions
    from cuemark.export.sequence import Program, sequence_rate
    from cuemark.export.text import file_stem
    from cuemark.hosts.footage import alone, wishes_of
    from cuemark.hosts.resolve.script import marks_script

    media = analysis.media
    wanted = ExportOptions(rate=None if rate is None else snap_rate(rate))
    exact, notices = sequence_rate(media, wanted, Program("Resolve", LEGAL_RATES))
    wishes = wishes_of(alone(analysis, exact), [analysis], {media.path: media.fingerprint}, options)
    markers = [marker.on_host() for marker in wishes.markers]
    if not markers and not remove:
        raise InputError("export_no_markers", "This analysis has nothing to mark.", "Analyse the file again.")
    data = marks_script(markers, exact, analysis.id, remove)
    name = f"{file_stem(media.path)}{'.unmark' if remove else ''}.marks.lua"
    return MarksScript(name, data, 0 if remove else len(markers), exact, tuple(notices))
