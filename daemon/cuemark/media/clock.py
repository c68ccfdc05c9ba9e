"""One steady clock for footage whose own clock jumps: joined recordings, a camera that was set, a signal that was lost.

The time stamps of such a file are not the time that passed in it.  A second recording behind the first one begins at 0
again; a clock that is put forward leaves hours without a picture.  Here each picture follows the one before it: a step
back continues where the last picture ended, a large jump ahead lasts as long as any other picture.

A jump ahead is told from a picture that really stands for long (a time lapse, a recorded screen) by what surrounds it:
it is many times longer than the usual step, and no sound was recorded meanwhile.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cuemark.core.errors import Notice
from cuemark.core.media import ClockJump
from cuemark.core.text import first_few
from cuemark.core.timebase import clock as spelled

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

# Their time stamps are those of a broadcast, which may be interrupted; all others count from the start of the file.
BROADCAST = frozenset({"mpegts", "mpeg"})
BROADCAST_GAP = Fraction(10)
"""Seconds without a picture and without sound that are no pause: FFmpeg's own bound for these containers."""
LONGEST_PAUSE = Fraction(3600)
"""The same for containers whose clock an editor follows: there a picture may well stand for long."""
# Containers that store when a packet is decoded; of the others FFmpeg guesses it, wrongly behind a step back.
_STORES_DECODE_TIMES = frozenset({"mpegts", "mpeg", "flv", "mov"})
_JITTER = Fraction(1, 2)
_REORDER_STEPS = 33
_RECENT = 40
_REORDER_SECONDS = Fraction(1)
_UNUSUAL = 20
_FEWEST_STEPS = 8
_WRAP = 1 << 33
_MOST_JUMPS = 5000
_NAMED = 4


@dataclass
class _Stretch:
    """Packets of footage between two steps back of the clock: where it begins, and when its pictures are shown."""

    first: int
    ticks: array[int] = field(default_factory=lambda: array("q"))
    latest: int | None = None
    sound: set[int] = field(default_factory=set)
    """Seconds of the clock in which other streams have something."""
    _heard: list[int] = field(default_factory=list)

    def shown(self) -> NDArray[np.int64]:
        """In order of presentation."""
        return np.sort(np.frombuffer(self.ticks, np.int64))

    def is_heard(self, start: Fraction, end: Fraction) -> bool:
        """Whether sound goes on for most of a time."""
        if len(self._heard) != len(self.sound):
            self._heard = sorted(self.sound)
        heard = bisect_left(self._heard, end) - bisect_right(self._heard, start)
        return heard * 2 > end - start


class ClockWatch:
    """Watches the times of packets as they are read in the order they are stored, and tells where the clock jumped."""

    def __init__(self, container: str, base: Fraction) -> None:
        """`container` by FFmpeg's name, `base` the seconds of a tick of the footage."""
        self._container, self._base = container, base
        self._by_decoding = container in _STORES_DECODE_TIMES
        self._jitter, self._reorder = int(_JITTER / base), int(_REORDER_SECONDS / base)
        self._stretches = [_Stretch(0)]
        self._packets = 0
        self._decoded: int | None = None

    @property
    def stepped_back(self) -> bool:
        """Whether the clock went back anywhere."""
        return len(self._stretches) > 1

    def footage(self, pts: int | None, dts: int | None) -> None:
        """The next packet of the footage."""
        stretch = self._stretches[-1]
        if pts is not None:
            pts = _in_one_turn(pts, dts)
            if self._is_step_back(stretch, pts, dts) and len(self._stretches) < _MOST_JUMPS:
                stretch = _Stretch(self._packets)
                self._stretches.append(stretch)
            stretch.ticks.append(pts)
            stretch.latest = pts if stretch.latest is None else max(pts, stretch.latest)
        self._decoded = dts if dts is not None else self._decoded
        self._packets += 1

    def other(self, second: int) -> None:
        """A packet of another stream, by its time in whole seconds."""
        self._stretches[-1].sound.add(second)

    def jumps(self) -> tuple[ClockJump, ...]:
        """All jumps, in the order they are met."""
        shown = [stretch.shown() for stretch in self._stretches]
        steps = np.concatenate([np.diff(ticks) for ticks in shown])
        steps = steps[steps > 0]
        usual = int(np.sort(steps)[(steps.size - 1) // 2]) if steps.size else max(1, int(1 / (25 * self._base)))
        least = self._least_gap(usual) if steps.size >= _FEWEST_STEPS else None
        found: list[ClockJump] = []
        expected: int | None = None
        for stretch, ticks in zip(self._stretches, shown, strict=True):
            if not ticks.size:
                continue
            if expected is not None and int(ticks[0]) < expected:
                found.append(self._step_back(stretch, int(ticks[0]), expected))
            found += self._gaps(stretch, ticks, least, usual)[: _MOST_JUMPS - len(found)]
            expected = int(ticks[-1]) + usual
        return tuple(found)

    def steady(self, clock: SteadyClock) -> NDArray[np.int64]:
        """When each packet seen is shown by a steady clock."""
        return np.concatenate([clock.ticks(stretch.first, stretch.shown()) for stretch in self._stretches])

    def _is_step_back(self, stretch: _Stretch, pts: int, dts: int | None) -> bool:
        if stretch.latest is None:
            return False
        if self._by_decoding and dts is not None and self._decoded is not None:
            return self._decoded - dts > self._jitter
        back = stretch.latest - pts
        return back > self._reorder and back > _REORDER_STEPS * _usual_step(sorted(stretch.ticks[-_RECENT:]))

    def _least_gap(self, usual: int) -> int:
        bound = BROADCAST_GAP if self._container in BROADCAST else LONGEST_PAUSE
        return max(int(bound / self._base), _UNUSUAL * usual)

    def _gaps(self, stretch: _Stretch, ticks: NDArray[np.int64], least: int | None, usual: int) -> list[ClockJump]:
        if least is None:
            return []
        places = np.flatnonzero(np.diff(ticks) > least)
        pairs = [(int(ticks[place]), int(ticks[place + 1])) for place in places]
        return [
            ClockJump(stretch.first, before + usual, after)
            for before, after in pairs
            if not stretch.is_heard(before * self._base, after * self._base)
        ]

    def _step_back(self, stretch: _Stretch, start: int, expected: int) -> ClockJump:
        """Counters of 33 bits start again at 0 every 26.5 hours: nothing is lost there, and the spacing is kept."""
        wrapped = start + _WRAP
        # Pictures stored out of order may lie on either side of that.
        natural = -_REORDER_SECONDS < (wrapped - expected) * self._base < BROADCAST_GAP
        is_wrap = natural and self._container in BROADCAST
        return ClockJump(stretch.first, wrapped if is_wrap else expected, start)


def _usual_step(ticks: Sequence[int]) -> int:
    """The median of the steps between rising times; 0 where there is none."""
    steps = sorted(later - sooner for sooner, later in pairwise(ticks) if later > sooner)
    return steps[(len(steps) - 1) // 2] if steps else 0


class _Offset(NamedTuple):
    """From tick `after` of a stretch on, `shift` is added; a gap before it began at tick `before`."""

    before: int
    after: int
    shift: int


class SteadyClock:
    """Carries the ticks of footage to a clock that never jumps.  Without jumps nothing is changed.

    Packets have to come in the order they are stored, from the first one of the file on: where the same time comes
    twice, it is their number that tells which one is meant.
    """

    def __init__(self, jumps: Sequence[ClockJump]) -> None:
        self._starts = [0]
        self._offsets: list[list[_Offset]] = [[_Offset(0, 0, 0)]]
        shift = 0
        for jump in jumps:
            shift += jump.before - jump.after
            if jump.is_step_back:
                self._starts.append(jump.packet)
                self._offsets.append([])
            self._offsets[-1].append(_Offset(jump.before, jump.after, shift))
        self._jumps = bool(jumps)
        self._stretch = 0
        self._number = 0

    def next(self, packet: Packet[VideoStream]) -> Packet[VideoStream]:
        """The next packet of the footage, on the steady clock."""
        number, self._number = self._number, self._number + 1
        if self._jumps:
            while self._stretch + 1 < len(self._starts) and self._starts[self._stretch + 1] <= number:
                self._stretch += 1
            self._steady(packet)
        return packet

    def tick(self, number: int, tick: int) -> int:
        """A time of the footage's packet `number` (from 0)."""
        return _carried(tick, self._offsets[bisect_right(self._starts, number) - 1])

    def shift_near(self, number: int, tick: Fraction, expected: Fraction | None) -> int:
        """By how many ticks a packet of another stream is moved that is stored behind the footage's packet `number`.

        Streams are stored side by side only roughly, so at a step back its stretch may be the one before or the next:
        it is the one that leads closest to where it is `expected`.
        """
        here = bisect_right(self._starts, number) - 1
        near = range(max(0, here - 1), min(len(self._starts), here + 2))
        whole = int(tick)
        shifts = [_carried(whole, self._offsets[stretch]) - whole for stretch in sorted(near, key=lambda s: s != here)]
        return shifts[0] if expected is None else min(shifts, key=lambda shift: abs(tick + shift - expected))

    def ticks(self, number: int, shown: NDArray[np.int64]) -> NDArray[np.int64]:
        """Times at which packets from `number` on are shown, up to the next step back."""
        offsets = self._offsets[bisect_right(self._starts, number) - 1]
        shift = np.full_like(shown, offsets[0].shift)
        for offset in offsets[1:]:
            shift[shown >= offset.after] = offset.shift
        return shown + shift

    def _steady(self, packet: Packet[VideoStream]) -> None:
        offsets = self._offsets[self._stretch]
        pts, dts = packet.pts, packet.dts
        if pts is not None:
            pts = _in_one_turn(pts, dts)
            if packet.duration:
                packet.duration = _length(pts, packet.duration, offsets)
            packet.pts = _carried(pts, offsets)
        if dts is not None:
            packet.dts = _carried(dts, offsets)


def _in_one_turn(pts: int, dts: int | None) -> int:
    """When a packet is shown, in the turn of a counter of 33 bits in which it is decoded."""
    return pts if dts is None else pts - round((pts - dts) / _WRAP) * _WRAP


def _carried(tick: int, offsets: Sequence[_Offset]) -> int:
    """A time inside a gap is that of decoding a picture on one side of it: it stays with the nearer side."""
    shift = offsets[0].shift
    for offset in offsets[1:]:
        if tick < offset.before:
            break
        if tick < offset.after and tick - offset.before < offset.after - tick:
            return offset.before + shift
        shift = offset.shift
    return tick + shift


def _length(tick: int, duration: int, offsets: Sequence[_Offset]) -> int:
    """How long a picture stands that a gap follows."""
    ends = (offset.before for offset in offsets[1:] if tick < offset.before and tick + duration > offset.before)
    return min([duration, *(end - tick for end in ends)])


def jump_notice(name: str, jumps: Sequence[ClockJump], base: Fraction, first: int) -> list[Notice]:
    """What to say of the jumps of a file whose first picture comes at tick `first`; nothing of counters that wrap."""
    clock = SteadyClock(jumps)
    told = []
    for jump in jumps:
        if jump.before - jump.after == _WRAP:
            continue
        at = max(Fraction(0), (clock.tick(jump.packet, jump.after) - first) * base)
        length = spelled(abs(jump.after - jump.before) * base)
        told.append(f"{'back' if jump.is_step_back else 'ahead'} by {length} at {spelled(at)}")
    if not told:
        return []
    where = first_few(told, _NAMED)
    text = f"The clock of {name} jumps {where}. All of it was watched; times go on there as if it had not jumped."
    if any(not jump.is_step_back for jump in jumps):
        text += " An editor that keeps a gap shows what follows it later by as much."
    return [Notice("timestamps_jump", text)]
