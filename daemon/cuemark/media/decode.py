"""The pictures on screen at given times, as an iterator that survives damaged files and says what it met."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cuemark.errors import MediaError
from cuemark.media.cursor import FrameCursor
from cuemark.media.geometry import Picture, orientation_of, to_picture
from cuemark.media.info import MediaInfo
from cuemark.media.names import shown
from cuemark.media.source import check_unchanged, open_media, unreadable

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

    def __init__(self, info: MediaInfo, times: Sequence[Fraction], width_height: tuple[int, int] | None = None) -> None:
        self._info = info
        self._times = times
        self._size = width_height or (info.width, info.height)
        self._generator = self._samples()
        self._checked = 0.0
        self.warnings: tuple[tuple[str, str], ...] = ()
        self.frames_decoded = 0
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
            with open_media(self._info.path) as container:
                cursor = FrameCursor(container, self._info)
                yield from self._from_cursor(cursor)
        except MediaError:
            self._check(always=True)  # a file that is gone cannot be opened either: say that it is gone
            raise
        self._check(always=True)

    def _from_cursor(self, cursor: FrameCursor) -> Iterator[SampledFrame]:
        last: SampledFrame | None = None
        for index, seconds in enumerate(self._times):
            self._check()
            found = cursor.frame_at(seconds)
            self.frames_decoded = cursor.frames_decoded
            if found is None:
                self._stopped(cursor, seconds)
                return
            frame, frame_time = found
            same = last is not None and last.frame_time == frame_time
            rgb = last.rgb if same and last else to_picture(frame, *self._size, orientation_of(frame))
            last = SampledFrame(index, seconds, rgb, frame_time)
            yield last

    def _stopped(self, cursor: FrameCursor, wanted: Fraction) -> None:
        self._check(always=True)
        if cursor.read_error is not None:
            raise unreadable(self._info.path, cursor.read_error) from cursor.read_error
        self.decoded_until = min(cursor.end, wanted)
        known = any(code == "media_truncated" for code, _ in self._info.warnings)
        if known and self._info.duration - self.decoded_until < 1:
            return
        whole, part = float(self._info.duration), float(self.decoded_until)
        text = f"{shown(self._info.path)} cannot be decoded beyond {part:.1f} s of its {whole:.1f} s."
        self.warnings = (*self.warnings, ("media_truncated", text))

    def _check(self, *, always: bool = False) -> None:
        """Notice a deleted or rewritten file, at most twice a second: a network disk makes each look slow."""
        now = time.monotonic()
        if always or now - self._checked >= _CHECK_SECONDS:
            self._checked = now
            check_unchanged(self._info.path, self._info.size)
