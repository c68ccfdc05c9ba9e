"""The sequence that a frame-counting format describes: its rate, its first timecode, its markers.

Formats count either the frames of the editor's timeline (record timecode: rate, start and drop-frame come from the
options) or those of the media itself (source timecode).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.errors import InputError, OptionError
from cuemark.core.export_formats import ExportOptions
from cuemark.core.markers import MarkerOptions, TimelineMarker
from cuemark.core.media import NOMINAL_RATE, MediaInfo
from cuemark.core.text import shown
from cuemark.core.timebase import Timecode, TimecodeRate, frames_of, snap_rate, timecode_at
from cuemark.export.entries import with_entries
from cuemark.markers.build import label, markers_for, on_whole_media, one_a_frame, segments_of

FALLBACK_RATE = NOMINAL_RATE
RECORD_START = "01:00:00:00"
"""Where timelines begin unless somebody changed it."""


@dataclass(frozen=True)
class Timebase:
    """How a sequence counts: exact rate, drop-frame, first timecode (`start_frame`, counted from 00:00:00:00)."""

    rate: Fraction
    drop_frame: bool
    start_frame: int

    def timecode(self, frame: int) -> str:
        """The label of a frame counted from the timeline's first."""
        return timecode_at(self.start_frame + frame, self.rate, self.drop_frame)

    def past_midnight(self, frame: int) -> bool:
        """Whether the label of `frame` would wrap around 24 hours and so name another place."""
        return frames_of(self.timecode(frame), self.rate) != self.start_frame + frame

    def __str__(self) -> str:
        kind = "drop-frame" if self.drop_frame else "non-drop"
        return f"{float(self.rate):.5g} fps {kind}, starting at {self.timecode(0)}"


def record_timebase(rate: Fraction, options: ExportOptions) -> Timebase:
    """The editor's timeline from the options; starts at 01:00:00:00, non-drop, unless they say otherwise.

    Drop-frame is never guessed from the rate: it comes from `drop_frame` or from a `;` in the start timecode.
    Raises OptionError `export_drop_frame_conflict`, `drop_frame_rate`, `timecode_invalid`.
    """
    label = Timecode.parse(options.start_timecode or RECORD_START)
    if label.drop_frame and options.drop_frame is False:
        raise OptionError(
            "export_drop_frame_conflict",
            f"The start timecode {options.start_timecode} is drop-frame, but non-drop was asked for.",
            "Write the start as hh:mm:ss:ff for non-drop, or leave the drop-frame option out.",
        )
    label = replace(label, drop_frame=label.drop_frame or bool(options.drop_frame))
    return Timebase(rate, label.drop_frame, frames_of(label, rate))


def source_timebase(media: MediaInfo, options: ExportOptions) -> tuple[Timebase, list[Notice]]:
    """The media's own frames and timecode; a start timecode that its rate cannot have is left out with a notice."""
    rate = snap_rate(options.rate) if options.rate is not None else media.rate
    if options.start_timecode is not None or options.drop_frame is not None:
        start = options.start_timecode or media.start_timecode or "00:00:00:00"
        return record_timebase(rate, replace(options, start_timecode=start)), []
    try:
        label = Timecode.parse(media.start_timecode or "00:00:00:00")
        counted = TimecodeRate.of(media.rate)
        if counted.pairs_with(rate):
            label = label.at_rate(counted, rate)
        return Timebase(rate, label.drop_frame, frames_of(label, rate)), []
    except OptionError as error:
        notice = Notice("export_start_timecode_ignored", f"{error.message} Timecode is counted from 00:00:00:00.")
        return Timebase(rate, False, 0), [notice]


@dataclass(frozen=True)
class Program:
    """What a program's sequences can be.  `rates` None: any.  Without `timecode` they begin at frame 0."""

    name: str
    rates: Collection[Fraction] | None = None
    timecode: bool = True


@dataclass(frozen=True)
class Sequence:
    """How the sequence of a file counts, its markers in order of frame, and what the user has to be told.

    `texts` are the whole texts of moments and chapters by id, for markers that hold but one text.
    """

    timebase: Timebase
    markers: list[TimelineMarker]
    texts: dict[str, str]
    notices: list[Notice]

    def label(self, marker: TimelineMarker) -> str:
        """The words of a marker in a format that has one text for it: its own, and those of the merged ones."""
        return label(marker, self.texts)

    def full_text(self, marker: TimelineMarker) -> str:
        """All that a marker says in one text: that of its segment, then its note where that says more."""
        text = self.texts[marker.segment_id]
        return marker.note if marker.note.startswith(text) else "; ".join(filter(None, [text, marker.note]))


def sequence_rate(media: MediaInfo, options: ExportOptions, program: Program) -> tuple[Fraction, list[Notice]]:
    """The options' rate, else the media's; OptionError `export_rate` for one in the options that it cannot have.

    Where the media's is none of the program's: 24, or of a variable rate, which is an average, the nearest; says so.
    """
    rates = program.rates
    if options.rate is not None:
        rate = snap_rate(options.rate, truncated=rates is not None)
        if rates is not None and rate not in rates:
            legal = ", ".join(f"{float(legal):.5g}" for legal in sorted(rates))
            message = f"{program.name} has no timeline of {float(options.rate):.5g} fps."
            raise OptionError("export_rate", message, f"Use one of {legal}.")
        return rate, []
    rate = snap_rate(media.rate)
    if rates is None or rate in rates:
        return rate, []
    nearest = min(rates, key=lambda legal: abs(legal - media.rate)) if media.variable_rate else FALLBACK_RATE
    has_none = f"{program.name} has no timeline of {float(rate):.5g} fps"
    message = f"{has_none}; written for {float(nearest):.5g}. Give yours: --fps."
    return nearest, [Notice("export_rate_assumed", message)]


def sequence_start(rate: Fraction, options: ExportOptions, program: Program) -> tuple[Timebase, list[Notice]]:
    """The timebase of the options; for a program without start timecode one from 0, saying so where one was given."""
    timebase = record_timebase(rate, options)
    if program.timecode:
        return timebase, []
    given = options.start_timecode is not None or options.drop_frame is not None
    message = f"{program.name} counts from its first frame; the start timecode and drop-frame were left out."
    return Timebase(rate, False, 0), [Notice("export_start_ignored", message)] if given else []


def sequence_of(analysis: Analysis, options: ExportOptions, program: Program) -> Sequence:
    """The sequence of an analysis in a program, each marker inside the day of its timecode.

    Raises what `sequence_rate`, `record_timebase`, `chapter_entries` and `check_markers` raise.
    """
    rate, notices = sequence_rate(analysis.media, options, program)
    timebase, ignored = sequence_start(rate, options, program)
    sequence = marked(analysis, timebase, options)
    check_markers(sequence)
    return replace(sequence, notices=[*notices, *ignored, *sequence.notices])


def marked(
    analysis: Analysis, timebase: Timebase, options: ExportOptions, wanted: MarkerOptions | None = None
) -> Sequence:
    """The markers of the whole media on a sequence that shows it once; raises what `chapter_entries` raises."""
    mended, notices = with_entries(analysis, options)
    segments = segments_of(mended, wanted or marker_options(options))
    placed = on_whole_media(segments, analysis.media, timebase.rate)
    markers = one_a_frame(markers_for(analysis.id, placed, wanted.colours if wanted else None))
    if options.shots and not analysis.shots:
        message = f"This analysis has no shots; cuemark analyze {shown(analysis.media.path)} --shots finds them."
        notices.append(Notice("shots_missing", message))
    joined = sum(len(marker.merged) for marker in markers)
    if joined:
        message = f"{joined} marker(s) joined another on the same frame; see its note."
        notices.append(Notice("export_markers_merged", message))
    return Sequence(timebase, markers, {each.segment_id: each.whole for each in segments}, notices)


def marker_options(options: ExportOptions) -> MarkerOptions:
    """Which markers an export makes, in the usual colours."""
    return MarkerOptions(transliterate=options.transliterate, tags=options.tags, said=options.said, shots=options.shots)


def assumed_notice(timebase: Timebase, options: ExportOptions) -> list[Notice]:
    """For formats of absolute timecode: which timeline was assumed, where the options did not say all of it."""
    if options.rate is not None and options.start_timecode is not None:
        return []
    message = f"Written for a timeline of {timebase}; on another, markers will not show."
    return [Notice("export_timeline_assumed", message)]


def check_markers(sequence: Sequence) -> None:
    """InputError: `export_no_markers`, `export_past_midnight`."""
    if not sequence.markers:
        step = "Add one with cuemark analyses edit ANALYSIS --add START-END --caption TEXT, or analyse the file again."
        raise InputError("export_no_markers", "This analysis has no moment and no chapter to mark.", step)
    for marker in sequence.markers:
        if sequence.timebase.past_midnight(marker.frame + 1):
            raise InputError(
                "export_past_midnight",
                f"The timecode of {described(marker)} would pass 24:00:00:00 on a timeline of {sequence.timebase}.",
                "Give an earlier start timecode.",
            )


def described(marker: TimelineMarker) -> str:
    """A marker as a message names it."""
    return f'{marker.kind.capitalize()} "{marker.name}" at frame {marker.frame}'


def text_notice(marker: TimelineMarker, before: str, after: str) -> list[Notice]:
    """What to say where a format cannot hold a marker's text as it is, nothing where it can."""
    message = f'The text of {described(marker)} is written as "{after}".'
    return [] if after == before else [Notice("export_marker_text", message)]
