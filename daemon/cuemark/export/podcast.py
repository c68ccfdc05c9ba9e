"""Podcasting 2.0 JSON chapters, version 1.2.0 (served as application/json+chapters)."""

from __future__ import annotations

import json

from cuemark.core.analysis import Analysis, Notice
from cuemark.export.base import Exporter, ExportOptions
from cuemark.export.entries import chapter_entries, ticks


class PodcastExporter(Exporter):
    """Times in seconds, to the millisecond."""

    name = "podcast"
    suffix = ".chapters.json"
    description = "Podcasting 2.0 chapters (JSON)"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        entries, notices = chapter_entries(analysis, options)
        chapters = [
            {"startTime": start / 1000, "endTime": end / 1000, "title": entry.title}
            for entry, (start, end) in zip(entries, ticks(entries, 1000), strict=True)
        ]
        return json.dumps({"version": "1.2.0", "chapters": chapters}, ensure_ascii=False, indent=2) + "\n", notices
