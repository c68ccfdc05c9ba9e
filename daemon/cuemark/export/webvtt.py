"""WebVTT chapters, for `<track kind="chapters">`."""

from __future__ import annotations

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.timebase import clock
from cuemark.export.base import Exporter, ExportOptions
from cuemark.export.entries import Entry, chapter_entries, ticks


class WebVttExporter(Exporter):
    """One cue a chapter, disjoint, one line of text each."""

    name = "webvtt"
    suffix = ".chapters.vtt"
    description = "WebVTT chapters, for web players"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        entries, notices = chapter_entries(analysis, options)
        ticks(entries, 1000)
        cues = [f"{number}\n{_times(entry)}\n{escape(entry.title)}\n" for number, entry in enumerate(entries, 1)]
        return "\n".join(["WEBVTT\n", *cues]), notices


def _times(entry: Entry) -> str:
    return f"{clock(entry.start, 'hh:mm:ss.mmm')} --> {clock(entry.end, 'hh:mm:ss.mmm')}"


def escape(text: str) -> str:
    """Cue text with & < > as entities; this also keeps the forbidden `-->` out."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
