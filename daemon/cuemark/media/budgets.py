"""What a file may claim of itself: pictures, streams, tables and tags that no footage needs are refused, not allocated.

A few bytes can claim anything.  Each budget lies above what cameras, broadcasts and archives write, and is checked
before memory or time is spent on the claim; what claims cannot tell, the worker watches while it works
(`worker.guard`).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cuemark.core.errors import MediaError
from cuemark.core.limits import ProcessLimits, usable_cores
from cuemark.core.text import shown
from cuemark.media.boxes import read_claims

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

MOST_PIXELS = 1 << 27
"""Of a picture: 16K (15360 x 8640) fits."""
MOST_SIDE = 1 << 15
MOST_PICTURE_BYTES = 320 << 20
"""Of a decoded picture: 12K in 4:2:2 at 10 bits fits; two to four are held at once."""
MOST_REFERENCED_BYTES = 128 << 20
"""Where later pictures refer to many, a decoder holds up to sixteen.  8K in 4:2:2 at 10 bits fits: cameras code it."""
_HOLDS_MANY = frozenset({"h264", "hevc", "vvc", "av1", "vp9", "cavs", "avs2", "avs3", "evc"})
MOST_STREAMS = 256
MOST_TABLE_ENTRIES = 6_000_000
"""Of all tables together: a day at 60 pictures a second, and its sound."""
MOST_INDEX_BYTES = 256 << 20
"""Of an index that was compressed."""
MOST_SECONDS = 10 * 366 * 86_400
MOST_TAGS = 2_000
MOST_TAG_CHARACTERS = 4_000_000
_THREADS_BYTES = 512 << 20
"""Decoders work at one picture a thread: fewer threads for huge pictures."""

FFMPEG_OPTIONS = {"max_pixels": str(MOST_PIXELS), "max_streams": str(MOST_STREAMS + 1)}
"""What FFmpeg keeps to while it opens a file.  One stream more, since it leaves out those beyond in silence."""


def too_large(path: Path, claim: str) -> MediaError:
    """The error for a file that goes beyond a budget, which trying again does not change."""
    message = f"{shown(path)} {claim}."
    step = "It is damaged or no ordinary footage; convert what is real in it, smaller or in parts."
    return MediaError("media_too_large", message, step)


def check_boxes(file: io.FileIO, path: Path) -> None:
    """MediaError `media_too_large` where an MP4's tables are beyond the budget, before FFmpeg unfolds them."""
    claims = read_claims(file)
    file.seek(0)
    if claims is None:
        return
    if len(claims.tracks) > MOST_STREAMS:
        raise too_large(path, f"claims {len(claims.tracks):,} tracks; at most {MOST_STREAMS} are read")
    if claims.samples > MOST_TABLE_ENTRIES:
        raise too_large(path, f"claims {claims.samples:,} samples; at most {MOST_TABLE_ENTRIES:,} are read")
    if claims.index_bytes > MOST_INDEX_BYTES:
        most = MOST_INDEX_BYTES >> 20
        raise too_large(path, f"claims an index of {claims.index_bytes >> 20:,} MiB; at most {most} are read")


def check_container(container: InputContainer, path: Path) -> None:
    """MediaError `media_too_large` for streams, tags and tables beyond the budget, once they were read."""
    streams = list(container.streams)
    if len(streams) > MOST_STREAMS:
        raise too_large(path, f"holds more than {MOST_STREAMS} streams, and no more are read")
    entries = sum(len(stream.index_entries) for stream in streams)
    if entries > MOST_TABLE_ENTRIES:
        raise too_large(path, f"holds an index of {entries:,} entries; at most {MOST_TABLE_ENTRIES:,} are read")
    tags = [container.metadata, *(stream.metadata for stream in streams)]
    if sum(map(len, tags)) > MOST_TAGS:
        raise too_large(path, f"holds {sum(map(len, tags)):,} tags; at most {MOST_TAGS:,} are read")
    characters = sum(len(text) for some in tags for text in some.values())
    if characters > MOST_TAG_CHARACTERS:
        raise too_large(path, f"holds tags of {characters:,} letters; at most {MOST_TAG_CHARACTERS:,} are read")


def bound_decoders(container: InputContainer) -> None:
    """Have decoders refuse pictures that grow beyond the budget in mid-stream."""
    for stream in container.streams.video:
        if stream.codec_context is not None:
            stream.codec_context.options = {**stream.codec_context.options, "max_pixels": str(MOST_PIXELS)}


def check_picture(stream: VideoStream, path: Path) -> None:
    """MediaError `media_too_large` for pictures beyond the budget."""
    context = stream.codec_context
    width, height = (context.width, context.height) if context is not None else (0, 0)
    size = picture_bytes(context) if context is not None else 0
    if width == 0 and _is_refused_still(stream):
        raise too_large(path, f"claims pictures of more than {MOST_PIXELS:,} pixels")
    holds_many = context is not None and context.codec.canonical_name in _HOLDS_MANY
    most = MOST_REFERENCED_BYTES if holds_many else MOST_PICTURE_BYTES
    if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE or size > most:
        raise too_large(path, f"claims pictures of {width} x {height}, larger than any that are decoded here")


def check_length(seconds: Fraction, path: Path) -> None:
    """MediaError `media_too_large` for footage that claims to last longer than anything was ever recorded."""
    if seconds > MOST_SECONDS:
        years = int(seconds / (366 * 86_400))
        raise too_large(path, f"claims to last {years:,} years; its times are damaged")


def picture_bytes(context: VideoCodecContext) -> int:
    """About the bytes of a decoded picture; 0 where nothing tells."""
    bits = context.format.padded_bits_per_pixel if context.format is not None else 24
    return context.width * context.height * bits // 8


def decoder_threads(context: VideoCodecContext, limits: ProcessLimits) -> int:
    """How many threads a decoder may have; 0 leaves it to FFmpeg: one for each core."""
    size = picture_bytes(context)
    most = max(1, _THREADS_BYTES // size) if size else 0
    wanted = limits.threads or usable_cores()
    return most if most and most < wanted else limits.threads or 0


def _is_refused_still(stream: VideoStream) -> bool:
    """Whether FFmpeg refused to decode still pictures for their size, which then only the header of one tells."""
    import av
    from PIL import Image, UnidentifiedImageError

    packets: Iterator[Packet[VideoStream]] = cast("InputContainer", stream.container).demux(stream)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(bytes(next(packets)))) as picture:
                return picture.width * picture.height > MOST_PIXELS
    except Image.DecompressionBombError:
        return True
    except (av.error.FFmpegError, UnidentifiedImageError, StopIteration, OSError, ValueError, SyntaxError):
        return False
