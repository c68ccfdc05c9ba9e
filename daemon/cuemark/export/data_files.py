"""Everything found as data: JSON for programs, CSV for spreadsheets and shot lists.

JSON is exactly what `analyze --json` prints for one file.  CSV has one row a moment, chapter or shot: comma-separated,
UTF-8, one header line.

| column | meaning |
|---|---|
| kind | `moment`, `chapter`, or `shot` where shots were asked for |
| number | from 1, in order of start, counted for each kind |
| start_s, end_s | seconds from the first frame shown, six decimals; the end is exclusive |
| start_frame, end_frame | frames from 0 at the rate of `--fps`, else the media's; the end is exclusive |
| start_timecode, end_timecode | from `--start-tc`, else the media's own start; `;` before the frames is drop-frame |
| text | the title; the caption, or "Moment 3" where nothing is dared to be said |
| score | of a moment: how sure it is that the caption's main word is right, 0 to 1; empty for chapters |
| tags | of a moment: words for what it shows and how sure each is, best first: `dog 0.81, grass 0.40` |
| source | of a moment: whether its words come from what is `seen`, `said` or `read` |
| said | of a moment: the words spoken in it |

A text that a spreadsheet would run as a formula (one that begins with = + - or @) has an apostrophe before it, which
spreadsheets do not show.  The tags are a column where the analysis has any, source and said where anything is said or
read; so is `warning`, the last, where the sample models wrote the words.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from fractions import Fraction

from cuemark.core.analysis import Analysis, Moment, Notice, named_moments, tags_text
from cuemark.core.analysis_json import analysis_object
from cuemark.core.export_formats import ExportOptions
from cuemark.core.media import MediaInfo, frame_span
from cuemark.core.shots import named_shots
from cuemark.export.base import Exporter, json_file
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
TAGS = ("tags",)
WORDS = ("source", "said")
WARNING = "warning"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a cell a formula; spreadsheets of East Asia take the full-width signs for the others."""


class JsonExporter(Exporter):
    """Everything found, for programs; options have no effect."""

    name = "json"
    suffix = ".cuemark.json"
    counts_frames = False
    description = "Everything found, as one JSON object"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        return json_file(analysis_object(analysis)), []


class CsvExporter(Exporter):
    """RFC 4180, UTF-8, in order of start; `end` is exclusive.  Timecode is the source's, or that of the options."""

    name = "csv"
    suffix = ".csv"
    description = "Moments and chapters as a table"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        def spell(text: str) -> str:
            return plain(text, options.transliterate)

        timebase, notices = source_timebase(analysis.media, options)
        columns = (*COLUMNS, *(TAGS if analysis.tagged else ()), *(WORDS if analysis.worded else ()))
        rows: list[tuple[Fraction, int, str, int, Fraction, list[str]]] = [
            (one.start, 1, "moment", number, one.end, [name, _score(one), *_more(one, analysis, spell)])
            for number, one, name in named_moments(analysis.moments, spell)
        ]
        nothing = [""] * (len(columns) - len(COLUMNS) + 1)
        chapters = enumerate(analysis.chapters, 1)
        rows += [(c.start, 0, "chapter", number, c.end, [spell(c.title), *nothing]) for number, c in chapters]
        shots = named_shots(analysis.shots)
        rows += [(one.start, 2, "shot", number, one.end, [name, *nothing]) for number, one, name in shots]
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(columns)
        for start, _, kind, number, end, words in sorted(rows, key=lambda row: row[:4]):
            writer.writerow([kind, number, *_times(analysis.media, timebase, start, end), *map(_inert, words)])
        return out.getvalue(), notices

    def _remarked(self, text: str, remark: str) -> str:
        """One more column, since a table has no place for remarks that every reader would pass over."""
        header, *rows = csv.reader(io.StringIO(text, newline=""))
        out = io.StringIO(newline="")
        csv.writer(out).writerows([[*header, WARNING], *([*row, remark] for row in rows)])
        return out.getvalue()


def _more(moment: Moment, analysis: Analysis, spell: Callable[[str], str]) -> list[str]:
    """The cells of the columns that not every analysis has."""
    words = [moment.source, spell(moment.said)] if analysis.worded else []
    return [*([tags_text(moment.tags, spell)] if analysis.tagged else []), *words]


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _score(moment: Moment) -> str:
    return f"{moment.score:.6g}" if math.isfinite(moment.score) else ""


def _times(media: MediaInfo, timebase: Timebase, start: Fraction, end: Fraction) -> list[str | int]:
    first, after = frame_span(media, start, end, timebase.rate)
    seconds = [f"{float(start):.6f}", f"{float(end):.6f}"]
    return [*seconds, first, after, timebase.timecode(first), timebase.timecode(after)]
