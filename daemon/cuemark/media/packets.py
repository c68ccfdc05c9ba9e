"""The packets of a file in the order they are stored: the loop that reads them, and what it takes to decode each."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from cuemark.core.media import ClockJump, MediaInfo
from cuemark.media import bitstream
from cuemark.media.bitstream import CodecRules
from cuemark.media.clock import SteadyClock
from cuemark.media.source import open_media

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

# Others store one time a picture and leave the time of decoding to be guessed.
_STORES_BOTH_TIMES = frozenset({"mov", "mpegts", "mpeg", "flv"})
_INDEXED = frozenset({"mov", "avi", "matroska"})
_MOST_TICKS = 1 << 58
"""Nine years in nanoseconds, the finest clock there is; far from where sums of 64 bits overflow."""


def demux(
    container: InputContainer, stream: Stream | None = None, stopped: Callable[[Exception], None] | None = None
) -> Iterator[Packet[Stream]]:
    """All packets of a stream (of every one without it) from where the container stands.

    They end with the file, or where it stops being readable; `stopped` then hears why, and may raise.  A time that no
    clock shows is none.
    """
    import av

    try:
        for packet in container.demux() if stream is None else container.demux(stream):
            if _is_beyond(packet.pts) or _is_beyond(packet.dts):
                packet.pts = packet.dts = None
            yield packet
    except IndexError:
        # At the end PyAV looks up the streams by their number, and does not know those that appeared in mid-transport.
        return
    except (av.error.FFmpegError, OSError) as error:
        if stopped is not None:
            stopped(error)


def _is_beyond(tick: int | None) -> bool:
    return tick is not None and abs(tick) > _MOST_TICKS


def whole_packets(
    container: InputContainer,
    stream: VideoStream,
    jumps: Sequence[ClockJump],
    stopped: Callable[[Exception], None] | None = None,
) -> Iterator[Packet[VideoStream]]:
    """Those of `demux` that can be given to a decoder, on a clock without `jumps`: then from the start of the file."""
    clock = SteadyClock(jumps)
    for packet in demux(container, stream, stopped):
        steady = clock.next(cast("Packet[VideoStream]", packet))
        if is_whole(packet):
            yield steady


def keep_only(container: InputContainer, kept: int) -> None:
    """Leave out all streams but the one of index `kept`: where there is an index, their bytes are not even read."""
    import av

    for stream in container.streams:
        if stream.index != kept:
            stream.discard = av.stream.Discard.all


def is_whole(packet: Packet[Any]) -> bool:
    """Whether a packet holds all its data.

    One cut short at the end of the file would take the frames before it down with its error.
    """
    return packet.size > 0 and not packet.is_corrupt


class SelectionFailed(Exception):
    """The packets do not tell which picture is on screen, or the decoder did not give it: decode plainly from here."""


@dataclass(frozen=True, eq=False, slots=True)
class StoredPacket:
    """One packet: `place` in the order of decoding, `pts` when it is shown, in the stream's time base.

    `random_access`: decoding can begin here for all that is shown from `pts` on; `idr`: even without telling the
    decoder that packets are missing before it.  `non_reference`: no other picture needs this one.  `shown` is False for
    what an edit list hides.
    """

    packet: Packet[VideoStream]
    place: int
    pts: int
    random_access: bool
    idr: bool
    non_reference: bool
    shown: bool


class PacketReader:
    """Reads packets forward, and jumps by the file's index."""

    def __init__(self, container: InputContainer, info: MediaInfo, rules: CodecRules, files: ExitStack) -> None:
        self._container, self._path, self._files = container, info.path, files
        self._stream: VideoStream = container.streams[info.stream_index]  # type: ignore[assignment]
        self._codec = self._stream.codec_context.codec.canonical_name
        self._lengths = bitstream.length_size(self._codec, self._stream.codec_context.extradata or b"")
        self._rules = rules
        self._kind = info.container
        self._jumps = info.jumps
        self._packets = self._from_here()
        self._moved = False
        self._place = 0
        self._delay = 0
        self._last_start: int | None = None
        self.position = 0
        """The byte the last packet begins at."""
        self.passed: int | None = None
        """No packet to come is shown at or before this tick, as far as decode times tell; None where they do not."""
        self._in_order = True
        if self._kind == "matroska" and not self._jumps:
            self._load_index()

    def read(self) -> StoredPacket | None:
        """The next packet; None at the end.  SelectionFailed where its time is unknown or runs backwards."""
        packet = next(self._packets, None)
        if packet is None:
            return None
        if packet.pts is None:
            raise SelectionFailed
        access, idr = self._random_access(packet)
        if access and not packet.is_discard:
            if self._last_start is not None and packet.pts <= self._last_start:
                raise SelectionFailed
            self._last_start = packet.pts
        self._note_times(packet, packet.pts)
        self._place += 1
        shown = not packet.is_discard
        return StoredPacket(packet, self._place, packet.pts, access, idr, self._is_non_reference(packet), shown)

    def keyframe_ahead(self, tick: int, bytes_away: int) -> int | None:
        """What to seek to for the last keyframe shown at or before `tick`, where it is farther ahead than that."""
        if self._kind not in _INDEXED or self._jumps:
            return None
        entries = self._stream.index_entries
        found = entries.search_timestamp(tick - (0 if self._kind == "matroska" else self._delay), backward=True)
        if found < 0 or entries[found].pos - self.position < bytes_away:
            return None
        # For HEVC the mov demuxer compares with the time of showing and would go back too far by the other.
        return tick if self._codec == "hevc" or self._kind == "matroska" else entries[found].timestamp

    def seek(self, tick: int) -> None:
        """Go on reading at the keyframe at or before a tick.  SelectionFailed where the container cannot."""
        import av

        if not self._moved:
            # A seek throws away what the decoder of its container holds: read on through a handle of its own.
            self._moved = True
            self._container = self._files.enter_context(open_media(self._path, demux_only=True))
            self._stream = self._container.streams[self._stream.index]  # type: ignore[assignment]
        try:
            self._container.seek(tick, stream=self._stream)
        except (av.error.FFmpegError, OSError, OverflowError) as error:
            raise SelectionFailed from error
        self._packets = self._from_here()
        self._last_start = self.passed = None

    def _load_index(self) -> None:
        """Matroska's lies at the end, and is read by the first seek; nothing is decoded yet that this could lose."""
        import av

        with contextlib.suppress(av.error.FFmpegError, OSError):
            self._container.seek(0, stream=self._stream)
        self._packets = self._from_here()

    def _note_times(self, packet: Packet[VideoStream], tick: int) -> None:
        self.position = packet.pos or self.position
        dts = packet.dts
        if dts is None or tick < dts:
            self._in_order = False
        elif packet.is_keyframe:
            self._delay = max(self._delay, tick - dts)
        is_told = self._in_order and self._kind in _STORES_BOTH_TIMES
        self.passed = dts if is_told and dts is not None else None

    def _random_access(self, packet: Packet[VideoStream]) -> tuple[bool, bool]:
        if self._rules.intra:
            return True, True
        return bitstream.random_access(self._codec, packet, self._lengths) if packet.is_keyframe else (False, False)

    def _is_non_reference(self, packet: Packet[VideoStream]) -> bool:
        if not self._rules.tells_references or packet.is_keyframe:
            return False
        return bitstream.is_non_reference(self._codec, bytes(packet), self._lengths)

    def _from_here(self) -> Iterator[Packet[VideoStream]]:
        return whole_packets(self._container, self._stream, self._jumps, _failed)


def _failed(error: Exception) -> None:
    raise SelectionFailed from error
