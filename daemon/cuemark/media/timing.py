"""When a stream's frames are shown: first, last, how many, how evenly.  From packets, without decoding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cuemark.core.media import ClockJump
from cuemark.media.clock import LONGEST_PAUSE, SteadyClock
from cuemark.media.packets import demux
from cuemark.media.seen import RUN_PACKETS, SeenPackets
from cuemark.media.source import open_media
from cuemark.media.spacing import Ticks, nominal_of, spacing_of

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


_TAIL_SECONDS = 5
# These write the length at the start of the file; the others (transport streams) are measured by their last packet.
_DECLARES_LENGTH = frozenset({"mov", "matroska", "avi", "asf", "flv", "mxf", "gxf", "nut"})
_INDEXED_WHOLE = frozenset({"mov", "avi"})
# FFmpeg takes the length from the index at the end, which in files that were joined is that of the last part only.
_BELIEVES_ITS_END = frozenset({"nut"})
_ENDS_WITH_ITS_FIRST_PART = frozenset({"flv"})
_TRAILER_BYTES = 1 << 16


@dataclass(frozen=True)
class Timing:
    """What packets tell, in container seconds; `declared_end` is set where the file promises more than it has.

    Where the clock of the file jumps (`jumps`), all other times are those of the steady clock (`clock.SteadyClock`).
    """

    rate: Fraction
    variable: bool
    end: Fraction | None
    frame_count: int | None
    declared_end: Fraction | None
    keyframes: tuple[int, ...] = ()
    """When keyframes are shown, in the stream's ticks, rising; empty where that is not known of the whole file."""
    jumps: tuple[ClockJump, ...] = ()
    first: int | None = None
    """When the first frame is shown, decodable or not, in ticks."""
    unread: int = 0
    """Bytes behind all that is part of the footage, where these are more than its container needs."""


def measure(path: Path, place: int, file_size: int, heard: Callable[[int], None] | None = None) -> Timing:
    """Of the video stream number `place`: from the head and the tail of the file, and its index if it has one.

    All packets are read where it has no usable length, or where what it says of itself does not fit.  `heard` is told
    how many bytes were read so far, and may raise.
    """
    with open_media(path, heard=heard) as container:
        timing = _Measured(container, container.streams.video[place], file_size).timing()
    if timing is not None:
        return timing
    with open_media(path, heard=heard) as container:  # anew: a seek back does not always lead to the first packet
        timing = _Measured(container, container.streams.video[place], file_size, whole=True).timing()
    assert timing is not None
    return timing


class _Measured:
    """One reading of a file."""

    def __init__(self, container: InputContainer, stream: VideoStream, file_size: int, *, whole: bool = False) -> None:
        self._container, self._stream, self._file_size = container, stream, file_size
        self._base = stream.time_base or Fraction(1)
        self._kind = container.format.name.split(",")[0]
        self._index = _Index.of(stream) if self._kind in _INDEXED_WHOLE else None
        self._cut = self._index is not None and self._index.reaches_to > file_size
        self._declared = _declared_ends(container, stream) if self._kind in _DECLARES_LENGTH else None
        end = None if self._cut or whole or self._declared is None else min(self._declared)
        self._seen, self._whole = self._read_tail(end)
        self._short = self._declared is not None and _is_short(self._seen.any_end, min(self._declared))

    def timing(self) -> Timing | None:
        """None where all packets must be read to tell."""
        head = None if self._whole or self._is_indexed() else self._head()
        if not self._whole and self._is_doubtful(head):
            return None
        jumps = self._seen.watch.jumps() if self._whole else ()
        return self._across(jumps) if jumps else self._plain(head)

    def _is_indexed(self) -> bool:
        """Whether the index tells when each frame is shown: a fragmented file's has only the fragments read so far."""
        return self._index is not None and 1 < len(self._index.ticks) == self._stream.frames

    def _plain(self, head: SeenPackets | None) -> Timing:
        index, seen, stream, whole = self._index, self._seen, self._stream, self._whole
        indexed = index is not None and len(index.ticks) > 1
        runs = [index.ticks] if indexed and index is not None else [*([head.run] if head else []), seen.run]
        spacing = spacing_of(runs, self._base)
        end = seen.end
        count = seen.count if whole else _declared_count(stream, index)
        counted = None
        if count and end is not None and runs[0].size and end > int(runs[0][0]) * self._base:
            counted = count / (end - int(runs[0][0]) * self._base)
        rate = nominal_of(spacing, stream.average_rate or stream.guessed_rate, counted)
        if end is not None and seen.open_ended:
            end += 1 / rate
        declared = min(self._declared) if self._declared is not None and (self._cut or self._short) else None
        if declared is None and whole and seen.count * 20 < stream.frames * 19 and end is not None:
            # An AVI without its index has lost its length, not the number of its frames.
            declared = end + (stream.frames - seen.count) / rate
        keyframes = tuple(_keyframes(self._kind, stream, index, seen, whole))
        first = int(runs[0][0]) if runs[0].size and not indexed else None  # an index holds times of decoding
        return Timing(rate, spacing.variable, end, count, declared, keyframes, (), first, self._unread())

    def _unread(self) -> int:
        """Where FFmpeg ends with the first of several files that were put together byte by byte."""
        left = self._container.size - self._seen.reach if self._kind in _ENDS_WITH_ITS_FIRST_PART else 0
        return left if left > max(_TRAILER_BYTES, self._container.size // 20) else 0

    def _across(self, jumps: tuple[ClockJump, ...]) -> Timing:
        """On the steady clock.  What the header says of rate and length has the jumps in it."""
        clock, seen = SteadyClock(jumps), self._seen
        ticks = np.sort(seen.watch.steady(clock))
        spacing = spacing_of([ticks], self._base)
        rate = nominal_of(spacing, spacing.mean_rate, spacing.mean_rate)
        end = int(ticks[-1]) * self._base + 1 / rate
        keyframes = sorted(clock.tick(number, tick) for number, tick in seen.keyframes)
        if len(keyframes) == seen.count or self._stream.codec_context.codec.intra_only:
            keyframes = []
        return Timing(rate, spacing.variable, end, seen.count, None, tuple(keyframes), jumps, int(ticks[0]))

    def _is_doubtful(self, head: SeenPackets | None) -> bool:
        """Whether what the file says of itself does not fit what was read of it, so that its clock may jump."""
        seen, declared = self._seen, self._declared
        if seen.watch.stepped_back or (head is not None and head.watch.stepped_back) or self._kind in _BELIEVES_ITS_END:
            return True
        if declared is None or seen.any_end is None:
            return False
        if (self._short and not self._cut) or _is_short(max(declared), seen.any_end):
            return True
        known = np.array(sorted(seen.known), np.int64)
        runs = [known, seen.run, head.run if head is not None else known]
        if self._index is not None:
            runs.append(self._index.ticks)
        if any(run.size > 1 and int(np.diff(run).max()) * self._base > LONGEST_PAUSE for run in runs):
            return True
        return head is not None and min(declared) > LONGEST_PAUSE and self._is_sparse(head, min(declared))

    def _is_sparse(self, head: SeenPackets, length: Fraction) -> bool:
        """Whether the file is too small by far for its length."""
        rates = [seen.bytes_a_second for seen in (head, self._seen)]
        return min(rates) * length > 2 * self._file_size

    def _read_tail(self, end: Fraction | None) -> tuple[SeenPackets, bool]:
        """Packets near `end`, or all of them where there is no end, or nothing near it.  Also: were they all?"""
        if end is not None and end > 2 * _TAIL_SECONDS and _seek(self._container, end - _TAIL_SECONDS):
            known = frozenset(entry.timestamp for entry in self._stream.index_entries if entry.is_keyframe)
            seen = self._read()
            seen.known = known
            if seen.end is not None:
                return seen, False
            _seek(self._container, None)
        return self._read(), True

    def _read(self, most: int | None = None) -> SeenPackets:
        """Packets from where the container stands, at most so many of the footage."""
        seen = SeenPackets(self._kind, self._base)
        for packet in demux(self._container):
            if packet.stream_index != self._stream.index:
                seen.other(packet)
                continue
            seen.footage(packet)
            if most is not None and len(seen.ticks) >= most:
                break
        return seen

    def _head(self) -> SeenPackets:
        _seek(self._container, None)
        return self._read(RUN_PACKETS)


def _keyframes(kind: str, stream: VideoStream, index: _Index | None, seen: SeenPackets, whole: bool) -> list[int]:
    """From all packets where all were read, else from an index that knew the ones that were."""
    if stream.codec_context.codec.intra_only:
        return []
    if whole:
        return sorted(tick for _, tick in seen.keyframes) if len(seen.keyframes) < seen.count else []
    if kind == "matroska":
        return sorted(seen.known) if seen.known.issuperset(tick for _, tick in seen.keyframes) else []
    # A fragmented file's index holds only the fragments read so far.
    if index is None or stream.frames != index.shown or len(index.keyframes) == index.shown or len(seen.delays) > 1:
        return []
    delay = next(iter(seen.delays), None)
    return [] if delay is None else [int(tick) + delay for tick in index.keyframes]


@dataclass(frozen=True)
class _Index:
    """The file's own table of frames: decode times, the byte it reaches to, and the frames that are shown."""

    ticks: Ticks
    reaches_to: int
    shown: int
    keyframes: Ticks

    @classmethod
    def of(cls, stream: VideoStream) -> _Index | None:
        entries = stream.index_entries
        ticks, is_key, reach, shown = np.empty(len(entries), np.int64), np.zeros(len(entries), bool), 0, 0
        for entry in entries:  # one at a time: as objects those of three hours are 60 MB
            reach = max(reach, entry.pos + entry.size)
            if not entry.is_discard:
                ticks[shown], is_key[shown] = entry.timestamp, entry.is_keyframe
                shown += 1
        if not len(ticks):
            return None
        return cls(ticks[:shown], reach, shown, ticks[is_key])


def _declared_count(stream: VideoStream, index: _Index | None) -> int | None:
    # A fragmented file's index holds only the fragments read so far: believe it only when the header agrees.
    if index is not None and stream.frames in (0, index.shown) and stream.frames:
        return index.shown
    return stream.frames or None


def _declared_ends(container: InputContainer, stream: VideoStream) -> tuple[Fraction, ...] | None:
    """When the file says that it ends, in container seconds.

    Its length may count from 0 or from its first time stamp: programs that cut recordings write either.
    """
    start = Fraction(container.start_time or 0, 1_000_000)
    if container.duration:
        length = Fraction(container.duration, 1_000_000)
        return (start + length, length) if 0 < start < length else (start + length,)
    if stream.duration and stream.time_base:
        return ((stream.start_time or 0) * stream.time_base + stream.duration * stream.time_base,)
    return None


def _is_short(end: Fraction | None, declared: Fraction) -> bool:
    return end is not None and declared - end > max(Fraction(1), declared / 50)


def _seek(container: InputContainer, seconds: Fraction | None) -> bool:
    """Go to `seconds`, or to the start; False where the container cannot."""
    import av

    earliest = min(container.start_time or 0, 0)
    try:
        container.seek(earliest if seconds is None else int(seconds * 1_000_000))
    except (av.error.FFmpegError, OSError):
        return False
    return True


def player_zero(container: InputContainer, otherwise: Fraction) -> Fraction:
    """The container time that players show as 0: when the first of all streams begins.

    FFmpeg gives it in microseconds; the stream's own start says the same exactly.
    """
    if container.start_time is None:
        return otherwise
    rounded = Fraction(container.start_time, 1_000_000)
    starts = (s.start_time * s.time_base for s in container.streams if s.start_time is not None and s.time_base)
    return next((start for start in starts if abs(start - rounded) <= Fraction(1, 1_000_000)), rounded)
