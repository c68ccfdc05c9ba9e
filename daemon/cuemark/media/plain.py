"""Frames by decoding one after another, jumping by a seek where that decodes less: plain, and right for any file."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

from cuemark.core.files import unreadable
from cuemark.core.limits import ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.media.decoder import decoded, with_threads
from cuemark.media.packets import whole_packets
from cuemark.media.source import open_media

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

    from cuemark.media.decoder import TimedFrame

_SEEK_WORTH = Fraction(3)
_INDEXED_SEEK_WORTH = Fraction(1, 2)
_FIRST_PREROLL = Fraction(2)
_BEFORE_START = Fraction(30)


class PlainReader:
    """A `FrameReader` that can read any file, in software."""

    hardware = None

    def __init__(self, info: MediaInfo, limits: ProcessLimits) -> None:
        self._info, self._limits = info, limits
        self._cursor: FrameCursor | None = None
        self.end: Fraction | None = None

    @property
    def frames_decoded(self) -> int:
        """See `FrameReader`."""
        return 0 if self._cursor is None else self._cursor.frames_decoded

    def read(self, times: Sequence[Fraction]) -> Generator[TimedFrame, None, None]:
        """See `FrameReader`.  MediaError `media_unreadable` where the disk fails."""
        with open_media(self._info.path) as container:
            cursor = self._cursor = FrameCursor(container, self._info, self._limits)
            for seconds in times:
                found = cursor.frame_at(seconds)
                if found is None:
                    if cursor.read_error is not None:
                        raise unreadable(self._info.path, cursor.read_error) from cursor.read_error
                    self.end = min(cursor.end, seconds)
                    return
                yield found


class FrameCursor:
    """Yields the frame on screen at rising times.  Times are seconds from the first frame."""

    def __init__(self, container: InputContainer, info: MediaInfo, limits: ProcessLimits) -> None:
        self._container = container
        self._stream = with_threads(container, info, limits)
        self._info = info
        self._frames = self._decode()
        self._shown: TimedFrame | None = None
        self._coming: TimedFrame | None = None
        self._counted = 0
        self._has_times = True
        # How far back a seek landed so far: a jump shorter than this would decode the same frames again.
        self._key_gap = _SEEK_WORTH
        self.frames_decoded = 0
        self.read_error: OSError | None = None
        """Why reading stopped, when it was not the plain end of the file."""

    def frame_at(self, seconds: Fraction) -> TimedFrame | None:
        """The frame on screen and when it came on; None beyond what can be decoded."""
        if self._is_worth_a_seek(seconds):
            self._seek_before(seconds)
        self._advance(seconds)
        if self._shown is None:
            self._shown = self._coming  # asked for a time before the first frame
        if self._coming is None and self._shown is not None and seconds >= self.end:
            return None
        return self._shown

    @property
    def end(self) -> Fraction:
        """Up to when the frame now shown can be on screen if it is the last one."""
        if self._shown is None:
            return Fraction(0)
        frame, start = self._shown
        own = (frame.duration or 0) * (self._stream.time_base or Fraction(0))
        # Half a frame of grace: container times are rounded, and a last frame often has no length of its own.
        return start + max(own, 1 / self._info.rate) + Fraction(1, 2) / self._info.rate

    def _advance(self, seconds: Fraction) -> None:
        while self._coming is not None and self._coming[1] <= seconds:
            self._shown, self._coming = self._coming, next(self._frames, None)

    def _is_worth_a_seek(self, seconds: Fraction) -> bool:
        if self._coming is None:
            # The first frame tells whether the stream carries times; without them a try to seek spoils the reading.
            self._coming = next(self._frames, None)
        if self._coming is None or not self._has_times or self._info.jumps:
            return False
        here = self._coming[1]
        keyframe = self._keyframe_before(seconds)
        if keyframe is not None:
            return keyframe > here + _INDEXED_SEEK_WORTH
        return seconds - here > self._key_gap

    def _keyframe_before(self, seconds: Fraction) -> Fraction | None:
        """The last keyframe at or before a time, where the file's index knows it."""
        base = self._stream.time_base
        if base is None or self._info.container not in {"mov", "avi"}:
            return None
        entries = self._stream.index_entries
        found = entries.search_timestamp(int((seconds + self._info.start_time) / base), backward=True)
        if found < 0:
            return None
        return Fraction(entries[found].timestamp) * base - self._info.start_time

    def _seek_before(self, seconds: Fraction) -> None:
        """Land on a keyframe from which the frame at `seconds` can be decoded; farther back on each miss."""
        preroll = Fraction(0)
        while self._seek(seconds - preroll):
            self._coming = next(self._frames, None)
            if self._coming is not None and self._coming[1] <= seconds:
                landed = seconds - self._coming[1]
                self._key_gap = max(self._key_gap, landed)
                return
            if seconds - preroll < -_BEFORE_START:
                break
            # Transport streams land between keyframes, and their decode times lie before the times of showing.
            preroll = max(_FIRST_PREROLL, 4 * preroll)
        self._restart()

    def _seek(self, seconds: Fraction) -> bool:
        import av

        base = self._stream.time_base
        if base is None:
            return False
        target = int((seconds + self._info.start_time) / base)
        try:
            self._container.seek(target, stream=self._stream)
        except (av.error.FFmpegError, OSError, OverflowError):
            return False
        self._shown = self._coming = None
        self._frames = self._decode()
        return True

    def _restart(self) -> None:
        """Seeking is broken here: read from the start, and never seek again."""
        self._has_times = False
        self._seek(-2 * _BEFORE_START)

    def _decode(self) -> Iterator[TimedFrame]:
        """Frames in order of presentation with their times; a broken packet is left out."""
        last: Fraction | None = None
        # None drains the decoder, which a file that breaks off would leave with its last frames inside.
        for packet in chain(whole_packets(self._container, self._stream, self._info.jumps, self._stopped), [None]):
            for frame in decoded(self._stream, packet, self._info.path):
                self.frames_decoded += 1
                seconds = self._time_of(frame)
                if last is None or seconds > last:
                    last = seconds
                    yield frame, seconds

    def _time_of(self, frame: VideoFrame) -> Fraction:
        base = self._stream.time_base  # a drained frame carries none of its own
        if frame.pts is None or base is None:
            # A bare stream carries no times: its frames are counted, which only works from its start.
            self._has_times = False
            self._counted += 1
            return (self._counted - 1) / self._info.rate
        return frame.pts * base - self._info.start_time

    def _stopped(self, error: Exception) -> None:
        import av

        if isinstance(error, OSError) and not isinstance(error, av.error.FFmpegError):
            self.read_error = error
