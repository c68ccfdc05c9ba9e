"""The sequence of a program that a frame-counting format describes: its rate, its first timecode, its markers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction

from cuemark.core.analysis import Analysis, Notice
from cuemark.core.errors import InputError, OptionError
from cuemark.core.media import MediaInfo
from cuemark.core.timebase import snap_rate
from cuemark.export.base import ExportOptions
from cuemark.export.markers import FrameMarker, markers_of, one_per_frame
from cuemark.export.timeline import Timeline, record_timeline

FALLBACK_RATE = Fraction(24)


@dataclass(frozen=True)
class Program:
    """What a program's sequences can be.  `rates` None: any.  Without `timecode` they begin at frame 0.

    With `one_a_frame` a frame holds one marker, or nobody knows that it holds two.
    """

    name: str
    rates: Collection[Fraction] | None = None
    timecode: bool = True
    one_a_frame: bool = True


def sequence_rate(media: MediaInfo, options: ExportOptions, program: Program) -> tuple[Fraction, list[Notice]]:
    """The options' rate, else the media's, else 24 with a notice; OptionError `export_rate` for one it cannot have."""
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
    message = (
        f"{program.name} has no timeline of {float(rate):.5g} fps; written for {FALLBACK_RATE}. Give yours: --fps."
    )
    return FALLBACK_RATE, [Notice("export_rate_assumed", message)]


def sequence_start(rate: Fraction, options: ExportOptions, program: Program) -> tuple[Timeline, list[Notice]]:
    """The timeline of the options; for a program without start timecode one from 0, saying so where one was given."""
    timeline = record_timeline(rate, options)
    if program.timecode:
        return timeline, []
    given = options.start_timecode is not None or options.drop_frame is not None
    message = f"{program.name} counts from its first frame; the start timecode and drop-frame were left out."
    return Timeline(rate, False, 0), [Notice("export_start_ignored", message)] if given else []


def sequence_of(
    analysis: Analysis, options: ExportOptions, program: Program
) -> tuple[Timeline, list[FrameMarker], list[Notice]]:
    """The timeline and its markers in order of frame, each inside the day of the timeline's timecode.

    Raises what `sequence_rate`, `record_timeline` and `check_markers` raise.
    """
    rate, notices = sequence_rate(analysis.media, options, program)
    timeline, ignored = sequence_start(rate, options, program)
    markers, mended = markers_of(analysis, rate, options)
    markers, joined = one_per_frame(markers) if program.one_a_frame else (markers, 0)
    check_markers(markers, timeline)
    return timeline, markers, [*notices, *ignored, *mended, *merged_notice(joined)]


def merged_notice(joined: int) -> list[Notice]:
    """What to say of markers that share a frame, nothing where none does."""
    message = f"{joined} marker(s) joined another on the same frame; see its note."
    return [Notice("export_markers_merged", message)] if joined else []


def assumed_notice(timeline: Timeline, options: ExportOptions) -> list[Notice]:
    """For formats of absolute timecode: which timeline was assumed, where the options did not say all of it."""
    if options.rate is not None and options.start_timecode is not None:
        return []
    message = f"Written for a timeline of {timeline}; on another, markers will not show."
    return [Notice("export_timeline_assumed", message)]


def check_markers(markers: list[FrameMarker], timeline: Timeline, most: int | None = None) -> None:
    """InputError: `export_no_markers`, `export_too_many_markers` (more than `most`), `export_past_midnight`."""
    if not markers:
        raise InputError(
            "export_no_markers", "This analysis has no moment and no chapter to mark.", "Analyse the file again."
        )
    if most is not None and len(markers) > most:
        raise InputError(
            "export_too_many_markers",
            f"A marker EDL holds {most} markers, here are {len(markers)}: {markers[most]} is one too many.",
            "Analyse with fewer moments, or export OTIO.",
        )
    for marker in markers:
        if timeline.past_midnight(marker.frame + 1):
            raise InputError(
                "export_past_midnight",
                f"The timecode of {marker} would pass 24:00:00:00 on a timeline of {timeline}.",
                "Give an earlier start timecode.",
            )


def with_name_kept(marker: FrameMarker, name: str, notices: list[Notice]) -> FrameMarker:
    """The marker under the name a target can take; a notice where that is another."""
    if name != marker.name:
        notices.append(Notice("export_marker_text", f'The text of {marker} is written as "{name}".'))
    return replace(marker, name=name)
