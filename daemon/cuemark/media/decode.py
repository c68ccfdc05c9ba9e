"""The pictures on screen at given times, as an iterator that survives damaged files and says what it met."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from cuemark.core.errors import MediaError, Notice
from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.core.text import shown
from cuemark.media.cursor import FrameCursor
from cuemark.media.decoder import Decoder
from cuemark.media.geometry import Picture, orientation_of, to_picture
from cuemark.media.packets import Rules
from cuemark.media.selective import SelectiveReader
from cuemark.media.source import check_unchanged, open_media, unreadable

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_CHECK_SECONDS = 0.5


@dataclass(frozen=True)
class SampledFrame:
    """The picture on screen at `time`: RGB uint8 [H, W, 3], upright, square pixels.

    `index` is its place in the times asked for; `frame_time` is when that frame came on.
    """

    index: int
    time: Fraction
    rgb: Picture
    frame_time: Fraction


class FrameSampler(Iterator[SampledFrame]):
    """Iterator over sampled frames; keeps what happened on the way."""

    def __init__(
        self,
        info: MediaInfo,
        times: Sequence[Fraction],
        width_height: tuple[int, int] | None = None,
        limits: ProcessLimits = UNLIMITED,
    ) -> None:
        from av.video.reformatter import VideoReformatter

        self._info = info
        self._times = times
        self._size = width_height or (info.width, info.height)
        self._limits = limits
        self._generator = self._samples()
        self._checked = 0.0
        self._last: SampledFrame | None = None
        self._scaler = VideoReformatter()
        self.warnings: tuple[Notice, ...] = ()
        self.frames_decoded = 0
        self.device, self.device_reason = "cpu", "nothing is decoded yet"
        """What decodes, and why, in words."""
        self.decoded_until: Fraction | None = None
        """Set when decoding ended early: up to where there are pictures, seconds from the first frame."""

    def __next__(self) -> SampledFrame:
        return next(self._generator)

    def close(self) -> None:
        """Let go of the file."""
        self._generator.close()

    def _samples(self) -> Generator[SampledFrame, None, None]:
        self._check(always=True)
        try:
            with ExitStack() as files:
                taken = 0
                for index, (frame, frame_time) in enumerate(self._selected(files)):
                    taken = index + 1
                    self._check()
                    yield self._picture(index, frame, frame_time)
            if taken < len(self._times):
                with open_media(self._info.path) as container:
                    yield from self._plainly(FrameCursor(container, self._info, self._limits), taken)
        except MediaError:
            self._check(always=True)  # a file that is gone cannot be opened either: say that it is gone
            raise
        self._check(always=True)

    def _selected(self, files: ExitStack) -> Iterator[tuple[VideoFrame, Fraction]]:
        """The frames that can be had by decoding no more than they need."""
        container = files.enter_context(open_media(self._info.path))
        stream: VideoStream = container.streams[self._info.stream_index]  # type: ignore[assignment]
        rules = Rules.of(stream)
        if rules is None:
            self.device_reason = f"{self._info.codec} is decoded plainly, in software"
            return
        decoder = Decoder(container, self._info, files, self._limits)
        self._tell(decoder)
        try:
            reader = SelectiveReader(files, container, decoder, self._info, rules, self._times)
            for found in reader.frames():
                self._tell(decoder)
                yield found
        finally:
            self._tell(decoder)

    def _tell(self, decoder: Decoder) -> None:
        self.frames_decoded = decoder.frames_decoded
        self.device, self.device_reason = decoder.hardware.device, decoder.hardware.reason

    def _plainly(self, cursor: FrameCursor, taken: int) -> Iterator[SampledFrame]:
        """Frame by frame from the time that comes next."""
        before = self.frames_decoded
        if self.device != "cpu":
            self.device, self.device_reason = "cpu", f"{self.device} did not give the pictures asked for"
        for index, seconds in enumerate(self._times[taken:], start=taken):
            self._check()
            found = cursor.frame_at(seconds)
            self.frames_decoded = before + cursor.frames_decoded
            if found is None:
                self._stopped(cursor, seconds)
                return
            yield self._picture(index, *found)

    def _picture(self, index: int, frame: VideoFrame, frame_time: Fraction) -> SampledFrame:
        last = self._last
        same = last is not None and last.frame_time == frame_time
        rgb = last.rgb if same and last else to_picture(frame, *self._size, orientation_of(frame), self._scaler)
        self._last = SampledFrame(index, self._times[index], rgb, frame_time)
        return self._last

    def _stopped(self, cursor: FrameCursor, wanted: Fraction) -> None:
        self._check(always=True)
        if cursor.read_error is not None:
            raise unreadable(self._info.path, cursor.read_error) from cursor.read_error
        self.decoded_until = min(cursor.end, wanted)
        known = any(notice.code == "media_truncated" for notice in self._info.warnings)
        if known and self._info.duration - self.decoded_until < 1:
            return
        whole, part = float(self._info.duration), float(self.decoded_until)
        text = f"{shown(self._info.path)} cannot be decoded beyond {part:.1f} s of its {whole:.1f} s."
        self.warnings = (*self.warnings, Notice("media_truncated", text))

    def _check(self, *, always: bool = False) -> None:
        """Notice a deleted or rewritten file, at most twice a second: a network disk makes each look slow."""
        now = time.monotonic()
        if always or now - self._checked >= _CHECK_SECONDS:
            self._checked = now
            check_unchanged(self._info.path, self._info.size)
