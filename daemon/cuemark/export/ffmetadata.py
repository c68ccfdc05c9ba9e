"""ffmetadata: `ffmpeg -i in -i chapters -map_metadata 0 -map_chapters 1 -codec copy out`."""

from __future__ import annotations

import re

from cuemark.core.analysis import Analysis, Notice
from cuemark.export.base import Exporter, ExportOptions
from cuemark.export.entries import chapter_entries, ticks

# Written out: without a TIMEBASE line ffmpeg counts nanoseconds.
_PER_SECOND = 1000


class FfmetadataExporter(Exporter):
    """Chapters only; no global tags, so that muxing cannot overwrite the media's own."""

    name = "ffmetadata"
    suffix = ".ffmetadata"
    description = "Chapters for ffmpeg to put into an MP4 or MKV"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        entries, notices = chapter_entries(analysis, options)
        blocks = [
            f"[CHAPTER]\nTIMEBASE=1/{_PER_SECOND}\nSTART={start}\nEND={end}\ntitle={escape(entry.title)}\n"
            for entry, (start, end) in zip(entries, ticks(entries, _PER_SECOND), strict=True)
        ]
        return "\n".join([";FFMETADATA1\n", *blocks]), notices


def escape(value: str) -> str:
    """A value with its special characters `= ; # \\` and newline preceded by a backslash."""
    return re.sub(r"([=;#\\\n])", r"\\\1", value)
