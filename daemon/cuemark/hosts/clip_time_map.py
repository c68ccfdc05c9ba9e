"""How one clip of a timeline plays its media: the time map, exact, and what keeps a clip from having one.

Times of a media are seconds from its first frame shown; a file of constant rate is followed by its frame numbers,
because an editor's seconds are not the file's where Clip Attributes gave the clip another rate.  A file of variable
rate, and sound alone, has no frame numbers to follow; its seconds are used as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from cuemark.core.clip_problems import FREEZE_FRAME, explained
from cuemark.core.media import MediaInfo
from cuemark.core.timebase import round_half_up
from cuemark.core.timeline import FrameSpan, TimelineClip


@dataclass(frozen=True)
class ClipTimeMap:
    """The time map of one clip, exact: media frames (from the file's first) <-> timeline frames, both as fractions.

    `anchor` is the media position that the clip's first frame begins with, `step` the media frames that pass in one
    timeline frame (negative: reversed), `file_rate` the media frames in one second of the file.  Of a `span` of the
    timeline only those frames count.
    """

    clip: TimelineClip
    anchor: Fraction
    step: Fraction
    file_rate: Fraction
    rate: Fraction
    span: FrameSpan | None = None

    @classmethod
    def through(cls, clip: TimelineClip, media: MediaInfo, rate: Fraction) -> ClipTimeMap:
        """ValueError where the clip does not say how it uses its media; `place` reports such clips."""
        clip_rate = clip.clip_rate or media.rate
        start = clip.source_start if clip.speed is None or clip.speed > 0 else clip.source_end
        if not clip.speed or start is None:
            raise ValueError(f"{clip.item} cannot be mapped")
        return cls(clip, Fraction(start), clip.speed * clip_rate / rate, file_rate(clip, media), rate)

    @property
    def low(self) -> int:
        """The first timeline frame of the clip that counts."""
        return self.clip.start if self.span is None else max(self.clip.start, self.span.start)

    @property
    def high(self) -> int:
        """The timeline frame after the clip's last that counts."""
        return self.clip.end if self.span is None else min(self.clip.end, self.span.end)

    def source_time(self, frame: Fraction | int) -> Fraction:
        """The second of the file that the timeline shows at `frame`."""
        return (self.anchor + (frame - self.clip.start) * self.step) / self.file_rate

    @cached_property
    def window(self) -> tuple[Fraction, Fraction]:
        """The seconds of the file that the clip shows, the earlier first."""
        ends = self.source_time(self.low), self.source_time(self.high)
        return min(ends), max(ends)

    def timeline_frame(self, second: Fraction) -> Fraction:
        """The timeline position at which `second` of the file would be shown, inside the clip or not."""
        return self.clip.start + (second * self.file_rate - self.anchor) / self.step


def file_rate(clip: TimelineClip, media: MediaInfo) -> Fraction:
    """The frames in one second of the file, as the clip's source range counts them."""
    return (clip.clip_rate or media.rate) if media.variable_rate or not media.has_picture else media.rate


def obstacle(clip: TimelineClip, media: MediaInfo, rate: Fraction) -> str:
    """Why nothing can be placed through the clip, "" where it can."""
    if clip.obstacle:
        return clip.obstacle
    if clip.duration <= 0:
        return "no length"
    if clip.speed is None:
        return "speed unknown: which part of its file is shown is not told, as on imported timelines"
    if clip.speed == 0:
        return explained(FREEZE_FRAME)
    if (clip.source_start if clip.speed > 0 else clip.source_end) is None:
        return "unknown which part of its file it uses"
    return _contradiction(clip, ClipTimeMap.through(clip, media, rate), media)


def _contradiction(clip: TimelineClip, time_map: ClipTimeMap, media: MediaInfo) -> str:
    first, last = time_map.window
    if first >= media.duration or last <= 0:
        return "uses a part that its file does not have (was the file replaced?)"
    if clip.source_start is None or clip.source_end is None:
        return ""
    used, expected = clip.source_end - clip.source_start, abs(time_map.step) * clip.duration
    # Each end may be rounded by a media frame, and the length by a timeline frame.
    if abs(used - expected) > 2 + abs(time_map.step):
        return "speed not constant: moments can only be followed at one speed; cut it where the speed changes"
    return ""


_SPEED_STEPS = (1, 2, 4, 10, 20, 100, 1000, 10000)
"""Parts of the speed, coarsest first: whole numbers, halves, quarters, then percent and hundredths of a percent."""


def infer_speed(source_frames: int, clip_rate: Fraction, record_frames: int, rate: Fraction) -> Fraction | None:
    """The constant speed of a clip from how much media it uses and how long it lasts; few editors say it.

    Source seconds per timeline second, above zero; None where a length is zero, which says nothing.  Both lengths are
    whole frames, so the quotient is off by a rounding: 59 frames at 29.97 show 47 of 23.976; that is not 99.6 %.

    Of all speeds under which the media used would be within one of its frames of `source_frames`, 1 is preferred,
    then the one with the shortest name.  So the last frame of the clip is never more than one media frame off.
    """
    if source_frames <= 0 or record_frames <= 0:
        return None
    per_frame = rate / clip_rate / record_frames
    measured = source_frames * per_frame
    if abs(1 - measured) < per_frame:
        return Fraction(1)
    for parts in _SPEED_STEPS:
        speed = Fraction(round_half_up(measured * parts), parts)
        if speed > 0 and abs(speed - measured) < per_frame:
            return speed
    return measured
