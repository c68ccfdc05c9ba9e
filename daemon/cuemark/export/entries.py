"""Chapters made ready for a target: each checked by itself and against its neighbours, text cleaned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from cuemark.core.analysis import Analysis, Chapter, Notice
from cuemark.core.errors import InputError
from cuemark.core.export_formats import ExportOptions
from cuemark.core.text import one_line
from cuemark.core.timebase import clock, round_half_up
from cuemark.markers.build import plain


@dataclass(frozen=True)
class Entry:
    """A chapter on its way out: [start, end) in seconds, a one-line title, its number in the analysis (from 1).

    `edit` is the command that edits it.
    """

    number: int
    start: Fraction
    end: Fraction
    title: str
    edit: str = ""

    def __str__(self) -> str:
        # A negative time is one of the things an error has to be able to show.
        sign = "-" if self.start < 0 else ""
        return f'Chapter {self.number} "{self.title}" at {sign}{clock(abs(self.start), "m:ss")}'


def chapter_entries(analysis: Analysis, options: ExportOptions) -> tuple[list[Entry], list[Notice]]:
    """The chapters in order of start, disjoint, inside the media, each with a title.

    Raises InputError: `export_no_chapters`, `export_chapter_times` (ends before it starts, starts before 0),
    `export_chapter_outside` (starts after the media's end), `export_chapter_title` (empty), `export_chapter_order`
    (two at one time).  Overlaps, a wrong order and an end past the media's are mended with a notice.
    """
    if not analysis.chapters:
        step = f"Add one: {_edit(analysis)} --add START --title TEXT"
        raise InputError("export_no_chapters", "This analysis has no chapters to export.", step)
    notices: list[Notice] = []
    entries = [
        replace(_entry(number, chapter, options, notices), edit=_edit(analysis, chapter.id or f"c{number}"))
        for number, chapter in enumerate(analysis.chapters, 1)
    ]
    for entry in entries:
        _check_alone(entry, analysis.media.duration)
    ordered = sorted(entries, key=lambda entry: entry.start)
    if ordered != entries:
        notices.append(Notice("export_chapters_sorted", "The chapters were put in order of time."))
    return _disjoint(ordered, analysis.media.duration, notices), notices


def player_entries(analysis: Analysis, options: ExportOptions) -> tuple[list[Entry], list[Notice]]:
    """`chapter_entries` as players count: from the start of the container, where sound may begin before the picture.

    A first chapter that begins with the picture begins at 0 there: what comes before belongs to it.
    """
    entries, notices = chapter_entries(analysis, options)
    wait = analysis.media.picture_start
    later = [replace(entry, start=entry.start + wait, end=entry.end + wait) for entry in entries]
    if entries[0].start == 0:
        later[0] = replace(later[0], start=Fraction(0))
    return later, notices


def with_entries(analysis: Analysis, options: ExportOptions) -> tuple[Analysis, list[Notice]]:
    """The analysis with its chapters, if it has any, as `chapter_entries` mends them; raises what that raises."""
    if not analysis.chapters:
        return analysis, []
    entries, notices = chapter_entries(analysis, options)
    chapters = [
        replace(analysis.chapters[entry.number - 1], start=entry.start, end=entry.end, title=entry.title)
        for entry in entries
    ]
    return replace(analysis, chapters=tuple(chapters)), notices


def _edit(analysis: Analysis, *items: str) -> str:
    """The command that edits an analysis, or something of it."""
    return " ".join(("cuemark analyses edit", analysis.id or "ANALYSIS", *items))


def _entry(number: int, chapter: Chapter, options: ExportOptions, notices: list[Notice]) -> Entry:
    entry = Entry(number, chapter.start, chapter.end, plain(chapter.title, options.transliterate))
    if not entry.title and one_line(chapter.title):
        entry = replace(entry, title=f"Chapter {number}")
        notices.append(
            Notice(
                "export_title_replaced", f'"{one_line(chapter.title)}" has no ASCII spelling; {entry} stands for it.'
            )
        )
    return entry


def _check_alone(entry: Entry, duration: Fraction) -> None:
    if entry.start < 0 or entry.end <= entry.start:
        raise InputError(
            "export_chapter_times",
            f"The times of {entry} are wrong: it runs from {float(entry.start):.3f} s to {float(entry.end):.3f} s.",
            f"Delete it: {entry.edit} --delete",
        )
    if entry.start >= duration:
        raise InputError(
            "export_chapter_outside",
            f"There is no footage at {entry}: the media ends at {clock(duration, 'm:ss')}.",
            f"Delete it: {entry.edit} --delete",
        )
    if not entry.title:
        raise InputError(
            "export_chapter_title", f"The title of {entry} is empty.", f"Give it one: {entry.edit} --title TEXT"
        )


def _disjoint(entries: list[Entry], duration: Fraction, notices: list[Notice]) -> list[Entry]:
    done: list[Entry] = []
    for entry, limit in zip(entries, [*(e.start for e in entries[1:]), duration], strict=True):
        if limit == entry.start:
            raise InputError(
                "export_chapter_order",
                f"{entry} starts at the same time as another chapter.",
                f"Delete one of them: {entry.edit} --delete",
            )
        if entry.end > limit:
            notices.append(
                Notice("export_chapter_trimmed", f"The end of {entry} was cut to {clock(limit, 'hh:mm:ss.mmm')}.")
            )
        done.append(replace(entry, end=min(entry.end, limit)))
    return done


def ticks(entries: list[Entry], per_second: int) -> list[tuple[int, int]]:
    """Each entry's start and end in whole units of 1/per_second s; InputError `export_chapter_too_short` for none."""
    spans = [(round_half_up(e.start * per_second), round_half_up(e.end * per_second)) for e in entries]
    for entry, (start, end) in zip(entries, spans, strict=True):
        if end <= start:
            raise InputError(
                "export_chapter_too_short",
                f"{entry} is shorter than 1/{per_second} s, the finest time this format can write.",
                f"Delete it: {entry.edit} --delete (or --merge makes one of it and the next)",
            )
    return spans
