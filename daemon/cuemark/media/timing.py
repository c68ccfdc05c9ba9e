"""When a stream's frames are shown: first, last, how many, how evenly.  From packets, without decoding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cuemark.core.timebase import LEGAL_RATES, snap_rate
from cuemark.media.packets import demux, is_whole

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


_TAIL_SECONDS = 5
_RUN_PACKETS = 300
_REORDERED = 8
# These write the length at the start of the file; the others (transport streams) are measured by their last packet.
_DECLARES_LENGTH = frozenset({"mov", "matroska", "avi", "asf", "flv", "mxf", "gxf", "nut"})
_INDEXED_WHOLE = frozenset({"mov", "avi"})


@dataclass(frozen=True)
class Timing:
    """What packets tell, in container seconds; `declared_end` is set where the file promises more than it has."""

    rate: Fraction
    variable: bool
    end: Fraction | None
    frame_count: int | None
    declared_end: Fraction | None
    keyframes: tuple[int, ...] = ()
    """When keyframes are shown, in the stream's ticks, rising; empty where that is not known of the whole file."""


@dataclass
class _Seen:
    """Packets read so far: of the footage, and the latest end of any stream."""

    ticks: list[int] = field(default_factory=list)
    count: int = 0
    end: Fraction | None = None
    any_end: Fraction | None = None
    open_ended: bool = False
    """The last frame has no length of its own, as in transport streams: it lasts one frame."""
    keyframes: list[int] = field(default_factory=list)
    delays: set[int] = field(default_factory=set)
    """By how much keyframes are shown later than they are decoded."""
    known: frozenset[int] = frozenset()
    """Keyframes the file's index told before these packets were read."""

    @property
    def run(self) -> Ticks:
        """Consecutive frame times, in order."""
        return _inner(self.ticks)


def measure(container: InputContainer, stream: VideoStream, file_size: int) -> Timing:
    """Read the head and the tail of the file (all of it where it has no usable length), and its index if it has one."""
    kind = container.format.name.split(",")[0]
    index = _Index.of(stream) if kind in _INDEXED_WHOLE else None
    cut = index is not None and index.reaches_to > file_size
    declared = _declared_end(container, stream) if kind in _DECLARES_LENGTH else None
    seen, whole = _read_tail(container, stream, None if cut else declared)
    short = declared is not None and seen.any_end is not None and _is_short(seen.any_end, declared)
    runs = [index.ticks] if index is not None and len(index.ticks) > 1 else [_head_ticks(container, stream), seen.run]
    base = stream.time_base or Fraction(1)
    spacing = spacing_of(runs, base)
    count = seen.count if whole else _declared_count(stream, index)
    counted = None
    if count and seen.end is not None and runs[0].size and seen.end > int(runs[0][0]) * base:
        counted = count / (seen.end - int(runs[0][0]) * base)
    rate = nominal_of(spacing, stream.average_rate or stream.guessed_rate, counted)
    if seen.open_ended and seen.end is not None:
        seen.end += 1 / rate
    if not (cut or short) and whole and seen.count * 20 < stream.frames * 19 and seen.end is not None:
        # An AVI without its index has lost its length, not the number of its frames.
        declared, short = seen.end + (stream.frames - seen.count) / rate, True
    keyframes = tuple(_keyframes(kind, stream, index, seen, whole))
    return Timing(rate, spacing.variable, seen.end, count, declared if cut or short else None, keyframes)


def _keyframes(kind: str, stream: VideoStream, index: _Index | None, seen: _Seen, whole: bool) -> list[int]:
    """From all packets where all were read, else from an index that knew the ones that were."""
    if stream.codec_context.codec.intra_only:
        return []
    if whole:
        return sorted(seen.keyframes) if len(seen.keyframes) < seen.count else []
    if kind == "matroska":
        return sorted(seen.known) if seen.known.issuperset(seen.keyframes) else []
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


def _declared_end(container: InputContainer, stream: VideoStream) -> Fraction | None:
    start = Fraction(container.start_time or 0, 1_000_000)
    if container.duration:
        return start + Fraction(container.duration, 1_000_000)
    if stream.duration and stream.time_base:
        return (stream.start_time or 0) * stream.time_base + stream.duration * stream.time_base
    return None


def _is_short(end: Fraction, declared: Fraction) -> bool:
    return declared - end > max(Fraction(1), declared / 50)


def _read_tail(container: InputContainer, stream: VideoStream, end: Fraction | None) -> tuple[_Seen, bool]:
    """Packets near `end`, or all of them where there is no end, or nothing near it.  Also: were they all?"""
    if end is not None and end > 2 * _TAIL_SECONDS and _seek(container, end - _TAIL_SECONDS):
        known = frozenset(entry.timestamp for entry in stream.index_entries if entry.is_keyframe)
        seen = _read(container, stream)
        seen.known = known
        if seen.end is not None:
            return seen, False
        _seek(container, None)
    return _read(container, stream), True


def _seek(container: InputContainer, seconds: Fraction | None) -> bool:
    """Go to `seconds`, or to the start; False where the container cannot."""
    import av

    earliest = min(container.start_time or 0, 0)
    try:
        container.seek(earliest if seconds is None else int(seconds * 1_000_000))
    except (av.error.FFmpegError, OSError):
        return False
    return True


def _read(container: InputContainer, stream: VideoStream) -> _Seen:
    seen = _Seen()
    for packet in demux(container):
        base = packet.time_base
        if not is_whole(packet) or packet.is_discard:
            continue
        ours = packet.stream_index == stream.index
        seen.count += ours
        if packet.pts is None or base is None:
            continue
        end = (packet.pts + (packet.duration or 0)) * base
        seen.any_end = end if seen.any_end is None else max(seen.any_end, end)
        if ours:
            if len(seen.ticks) < _RUN_PACKETS:
                seen.ticks.append(packet.pts)
            if packet.is_keyframe:
                seen.keyframes.append(packet.pts)
                seen.delays.add(packet.pts - (packet.pts if packet.dts is None else packet.dts))
            if seen.end is None or end > seen.end:
                seen.end, seen.open_ended = end, not packet.duration
    return seen


def _head_ticks(container: InputContainer, stream: VideoStream) -> Ticks:
    """Presentation times of the first frames, in order."""
    _seek(container, None)
    ticks: list[int] = []
    for packet in demux(container):
        if packet.stream_index == stream.index and packet.pts is not None:
            ticks.append(packet.pts)
        if len(ticks) >= _RUN_PACKETS:
            break
    return _inner(ticks)


def _inner(ticks: list[int]) -> Ticks:
    """In order of presentation, without the last few: frames stored later and shown earlier may be missing there."""
    return np.sort(np.array(ticks, np.int64))[: len(ticks) - min(_REORDERED, len(ticks) // 3)]


Ticks = NDArray[np.int64]

_UNEVEN_SHARE = 0.01
_VARIABLE_SNAP = Fraction(1, 50)
_FALLBACK_RATE = Fraction(25)


@dataclass(frozen=True)
class Spacing:
    """The usual step between frames in seconds (None where there is none), how regular it is.

    `variable`: more than a hundredth of the time lies between other steps.  `mostly`: at least half of the steps
    are the usual one, so the footage has a beat from which frames are missing.
    """

    step: Fraction | None
    variable: bool
    mostly: bool


def spacing_of(runs: Sequence[Ticks], base: Fraction) -> Spacing:
    """From stretches of consecutive frame times, in ticks of `base` seconds, each in order."""
    steps = np.concatenate([np.diff(run) for run in runs]) if runs else np.zeros(0, np.int64)
    steps = steps[steps > 0]
    if steps.size == 0:
        return Spacing(None, False, True)
    usual = int(np.sort(steps)[(steps.size - 1) // 2])
    # A container that rounds to milliseconds moves each frame by up to a tick and a half.
    odd = np.abs(steps - usual) > max(usual / 10, 1.5)
    variable = bool(steps[odd].sum() > _UNEVEN_SHARE * steps.sum())
    return Spacing(usual * base, variable, bool(odd.mean() <= 0.5))


def nominal_of(spacing: Spacing, declared: Fraction | None, counted: Fraction | None) -> Fraction:
    """The rate frame numbers count at: exact for even footage, the nearest usual one for uneven footage.

    `declared` is the header's rate, `counted` frames over time where both are known.
    """
    by_step = 1 / spacing.step if spacing.step else None
    if not spacing.variable:
        return _even_rate(declared, by_step)
    rate = (by_step if spacing.mostly else counted or declared or by_step) or _FALLBACK_RATE
    nearest = min(LEGAL_RATES, key=lambda legal: abs(legal - rate))
    return nearest if abs(nearest - rate) <= _VARIABLE_SNAP * nearest else rate.limit_denominator(1001)


def _even_rate(declared: Fraction | None, by_step: Fraction | None) -> Fraction:
    """A step in whole milliseconds is only roughly right; a header can be plain wrong (90000 fps), or an average."""
    if declared is None or by_step is None:
        return snap_rate(declared or by_step or _FALLBACK_RATE)
    if abs(declared - by_step) > by_step / 10:
        return snap_rate(by_step)
    # An average over a dropped frame or two is no usual rate, the step between the others is.
    return next((rate for rate in map(snap_rate, (declared, by_step)) if rate in LEGAL_RATES), snap_rate(declared))
