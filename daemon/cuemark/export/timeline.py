"""The timeline a frame-counting format is read on: exact rate, drop-frame, first timecode."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from cuemark.core.analysis import Notice
from cuemark.core.errors import OptionError
from cuemark.core.media import MediaInfo
from cuemark.core.timebase import Timecode, frames_of, snap_rate, timecode_at
from cuemark.export.base import ExportOptions

RECORD_START = "01:00:00:00"
"""Where timelines begin unless somebody changed it."""


@dataclass(frozen=True)
class Timeline:
    """`start_frame` is the first frame's timecode counted from 00:00:00:00."""

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


def record_timeline(rate: Fraction, options: ExportOptions) -> Timeline:
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
    return Timeline(rate, label.drop_frame, frames_of(label, rate))


def source_timeline(media: MediaInfo, options: ExportOptions) -> tuple[Timeline, list[Notice]]:
    """The media's own frames and timecode; a start timecode that its rate cannot have is left out with a notice."""
    rate = snap_rate(options.rate) if options.rate is not None else media.rate
    if options.start_timecode is not None or options.drop_frame is not None:
        start = options.start_timecode or media.start_timecode or "00:00:00:00"
        return record_timeline(rate, replace(options, start_timecode=start)), []
    try:
        label = Timecode.parse(media.start_timecode or "00:00:00:00")
        return Timeline(rate, label.drop_frame, frames_of(label, rate)), []
    except OptionError as error:
        notice = Notice("export_start_timecode_ignored", f"{error.message} Timecode is counted from 00:00:00:00.")
        return Timeline(rate, False, 0), [notice]
