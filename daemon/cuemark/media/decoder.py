"""Decoders: the threads and the hardware of one, and in words why it has none."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.errors import CuemarkError
from cuemark.core.limits import ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.media.budgets import decoder_threads
from cuemark.media.encryption import encrypted, is_encrypted
from cuemark.media.packets import SelectionFailed
from cuemark.media.source import open_media

if TYPE_CHECKING:
    from av.codec.codec import Codec
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    TimedFrame = tuple[VideoFrame, Fraction]
    """A decoded frame, and when it came on: seconds from the first frame."""

# How pictures come back from a device: planes of colour interleaved.
_FROM_DEVICE = {"nv12": "yuv420p", "p010le": "yuv420p10le", "p016le": "yuv420p16le"}


def with_threads(container: InputContainer, info: MediaInfo, limits: ProcessLimits) -> VideoStream:
    """The footage of a container, whose decoder shall run in as many threads as the limits allow."""
    stream: VideoStream = container.streams[info.stream_index]  # type: ignore[assignment]
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = decoder_threads(stream.codec_context, limits)
    return stream


def decoded(stream: VideoStream, packet: Packet[VideoStream] | None, path: Path) -> list[VideoFrame]:
    """The frames a packet of this file brings to light; none of a broken one.  None drains the decoder.

    MediaError `media_encrypted`.
    """
    import av

    if packet is not None and is_encrypted(packet):
        raise encrypted(path)
    try:
        return stream.decode(packet)
    except av.error.FFmpegError:
        return []


class Decoder:
    """Decodes packets of any handle on the file, with the decoder of the container it was made for or of another."""

    def __init__(self, container: InputContainer, info: MediaInfo, files: ExitStack, limits: ProcessLimits) -> None:
        """Under `limits` on a GPU's memory no device is looked for: decoding would take memory beside them."""
        self._info, self._files, self._limits = info, files, limits
        self._skips = False
        self._stream = with_threads(container, info, limits)
        if limits.gentle:
            self.hardware = Hardware("cpu", "a gentle job leaves other devices to the editor")
        elif limits.vram is not None:
            self.hardware = Hardware("cpu", "hardware decoding is switched off")
        else:
            self.hardware = choose_hardware(self._stream.codec_context.codec)
        if self.hardware.device != "cpu":
            self._move_to(self.hardware.device)
        self.frames_decoded = 0

    def decode(self, packet: Packet[VideoStream] | None, *, skips: bool = False) -> list[VideoFrame]:
        """`decoded`; with `skips` the decoder may leave the packet out if no other picture refers to it."""
        if skips is not self._skips:
            self._stream.codec_context.skip_frame = "NONREF" if skips else "DEFAULT"
            self._skips = skips
        frames = decoded(self._stream, packet, self._info.path)
        self.frames_decoded += len(frames)
        return frames if self.hardware.device == "cpu" else [self._downloaded(frame) for frame in frames]

    def drain(self) -> list[VideoFrame]:
        """The frames still inside; afterwards the decoder is as new."""
        frames = self.decode(None)
        self._stream.codec_context.flush_buffers()
        return frames

    def _move_to(self, device: str) -> None:
        try:
            opened = self._files.enter_context(open_media(self._info.path, device))
            self._stream = with_threads(opened, self._info, self._limits)
        except CuemarkError:
            self.hardware = Hardware("cpu", f"{device} cannot be opened for this file")

    def _downloaded(self, frame: VideoFrame) -> VideoFrame:
        """A device's frame in the planes the software decoder gives: the same numbers in another order."""
        import av

        planar = _FROM_DEVICE.get(frame.format.name)
        if planar is None:
            self.hardware = Hardware("cpu", f"{self.hardware.device} left this file to software")
            return frame
        try:
            # In one thread: several write eight pixels too far, over each other's first ones (seen with p010le).
            return frame.reformat(format=planar, threads=1)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            self.hardware = Hardware("cpu", f"{self.hardware.device} gave pictures that cannot be read from it")
            raise SelectionFailed from error


# In the order they are tried.  Intel's and AMD's own ("qsv", "amf") want drivers whose absence they report by crashing.
_DEVICES = {"darwin": ("videotoolbox",), "win32": ("cuda", "d3d11va"), "linux": ("cuda", "vaapi")}


@dataclass(frozen=True)
class Hardware:
    """The device decoding is asked of; "cpu" where it is decoded in software.  `reason` says why, in words."""

    device: str
    reason: str


def choose_hardware(codec: Codec) -> Hardware:
    """The first device of this system that FFmpeg was built with, that decodes this codec, and that can be opened."""
    if codec.intra_only:
        return Hardware(
            "cpu", "of footage in which every picture stands alone so few are decoded that it would not pay"
        )
    from av.codec.hwaccel import hwdevices_available

    built = hwdevices_available()
    known = {config.device_type.name for config in codec.hardware_configs or () if config.is_supported}
    refusals = []
    for device in _DEVICES.get(sys.platform, ()):
        refusal = _refusal(device, codec, device in built, device in known)
        if refusal is None:
            return Hardware(device, f"{device} decodes {codec.canonical_name} here")
        refusals.append(refusal)
    return Hardware("cpu", "; ".join(refusals) or f"no hardware decoding is known for {sys.platform}")


def _refusal(device: str, codec: Codec, is_built: bool, is_known: bool) -> str | None:
    """Why a device cannot be used; None where it can."""
    import av
    from av.codec.hwaccel import HWAccel

    if not is_built:
        return f"this build of FFmpeg has no {device}"
    if not is_known:
        return f"{device} does not decode {codec.canonical_name}"
    try:
        HWAccel(device).create(codec)
    except (av.error.FFmpegError, OSError, NotImplementedError, RuntimeError) as error:
        return f"{device} cannot be opened ({getattr(error, 'strerror', None) or error})"
    return None
