"""What is remembered of packets while a file is read to be measured."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from cuemark.media.clock import ClockWatch
from cuemark.media.packets import is_whole
from cuemark.media.spacing import Ticks

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

RUN_PACKETS = 300
"""So many frame times of a stretch are enough to tell how evenly frames follow each other."""
_REORDERED = 8


class SeenPackets:
    """Packets read one after another, in the order they are stored: those of the footage, and the ends of all streams.

    Packets of the footage are numbered from 0, whole or not.
    """

    def __init__(self, container: str, base: Fraction) -> None:
        """`container` by FFmpeg's name, `base` the seconds of a tick of the footage."""
        self._base = base
        self.watch = ClockWatch(container, base)
        self.ticks: list[int] = []
        """When the first ones are shown."""
        self.keyframes: list[tuple[int, int]] = []
        """(number, tick shown)."""
        self.delays: set[int] = set()
        """By how much keyframes are shown later than they are decoded."""
        self.known: frozenset[int] = frozenset()
        """Keyframes the file's index told before these packets were read."""
        self.count = 0
        self._last: tuple[int, int] | None = None
        """When the frame shown last comes on, and for how long: others may seem to last for longer, since their length
        is that of the time until the next one is decoded.
        """
        self._ends: dict[int, tuple[int, Fraction]] = {}
        """Of each stream by its number: the latest end, in ticks, and their length."""
        self.reach = 0
        """The byte behind the last packet of the footage."""
        self._number = 0
        self._bytes = 0

    def footage(self, packet: Packet[Stream]) -> None:
        """The next packet of the footage."""
        number, self._number = self._number, self._number + 1
        if not is_whole(packet) or packet.is_discard:
            self.watch.footage(None, None)
            return
        self.count += 1
        self.reach = max(self.reach, (packet.pos or 0) + packet.size)
        self._bytes += packet.size if len(self.ticks) < RUN_PACKETS else 0
        self.watch.footage(packet.pts, packet.dts)
        if packet.pts is None:
            return
        self._note_end(packet)
        if len(self.ticks) < RUN_PACKETS:
            self.ticks.append(packet.pts)
        if packet.is_keyframe:
            self.keyframes.append((number, packet.pts))
            self.delays.add(packet.pts - (packet.pts if packet.dts is None else packet.dts))
        if self._last is None or packet.pts > self._last[0]:
            self._last = packet.pts, packet.duration or 0

    def other(self, packet: Packet[Stream]) -> None:
        """The next packet of any other stream."""
        base = packet.time_base
        if is_whole(packet) and not packet.is_discard and packet.pts is not None and base is not None:
            self._note_end(packet)
            self.watch.other(packet.pts * base.numerator // base.denominator)

    @property
    def end(self) -> Fraction | None:
        """When the footage ends."""
        return None if self._last is None else sum(self._last) * self._base

    @property
    def open_ended(self) -> bool:
        """The last frame has no length of its own, as in transport streams: it lasts one frame."""
        return self._last is not None and not self._last[1]

    @property
    def any_end(self) -> Fraction | None:
        """When the last of all streams ends."""
        return max((tick * base for tick, base in self._ends.values()), default=None)

    def _note_end(self, packet: Packet[Stream]) -> None:
        end, known = (packet.pts or 0) + (packet.duration or 0), self._ends.get(packet.stream_index)
        if packet.time_base is not None and (known is None or end > known[0]):
            self._ends[packet.stream_index] = end, packet.time_base

    @property
    def run(self) -> Ticks:
        """Consecutive frame times in order of presentation, without the last few: frames stored later and shown earlier
        may be missing there.
        """
        ticks = self.ticks
        return np.sort(np.array(ticks, np.int64))[: len(ticks) - min(_REORDERED, len(ticks) // 3)]

    @property
    def bytes_a_second(self) -> Fraction:
        """Of the first of these pictures; 0 where too little was seen to tell."""
        seconds = (max(self.ticks) - min(self.ticks)) * self._base if self.ticks else Fraction(0)
        return self._bytes / seconds if seconds else Fraction(0)
