"""The decoder of one stream: its threads, its hardware, and why it has none."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from cuemark.core import gentle
from cuemark.core.errors import CuemarkError
from cuemark.core.media import MediaInfo
from cuemark.media.hardware import Hardware, choose_hardware
from cuemark.media.source import open_media

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream


# How pictures come back from a device: planes of colour interleaved.
_FROM_DEVICE = {"nv12": "yuv420p", "p010le": "yuv420p10le", "p016le": "yuv420p16le"}


class Decoder:
    """Decodes packets of any handle on the file, with the decoder of the container it was made for or of another."""

    def __init__(self, container: InputContainer, info: MediaInfo, files: ExitStack, *, hardware: bool = True) -> None:
        """Without `hardware` no device is looked for."""
        self._info, self._files = info, files
        self._skips = False
        self._stream = self._prepared(container)
        self.hardware = Hardware("cpu", "hardware decoding is switched off")
        if gentle.is_gentle():
            self.hardware = Hardware("cpu", "a gentle job leaves other devices to the editor")
        elif hardware:
            self.hardware = choose_hardware(self._stream.codec_context.codec)
        if self.hardware.device != "cpu":
            self._move_to(self.hardware.device)
        self.frames_decoded = 0

    def decode(self, packet: Packet[VideoStream] | None, *, skips: bool = False) -> list[VideoFrame]:
        """The frames a packet brings to light; none of a broken one.

        With `skips` the decoder may leave the packet out if no other picture refers to it.
        """
        import av

        if skips is not self._skips:
            self._stream.codec_context.skip_frame = "NONREF" if skips else "DEFAULT"
            self._skips = skips
        try:
            frames = self._stream.decode(packet)
        except av.error.FFmpegError:
            return []
        self.frames_decoded += len(frames)
        return frames if self.hardware.device == "cpu" else [self._downloaded(frame) for frame in frames]

    def drain(self) -> list[VideoFrame]:
        """The frames still inside; afterwards the decoder is as new."""
        frames = self.decode(None)
        self._stream.codec_context.flush_buffers()
        return frames

    def _move_to(self, device: str) -> None:
        try:
            self._stream = self._prepared(self._files.enter_context(open_media(self._info.path, device)))
        except CuemarkError:
            self.hardware = Hardware("cpu", f"{device} cannot be opened for this file")

    def _prepared(self, container: InputContainer) -> VideoStream:
        stream: VideoStream = container.streams[self._info.stream_index]  # type: ignore[assignment]
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = gentle.thread_limit() or 0  # 0: one for each core
        return stream

    def _downloaded(self, frame: VideoFrame) -> VideoFrame:
        """A device's frame in the planes the software decoder gives: the same numbers in another order."""
        planar = _FROM_DEVICE.get(frame.format.name)
        if planar is None:
            self.hardware = Hardware("cpu", f"{self.hardware.device} left this file to software")
            return frame
        # In one thread: several write eight pixels too far, over each other's first ones (seen with p010le).
        return frame.reformat(format=planar, threads=1)
