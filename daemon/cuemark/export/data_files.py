"""Everything found as data: JSON for programs, CSV for spreadsheets and shot lists.

JSON is exactly what `analyze --json` prints for one file.  CSV has one row a moment or chapter: comma-separated, UTF-8,
one header line.

| column | meaning |
|---|---|
| kind | `moment` or `chapter` |
| number | from 1, in order of start, counted for each kind |
| start_s, end_s | seconds from the first frame shown, six decimals; the end is exclusive |
| start_frame, end_frame | frames from 0 at the rate of `--fps`, else the media's; the end is exclusive |
| start_timecode, end_timecode | from `--start-tc`, else the media's own start; `;` before the frames is drop-frame |
| text | the caption or title |
| score | of a moment: how sure it is that something is there, 0 to 1; empty for chapters |
"""

from __future__ import annotations

import csv
import io
import json
import math
from fractions import Fraction

from cuemark.core.analysis import Analysis, Moment, Notice
from cuemark.core.analysis_json import analysis_object
from cuemark.core.export_formats import ExportOptions
from cuemark.core.media import MediaInfo, frame_span
from cuemark.export.base import Exporter
from cuemark.export.sequence import Timebase, source_timebase
from cuemark.markers.build import plain

COLUMNS = (
    "kind",
    "number",
    "start_s",
    "end_s",
    "start_frame",
    "end_frame",
    "start_timecode",
    "end_timecode",
    "text",
    "score",
)


class JsonExporter(Exporter):
    """Everything found, for programs; options have no effect."""

    name = "json"
    suffix = ".cuemark.json"
    description = "Everything found, as one JSON object"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        return json.dumps(analysis_object(analysis), ensure_ascii=False, allow_nan=False, indent=2) + "\n", []


class CsvExporter(Exporter):
    """RFC 4180, UTF-8, in order of start; `end` is exclusive.  Timecode is the source's, or that of the options."""

    name = "csv"
    suffix = ".csv"
    description = "Moments and chapters as a table"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        timebase, notices = source_timebase(analysis.media, options)
        rows = [
            (moment.start, 1, "moment", number, moment.end, moment.caption, _score(moment))
            for number, moment in enumerate(sorted(analysis.moments, key=lambda m: m.start), 1)
        ]
        rows += [(c.start, 0, "chapter", number, c.end, c.title, "") for number, c in enumerate(analysis.chapters, 1)]
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for start, _, kind, number, end, text, score in sorted(rows, key=lambda row: row[:4]):
            writer.writerow(
                [kind, number, *_times(analysis.media, timebase, start, end), plain(text, options.transliterate), score]
            )
        return out.getvalue(), notices


def _score(moment: Moment) -> str:
    return f"{moment.score:.6g}" if math.isfinite(moment.score) else ""


def _times(media: MediaInfo, timebase: Timebase, start: Fraction, end: Fraction) -> list[str | int]:
    first, after = frame_span(media, start, end, timebase.rate)
    seconds = [f"{float(start):.6f}", f"{float(end):.6f}"]
    return [*seconds, first, after, timebase.timecode(first), timebase.timecode(after)]
