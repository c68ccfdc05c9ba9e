"""Frames at given times with as little decoding as their pictures need, bit for bit those of a full decode.

From the packets alone follows which picture is on screen at a time.  Sent to the decoder are only those from the last
random access point up to that picture, and of these the decoder leaves out what no other picture refers to; whatever
lies between is dropped, or not even read.  Where packets do not tell, or the decoder gives another picture than they
promise (damage, odd streams), the frames end early and another reader goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from cuemark.core.limits import ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.media.bitstream import CodecRules
from cuemark.media.decoder import Decoder, Hardware
from cuemark.media.packets import PacketReader, SelectionFailed, StoredPacket
from cuemark.media.source import open_media

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from cuemark.media.decoder import TimedFrame

# Reading on costs less than a seek below this; one buffer of the reader is a quarter of it.
_SEEK_BYTES = 1 << 20
_HELD_BYTES = 64 << 20
_PACKET_BYTES = 1 << 10
"""What a packet takes besides its data: some files have millions of a few bytes."""
# Seconds: an index of decode times may lead to a keyframe that is shown just after the time looked for.
_SEEKS_BACK = (0, 1, 10)


class SelectiveReader:
    """A `FrameReader` for codecs whose packets tell what they need; on a device where there is one."""

    end = None

    def __init__(self, info: MediaInfo, limits: ProcessLimits) -> None:
        self._info, self._limits = info, limits
        self._decoder: Decoder | None = None
        self._without = Hardware("cpu", "nothing is decoded yet")

    @property
    def frames_decoded(self) -> int:
        """See `FrameReader`."""
        return 0 if self._decoder is None else self._decoder.frames_decoded

    @property
    def hardware(self) -> Hardware:
        """See `FrameReader`."""
        return self._without if self._decoder is None else self._decoder.hardware

    def read(self, times: Sequence[Fraction]) -> Generator[TimedFrame, None, None]:
        """See `FrameReader`."""
        with ExitStack() as files:
            container = files.enter_context(open_media(self._info.path))
            stream: VideoStream = container.streams[self._info.stream_index]  # type: ignore[assignment]
            rules = CodecRules.of(stream)
            if rules is None:
                self._without = Hardware("cpu", f"{self._info.codec} is decoded plainly, in software")
                return
            self._decoder = Decoder(container, self._info, files, self._limits)
            packets = PacketReader(container, self._info, rules, files)
            base = stream.time_base or Fraction(1)
            yield from PacketSelection(packets, self._decoder, self._info, rules, base, times).frames()


class PacketSelection:
    """Decodes the frame on screen at each of `times` (rising, seconds from the first frame), and little else."""

    def __init__(
        self,
        packets: PacketReader,
        decoder: Decoder,
        info: MediaInfo,
        rules: CodecRules,
        base: Fraction,
        times: Sequence[Fraction],
    ) -> None:
        self._info, self._rules, self._base = info, rules, base
        self._packets, self._decoder = packets, decoder
        self._targets = deque(floor((seconds + info.start_time) / self._base) for seconds in times)
        self._near: deque[StoredPacket] = deque()
        """Packets read that may still matter to a time asked for, sent or not."""
        self._unsent: deque[StoredPacket] = deque()
        self._held = 0
        self._sent = 0
        self._gap = False
        self._ended = False
        self._pending: deque[int] = deque()
        self._missing: deque[int] = deque()
        self._frames: dict[int, VideoFrame] = {}
        self._last_out: int | None = None

    def frames(self) -> Iterator[TimedFrame]:
        """One frame a time, in order; ends early where another reader must go on."""
        try:
            while self._targets:
                self._send(self._next_wanted())
                yield from self._ready()
            self._receive(self._decoder.drain())
        except SelectionFailed:
            pass
        yield from self._ready()

    def _ready(self) -> Iterator[TimedFrame]:
        while self._pending and self._pending[0] in self._frames:
            tick = self._pending.popleft()
            yield self._frames[tick], tick * self._base - self._info.start_time
            if not self._pending or self._pending[0] != tick:
                # The newest stays: the next time may show it, too.
                for old in [key for key in self._frames if key < tick]:
                    del self._frames[old]

    # Which packets are on screen

    def _next_wanted(self) -> list[StoredPacket]:
        """The pictures for the next time, and for those after it that are stored before it or beside it."""
        wanted = [self._find(self._targets.popleft())]
        horizon = self._horizon(wanted[0])
        while self._targets and self._is_within(self._targets[0], horizon):
            wanted.append(self._find(self._targets.popleft()))
            horizon = max(horizon, self._horizon(wanted[-1]))
        return wanted

    def _horizon(self, wanted: StoredPacket) -> int:
        """The last time of showing among what is stored up to a packet."""
        return max((s.pts for s in self._near if s.shown and s.place <= wanted.place), default=wanted.pts)

    def _is_within(self, target: int, horizon: int) -> bool:
        while not any(horizon < s.pts <= target for s in self._near if s.shown):
            if self._is_settled(target) or not self._read(None):
                return True
        return False

    def _find(self, target: int) -> StoredPacket:
        """The packet whose picture is on screen at a tick."""
        self._jump_if_worth(target)
        while not self._is_settled(target):
            if not self._read(target):
                break
        best = max((s for s in self._near if s.shown and s.pts <= target), key=lambda s: s.pts, default=None)
        if best is None or (self._ended and self._is_beyond(best, target)):
            raise SelectionFailed
        self._forget_before(best.pts)
        return best

    def _forget_before(self, tick: int) -> None:
        """Let go of what was sent, or left out for good, and is shown before a tick."""
        first_unsent = self._unsent[0].place if self._unsent else None
        while self._near and self._near[0].pts < tick:
            if first_unsent is not None and self._near[0].place >= first_unsent:
                return
            self._near.popleft()

    def _is_settled(self, target: int) -> bool:
        """Whether no packet to come can be on screen at a tick."""
        if self._ended or (self._packets.passed is not None and self._packets.passed > target):
            return True
        beyond = 0
        for stored in reversed(self._near):
            if stored.shown and stored.pts >= target:
                beyond += 1
                if stored.pts == target or beyond >= self._rules.reorder:
                    return True
        return False

    def _is_beyond(self, last: StoredPacket, target: int) -> bool:
        own = max(Fraction(last.packet.duration or 0) * self._base, 1 / self._info.rate)
        is_last = all(s.pts <= last.pts for s in self._near if s.shown)
        return is_last and (target - last.pts) * self._base >= own

    def _jump_if_worth(self, target: int) -> None:
        if self._ended:
            return
        ahead = self._packets.keyframe_ahead(target, _SEEK_BYTES)
        if ahead is None:
            return
        for back in _SEEKS_BACK:
            self._packets.seek(ahead - int(back / self._base))
            self._near.clear()
            self._unsent.clear()
            self._held, self._gap = 0, True
            first = self._read(target)
            if first is not None and first.random_access and first.pts <= target:
                return
        raise SelectionFailed

    def _read(self, target: int | None) -> StoredPacket | None:
        """One packet more.  `target` is the time looked for when nothing before it waits to be sent."""
        stored = self._packets.read()
        if stored is None:
            self._ended = True
            return None
        if target is not None and stored.random_access and stored.shown and stored.pts <= target:
            # Decoding can begin here: what was read before it and not sent is not needed.
            self._gap = self._gap or bool(self._unsent)
            self._unsent.clear()
            self._held = 0
            self._forget_before(stored.pts)
        self._near.append(stored)
        self._unsent.append(stored)
        self._held += stored.packet.size + _PACKET_BYTES
        if target is not None and self._held > _HELD_BYTES:
            self._send_oldest(target)
        return stored

    # What is decoded

    def _send(self, wanted: list[StoredPacket]) -> None:
        for stored in wanted:
            if stored.place <= self._sent and stored.pts not in self._frames and stored.pts not in self._pending:
                raise SelectionFailed
        waiting = [stored for stored in wanted if stored.place > self._sent]
        self._pending.extend(stored.pts for stored in wanted)
        self._missing.extend(sorted({stored.pts for stored in waiting}))
        if not waiting:
            return
        self._skip_to_start(waiting)
        last = max(stored.place for stored in waiting)
        while self._unsent and self._unsent[0].place <= last:
            self._send_one(self._unsent.popleft())

    def _skip_to_start(self, waiting: list[StoredPacket]) -> None:
        """Drop what lies before the place where decoding for all of these can begin."""
        start = min((self._start_for(stored) for stored in waiting), key=lambda s: s.place)
        while self._unsent[0].place < start.place:
            self._held -= self._unsent.popleft().packet.size + _PACKET_BYTES
            self._gap = True
        if self._gap:
            if not start.random_access:
                raise SelectionFailed
            if not start.idr:
                self._receive(self._decoder.drain())
            self._gap = False

    def _start_for(self, wanted: StoredPacket) -> StoredPacket:
        starts = [s for s in self._unsent if s.random_access and s.place <= wanted.place and s.pts <= wanted.pts]
        return starts[-1] if starts else self._unsent[0]

    def _send_one(self, stored: StoredPacket) -> None:
        self._held -= stored.packet.size + _PACKET_BYTES
        self._sent = stored.place
        is_wanted = stored.pts in self._missing
        # Left out here rather than by the decoder, whose threads take packets in turn: with every other one left out,
        # every other thread would stand idle.
        if is_wanted or not stored.non_reference:
            self._receive(self._decoder.decode(stored.packet, skips=self._rules.decoder_skips and not is_wanted))

    def _send_oldest(self, target: int) -> None:
        """A group longer than memory: decode what lies before the picture looked for, which will need it anyway."""
        later = any(self._unsent[0].pts < s.pts <= target for s in self._near if s.shown)
        if not later:
            raise SelectionFailed
        first = self._unsent[0]
        if self._gap:
            self._skip_to_start([first])
        self._send_one(self._unsent.popleft())
        self._forget_before(first.pts + 1)

    def _receive(self, frames: list[VideoFrame]) -> None:
        for frame in frames:
            tick = frame.pts
            if tick is None or (self._last_out is not None and tick <= self._last_out):
                raise SelectionFailed
            self._last_out = tick
            if self._missing and tick >= self._missing[0]:
                if tick > self._missing[0]:
                    raise SelectionFailed
                self._frames[self._missing.popleft()] = frame
