"""One timeline of an editor as it described itself, in words that are the same for every editor.

Frames of a timeline count from 0 at its first frame, whatever its start timecode is; only `start_frame` and
`start_timecode` are absolute.  Frames of media count from 0 at the file's first frame, at the clip's own rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from cuemark.core.errors import OptionError
from cuemark.core.timebase import Timecode, frames_of, frames_of_day, timecode_at

Edition = Literal["free", "studio"]


@dataclass(frozen=True)
class TimelineClip:
    """One item on a video track.

    `item` is the name the user sees.  `track` and `index` count from 1.  It covers the frames
    [start, start + duration) of the timeline and, in both directions of playback, the frames
    [source_start, source_end) of the media: the smaller number is always `source_start`, the sign of `speed` says
    which end is played first.  `speed` counts source seconds per timeline second: 2 is 200 %, negative is reversed,
    None is unknown.  `clip_rate` is what the editor takes the media's rate to be (Clip Attributes), which need not be
    the file's.  `media_start_tc` is the label of the media's first frame, "" where it has none.
    `problem` is a few words on why moments cannot be mapped through it (speed ramp, compound clip, multicam clip,
    nested timeline, generator, offline), "" where they can.
    """

    item: str
    track: int
    index: int
    start: int
    duration: int
    path: Path | None
    media_type: str
    clip_rate: Fraction | None
    media_start_tc: str
    source_start: int | None
    source_end: int | None
    speed: Fraction | None
    problem: str = ""
    enabled: bool = True

    @property
    def end(self) -> int:
        """The timeline frame after the clip's last."""
        return self.start + self.duration


@dataclass(frozen=True)
class TimelineDescription:
    """The timeline that is open in an editor.

    `host` is the bridge's name ("resolve"), `product` and `version` are the editor's own words.  `start_frame` is
    absolute, counted from 00:00:00:00 at the nominal rate as timecode is; `duration` counts frames; `playhead` is
    a frame from the timeline's start, None where the editor does not tell.
    """

    host: str
    product: str
    version: str
    edition: Edition
    project: str
    timeline: str
    rate: Fraction
    drop_frame: bool
    start_frame: int
    start_timecode: str
    duration: int
    playhead: int | None
    clips: tuple[TimelineClip, ...]
    script_version: str

    def timecode(self, frame: int) -> str:
        """The label of a frame counted from the timeline's first, as the editor shows it."""
        return timecode_at(self.start_frame + frame, self.rate, self.drop_frame)

    def frame_at(self, timecode: str) -> int:
        """The frame, from the timeline's first, that a label names; hh:mm:ss:ff is read the way the timeline counts.

        OptionError: `timecode_invalid`, `drop_frame_rate` (a `;` on a rate without drop-frame), `frame_outside`.
        """
        label = Timecode.parse(timecode)
        if not label.drop_frame and self.drop_frame:
            label = Timecode(label.hours, label.minutes, label.seconds, label.frames, drop_frame=True)
        frame = frames_of(label, self.rate) - self.start_frame
        if frame < 0:  # a timeline that starts before midnight, for a programme that starts at 00:00:00:00
            frame += frames_of_day(self.rate, label.drop_frame)
        self.check_frame(frame, f"Timecode {timecode}")
        return frame

    def check_frame(self, frame: int, what: str = "") -> None:
        """OptionError `frame_outside` unless the timeline has this frame: no editor can be trusted to refuse it."""
        if not 0 <= frame < self.duration:
            first, last = self.timecode(0), self.timecode(max(0, self.duration - 1))
            message = f"{what or f'Frame {frame}'} is not on the timeline {self.timeline!r}."
            raise OptionError("frame_outside", message, f"It runs from {first} to {last} ({self.duration} frames).")
