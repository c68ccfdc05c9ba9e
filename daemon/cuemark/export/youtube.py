"""YouTube: lines for a video's description.  One line that breaks a rule makes YouTube drop all chapters.

First at 0:00, at least three, ascending, each at least 10 s, h:mm:ss from one hour on, no bracket, bullet or
range before or after the time.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.errors import InputError
from cuemark.core.export_formats import ExportOptions
from cuemark.core.text import one_line, printable_path, shorten
from cuemark.core.timebase import clock
from cuemark.export.base import Exporter
from cuemark.export.entries import Entry, player_entries

MIN_CHAPTERS = 3
MIN_SECONDS = 10
MAX_TITLE = 100
MAX_DESCRIPTION = 5000


class YouTubeExporter(Exporter):
    """Text to paste into the description."""

    name = "youtube"
    suffix = ".youtube.txt"
    counts_frames = False
    description = "YouTube chapters, to paste into the description"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        entries, notices = player_entries(analysis, options)
        entries = _from_zero(entries, notices)
        entries = _long_enough(entries, analysis.media.picture_start + analysis.media.duration, notices)
        if len(entries) < MIN_CHAPTERS:
            raise _too_few(entries, analysis)
        entries = [_fitting_title(entry, notices) for entry in entries]
        text = "".join(f"{clock(entry.start, 'm:ss', rounding='down')} {entry.title}\n" for entry in entries)
        if len(text) > MAX_DESCRIPTION:
            notices.append(
                Notice(
                    "export_youtube_long",
                    f"The list has {len(text)} characters; a YouTube description holds {MAX_DESCRIPTION}. Delete some.",
                )
            )
        return text, notices

    def _remarked(self, text: str, remark: str) -> str:
        return f"{remark}\n\n{text}"


def _from_zero(entries: list[Entry], notices: list[Notice]) -> list[Entry]:
    first = entries[0]
    if first.start == 0:
        return entries
    notices.append(Notice("export_youtube_first", f"{first} was moved to 0:00, where YouTube wants the first."))
    return [replace(first, start=Fraction(0)), *entries[1:]]


def _second(time: Fraction) -> int:
    # Down, not nearest: a viewer who jumps there misses nothing, and a length of 10 s stays 10 s.
    return time.numerator // time.denominator


def _long_enough(entries: list[Entry], duration: Fraction, notices: list[Notice]) -> list[Entry]:
    """As many chapters of at least 10 s as can be had by joining neighbours, the joined ones as short as can be."""
    joined: list[Entry] = []
    for group in _groups([_second(entry.start) for entry in entries], duration):
        members = entries[group.start : group.stop]
        main = max(members, key=lambda entry: entry.end - entry.start)
        for entry in members:
            if entry != main:
                length = f"{float(entry.end - entry.start):.3g} s"
                message = f"{entry} ({length}) became part of {main}: YouTube wants at least {MIN_SECONDS} s each."
                notices.append(Notice("export_youtube_merged", message))
        joined.append(replace(main, start=members[0].start, end=members[-1].end))
    return joined


def _groups(starts: list[int], duration: Fraction) -> list[range]:
    """Consecutive runs of chapters, each run 10 s or longer: most runs first, then the least sum of squared lengths."""
    edges: list[int | Fraction] = [*starts, duration]
    # best[end] = (minus the runs, squared lengths, where the last run begins) over the chapters before `end`
    best: list[tuple[int, float, int] | None] = [(0, 0.0, 0)]
    for end in range(1, len(edges)):
        options = [
            (before[0] - 1, before[1] + float(edges[end] - edges[begin]) ** 2, begin)
            for begin, before in enumerate(best)
            if before is not None and edges[end] - edges[begin] >= MIN_SECONDS
        ]
        best.append(min(options, default=None))
    if best[-1] is None:
        return [range(len(starts))]
    runs, end = [], len(starts)
    while end:
        begin = (best[end] or (0, 0.0, 0))[2]
        runs.append(range(begin, end))
        end = begin
    return runs[::-1]


def _fitting_title(entry: Entry, notices: list[Notice]) -> Entry:
    title = one_line(entry.title.replace("<", " ").replace(">", " ")) or f"Chapter {entry.number}"
    if title != entry.title:
        notices.append(Notice("export_youtube_title", f'YouTube takes no < or >; {entry} is written as "{title}".'))
    if len(title) > MAX_TITLE:
        notices.append(Notice("export_youtube_title", f"The title of {entry} was cut to {MAX_TITLE} characters."))
    return replace(entry, title=shorten(title, MAX_TITLE))


def _too_few(entries: list[Entry], analysis: Analysis) -> InputError:
    have = "1 chapter" if len(entries) == 1 else f"{len(entries)} chapters"
    another = "export another format, for example ffmetadata"
    roomy = analysis.media.duration >= MIN_CHAPTERS * MIN_SECONDS
    return InputError(
        "export_youtube_too_few",
        f"{printable_path(analysis.media.path)} has {have} once those under {MIN_SECONDS} s are joined "
        f"({'; '.join(map(str, entries))}); YouTube shows none with fewer than {MIN_CHAPTERS}.",
        f"Add some (cuemark analyses edit {analysis.id or 'ANALYSIS'} --add START --title TEXT), "
        f"analyse it with more moments (--moments 6), or {another}."
        if roomy
        else f"No video under {MIN_CHAPTERS * MIN_SECONDS} s can have them: {another}.",
    )
