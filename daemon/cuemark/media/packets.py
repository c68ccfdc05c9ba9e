"""The packets of the footage in the order they are stored, each with what it takes to decode it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cuemark.core.media import MediaInfo
from cuemark.media import bitstream
from cuemark.media.source import open_media

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

# The deepest reordering H.264 and HEVC allow is 16 pictures; each may be stored as two fields.
_DEEPEST_REORDER = 33
_REORDERING = frozenset({"h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4"})
_RESTARTING = frozenset({"vp8", "vp9", "av1", "libdav1d", "ffv1"})
# Its packets do not say plainly whether a picture is referred to, and one that is not still teaches the decoder.
_SKIPPED_BY_DECODER = frozenset({"vp8"})
# Others store one time a picture and leave the time of decoding to be guessed.
_STORES_BOTH_TIMES = frozenset({"mov", "mpegts", "mpeg", "flv"})
_INDEXED = frozenset({"mov", "avi", "matroska"})
# Still pictures whose moving form builds on the picture before.
_NOT_ALONE = frozenset({"webp", "gif", "apng"})


@dataclass(frozen=True)
class Rules:
    """What is known of a codec: how far pictures are reordered, whether each is coded alone, and so on."""

    reorder: int
    intra: bool
    spares: bool
    """Packets say whether another picture refers to theirs."""
    skips: bool
    """The decoder can leave out pictures that no other refers to without a trace in those that follow."""

    @classmethod
    def of(cls, stream: VideoStream) -> Rules | None:
        """None for codecs of which too little is known to leave anything out."""
        name = stream.codec_context.name
        canonical = stream.codec_context.codec.canonical_name
        intra = stream.codec_context.codec.intra_only and canonical not in _NOT_ALONE
        if not intra and canonical not in _REORDERING | _RESTARTING and name not in _RESTARTING:
            return None
        layered = canonical == "hevc" and bitstream.hevc_has_layers(stream.codec_context.extradata or b"")
        reorder = _DEEPEST_REORDER if canonical in _REORDERING and not intra else 1
        spares = canonical in _REORDERING and not layered and not intra
        return cls(reorder, intra, spares, canonical in _SKIPPED_BY_DECODER)


@dataclass(frozen=True, eq=False, slots=True)
class Stored:
    """One packet: `place` in the order of decoding, `tick` when it is shown, in the stream's time base.

    `begins`: decoding can begin here for all that is shown from `tick` on; `clean`: even without telling the decoder
    that packets are missing before it.  `spare`: no other picture needs this one.  `shown` is False for what an edit
    list hides.
    """

    packet: Packet[VideoStream]
    place: int
    tick: int
    begins: bool
    clean: bool
    spare: bool
    shown: bool


class LostTrack(Exception):
    """The packets do not tell which picture is on screen, or the decoder did not give it: read plainly from here."""


class PacketSource:
    """Reads packets forward, and jumps by the file's index."""

    def __init__(self, container: InputContainer, info: MediaInfo, rules: Rules, files: ExitStack) -> None:
        self._container, self._path, self._files = container, info.path, files
        self._stream: VideoStream = container.streams[info.stream_index]  # type: ignore[assignment]
        self._codec = self._stream.codec_context.codec.canonical_name
        self._lengths = bitstream.length_bytes(self._codec, self._stream.codec_context.extradata or b"")
        self._rules = rules
        self._kind = info.container
        self._packets = self._demux()
        self._moved = False
        self._place = 0
        self._delay = 0
        self._last_begin: int | None = None
        self.position = 0
        """The byte the last packet begins at."""
        self.passed: int | None = None
        """No packet to come is shown at or before this tick, as far as decode times tell; None where they do not."""
        self._in_order = True
        if self._kind == "matroska":
            self._load_index()

    def read(self) -> Stored | None:
        """The next packet; None at the end.  LostTrack where its time is unknown or runs backwards."""
        packet = next(self._packets, None)
        if packet is None:
            return None
        if packet.pts is None:
            raise LostTrack
        begins, clean = self._begins(packet)
        if begins and not packet.is_discard:
            if self._last_begin is not None and packet.pts <= self._last_begin:
                raise LostTrack
            self._last_begin = packet.pts
        self._note_times(packet, packet.pts)
        self._place += 1
        return Stored(packet, self._place, packet.pts, begins, clean, self._is_spare(packet), not packet.is_discard)

    def keyframe_ahead(self, tick: int, bytes_away: int) -> int | None:
        """What to seek to for the last keyframe shown at or before `tick`, where it is farther ahead than that."""
        if self._kind not in _INDEXED:
            return None
        entries = self._stream.index_entries
        found = entries.search_timestamp(tick - (0 if self._kind == "matroska" else self._delay), backward=True)
        if found < 0 or entries[found].pos - self.position < bytes_away:
            return None
        # For HEVC the mov demuxer compares with the time of showing and would go back too far by the other.
        return tick if self._codec == "hevc" or self._kind == "matroska" else entries[found].timestamp

    def seek(self, tick: int) -> None:
        """Go on reading at the keyframe at or before a tick.  LostTrack where the container cannot."""
        import av

        if not self._moved:
            # A seek throws away what the decoder of its container holds: read on through a handle of its own.
            self._moved = True
            self._container = self._files.enter_context(open_media(self._path, demux_only=True))
            self._stream = self._container.streams[self._stream.index]  # type: ignore[assignment]
        try:
            self._container.seek(tick, stream=self._stream)
        except (av.error.FFmpegError, OSError) as error:
            raise LostTrack from error
        self._packets = self._demux()
        self._last_begin = self.passed = None

    def _load_index(self) -> None:
        """Matroska's lies at the end, and is read by the first seek; nothing is decoded yet that this could lose."""
        import av

        with contextlib.suppress(av.error.FFmpegError, OSError):
            self._container.seek(0, stream=self._stream)
        self._packets = self._demux()

    def _note_times(self, packet: Packet[VideoStream], tick: int) -> None:
        self.position = packet.pos or self.position
        dts = packet.dts
        if dts is None or tick < dts:
            self._in_order = False
        elif packet.is_keyframe:
            self._delay = max(self._delay, tick - dts)
        is_told = self._in_order and self._kind in _STORES_BOTH_TIMES
        self.passed = dts if is_told and dts is not None else None

    def _begins(self, packet: Packet[VideoStream]) -> tuple[bool, bool]:
        if self._rules.intra:
            return True, True
        if not packet.is_keyframe:
            return False, False
        if self._codec == "h264":
            return bitstream.h264_begins(bytes(packet), self._lengths)
        if self._codec == "hevc":
            return bitstream.hevc_begins(bytes(packet), self._lengths)
        return True, True

    def _is_spare(self, packet: Packet[VideoStream]) -> bool:
        if not self._rules.spares or packet.is_keyframe:
            return False
        return bitstream.is_spare(self._codec, bytes(packet), self._lengths)

    def _demux(self) -> Iterator[Packet[VideoStream]]:
        import av

        try:
            for packet in self._container.demux(self._stream):
                if packet.size and not packet.is_corrupt:
                    yield packet
        except (OSError, av.error.FFmpegError) as error:
            raise LostTrack from error
