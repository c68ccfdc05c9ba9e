"""Pictures of one media at exact times: the face behind which every way of having them stands.

A `FrameSource` is asked for times and gives a stream of pictures, scaled and upright.  That of a file, `VideoFrames`,
is made of readers that are tried in turn: one that decodes only what the pictures need, and one that decodes plainly.
What is drawn instead of decoded (`lab.sample`) has the same face, and so has whatever comes later.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from cuemark.core.errors import MediaError, Notice
from cuemark.core.files import FileWatch
from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.core.text import shown
from cuemark.media.decoder import Hardware
from cuemark.media.geometry import NotConvertible, Picture, StreamOrientation, colours_replaced, to_picture
from cuemark.media.plain import PlainReader
from cuemark.media.pulse import PULSE
from cuemark.media.selective import SelectiveReader

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from cuemark.media.decoder import TimedFrame

_CHECK_SECONDS = 0.5
_NOT_YET = "nothing is decoded yet"


@dataclass(frozen=True)
class SampledFrame:
    """The picture on screen at `time`: RGB uint8 [H, W, 3], upright, square pixels.

    `index` is its place in the times asked for; `frame_time` is when that frame came on.  `large` is the same picture
    larger, where somebody asked for it (`CloserLook`).
    """

    index: int
    time: Fraction
    rgb: Picture
    frame_time: Fraction
    large: Picture | None = None


@dataclass(frozen=True)
class CloserLook:
    """A second size (width, height) for some of the pictures of a stream: `wanted` is asked once for each, in order,
    by the thread that decodes.  A stream whose pictures are not decoded may leave it."""

    size: tuple[int, int]
    wanted: Callable[[SampledFrame], bool]


class FrameStream(Iterator[SampledFrame]):
    """The pictures asked for, in order, as they are made; and what making them met so far.

    It ends early where the media cannot be decoded any further: `decoded_until` (seconds from the first frame) and
    `warnings` then say so.
    """

    def __init__(self) -> None:
        self.warnings: tuple[Notice, ...] = ()
        self.frames_decoded = 0
        self.device, self.device_reason = "cpu", _NOT_YET
        """What decodes, and why, in words."""
        self.decoded_until: Fraction | None = None
        self.closer: CloserLook | None = None
        """Set before the first picture is taken."""
        self._pictures = self._made()

    def __next__(self) -> SampledFrame:
        return next(self._pictures)

    def close(self) -> None:
        """Let go of the media."""
        self._pictures.close()

    @abstractmethod
    def _made(self) -> Generator[SampledFrame, None, None]:
        """Make the pictures."""


class FrameSource(Protocol):
    """The pictures of one media, any part of it, as often as they are asked for."""

    @property
    def info(self) -> MediaInfo:
        """The media."""

    def at(self, times: Sequence[Fraction], size: tuple[int, int] | None = None) -> FrameStream:
        """The pictures on screen at `times` (rising, seconds from the first frame).

        `size` (width, height) is that of the pictures; the default is the media's own with square pixels.
        """


class FrameReader(Protocol):
    """One way to decode a file; what it could not give, another one is asked for."""

    @property
    def frames_decoded(self) -> int:
        """How many frames were decoded so far."""

    @property
    def hardware(self) -> Hardware | None:
        """What decodes, and why; None for software, whatever could have decoded."""

    @property
    def end(self) -> Fraction | None:
        """Set where the file cannot be decoded any further: up to where it has pictures."""

    def read(self, times: Sequence[Fraction]) -> Generator[TimedFrame, None, None]:
        """The frame on screen at each of `times` (rising) with when it came on; ends early where it cannot go on."""


class VideoFrames:
    """The `FrameSource` of a media file.

    Only what the pictures need is decoded where the file's packets tell it, and gaps are jumped by its index, so that
    any part can be read alone; on a device where there is one and `limits` allow it.  Streams raise MediaError
    media_vanished, media_changed, media_unreadable.
    """

    def __init__(
        self,
        info: MediaInfo,
        limits: ProcessLimits = UNLIMITED,
        readers: Sequence[Callable[[MediaInfo, ProcessLimits], FrameReader]] = (SelectiveReader, PlainReader),
        *,
        may_grow: bool = False,
    ) -> None:
        """A file that `may_grow` while it is read is read as far as `info` says that it is."""
        self.info = info
        self._limits, self._readers, self._may_grow = limits, readers, may_grow

    def at(self, times: Sequence[Fraction], size: tuple[int, int] | None = None) -> FrameStream:
        """See `FrameSource`."""
        readers = [make(self.info, self._limits) for make in self._readers]
        watch = FileWatch(self.info.path, self.info.size, may_grow=self._may_grow)
        return _DecodedFrames(self.info, times, size or (self.info.width, self.info.height), readers, watch)


class _DecodedFrames(FrameStream):
    """Pictures of decoded frames, by readers in turn."""

    def __init__(
        self,
        info: MediaInfo,
        times: Sequence[Fraction],
        size: tuple[int, int],
        readers: Sequence[FrameReader],
        watch: FileWatch,
    ) -> None:
        from av.video.reformatter import VideoReformatter

        super().__init__()
        self._info, self._times, self._size, self._readers = info, times, size, readers
        self._watch = watch
        self._checked = 0.0
        self._last: SampledFrame | None = None
        # Each keeps what it found out about one size.
        self._scaler, self._large_scaler = VideoReformatter(), VideoReformatter()
        self._orientation = StreamOrientation()

    def _made(self) -> Generator[SampledFrame, None, None]:
        self._check(always=True)
        try:
            yield from self._read()
        except MediaError:
            self._check(always=True)  # a file that is gone cannot be opened either: say that it is gone
            raise
        self._check(always=True)

    def _read(self) -> Iterator[SampledFrame]:
        taken = 0
        for reader in self._readers:
            if taken == len(self._times):
                return
            before = self.frames_decoded
            with closing(reader.read(self._times[taken:])) as frames:
                for frame, frame_time in frames:
                    self._tell(reader, before)
                    self._check()
                    yield self._picture(taken, frame, frame_time)
                    taken += 1
            self._tell(reader, before)
            if reader.end is not None:
                self._stopped(reader.end)

    def _tell(self, reader: FrameReader, before: int) -> None:
        self.frames_decoded = before + reader.frames_decoded
        if reader.hardware is not None:
            self.device, self.device_reason = reader.hardware.device, reader.hardware.reason
        elif self.device != "cpu":
            self.device, self.device_reason = "cpu", f"{self.device} did not give the pictures asked for"
        elif self.device_reason == _NOT_YET:
            self.device_reason = f"{self._info.codec} is decoded plainly, in software"

    def _picture(self, index: int, frame: VideoFrame, frame_time: Fraction) -> SampledFrame:
        last = self._last
        same = last is not None and last.frame_time == frame_time
        rgb = last.rgb if same and last else self._converted(frame)
        self._last = SampledFrame(index, self._times[index], rgb, frame_time)
        if self.closer is not None and self.closer.wanted(self._last):
            large = to_picture(frame, *self.closer.size, self._orientation.of(frame), self._large_scaler)
            return replace(self._last, large=large)
        return self._last

    def _converted(self, frame: VideoFrame) -> Picture:
        PULSE.beat()
        replaced = colours_replaced(frame)
        if replaced is not None:
            self._warn(
                "colours_unknown", f"{shown(self._info.path)} names {replaced}; it was read as ordinary HD colour."
            )
        try:
            return to_picture(frame, *self._size, self._orientation.of(frame), self._scaler)
        except NotConvertible as error:
            message = f"The pictures of {shown(self._info.path)} ({error}) cannot be turned into RGB here."
            step = "Convert it to H.264, ProRes or another common codec."
            raise MediaError("codec_not_supported", message, step) from error

    def _warn(self, code: str, text: str) -> None:
        """Once, whatever number of pictures it holds for."""
        if all(notice.code != code for notice in self.warnings):
            self.warnings = (*self.warnings, Notice(code, text))

    def _stopped(self, end: Fraction) -> None:
        self._check(always=True)
        self.decoded_until = end
        known = any(notice.code == "media_truncated" for notice in self._info.warnings)
        if known and self._info.duration - end < 1:
            return
        whole, part = float(self._info.duration), float(end)
        text = f"{shown(self._info.path)} cannot be decoded beyond {part:.1f} s of its {whole:.1f} s."
        self.warnings = (*self.warnings, Notice("media_truncated", text))

    def _check(self, *, always: bool = False) -> None:
        """Notice a deleted or rewritten file, at most twice a second: a network disk makes each look slow."""
        now = time.monotonic()
        if always or now - self._checked >= _CHECK_SECONDS:
            self._checked = now
            self._watch.check()
