"""YouTube: lines for a video's description.  One line that breaks a rule makes YouTube drop all chapters.

First at 0:00, at least three, ascending, each at least 10 s, h:mm:ss from one hour on, no bracket, bullet or
range before or after the time.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from cuemark.errors import InputError
from cuemark.exporters.base import Exporter, ExportOptions
from cuemark.exporters.entries import Entry, chapter_entries
from cuemark.exporters.text import one_line, printable, shorten
from cuemark.results import Analysis, Notice
from cuemark.timebase import clock, round_half_up

MIN_CHAPTERS = 3
MIN_SECONDS = 10
MAX_TITLE = 100
MAX_DESCRIPTION = 5000


class YouTubeExporter(Exporter):
    """Text to paste into the description."""

    name = "youtube"
    suffix = ".youtube.txt"
    description = "YouTube chapters, to paste into the description"

    def _write(self, analysis: Analysis, options: ExportOptions) -> tuple[str, list[Notice]]:
        entries, notices = chapter_entries(analysis, options)
        entries = _from_zero(entries, notices)
        entries = _long_enough(entries, analysis.media.duration, notices)
        if len(entries) < MIN_CHAPTERS:
            raise _too_few(entries, analysis)
        entries = [_fitting_title(entry, notices) for entry in entries]
        text = "".join(f"{clock(entry.start, 'm:ss')} {entry.title}\n" for entry in entries)
        if len(text) > MAX_DESCRIPTION:
            notices.append(
                Notice(
                    "export_youtube_long",
                    f"The list has {len(text)} characters; a YouTube description holds {MAX_DESCRIPTION}. Delete some.",
                )
            )
        return text, notices


def _from_zero(entries: list[Entry], notices: list[Notice]) -> list[Entry]:
    first = entries[0]
    if first.start == 0:
        return entries
    notices.append(Notice("export_youtube_first", f"{first} was moved to 0:00, where YouTube wants the first."))
    return [replace(first, start=Fraction(0)), *entries[1:]]


def _long_enough(entries: list[Entry], duration: Fraction, notices: list[Notice]) -> list[Entry]:
    """Chapters that are at least 10 s long in the whole seconds YouTube will read; shorter ones join a neighbour."""
    kept = list(entries)
    while len(kept) > 1:
        starts = [Fraction(round_half_up(entry.start)) for entry in kept]
        lengths = [after - start for start, after in zip(starts, [*starts[1:], duration], strict=True)]
        index = min(range(len(kept)), key=lambda i: lengths[i])
        if lengths[index] >= MIN_SECONDS:
            break
        _join(kept, index, lengths, notices)
    return kept


def _join(kept: list[Entry], index: int, lengths: list[Fraction], notices: list[Notice]) -> None:
    """Give the chapter at `index` to its shorter neighbour; that one is the longer of the two, so its title stays."""
    into_next = index == 0 or (index + 1 < len(kept) and lengths[index + 1] < lengths[index - 1])
    other = index + 1 if into_next else index - 1
    short, target = kept[index], kept[other]
    notices.append(
        Notice(
            "export_youtube_merged",
            f"{short} is {float(lengths[index]):.3g} s long, YouTube wants {MIN_SECONDS}: it became part of {target}.",
        )
    )
    kept[other] = replace(target, start=min(short.start, target.start), end=max(short.end, target.end))
    del kept[index]


def _fitting_title(entry: Entry, notices: list[Notice]) -> Entry:
    title = one_line(entry.title.replace("<", " ").replace(">", " ")) or f"Chapter {entry.number}"
    if title != entry.title:
        notices.append(Notice("export_youtube_title", f'YouTube takes no < or >; {entry} is written as "{title}".'))
    if len(title) > MAX_TITLE:
        notices.append(Notice("export_youtube_title", f"The title of {entry} was cut to {MAX_TITLE} characters."))
    return replace(entry, title=shorten(title, MAX_TITLE))


def _too_few(entries: list[Entry], analysis: Analysis) -> InputError:
    have = "1 chapter" if len(entries) == 1 else f"{len(entries)} chapters"
    return InputError(
        "export_youtube_too_few",
        f"{printable(analysis.media.path)} has {have} of at least {MIN_SECONDS} s ({'; '.join(map(str, entries))}); "
        f"YouTube shows none with fewer than {MIN_CHAPTERS}.",
        "Analyse it with more moments (--moments 6), or export another format, for example ffmetadata.",
    )
