"""Media files: which of them a path names, opening one, choosing its footage; each failure as one plain reason."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.errors import MediaError
from cuemark.core.files import unreadable
from cuemark.core.text import shown
from cuemark.media.boxes import TOP_BOXES
from cuemark.media.budgets import FFMPEG_OPTIONS, bound_decoders, check_boxes, check_container, check_picture, too_large
from cuemark.media.encryption import refuse_encrypted
from cuemark.media.pulse import PULSE
from cuemark.media.zeros import footage_end

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


# "tty" decodes any .txt file as a picture of its text; the others are lists that point at other files.
_NOT_FOOTAGE = frozenset({"tty", "ass", "srt", "webvtt", "concat", "hls", "dash", "sdp", "lavfi", "ffmetadata"})
_BUFFER_BYTES = 1 << 18


@contextmanager
def open_media(
    path: Path,
    hardware: str | None = None,
    *,
    demux_only: bool = False,
    heard: Callable[[int], None] | None = None,
) -> Iterator[InputContainer]:
    """Open `path` for demuxing; nothing outside this one file is ever read.

    `hardware` names the device its decoders shall use where they can ("cuda").  With `demux_only` no first pictures are
    decoded to learn more of the streams, which spares most of the time: good for reading packets, not for decoding.
    `heard` is told after each read how many bytes were read so far, and may raise: FFmpeg may search for long where a
    file holds nothing it knows.
    MediaError codes: media_not_found, media_unreadable, media_is_empty, media_not_recognised,
    media_truncated_unreadable, media_too_large.
    """
    with _readable(path) as file:
        check_boxes(file, path)
        reader = _Reader(file, path, heard)
        container = _opened(reader, hardware, demux_only, _NEAR)
        if not demux_only and _has_unknown_size(container):
            container.close()
            container = _opened(reader, hardware, demux_only, _FAR)
        with container:
            if container.format.name.split(",")[0] in _NOT_FOOTAGE:
                raise _unrecognised(path, file)
            check_container(container, path)
            bound_decoders(container)
            yield container


_NOTHING_ELSE = {"protocol_whitelist": "none"}
_NO_DECODERS = {"codec_whitelist": "none"}
# How much of the beginning FFmpeg reads to learn what the streams hold: its own choice, and where that was too little,
# as it is for a recording that begins in the middle of a long group of pictures.  Bytes, and microseconds.
_NEAR: dict[str, str] = {}
_FAR = {"probesize": str(1 << 29), "analyzeduration": str(180_000_000)}


def _opened(reader: _Reader, hardware: str | None, demux_only: bool, effort: dict[str, str]) -> InputContainer:
    import av
    from av.codec.hwaccel import HWAccel

    reader.seek(0)
    try:
        # Our own reader, not the path: FFmpeg takes neither invalid UTF-8 nor "concat:..." as plain names.
        return av.open(
            reader,
            mode="r",
            metadata_errors="replace",
            buffer_size=_BUFFER_BYTES,
            options={**_NOTHING_ELSE, **FFMPEG_OPTIONS, **effort, **(_NO_DECODERS if demux_only else {})},
            hwaccel=HWAccel(hardware, allow_software_fallback=True) if hardware else None,
        )
    except MemoryError as error:
        claim = "asks for more memory than there is, or for more streams than are read"
        raise too_large(reader.path, claim) from error
    except OSError as error:
        raise _open_error(reader.path, reader.file, error) from error
    except (av.error.FFmpegError, ValueError) as error:
        raise _unrecognised(reader.path, reader.file) from error


def _has_unknown_size(container: InputContainer) -> bool:
    """Whether pictures of a known codec are there and none of them told its size yet."""
    streams = [stream for stream in container.streams.video if stream.codec_context is not None]
    return bool(streams) and all(stream.codec_context.width == 0 for stream in streams)


def stat_media(path: Path) -> os.stat_result:
    """The file's stat.  MediaError media_not_found, media_unreadable (also for pipes and devices), media_is_empty."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MediaError("media_not_found", f"There is no file {shown(path)}.", "Check the path.") from error
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no ordinary file"
        raise MediaError("media_unreadable", f"{shown(path)} is {kind}.", "Name a video file.")
    if found.st_size == 0:
        raise MediaError("media_is_empty", f"{shown(path)} is empty (0 bytes).", "Copy or export it again.")
    return found


class _Reader:
    """What PyAV reads through; `name` only lends its extension to format detection.

    Zeros behind the footage are not there for it: FFmpeg would search them for minutes a gigabyte.
    """

    def __init__(self, file: io.FileIO, path: Path, heard: Callable[[int], None] | None) -> None:
        self.file, self.path, self._heard = file, path, heard
        self.name = "media" + (path.suffix if path.suffix.isascii() and path.suffix.isprintable() else "")
        self._end = footage_end(file, heard)
        self._read = 0

    def read(self, count: int) -> bytes:
        PULSE.beat()
        data = self.file.read(max(0, min(count, self._end - self.file.tell()))) or b""
        self._read += len(data)
        if self._heard is not None:
            self._heard(self._read)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(self._end + offset) if whence == os.SEEK_END else self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()


@contextmanager
def _readable(path: Path) -> Iterator[io.FileIO]:
    stat_media(path)
    try:
        file = io.FileIO(path, "r")
    except FileNotFoundError as error:
        raise MediaError("media_not_found", f"There is no file {shown(path)}.", "Check the path.") from error
    except OSError as error:
        raise unreadable(path, error) from error
    with file:
        yield file


def _open_error(path: Path, file: io.FileIO, error: OSError) -> MediaError:
    """An OSError is the disk's own, or FFmpeg's "end of file" and "invalid argument" for broken content."""
    try:
        file.seek(0)
        file.read(1)
    except OSError as disk_error:
        return unreadable(path, disk_error)
    return _unrecognised(path, file)


def _unrecognised(path: Path, file: io.FileIO) -> MediaError:
    if _is_cut_off_mp4(file):
        return cut_off(path)
    message = f"{shown(path)} is not a video file."
    return MediaError("media_not_recognised", message, "Name a file that a video player can play.")


def cut_off(path: Path) -> MediaError:
    """The error for a file whose missing part takes all the pictures with it."""
    message = f"{shown(path)} is cut off: the part without which nothing can be decoded is missing."
    return MediaError("media_truncated_unreadable", message, "Copy or download it again.")


def _is_cut_off_mp4(file: io.FileIO) -> bool:
    """True for an MP4 or MOV whose boxes end before its index (moov) does."""
    size, position, boxes = file.seek(0, io.SEEK_END), 0, 0
    while position + 8 <= size and boxes < 10_000:
        file.seek(position)
        header = file.read(16) or b""
        length, kind = int.from_bytes(header[:4], "big"), header[4:8]
        if kind not in TOP_BOXES:
            return False if boxes == 0 else position > 0
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:
            length = size - position
        if kind == b"moov":
            return position + length > size
        position, boxes = position + max(length, 8), boxes + 1
    return boxes > 0


_STILL_CODECS = frozenset({"mjpeg", "png", "bmp", "gif", "webp", "tiff", "jpeg2000", "jpegls"})


def has_footage(container: InputContainer) -> bool:
    """Whether there are pictures beside covers, decodable or not."""
    return bool(_footage(container))


def choose_video(container: InputContainer, path: Path) -> tuple[VideoStream, int]:
    """The stream an editor would show, and how many there are to choose from.

    The one marked default wins, then the largest picture, then the first.  Cover art is not footage, marked as such
    or not: there has to be some (`has_footage`).  MediaError `media_encrypted`, `media_too_large`, `media_undecodable`,
    `codec_not_supported`.
    """
    footage = _footage(container)
    decodable = [s for s in footage if s.codec_context is not None and s.codec_context.width > 0]
    likely = max(decodable or footage[:1], key=_preference)
    refuse_encrypted(container, likely, path)
    check_picture(likely, path)
    if not decodable and any(s.codec_context is not None for s in footage):
        message = f"No whole picture begins in the first minutes of {shown(path)}, so its size cannot be told."
        step = "If a player shows it, cut it anew from a keyframe on; else copy or record it again."
        raise MediaError("media_undecodable", message, step)
    if not decodable:
        message = f"The video in {shown(path)} is coded in a way that cannot be decoded here."
        raise MediaError("codec_not_supported", message, "Convert it to H.264, ProRes or another common codec.")
    return max(decodable, key=_preference), len(footage)


def _footage(container: InputContainer) -> list[VideoStream]:
    import av

    return [s for s in container.streams if isinstance(s, av.VideoStream) and not _is_cover(s, container)]


def _preference(stream: VideoStream) -> tuple[bool, int, int]:
    import av

    is_default = bool(stream.disposition & av.stream.Disposition.default)
    context = stream.codec_context
    return is_default, 0 if context is None else context.width * context.height, -stream.index


def _is_cover(stream: VideoStream, container: InputContainer) -> bool:
    import av

    marked = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    if stream.disposition & marked:
        return True
    # Some taggers write the cover as a plain track: one still image beside the sound.
    context = stream.codec_context
    is_still = context is not None and context.name in _STILL_CODECS
    return is_still and stream.frames == 1 and bool(container.streams.audio)
