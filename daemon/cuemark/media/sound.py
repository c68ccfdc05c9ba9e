"""Sound of a media as one line of samples: 16 kHz, mono, in blocks whose place is their time from the first picture.

What speech models take.  Encoder delay, edit lists and late starts are those FFmpeg tells of; a place where nothing was
stored, or what was stored is damaged, is silence, so that nothing behind it moves (`sound_line`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from cuemark.core.errors import MediaError
from cuemark.core.files import unreadable
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.text import shown
from cuemark.media.clock import SteadyClock
from cuemark.media.encryption import is_encrypted, sound_encrypted
from cuemark.media.packets import demux, keep_only
from cuemark.media.sound_line import SAMPLE_RATE, SoundLine
from cuemark.media.sound_mix import mono
from cuemark.media.sound_tracks import (
    SoundInfo,
    best_sound,
    check_decodable,
    chosen_sound,
    sound_streams,
    track_notices,
)
from cuemark.media.source import open_media

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

__all__ = [
    "SAMPLE_RATE", "SoundBlock", "SoundInfo", "best_sound", "chosen_sound", "read_sound", "sound_streams",
    "track_notices",
]  # fmt: skip

BLOCK_SECONDS = 30
_SEEKS_EXACTLY = frozenset({"mov", "matroska", "wav", "w64", "flac", "mpegts"})
"""Containers whose packets have the same times behind a seek; of the others they are guessed from the bit rate."""
_PREROLL = Fraction(2)
"""Decoders need some sound before the first right sample, and transport streams land anywhere."""
_HOPELESS = 400
"""After so many packets without a sample there will be none."""


@dataclass(frozen=True, eq=False)
class SoundBlock:
    """float32 [n] at 16,000 Hz in -1 to 1, from `start` seconds on, n at most 480,000.  Blocks follow without a gap.

    `lost` counts damaged packets since the block before, whose sound is silence here.
    """

    start: Fraction
    samples: NDArray[np.float32]
    lost: int = 0

    @property
    def end(self) -> Fraction:
        """When the next block begins."""
        return self.start + Fraction(self.samples.size, SAMPLE_RATE)


def read_sound(
    info: MediaInfo,
    stream: SoundInfo | None,
    progress: Progress,
    start: Fraction | int = 0,
    end: Fraction | int | None = None,
) -> Iterator[SoundBlock]:
    """The sound of `info` in [start, end), seconds from the first picture; without `stream` that of the best track.

    Ends with the sound, which may go on behind the pictures or end before them.  Nothing for a media without sound.
    `progress` is only asked whether to stop.  MediaError `sound_unreadable` where no packet can be decoded,
    `sound_encrypted`, `sound_codec_not_supported`, those of `open_media`; `media_unreadable` where the disk fails.
    """
    track = stream or best_sound(sound_streams(info))
    if track is None:
        return
    check_decodable(track, info.path)
    with open_media(info.path, heard=lambda _: progress.check()) as container:
        reading = SoundReading(container, info, track, Fraction(start))
        line = SoundLine(Fraction(start), None if end is None else Fraction(end), info.duration, reading.tick)
        for samples in _in_blocks(reading, line, progress):
            yield SoundBlock(line.given(samples.size), samples, reading.taken_lost())


def _in_blocks(reading: SoundReading, line: SoundLine, progress: Progress) -> Iterator[NDArray[np.float32]]:
    block = BLOCK_SECONDS * SAMPLE_RATE
    for heard in reading.frames():
        progress.check()
        line.add(heard.time, heard.samples, heard.rate)
        while line.ready >= block:
            yield line.take(block)
        if line.is_full:
            break
    line.close()
    while line.ready:
        yield line.take(block)


class HeardFrame(NamedTuple):
    """One decoded frame, mixed, at its own rate; without a time it follows the one before."""

    time: Fraction | None
    samples: NDArray[np.float32]
    rate: int


class SoundReading:
    """Decodes one sound track from a place on, leaving out what is damaged; `mix` makes one line of a frame."""

    def __init__(
        self,
        container: InputContainer,
        info: MediaInfo,
        track: SoundInfo,
        start: Fraction,
        mix: Callable[[AudioFrame], NDArray[np.float32]] = mono,
    ) -> None:
        self._container, self._info, self._track, self._start, self._mix = container, info, track, start, mix
        self._stream = cast("AudioStream", container.streams[track.index])
        self.tick = self._stream.time_base or Fraction(1, SAMPLE_RATE)
        self._lost = 0
        self._decoded = 0

    def taken_lost(self) -> int:
        """Damaged packets since this was asked before."""
        lost, self._lost = self._lost, 0
        return lost

    def frames(self) -> Iterator[HeardFrame]:
        """In order of decoding."""
        empty = 0
        for packet in chain(self._packets(), [None]):
            frames = self._frames_of(packet)
            empty = 0 if frames or self._decoded else empty + 1
            if empty > _HOPELESS:
                break
            yield from map(self._heard, frames)
        if not self._decoded and self._tried:
            message = f"The sound of {shown(self._info.path)} ({self._track.codec}) cannot be decoded: it is damaged."
            step = "If a player plays it, export it again; its pictures do not need it."
            raise MediaError("sound_unreadable", message, step)

    _tried = False

    def _frames_of(self, packet: Packet[Stream] | None) -> list[AudioFrame]:
        import av

        if packet is not None and is_encrypted(packet):
            raise sound_encrypted(self._info.path)
        if packet is not None and (packet.size == 0 or packet.is_corrupt):
            self._lost += packet.is_corrupt
            self._tried |= packet.is_corrupt
            return []
        self._tried |= packet is not None
        try:
            frames = self._stream.decode(cast("Packet[AudioStream] | None", packet))
        except (av.error.FFmpegError, ValueError):
            self._lost += packet is not None
            return []
        frames = [frame for frame in frames if frame.samples and frame.sample_rate > 0]
        self._decoded += len(frames)
        return frames

    def _heard(self, frame: AudioFrame) -> HeardFrame:
        base = frame.time_base or self.tick
        time = None if frame.pts is None else frame.pts * base - self._info.start_time
        return HeardFrame(time, self._mix(frame), frame.sample_rate)

    def _packets(self) -> Iterator[Packet[Stream]]:
        if self._info.jumps:
            return self._steady_packets()
        keep_only(self._container, self._track.index)
        if self._start > 2 * _PREROLL and self._info.container in _SEEKS_EXACTLY:
            self._seek()
        return demux(self._container, self._stream, self._stopped)

    def _seek(self) -> None:
        import av

        target = int((self._start - _PREROLL + self._info.start_time) / self.tick)
        try:
            self._container.seek(target, stream=self._stream)
        except (av.error.FFmpegError, OSError, OverflowError):
            self._container.seek(0, stream=self._stream)

    def _steady_packets(self) -> Iterator[Packet[Stream]]:
        """On the clock without jumps, which is told by the packets of the footage beside them."""
        footage = self._container.streams[self._info.stream_index].time_base or Fraction(1)
        clock, number, expected = SteadyClock(self._info.jumps), 0, None
        for packet in demux(self._container, None, self._stopped):
            if packet.stream_index == self._track.index and packet.pts is not None:
                told = packet.pts * self.tick / footage
                shift = clock.shift_near(number, told, None if expected is None else expected / footage)
                ticks = round(shift * footage / self.tick)
                expected = (packet.pts + ticks + (packet.duration or 0)) * self.tick
                packet.pts += ticks
                packet.dts = None if packet.dts is None else packet.dts + ticks
            if packet.stream_index == self._info.stream_index:
                number += 1
            if packet.stream_index == self._track.index:
                yield packet

    def _stopped(self, error: Exception) -> None:
        import av

        if isinstance(error, OSError) and not isinstance(error, av.error.FFmpegError):
            raise unreadable(self._info.path, error) from error
