"""Which of a file's streams is the footage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.errors import MediaError
from cuemark.core.text import shown

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_STILL_CODECS = frozenset({"mjpeg", "png", "bmp", "gif", "webp", "tiff", "jpeg2000", "jpegls"})


def choose_video(container: InputContainer, path: Path) -> tuple[VideoStream, int]:
    """The stream an editor would show, and how many there are to choose from.

    The one marked default wins, then the largest picture, then the first.  Cover art is not footage, marked as such
    or not.  MediaError `no_video_stream` (sound or cover art only), `codec_not_supported`.
    """
    import av

    footage = [s for s in container.streams if isinstance(s, av.VideoStream) and not _is_cover(s, container)]
    if not footage:
        has_sound = bool(container.streams.audio)
        what = "holds sound only, no video" if has_sound else "holds no video"
        raise MediaError("no_video_stream", f"{shown(path)} {what}.", "Name a file with pictures.")
    decodable = [s for s in footage if s.codec_context is not None and s.codec_context.width > 0]
    if not decodable:
        message = f"The video in {shown(path)} is coded in a way that cannot be decoded here."
        raise MediaError("codec_not_supported", message, "Convert it to H.264, ProRes or another common codec.")
    return max(decodable, key=_preference), len(footage)


def _preference(stream: VideoStream) -> tuple[bool, int, int]:
    import av

    is_default = bool(stream.disposition & av.stream.Disposition.default)
    return is_default, stream.codec_context.width * stream.codec_context.height, -stream.index


def _is_cover(stream: VideoStream, container: InputContainer) -> bool:
    import av

    marked = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    if stream.disposition & marked:
        return True
    # Some taggers write the cover as a plain track: one still image beside the sound.
    context = stream.codec_context
    is_still = context is not None and context.name in _STILL_CODECS
    return is_still and stream.frames == 1 and bool(container.streams.audio)
