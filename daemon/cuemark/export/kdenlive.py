"""Kdenlive guides (JSON): "Guides > Import".  Not verified on a live Kdenlive.

`pos` and `duration` count frames at the project's rate, `type` is the category: 0 to 8.  Two guides on one frame would
undo the whole import, so there is one.
"""

from __future__ import annotations

import json
from typing import Any

from cuemark.core.analysis import Analysis, Notice
from cuemark.export.base import Exporter, ExportOptions
from cuemark.export.markers import FrameMarker
from cuemark.export.sequence import Program, sequence_of

CHAPTER_CATEGORY = 0
MOMENT_CATEGORY = 1
_KDENLIVE = Program("Kdenlive", timecode=False)


class KdenliveExporter(Exporter):
    """Chapters as points in the first category, moments with their length in the second."""

    name = "kdenlive"
    suffix = ".guides.json"
    description = "Kdenlive guides"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        timeline, markers, notices = sequence_of(analysis, options, _KDENLIVE)
        if options.rate is None:
            message = f"Written for a project of {float(timeline.rate):.5g} fps; give yours with --fps."
            notices.append(Notice("export_timeline_assumed", message))
        guides = [_guide(marker) for marker in markers]
        return json.dumps(guides, ensure_ascii=False, indent=2) + "\n", notices


def _guide(marker: FrameMarker) -> dict[str, Any]:
    point = marker.is_chapter and marker.duration == 1
    return {
        "comment": "; ".join(filter(None, [marker.name, marker.note])),
        "pos": marker.frame,
        "type": CHAPTER_CATEGORY if marker.is_chapter else MOMENT_CATEGORY,
        "duration": 0 if point else marker.duration,
    }
