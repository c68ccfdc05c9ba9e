"""Says what a media file is: opens it, decodes its first frame, measures its timing."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.errors import MediaError, Notice
from cuemark.core.limits import UNLIMITED
from cuemark.core.media import Keyframes, MediaInfo
from cuemark.core.progress import Progress, SilentProgress
from cuemark.core.sizes import size_text
from cuemark.core.text import shown
from cuemark.media.budgets import check_length, decoder_threads
from cuemark.media.clock import jump_notice
from cuemark.media.decoder import decoded
from cuemark.media.fingerprint import fingerprint
from cuemark.media.folder import find_videos
from cuemark.media.geometry import orientation_of, square_size
from cuemark.media.packets import whole_packets
from cuemark.media.sound_probe import describe_sound, is_sound_with_cover
from cuemark.media.source import choose_video, cut_off, has_footage, open_media, stat_media
from cuemark.media.timecode import start_timecode
from cuemark.media.timing import Timing, measure, player_zero

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

__all__ = ["find_videos", "probe"]

_FIRST_FRAME_PACKETS = 20_000
_READ_AT_ONCE = 64 << 20
_VERY_SHORT = Fraction(2)


def probe(path: Path, progress: Progress | None = None) -> MediaInfo:
    """Everything known of one file.  Decodes one frame; reads packets of the head and the tail, or all of them.

    A file without pictures, or with a cover only, is described by its sound (`describe_sound`, which see).
    `duration` is what can be decoded, which for a file cut in half is less than it declares.  Warnings (code,
    text): media_truncated, single_frame, very_short, variable_frame_rate, several_video_streams, timestamps_jump.
    MediaError codes: those of `open_media`, no_video_stream, media_encrypted, codec_not_supported, media_undecodable.
    Stage "packets" in "bytes", where reading them takes its time.
    """
    reporting = progress or SilentProgress()
    size = stat_media(path).st_size
    mark = fingerprint(path)
    heard = partial(_report_reading, reporting, size)
    with open_media(path, heard=lambda _: reporting.check()) as container:
        if not has_footage(container):
            return describe_sound(path, mark, size, container, heard)
        stream, choices = choose_video(container, path)
        # Measured through its own handle: a bare stream cannot be rewound after its first frame was decoded.
        place = container.streams.video.index(stream)
        timing = measure(path, place, size, heard)
        if timing.frame_count == 1 and is_sound_with_cover(container, path):
            return describe_sound(path, mark, size, container, heard)
        frame = _first_frame(container, stream, timing, path)
        if frame is None:
            raise _undecodable(path, timing)
        return _describe(path, mark, size, container, stream, frame, timing, choices)


def _report_reading(progress: Progress, size: int, done: int) -> None:
    if done < _READ_AT_ONCE:
        progress.check()
    else:
        progress.update("packets", min(done, size), size, "bytes")


def _first_frame(container: InputContainer, stream: VideoStream, timing: Timing, path: Path) -> VideoFrame | None:
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = decoder_threads(stream.codec_context, UNLIMITED)
    # None drains the decoder: of a short or cut-off file it may hold all there is.
    for packet in chain(islice(whole_packets(container, stream, timing.jumps), _FIRST_FRAME_PACKETS), [None]):
        for frame in decoded(stream, packet, path):
            return frame
    return None


def _undecodable(path: Path, timing: Timing) -> MediaError:
    if timing.declared_end is not None:
        return cut_off(path)
    message = f"No picture of {shown(path)} can be decoded: its video data is damaged."
    return MediaError("media_undecodable", message, "Copy or export it again.")


def _describe(
    path: Path,
    mark: str,
    size: int,
    container: InputContainer,
    stream: VideoStream,
    frame: VideoFrame,
    timing: Timing,
    choices: int,
) -> MediaInfo:
    base = stream.time_base or Fraction(0)  # a drained frame carries none of its own
    start = frame.pts * base if frame.pts is not None else Fraction(0)
    duration = _duration((frame.duration or 0) * base, timing, start)
    check_length(duration, path)
    # Those before the first that can be decoded were counted, too.
    begun_late = timing.first is not None and start - timing.first * base >= 1 / timing.rate
    count = None if begun_late else timing.frame_count
    orientation = orientation_of(frame)
    aspect = _pixel_aspect(stream, frame)
    width, height = orientation.size(*square_size(frame.width, frame.height, aspect))
    return MediaInfo(
        path=path,
        fingerprint=mark,
        size=size,
        container=container.format.name.split(",")[0],
        codec=stream.codec_context.name,
        stream_index=stream.index,
        width=width,
        height=height,
        rotation=orientation.clockwise,
        pixel_aspect=aspect,
        rate=timing.rate,
        variable_rate=timing.variable,
        duration=duration,
        frame_count=count,
        start_time=start,
        start_timecode=start_timecode(path, container, stream, timing.rate),
        warnings=tuple(_warnings(path, timing, start, base, duration, choices)),
        keyframes=_keyframes(timing, frame.pts or 0, base, duration),
        picture_start=max(Fraction(0), start - player_zero(container, start)),
        jumps=timing.jumps,
    )


def _keyframes(timing: Timing, first: int, base: Fraction, duration: Fraction) -> Keyframes | None:
    """Those from the first frame shown to the end."""
    ticks = sorted({tick - first for tick in timing.keyframes if 0 <= (tick - first) * base < duration})
    return Keyframes.of(ticks, base) if ticks else None


def _duration(own: Fraction, timing: Timing, start: Fraction) -> Fraction:
    """From the first frame's start to the last one's end; `own` is the first one's length, the least it can be."""
    one = 1 / timing.rate
    if timing.end is None:
        return max(one, one * (timing.frame_count or 1))
    return max(timing.end - start, own, one if timing.frame_count in (None, 0, 1) else Fraction(0)) or one


def _pixel_aspect(stream: VideoStream, frame: VideoFrame) -> Fraction:
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    # Broken headers claim 1:1000; nothing real leaves this range.
    return aspect if aspect and Fraction(1, 8) <= aspect <= 8 else Fraction(1)


def _warnings(
    path: Path, timing: Timing, start: Fraction, base: Fraction, duration: Fraction, choices: int
) -> Iterator[Notice]:
    name = shown(path)
    yield from jump_notice(name, timing.jumps, base, int(start / base) if base else 0)
    if timing.unread:
        rest = f"{size_text(timing.unread)} behind it are not part of it"
        message = f"Only {float(duration):.1f} s of {name} can be read: {rest}, as where files were put together."
        yield Notice("media_truncated", message)
    elif timing.declared_end is not None:
        whole = float(timing.declared_end - start)
        yield Notice("media_truncated", f"{name} is cut off: {float(duration):.1f} s of its {whole:.1f} s can be read.")
    if timing.frame_count == 1:
        yield Notice("single_frame", f"{name} holds a single frame, so there is nothing to find in time.")
    elif duration < _VERY_SHORT:
        yield Notice("very_short", f"{name} is only {float(duration):.2f} s long.")
    if timing.variable:
        message = f"{name} has a variable frame rate; frame numbers count at {float(timing.rate):.5g} fps."
        yield Notice("variable_frame_rate", message)
    if choices > 1:
        yield Notice("several_video_streams", f"{name} holds {choices} video streams; the main one is analysed.")
