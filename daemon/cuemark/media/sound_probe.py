"""Says what a file of sound alone is: a recording, a podcast, music with or without a cover picture."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cuemark.core.errors import MediaError, Notice
from cuemark.core.media import NOMINAL_RATE, ClockJump, MediaInfo
from cuemark.core.text import shown
from cuemark.core.timebase import timecode_at
from cuemark.media.budgets import check_length
from cuemark.media.clock import ClockWatch, SteadyClock, jump_notice
from cuemark.media.packets import demux, is_whole
from cuemark.media.sound_tracks import best_sound, check_decodable, tracks_in
from cuemark.media.timing import player_zero

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

_FIRST_PACKETS = 2000
_LAST_PACKETS = 16
"""Decoded again for the exact end: the last ones may be cut short on purpose, and need those before them."""
_STATES_LENGTH = frozenset({"mov", "matroska", "asf", "flac", "wav", "w64", "aiff", "caf", "mxf", "flv"})
"""Their length is no guess from the bit rate, so that what is missing of it is."""
_UNTOLD = 0xFFFF0000
"""Sizes that programs write which do not know it yet."""
_VERY_SHORT = Fraction(2)
_LONGEST_STILL = Fraction(2)


@dataclass(frozen=True)
class _Span:
    """When the sound begins and ends, in container seconds on the steady clock, and where its own clock jumps."""

    start: Fraction
    end: Fraction
    jumps: tuple[ClockJump, ...] = ()


def is_sound_with_cover(container: InputContainer, path: Path) -> bool:
    """Whether the sound of a file with a single picture goes on for so long that the picture is but its cover."""
    track = best_sound(tracks_in(container, path))
    return track is not None and track.duration > _LONGEST_STILL


def describe_sound(
    path: Path, mark: str, size: int, container: InputContainer, heard: Callable[[int], None]
) -> MediaInfo:
    """A media without pictures, from a container just opened.  Times count from the first sample.

    Reads all packets, but of plain PCM the header only; `heard` is told how many bytes were read.  MediaError
    `no_video_stream` where there is no sound either, `sound_unreadable`, `sound_encrypted`,
    `sound_codec_not_supported`, `media_too_large`.
    """
    track = best_sound(tracks_in(container, path))
    if track is None:
        message = f"{shown(path)} holds no video and no sound."
        raise MediaError("no_video_stream", message, "Name a file with pictures or sound.")
    check_decodable(track, path)
    stream = cast("AudioStream", container.streams[track.index])
    span = _measured(path, container, stream, heard)
    duration = span.end - span.start
    check_length(duration, path)
    base = stream.time_base or Fraction(1)
    warnings = [
        *jump_notice(shown(path), span.jumps, base, int(span.start / base)),
        *_length_notices(path, container, stream, span),
    ]
    return MediaInfo(
        path=path,
        fingerprint=mark,
        size=size,
        container=container.format.name.split(",")[0],
        codec=track.codec,
        stream_index=track.index,
        width=0,
        height=0,
        rotation=0,
        pixel_aspect=Fraction(1),
        rate=NOMINAL_RATE,
        variable_rate=False,
        duration=duration,
        frame_count=None,
        start_time=span.start,
        start_timecode=_recorder_timecode(container, stream),
        warnings=tuple(warnings),
        picture_start=max(Fraction(0), span.start - player_zero(container, span.start)),
        jumps=span.jumps,
        has_picture=False,
    )


def _measured(path: Path, container: InputContainer, stream: AudioStream, heard: Callable[[int], None]) -> _Span:
    packets = cast("Iterator[Packet[AudioStream]]", demux(container, stream))
    first = _first_frame(stream, packets)
    if first is None:
        message = f"No sound of {shown(path)} can be decoded: its data is damaged."
        raise MediaError("sound_unreadable", message, "Copy or export it again.")
    start, played = first
    stated = _pcm_length(container, stream)
    if stated is not None:
        return _Span(start, start + stated)
    base = stream.time_base or Fraction(1)
    watch, last, end = ClockWatch(container.format.name.split(",")[0], base), deque(played, _LAST_PACKETS), start
    for packet in played:
        end = max(end, _watched(watch, packet, base))
    for packet in packets:
        heard(packet.pos or 0)
        if is_whole(packet):
            last.append(packet)
            end = max(end, _watched(watch, packet, base))
    jumps = watch.jumps()
    if jumps:
        ticks = watch.steady(SteadyClock(jumps))
        return _Span(start, int(ticks.max()) * base + (last[-1].duration or 0) * base, jumps)
    return _Span(start, max(_decoded_end(stream, last, end), start + Fraction(1, stream.sample_rate)))


def _first_frame(
    stream: AudioStream, packets: Iterator[Packet[AudioStream]]
) -> tuple[Fraction, list[Packet[AudioStream]]] | None:
    """When the first sample that can be decoded is heard, and the packets that took."""
    taken: list[Packet[AudioStream]] = []
    while len(taken) < _FIRST_PACKETS:
        packet = next(packets, None)
        if packet is not None and packet.size and not is_whole(packet):
            continue
        if packet is not None and packet.size:
            taken.append(packet)
        frames = _decoded(stream, packet if packet is not None and packet.size else None)
        if frames:
            return _time(frames[0], stream, Fraction(0)), taken
        if packet is None or not packet.size:
            return None
    return None


def _decoded(stream: AudioStream, packet: Packet[AudioStream] | None) -> list[AudioFrame]:
    import av

    try:
        return [frame for frame in stream.decode(packet) if frame.samples]
    except (av.error.FFmpegError, ValueError):
        return []


def _time(frame: AudioFrame, stream: AudioStream, otherwise: Fraction) -> Fraction:
    base = frame.time_base or stream.time_base or Fraction(1)
    return otherwise if frame.pts is None else frame.pts * base


def _watched(watch: ClockWatch, packet: Packet[AudioStream], base: Fraction) -> Fraction:
    """When a packet ends, as it says itself."""
    watch.footage(packet.pts, packet.dts)
    return Fraction(0) if packet.pts is None else (packet.pts + (packet.duration or 0)) * base


def _decoded_end(stream: AudioStream, last: deque[Packet[AudioStream]], otherwise: Fraction) -> Fraction:
    """When the last sample ends: encoders fill the last packet up, and containers may say by how much."""
    stream.codec_context.flush_buffers()
    end = None
    for packet in [*last, None]:
        for frame in _decoded(stream, packet):
            begun = _time(frame, stream, otherwise if end is None else end)
            end = begun + Fraction(frame.samples, frame.sample_rate)
    return otherwise if end is None else end


def _pcm_length(container: InputContainer, stream: AudioStream) -> Fraction | None:
    """Of plain PCM with a header, by its bytes: what the header says, or what there is of it.  None for all else."""
    context = stream.codec_context
    if container.format.name not in ("wav", "w64", "aiff", "caf") or not context.name.startswith("pcm_"):
        return None
    bytes_a_second = Fraction(context.bit_rate or 0, 8)
    if not stream.duration or not stream.time_base or not bytes_a_second:
        return None
    return min(stream.duration * stream.time_base, container.size / bytes_a_second)


def _missing(path: Path, container: InputContainer, stream: AudioStream) -> Fraction:
    """Seconds that a WAV's header promises beyond the end of its file; FFmpeg takes the end for the truth."""
    per_second = Fraction(stream.codec_context.bit_rate or 0, 8)
    if container.format.name != "wav" or not per_second:
        return Fraction(0)
    with path.open("rb") as file:
        head = file.read(8)
    promised = int.from_bytes(head[4:8], "little")
    is_told = head[:4] == b"RIFF" and promised < _UNTOLD
    return max(promised + 8 - container.size, 0) / per_second if is_told else Fraction(0)


def _length_notices(path: Path, container: InputContainer, stream: AudioStream, span: _Span) -> Iterator[Notice]:
    length, name = span.end - span.start, shown(path)
    base = stream.time_base or Fraction(0)
    stated = Fraction(stream.duration or 0) * base
    if not stated and container.duration:
        whole = Fraction(container.duration, 1_000_000)
        stated = whole - span.start if whole > span.start else whole  # counted from 0, or from the first sample
    stated += _missing(path, container, stream)
    is_stated = container.format.name.split(",")[0] in _STATES_LENGTH and not span.jumps
    if is_stated and stated - length > max(Fraction(1), stated / 50):
        told = f"{name} is cut off: {float(length):.1f} s of its {float(stated):.1f} s can be read."
        yield Notice("media_truncated", told)
    if length < _VERY_SHORT:
        yield Notice("very_short", f"{name} is only {float(length):.2f} s long.")


def _recorder_timecode(container: InputContainer, stream: AudioStream) -> str | None:
    """When a field recorder was started: samples since midnight in a Broadcast Wave's header (EBU Tech 3285)."""
    told = container.metadata.get("time_reference", "")
    if not told.isdecimal() or told == "0":
        return None
    return timecode_at(int(Fraction(int(told), stream.sample_rate) * NOMINAL_RATE), NOMINAL_RATE, False)
