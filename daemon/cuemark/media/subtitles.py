"""Subtitle streams of a media file: which there are, and the text in one with its exact times.

Streams of text hold it in their packets: SubRip, WebVTT and SubStation as such, timed text of QuickTime and MP4
(mov_text) behind its length; closed captions (EIA-608) are decoded.  Those of Blu-ray, DVD and broadcast are pictures.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuemark.core.errors import MediaError
from cuemark.core.languages import language_code
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.text import one_line, shown
from cuemark.media.packets import demux, keep_only
from cuemark.media.source import open_media

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

_IN_PACKETS = {"subrip": "SubRip", "srt": "SubRip", "text": "SubRip", "mov_text": "SubRip", "webvtt": "WebVTT"}
_SUBSTATION = frozenset({"ass", "ssa"})
_PICTURES = {
    "dvdsub": "DVD", "dvd_subtitle": "DVD", "pgssub": "Blu-ray", "hdmv_pgs_subtitle": "Blu-ray", "dvbsub": "DVB",
    "dvb_subtitle": "DVB", "xsub": "DivX",
}  # fmt: skip
STAGE = "subtitles"


@dataclass(frozen=True)
class SubtitleInfo:
    """One subtitle stream.  `form` says how its text is marked up: "SubRip", "WebVTT", "SubStation", "captions" (to be
    decoded); of one that is pictures it is "", and `pictures` says whose.  `language` is an ISO 639-1 code or ""."""

    index: int
    codec: str
    form: str
    language: str = ""
    title: str = ""
    pictures: str = ""
    is_default: bool = False
    is_forced: bool = False


@dataclass(frozen=True)
class SubtitleText:
    """The text of one packet over [start, end), seconds from the first frame shown; marked up as its stream's form."""

    start: Fraction
    end: Fraction
    text: str


def subtitle_streams(path: Path) -> tuple[SubtitleInfo, ...]:
    """The subtitle streams of a file in its order; raises MediaError where it cannot be opened."""
    with open_media(path) as container:
        return tuple(_info(stream) for stream in container.streams.subtitles)


def _info(stream: Stream) -> SubtitleInfo:
    import av

    codec = "" if stream.codec_context is None else stream.codec_context.codec.name
    form = _IN_PACKETS.get(codec, "SubStation" if codec in _SUBSTATION else "captions")
    pictures = _PICTURES.get(codec, "" if codec else "an unknown kind of")
    return SubtitleInfo(
        stream.index,
        codec,
        "" if pictures else form,
        language_code(stream.language or ""),
        one_line(stream.metadata.get("title", "")),
        pictures,
        bool(stream.disposition & av.stream.Disposition.default),
        bool(stream.disposition & av.stream.Disposition.forced),
    )


def best_subtitles(streams: tuple[SubtitleInfo, ...], language: str = "") -> SubtitleInfo | None:
    """The stream that tells best what is said: of text, in `language`, not of foreign words alone, the default one."""
    wanted = language_code(language)
    texts = [stream for stream in streams if stream.form]

    def rank(stream: SubtitleInfo) -> tuple[bool, bool, bool, int]:
        return stream.language != wanted, stream.is_forced, not stream.is_default, stream.index

    return min(texts, key=rank, default=None)


def read_subtitles(info: MediaInfo, stream: SubtitleInfo, progress: Progress) -> Iterator[SubtitleText]:
    """The texts of a stream in its order; only its packets are kept, and nothing else is decoded.

    What comes behind a place that cannot be read is lost; MediaError `subtitles_unreadable` where that is all of it.
    """
    failed: list[Exception] = []
    found = 0
    with open_media(info.path) as container:
        chosen = container.streams[stream.index]
        keep_only(container, stream.index)
        for packet in demux(container, chosen, failed.append):
            progress.update(STAGE, min(packet.pos or 0, info.size), info.size, "bytes")
            for text in _texts(packet, chosen, stream):
                found += 1
                yield SubtitleText(text.start - info.start_time, text.end - info.start_time, text.text)
    progress.update(STAGE, info.size, info.size, "bytes")
    if failed and not found:
        message = f"The subtitles in {shown(info.path)} cannot be read: {one_line(str(failed[0]))}."
        raise MediaError("subtitles_unreadable", message, "Name a transcript with --transcript.")


def _texts(packet: Packet[Any], chosen: Any, stream: SubtitleInfo) -> Iterator[SubtitleText]:
    """The texts of a packet, with the container's times."""
    if stream.form == "captions":
        yield from _captions(packet, chosen)
    elif packet.pts is not None and packet.time_base is not None:
        start = packet.pts * packet.time_base
        text = _timed_text(bytes(packet)) if stream.codec == "mov_text" else bytes(packet).decode("utf-8", "replace")
        if text.strip():
            lines = text.replace("\r\n", "\n").replace("\r", "\n")
            yield SubtitleText(start, start + (packet.duration or 0) * packet.time_base, lines)


def _timed_text(data: bytes) -> str:
    """The text of a sample of mov_text: its length in bytes, then UTF-8, or UTF-16 with its mark; then styles."""
    text = data[2 : 2 + int.from_bytes(data[:2], "big")]
    return text.decode("utf-16" if text.startswith((b"\xfe\xff", b"\xff\xfe")) else "utf-8", "replace")


def _captions(packet: Packet[Any], chosen: Any) -> Iterator[SubtitleText]:
    """What the decoder has of closed captions once this packet came; the last, empty one lets go of the rest."""
    import av

    with contextlib.suppress(av.error.FFmpegError, ValueError):
        found = chosen.codec_context.decode2(packet)
        if found is not None and found.pts is not None:
            start = Fraction(found.pts, 10**6)
            since, until = (start + Fraction(ms, 1000) for ms in (found.start_display_time, found.end_display_time))
            for part in found.rects:
                yield SubtitleText(since, until, _dialogue(part))


def _dialogue(part: Any) -> str:
    """The text of a decoded caption, without the fields of a line of SubStation before it."""
    fields = bytes(getattr(part, "ass", b"")).decode("utf-8", "replace").split(",", 8)
    return fields[-1] if len(fields) == 9 else ""
