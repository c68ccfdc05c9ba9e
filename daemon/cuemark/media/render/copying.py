"""Copying pictures as they are stored: when a stretch can be, and its packets.

It can where its first picture can be decoded without any before it, and where between its first and its last packet, in
the order of decoding, there is no picture that lies outside of it: closed groups of pictures from keyframe to keyframe,
or any frames of footage in which each is coded alone.  Several stretches go into one file where their decoders would be
set up alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from cuemark.core.media import MediaInfo, frame_span
from cuemark.core.progress import Progress
from cuemark.core.timebase import nearest_frame
from cuemark.media import bitstream
from cuemark.media.bitstream import CodecRules
from cuemark.media.packets import demux, is_whole
from cuemark.media.source import open_media

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

_COPIED = {"h264": "mp4", "hevc": "mp4", "mpeg4": "mp4", "av1": "mp4", "vp9": "mp4", "mjpeg": "mov", "prores": "mov"}
"""What can be copied, and into which kind of file at least: MOV holds all that MP4 holds."""
_CONTAINERS = frozenset({"mov", "matroska"})
"""Others keep what sets up a decoder among the pictures."""


@dataclass(frozen=True)
class Layout:
    """What two stretches must have in common to be in one file.

    `setup` are the bytes that set up the decoder.
    """

    codec: str
    setup: bytes
    size: tuple[int, int]
    format: str
    rate: Fraction


@dataclass(frozen=True)
class CopyPlan:
    """A stretch that can be copied: frames [first, after), `delay` pictures between decoding and showing."""

    info: MediaInfo
    first: int
    after: int
    layout: Layout
    delay: int


def plan(info: MediaInfo, start: Fraction, end: Fraction, suffix: str, progress: Progress) -> CopyPlan | None:
    """How a stretch is copied into a file with this suffix; None where it cannot be."""
    if not _may_be(info, suffix):
        return None
    first, after = frame_span(info, start, end)
    with open_media(info.path, heard=lambda _: progress.check()) as container:
        stream = cast("VideoStream", container.streams[info.stream_index])
        context = stream.codec_context
        layout = Layout(
            context.codec.canonical_name,
            context.extradata or b"",
            (context.width, context.height),
            context.pix_fmt or "",
            info.rate,
        )
        codec = layout.codec
        rules = CodecRules.of(stream)
        if rules is None:
            return None
        lengths = bitstream.length_size(codec, layout.setup)
        wanted, delay = 0, 0
        for number, (packet, frame) in enumerate(_from(container, stream, info, first)):
            progress.check()
            if number == 0:
                alone = rules.intra or (packet.is_keyframe and bitstream.random_access(codec, packet, lengths)[1])
                if frame != first or not alone:
                    return None
            if not first <= frame < after:
                # What is not wanted may only follow: one that a later wanted picture needs would be lost.
                return CopyPlan(info, first, after, layout, delay) if wanted == after - first else None
            wanted += 1
            delay = max(delay, number - (frame - first))
    return CopyPlan(info, first, after, layout, delay) if wanted == after - first else None


def _may_be(info: MediaInfo, suffix: str) -> bool:
    kind = _COPIED.get(info.codec)
    holds = kind == "mp4" or (kind == "mov" and suffix.lower() == ".mov")
    steady = not info.variable_rate and not info.jumps and not info.rotation and info.pixel_aspect == 1
    return info.has_picture and holds and steady and info.container in _CONTAINERS


def fit_together(plans: Sequence[CopyPlan]) -> bool:
    """Whether stretches can be in one file."""
    return len({each.layout for each in plans}) == 1


def packets(each: CopyPlan, progress: Progress) -> Iterator[tuple[Packet[VideoStream], int, int]]:
    """The packets of a stretch, in the order of decoding, each with its picture's number in the stretch and its own."""
    with open_media(each.info.path, heard=lambda _: progress.check()) as container:
        stream = cast("VideoStream", container.streams[each.info.stream_index])
        count = each.after - each.first
        for number, (packet, frame) in enumerate(_from(container, stream, each.info, each.first)):
            progress.check()
            if number == count:
                return
            yield packet, frame - each.first, number


def _from(
    container: InputContainer, stream: VideoStream, info: MediaInfo, first: int
) -> Iterator[tuple[Packet[VideoStream], int]]:
    """Packets with the frame each shows, from the one that shows frame `first` on."""
    import av

    base = stream.time_base or Fraction(1)
    if first:
        target = int((first / info.rate + info.start_time) / base)
        try:
            container.seek(target, stream=stream)
        except (av.error.FFmpegError, OSError, OverflowError):
            container.seek(0, stream=stream)
    begun = False
    for packet in demux(container, stream):
        if packet.pts is None or packet.is_discard or not is_whole(packet):
            if packet.size == 0:
                continue
            return  # what cannot be placed cannot be cut exactly
        frame = nearest_frame(packet.pts * base - info.start_time, info.rate)
        begun = begun or frame == first
        if begun:
            yield cast("Packet[VideoStream]", packet), frame
