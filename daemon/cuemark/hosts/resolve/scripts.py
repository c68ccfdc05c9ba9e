"""The scripts for Resolve's menu: where they lie, and what is written into them.

`Cuemark.lua` talks to the daemon and gets the folder of its mailbox; `marks.lua` needs no daemon and gets markers,
which are the same as by every other way.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

from cuemark.core.analysis import Analysis
from cuemark.core.errors import InputError, StoreError
from cuemark.core.export_formats import ExportOptions
from cuemark.core.markers import CustomId, HostMarker, MarkerOptions
from cuemark.core.model_notices import sample_warning
from cuemark.core.timebase import snap_rate
from cuemark.core.timeline import MarksFile
from cuemark.export.base import file_stem
from cuemark.export.marker_lists import RESOLVE
from cuemark.export.sequence import Timebase, marked, sequence_rate
from cuemark.hosts.resolve.mailbox import lua_value
from cuemark.hosts.resolve.places import SCRIPT_NAME

_PLACE = b"local MAILBOX = nil -- the set-up writes the folder here"
_MARKS = b"local MARKS = nil -- Cuemark writes the markers here"
_VERSION = re.compile(rb'^local VERSION = "([^"]*)"', re.M)


def source_file(name: str = SCRIPT_NAME) -> Path:
    """A script as it was delivered: in a checkout, else where an installation put it.

    Raises StoreError `resolve_script_missing`.
    """
    places = (
        Path(__file__).resolve().parents[4] / "plugin" / "resolve" / name,
        Path(sys.prefix) / "share" / "cuemark" / "resolve" / name,
    )
    for place in places:
        if place.is_file():
            return place
    message = "The Resolve script is not part of this installation."
    raise StoreError("resolve_script_missing", message, "Install Cuemark again.")


def rendered(source: bytes, mailbox: Path, windows: bool = os.name == "nt") -> bytes:
    """The script with its mailbox written in.

    Lua opens files by bytes: those of the file system, on Windows those of its ANSI code page.  Raises StoreError
    `resolve_path_not_ansi` for a folder whose name that code page lacks.
    """
    try:
        folder = str(mailbox).encode("mbcs", "strict") if windows else os.fsencode(mailbox)
    except (UnicodeEncodeError, LookupError) as error:
        message = f"Resolve's Lua cannot open the folder {mailbox}: its name has letters outside of Windows' code page."
        step = "Set CUEMARK_HOME to a folder with a plain name and install the script again."
        raise StoreError("resolve_path_not_ansi", message, step) from error
    return _filled(source, _PLACE, b"local MAILBOX = " + _lua_string(folder))


def marks_script(markers: Iterable[HostMarker], rate: Fraction, analysis: str, remove: bool = False) -> bytes:
    """A script that puts markers of one analysis on the open timeline, by itself; with `remove`, takes them off.

    Frames count from the timeline's start at `rate`, and every custom data begins with the analysis's id.
    """
    values = {
        "rate": {"numerator": rate.numerator, "denominator": rate.denominator},
        "prefix": str(CustomId(analysis, "")),
        "remove": remove,
        "markers": [] if remove else [asdict(marker) for marker in markers],
    }
    return _filled(source_file("marks.lua").read_bytes(), _MARKS, f"local MARKS = {lua_value(values)}".encode("ascii"))


def _filled(source: bytes, place: bytes, line: bytes) -> bytes:
    if source.count(place) != 1:
        raise StoreError("resolve_script_damaged", "The Resolve script was changed by hand.", "Install Cuemark again.")
    return source.replace(place, line)


def version_of(script: bytes) -> str | None:
    """The version a script says it has; None where it is not ours."""
    match = _VERSION.search(script)
    return match[1].decode("ascii", "replace") if match and b"Cuemark" in script else None


def _lua_string(text: bytes) -> bytes:
    """A Lua string of these bytes in plain ASCII."""
    plain = b"".join(bytes([byte]) if 32 <= byte < 127 and byte not in b'"\\' else b"\\%03d" % byte for byte in text)
    return b'"' + plain + b'"'


def marks_file(analysis: Analysis, rate: Fraction | None, options: MarkerOptions, *, remove: bool = False) -> MarksFile:
    """The script that puts an analysis's markers on the open timeline of `rate` (None: the media's), or takes them off.

    It is clicked once, and holds for a timeline that shows the whole media from its first frame on.

    Raises what `sequence_rate` and `chapter_entries` raise, InputError `export_no_markers`, StoreError.
    """
    wanted = ExportOptions(rate=None if rate is None else snap_rate(rate), transliterate=options.transliterate)
    exact, notices = sequence_rate(analysis.media, wanted, RESOLVE)
    sequence = marked(analysis, Timebase(exact, False, 0), wanted, options)
    markers = [] if remove else [marker.on_host() for marker in sequence.markers]
    if not markers and not remove:
        raise InputError("export_no_markers", "This analysis has nothing to mark.", "Analyse the file again.")
    if (unfit := sample_warning(analysis)) is not None and not remove:
        notices = [unfit, *notices]
    name = f"{file_stem(analysis.media.path)}{'.unmark' if remove else ''}.marks.lua"
    return MarksFile(name, marks_script(markers, exact, analysis.id, remove), len(markers), exact, tuple(notices))
