"""One rendered file: pictures encoded as H.264, or copied, and AAC sound beside them, in an MP4 (or a MOV).

The encoder is the first that FFmpeg was built with: x264, which PyAV's wheels have (their FFmpeg is under the GPL), the
system's own, else MPEG-4 part 2, which every build has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from cuemark.core.errors import MediaError, StoreError
from cuemark.core.files import is_disk_full
from cuemark.core.limits import ProcessLimits
from cuemark.core.text import shown
from cuemark.media.render.sound import CHANNELS, RATE

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

ENCODERS: dict[str, dict[str, str]] = {
    "libx264": {"crf": "18", "preset": "veryfast"},
    "libopenh264": {"b": "12M"},
    "h264_videotoolbox": {"q": "65"},
    "h264_mf": {"b": "12M"},
    "mpeg4": {"q": "3"},
}
"""In the order they are tried, with what makes each as good as the footage to the eye."""
_SOUND_BITS = 192_000
_KEYFRAME_SECONDS = 2
_BT709, _LIMITED = 1, 1
_GENTLE_THREADS = 1


def chosen_encoder() -> str:
    """The first of `ENCODERS` that there is."""
    from av.codec.codec import Codec
    from av.codec.codec import UnknownCodecError as Unknown

    for name in ENCODERS:
        try:
            Codec(name, "w")
        except Unknown:
            continue
        return name
    raise MediaError("codec_not_supported", "No encoder for pictures is here.", "Install PyAV anew (pip install av).")


@dataclass
class Movie:
    """A file that is being written.  Pictures are numbered from 0 at `rate`; sound follows without a gap."""

    container: OutputContainer
    rate: Fraction
    pictures: VideoStream | None
    copies: bool
    sound: Any
    frames: int = 0
    samples: int = 0
    _pending: list[NDArray[np.float32]] = field(default_factory=list)

    def add_picture(self, rgb: NDArray[np.uint8], *, key: bool) -> None:
        """The next picture, uint8 [H, W, 3] of the file's size; `key` makes it one at which a player can begin."""
        from av.video.frame import PictureType, VideoFrame

        assert self.pictures is not None
        frame = _yuv(VideoFrame.from_ndarray(rgb, format="rgb24"))
        frame.pts, frame.time_base = self.frames, 1 / self.rate
        frame.pict_type = PictureType.I if key else PictureType.NONE
        self.frames += 1
        self.container.mux(self.pictures.encode(frame))

    def add_packet(self, packet: Packet[VideoStream], shown: int, decoded: int) -> None:
        """A packet that is copied, with the numbers of the pictures at which it is shown and decoded."""
        assert self.pictures is not None
        packet.stream = self.pictures
        packet.time_base = 1 / self.rate
        packet.pts, packet.dts, packet.duration = shown, decoded, 1
        self.container.mux_one(packet)

    def add_sound(self, samples: NDArray[np.float32]) -> None:
        """The next samples, float32 [n, 2]."""
        from av.audio.frame import AudioFrame

        if self.sound is None or not len(samples):
            return
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), self.samples
        self.samples += len(samples)
        self.container.mux(self.sound.encode(frame))

    def close(self) -> None:
        """What the encoders still hold."""
        if self.pictures is not None and not self.copies:
            self.container.mux(self.pictures.encode(None))
        if self.sound is not None:
            self.container.mux(self.sound.encode(None))


def _yuv(frame: Any) -> Any:
    from av.video.reformatter import ColorRange, Colorspace

    return frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)


@contextmanager
def movie(
    path: Path,
    name: Path,
    rate: Fraction,
    size: tuple[int, int] | None,
    limits: ProcessLimits,
    *,
    sound: bool,
    template: VideoStream | None = None,
    keyframe_seconds: float = _KEYFRAME_SECONDS,
) -> Iterator[Movie]:
    """A new file at `path`, to be called `name`: pictures of `size` (None: sound alone) that are encoded, or copied
    from streams like `template`.  Encoded ones have a keyframe at least so often.

    StoreError `disk_full`, `file_not_written`.
    """
    import av

    with _file(path, name) as file:
        kind = "mov" if name.suffix.lower() == ".mov" else "mp4"
        target = _Target(file, f"out.{kind}")
        try:
            with av.open(target, "w", format=kind) as container:
                pictures = _pictures(container, rate, size, limits, template, keyframe_seconds)
                heard = container.add_stream("aac", rate=RATE, layout="stereo") if sound else None
                if heard is not None:
                    heard.bit_rate = _SOUND_BITS
                made = Movie(container, rate, pictures, template is not None, heard)
                yield made
                made.close()
        except av.error.FFmpegError as error:
            raise target.failure or error from error
        file.flush()
        os.fsync(file.fileno())


def _pictures(
    container: OutputContainer,
    rate: Fraction,
    size: tuple[int, int] | None,
    limits: ProcessLimits,
    template: VideoStream | None,
    keyframe_seconds: float,
) -> VideoStream | None:
    if template is not None:
        copied = container.add_stream_from_template(template)
        copied.time_base = 1 / rate
        return copied
    if size is None:
        return None
    name = chosen_encoder()
    stream = cast("VideoStream", container.add_stream(name, rate=rate, options=dict(ENCODERS[name])))
    stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
    context = stream.codec_context
    context.gop_size = max(1, round(keyframe_seconds * float(rate)))
    context.color_range, context.colorspace = _LIMITED, _BT709
    context.color_primaries, context.color_trc = _BT709, _BT709
    if limits.gentle:
        context.thread_count = _GENTLE_THREADS
    return stream


class _Target:
    """A file as PyAV takes it, under a name that holds nothing strange.

    What the system refused comes back from FFmpeg as a number of its own: `failure` is what it really was.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self.failure: OSError | None = None
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def write(self, data: bytes) -> int:
        """All of it."""
        try:
            return self._file.write(data)
        except OSError as error:
            self.failure = error
            raise


@contextmanager
def _file(path: Path, name: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("xb") as file:
            yield file
    except OSError as error:
        raise not_written(name, error) from error


def not_written(name: Path, error: OSError) -> StoreError:
    """The error for a file of ours that the system refused."""
    message = f"{shown(name)} could not be written: {(error.strerror or str(error)).rstrip('.')}."
    if is_disk_full(error):
        return StoreError("disk_full", message, "Free some space, or choose another place with -o.")
    return StoreError("file_not_written", message, "Choose another place with -o.")


__all__ = ["CHANNELS", "ENCODERS", "RATE", "Movie", "chosen_encoder", "movie", "not_written"]
