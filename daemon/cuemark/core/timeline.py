"""Timelines of editors in words that are the same for every editor, and what came of putting markers on one.

Frames of a timeline count from 0 at its first frame, whatever its start timecode is; only `start_frame` and
`start_timecode` are absolute.  Frames of media count from 0 at the file's first frame, at the clip's own rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from cuemark.core.analysis import Notice
from cuemark.core.clip_problems import explained
from cuemark.core.errors import CuemarkError, HostError, OptionError
from cuemark.core.markers import DroppedMarker, HostMarker, MarkerEdit, TimelineMarker
from cuemark.core.text import shown
from cuemark.core.timebase import Timecode, frames_of, frames_of_day, timecode_at

Edition = Literal["free", "studio"]


def track_shown(number: int, name: str) -> str:
    """`V2`, of sound `A2`; with its name where somebody gave it one."""
    letter, kind = ("A", "Audio") if number < 0 else ("V", "Video")
    short = f"{letter}{abs(number)}"
    return short if name.strip() in ("", short, f"{kind} {abs(number)}") else f'{short} "{name}"'


@dataclass(frozen=True)
class FrameSpan:
    """The frames [start, end) of a timeline, from its first."""

    start: int
    end: int

    def meets(self, start: int, end: int) -> bool:
        """Whether it has any of the frames [start, end)."""
        return start < self.end and end > self.start

    def __contains__(self, frame: int) -> bool:
        return self.start <= frame < self.end


@dataclass(frozen=True)
class TimelineClip:
    """One item on a video track, or a recording of sound alone on an audio track.

    `item` and `track_name` are the names the user sees.  `track` and `index` count from 1, audio tracks -1, -2...  It
    covers the frames [start, start + duration) of the timeline and, in both directions of playback, the frames
    [source_start, source_end) of the media: the smaller number is always `source_start`, the sign of `speed` says
    which end is played first.  `speed` counts source seconds per timeline second: 2 is 200 %, negative is reversed,
    None is unknown.  `clip_rate` is what the editor takes the media's rate to be (Clip Attributes), which need not be
    the file's.  `media_start_tc` is the label of the media's first frame, "" where it has none.
    `problem` is a few words on why moments cannot be mapped through it (`clip_problems`), "" where they can; `obstacle`
    has the words for people.  `speed_assumed`: it is retimed, and the editor does not tell that its speed is the same
    throughout.
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
    track_name: str = ""
    speed_assumed: bool = False

    @property
    def end(self) -> int:
        """The timeline frame after the clip's last."""
        return self.start + self.duration

    @property
    def obstacle(self) -> str:
        """Why no marker can be mapped through it, in words for people; "" where that depends on its media."""
        if not self.problem:
            return "" if self.enabled else "the clip is disabled, so nothing of it is shown"
        path = "" if self.path is None else shown(self.path)
        return explained(self.problem, track=self.track_shown, path=path)

    @property
    def track_shown(self) -> str:
        """Its track as `track_shown` names it."""
        return track_shown(self.track, self.track_name)


@dataclass(frozen=True)
class TimelineSubtitle:
    """A text on a subtitle track (from 1), over the frames [start, end) of the timeline, from its first."""

    track: int
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class FootageTranscript:
    """What a timeline's subtitles say of one file: a transcript of ours to be named in an analysis, and its length."""

    path: Path
    transcript: Path
    utterances: int
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class TimelineDescription:
    """The timeline that is open in an editor.

    `host` is the bridge's name ("resolve"), `product` and `version` are the editor's own words.  `start_frame` is
    absolute, counted from 00:00:00:00 at the nominal rate as timecode is; `duration` counts frames; `playhead` is
    a frame from the timeline's start, None where the editor does not tell.  `in_out` is what the user's in and out
    points enclose, None where neither is set.
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
    in_out: FrameSpan | None = None

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


@dataclass(frozen=True)
class TimelineAddress:
    """Which timeline is meant: by the editor's ids, else by its name, else (all empty) the open one."""

    name: str = ""
    project_id: str = ""
    timeline_id: str = ""


OPEN = TimelineAddress()


@dataclass(frozen=True)
class HostTimeline:
    """A timeline as its editor described it, and what a bridge needs to find it again, whatever is open by then.

    `selected` holds (track, index) of the selected clips; None where this version of the editor cannot tell.  Nor need
    it tell in and out points: `tells_in_out`.
    """

    description: TimelineDescription
    project_id: str
    timeline_id: str
    is_open: bool
    selected: frozenset[tuple[int, int]] | None
    tells_in_out: bool = False

    @property
    def address(self) -> TimelineAddress:
        """The way back to it."""
        return TimelineAddress("", self.project_id, self.timeline_id)

    def in_out_span(self) -> FrameSpan:
        """What its in and out points enclose; HostError `host_in_out_unknown`, `host_in_out_unset`."""
        told = self.description
        if told.in_out is not None:
            return told.in_out
        if self.tells_in_out:
            message = f"No in or out point is set on the timeline {told.timeline!r}."
            raise HostError("host_in_out_unset", message, "Set them with I and O, or leave out --in-out.")
        message = f"{told.product} {told.version} does not tell the in and out points of a timeline."
        raise HostError("host_in_out_unknown", message, "Leave out --in-out; newer versions of Resolve tell them.")


@dataclass(frozen=True)
class HostState:
    """An editor as it is now: who answers, by which transport and why by that one; or the `problem` with it."""

    name: str
    product: str = ""
    version: str = ""
    edition: str = ""
    transport: str = ""
    reason: str = ""
    script_version: str = ""
    problem: CuemarkError | None = None


@dataclass(frozen=True)
class Footage:
    """A file that clips of a timeline show, by its content, and the analyses of that content, newest first."""

    path: Path
    fingerprint: str
    analyses: tuple[str, ...]


@dataclass(frozen=True)
class TimelineView:
    """A timeline of an editor, our markers on it in order of frame, and how many are everybody else's: `theirs`.

    `finds` are the temporary markers of a search, which count as neither.
    """

    timeline: HostTimeline
    markers: tuple[HostMarker, ...]
    other_markers: int
    footage: tuple[Footage, ...] = ()
    theirs: tuple[HostMarker, ...] = ()
    finds: tuple[HostMarker, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """An item of the timeline, by its name, that markers (all, or those the reason names) could not go on, and why.

    `track` (from 1, with its name) and `frame` (of the item's first, from the timeline's) say where it lies.
    """

    item: str
    reason: str
    track: int = 1
    frame: int = 0
    track_name: str = ""

    @classmethod
    def of(cls, clip: TimelineClip, reason: str) -> LeftOut:
        """Nothing can be marked through a clip, or not what the reason says."""
        return cls(clip.item, reason, clip.track, clip.start, clip.track_name)

    @property
    def track_shown(self) -> str:
        """Its track as `track_shown` names it."""
        return track_shown(self.track, self.track_name)


@dataclass(frozen=True)
class Delivery:
    """What a timeline holds of ours now, and what it took; a changed marker is one removed and added again."""

    timeline: HostTimeline
    markers: tuple[TimelineMarker, ...]
    dropped: tuple[DroppedMarker, ...]
    edits: tuple[MarkerEdit, ...]
    added: int
    changed: int
    removed: int
    unchanged: int
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Removal:
    """The markers taken off a timeline, and how many it still has."""

    timeline: HostTimeline
    removed: tuple[HostMarker, ...]
    left: int


@dataclass(frozen=True)
class MarksFile:
    """A file that marks a timeline by itself: its bytes and a name for it, how many markers it holds, and its rate.

    `warnings` are what the user has to be told of it.
    """

    name: str
    data: bytes
    count: int
    rate: Fraction
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class WentTo:
    """Where a playhead was put: frame from the timeline's start, its timecode, and the marker that was asked for."""

    frame: int
    timecode: str
    marker: HostMarker | None = None
