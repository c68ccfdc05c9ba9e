"""The seam of string-outs: which frames of which media lie where on a new timeline, and the writers by name.

The timeline has one rate; each clip is cut in whole frames of its own media.  Where both rates are the same, a clip is
as many frames on the timeline as it is in its media.  Otherwise it plays in its own seconds, and never longer than its
frames last.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib import import_module
from typing import ClassVar

from cuemark.core.analysis import Notice
from cuemark.core.errors import InputError, OptionError
from cuemark.core.export_formats import ExportOptions
from cuemark.core.media import MediaInfo, frame_span, total_frames
from cuemark.core.selection import Pick, SelectedMedia, Selection, picture_size, usual_rate
from cuemark.core.string_outs import ALIASES, STRING_OUT_FORMATS, StringOutOptions
from cuemark.core.text import one_line, shown
from cuemark.core.timebase import snap_rate
from cuemark.export.base import ExportFile, at_rate, file_stem
from cuemark.export.sequence import (
    RECORD_START,
    Program,
    Timebase,
    sequence_rate,
    sequence_start,
    source_timebase,
)
from cuemark.export.xml_file import media_title


@dataclass(frozen=True)
class Reel:
    """A media as a timeline names it: `number` from 1, how its own timecode counts, and how many frames it has.

    `media` has a rate in any case: sound alone is counted in frames of the timeline.
    """

    number: int
    source: SelectedMedia
    media: MediaInfo
    timebase: Timebase

    @property
    def title(self) -> str:
        """Its file's name as an editor shows it."""
        return media_title(self.media.path)

    @property
    def frames(self) -> int:
        """How many it has, at least those that are picked."""
        return total_frames(self.media)

    @property
    def has_sound(self) -> bool:
        """Whether it has any, as far as that is known: of a file that is away, that it has."""
        return self.source.channels != 0

    @property
    def channels(self) -> int:
        """Of its sound."""
        return 2 if self.source.channels is None else self.source.channels


@dataclass(frozen=True)
class Cut:
    """A pick on the timeline: frames [first, after) of its media at [start, end) of the timeline, both counted from 0.

    `moved` says that both are counted at different rates.
    """

    pick: Pick
    reel: Reel
    first: int
    after: int
    start: int
    end: int

    @property
    def caption(self) -> str:
        """What it shows, in one line."""
        return one_line(self.pick.caption)


@dataclass(frozen=True)
class Timeline:
    """A string-out as every format has it."""

    name: str
    timebase: Timebase
    size: tuple[int, int]
    reels: tuple[Reel, ...]
    cuts: tuple[Cut, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def frames(self) -> int:
        """How long it is."""
        return self.cuts[-1].end


class StringOut(ABC):
    """One format of timelines.  Stateless, and writes no file."""

    suffix: ClassVar[str]
    description: ClassVar[str]
    program: ClassVar[Program] = Program("This format")
    one_rate: ClassVar[bool] = False
    """Whether all of it is counted at one rate by most readers."""
    start: ClassVar[str] = RECORD_START
    """Where its timelines begin, unless somebody says otherwise."""

    def write(self, selection: Selection, options: StringOutOptions) -> ExportFile:
        """The selection in this format.

        Raises InputError `export_past_midnight`, OptionError `selection_empty`, `export_rate`,
        `export_drop_frame_conflict`, `drop_frame_rate`, `timecode_invalid`.
        """
        timeline = composed(
            selection, replace(options, start_timecode=options.start_timecode or self.start), self.program
        )
        text, notices = self._write(timeline)
        told = (*timeline.notices, *self._mixed(timeline), *notices)
        return ExportFile(text.encode("utf-8"), _file_name(selection, options) + self.suffix, told)

    @abstractmethod
    def _write(self, timeline: Timeline) -> tuple[str, list[Notice]]:
        """The whole text of the file, and notices."""

    def _mixed(self, timeline: Timeline) -> list[Notice]:
        rates = {reel.media.rate for reel in timeline.reels} | {timeline.timebase.rate}
        if not self.one_rate or len(rates) == 1:
            return []
        told = ", ".join(f"{float(rate):.5g}" for rate in sorted(rates))
        message = f"The footage has other frame rates than the timeline ({told}); source timecode counts at its own."
        return [Notice("export_mixed_rates", message)]


def write(selection: Selection, name: str, options: StringOutOptions | None = None) -> ExportFile:
    """A selection in the format of that name; OptionError `export_format_unknown`, and what its writer raises."""
    known = STRING_OUT_FORMATS.get(ALIASES.get(name, name))
    if known is None:
        message = f"There is no timeline format {name!r}."
        raise OptionError("export_format_unknown", message, f"Use one of: {', '.join(STRING_OUT_FORMATS)}.")
    module, _, class_name = known.exporter.partition(":")
    writer: type[StringOut] = getattr(import_module(f"cuemark.export.string_out.{module}"), class_name)
    return writer().write(selection, options or StringOutOptions())


def composed(selection: Selection, options: StringOutOptions, program: Program) -> Timeline:
    """The picks behind each other on one timeline; raises as `StringOut.write`."""
    if not selection.picks:
        raise OptionError("selection_empty", "The selection has no picks.", "Select something first.")
    counted = ExportOptions(options.rate, options.drop_frame, options.start_timecode)
    if options.rate is not None and options.rate <= 0:
        raise OptionError("export_rate", f"A frame rate of {options.rate} is not possible.", "Give one above zero.")
    rate, notices = sequence_rate(_usual(selection), counted, program)
    timebase, ignored = sequence_start(rate, counted, program)
    reels, told = _reels(selection, rate)
    cuts = _cuts(selection.picks, reels, rate)
    if timebase.past_midnight(cuts[-1].end):
        message = f"The timecode would pass 24:00:00:00 on a timeline of {timebase}."
        raise InputError("export_past_midnight", message, "Give an earlier start timecode.")
    used = tuple(reel for reel in reels.values() if any(cut.reel is reel for cut in cuts))
    return Timeline(
        _title(selection, options), timebase, picture_size(selection), used, cuts, (*notices, *ignored, *told)
    )


def _usual(selection: Selection) -> MediaInfo:
    """A media of the rate that most seconds of the picks have: a program that cannot have it says of which it was."""
    rate = usual_rate(selection)
    every = [selection.of(pick).media for pick in selection.picks]
    return next((media for media in every if snap_rate(media.rate) == rate), replace(every[0], rate=rate))


def _reels(selection: Selection, rate: Fraction) -> tuple[dict[str, Reel], list[Notice]]:
    reels, notices = {}, []
    for number, source in enumerate(selection.media, 1):
        media = source.media if source.media.has_picture else at_rate(source.media, rate)
        timebase, told = source_timebase(media, ExportOptions())
        notices += told
        reels[str(media.path)] = Reel(number, source, media, timebase)
        if source.offline:
            message = f"{shown(media.path)} is not there now; its clips will be offline until its disk is back."
            notices.append(Notice("media_offline", message))
    return reels, notices


def _cuts(picks: Sequence[Pick], reels: dict[str, Reel], rate: Fraction) -> tuple[Cut, ...]:
    cuts, at = [], 0
    for pick in picks:
        reel = reels[str(pick.path)]
        first, after = frame_span(reel.media, pick.start, pick.end)
        frames = after - first
        # Between two rates rounded down: a clip that played on would need frames that are not picked.
        long = frames if reel.media.rate == rate else max(1, int(frames / reel.media.rate * rate))
        cuts.append(Cut(pick, reel, first, after, at, at + long))
        at += long
    return tuple(cuts)


def _title(selection: Selection, options: StringOutOptions) -> str:
    return one_line(options.name) or _file_name(selection, options)


def _file_name(selection: Selection, options: StringOutOptions) -> str:
    first = file_stem(selection.of(selection.picks[0]).media.path)
    more = len({pick.path for pick in selection.picks}) - 1
    return f"{first} and {more} more string-out" if more else f"{first} string-out"
