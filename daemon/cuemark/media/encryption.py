"""Whether footage is encrypted, which containers say in the clear; decoded all the same it would be noise.

Said by: the sample entries of MP4 and MOV (ISO/IEC 23001-7, FairPlay), packets FFmpeg marks, Matroska's content
encodings, ASF's protection object, the scrambling bits of transport packets and of PES headers (ISO/IEC 13818-1; a
copied DVD), and MXF's encrypted triplets (SMPTE ST 429-6).
"""

from __future__ import annotations

import io
from collections.abc import Container, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuemark.core.errors import MediaError
from cuemark.core.text import shown
from cuemark.media.boxes import read_claims

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

_PROTECTED_ENTRIES = frozenset({"encv", "drmi", "drmv", "enca", "drms"})
_SAMPLE_AES = frozenset("\xdb\xcf\xc1\xc2")
"""The stream types of H.264, AAC, AC-3 and E-AC-3 encrypted in a transport stream (Apple, HTTP Live Streaming)."""
_VIDEO_PES = range(0xE0, 0xF0)
_SOUND_PES = frozenset({*range(0xC0, 0xE0), 0xBD})
_MOST_SCRAMBLED = 0.02
"""A receiver's first packets may come before its key does: recordings that begin so are clear."""
_WINDOWS = 64
_WINDOW_BYTES = 1 << 16
_PACKET_SIZES = (188, 192, 204)
_SYNC = 0x47
_ENCRYPTED_TRIPLET = bytes.fromhex("060e2b34020401")
_TRIPLET_ITEM = bytes.fromhex("0d010301027e01")


def refuse_encrypted(container: InputContainer, stream: VideoStream, path: Path) -> None:
    """MediaError `media_encrypted` where the container says that this stream, or a share of it, is encrypted."""
    kind = container.format.name.split(",")[0]
    with io.FileIO(path, "r") as file:
        if _is_encrypted(kind, container, stream, file):
            raise encrypted(path)


def is_encrypted_sound(container: InputContainer, stream: AudioStream, path: Path) -> bool:
    """Whether the container says that this sound track, or a share of it, is encrypted."""
    kind = container.format.name.split(",")[0]
    with io.FileIO(path, "r") as file:
        return _is_encrypted(kind, container, stream, file, _SOUND_PES)


def is_encrypted(packet: Packet[Any]) -> bool:
    """Whether a packet is marked so, wherever in the file."""
    return packet.has_sidedata("encryption_info")


def encrypted(path: Path) -> MediaError:
    """The error for footage nothing here can decrypt."""
    message = f"The video in {shown(path)} is encrypted (copy protection), so its pictures cannot be seen."
    return MediaError("media_encrypted", message, "Use a copy without copy protection.")


def sound_encrypted(path: Path) -> MediaError:
    """The error for sound nothing here can decrypt."""
    message = f"The sound in {shown(path)} is encrypted (copy protection), so it cannot be heard."
    return MediaError("sound_encrypted", message, "Use a copy without copy protection to have it heard.")


def _is_encrypted(
    kind: str, container: InputContainer, stream: Stream, file: io.FileIO, pes: Container[int] = _VIDEO_PES
) -> bool:
    if kind == "mov":
        claims = read_claims(file)
        tracks = [] if claims is None else claims.tracks
        return any(track.id == stream.id and _PROTECTED_ENTRIES.intersection(track.formats) for track in tracks)
    if kind == "matroska":
        return "enc_key_id" in stream.metadata
    if kind == "asf":
        return any(name.lower().startswith("asf_protection") for name in container.metadata)
    if kind == "mpegts":
        context = stream.codec_context
        tag = "" if context is None else str(context.codec_tag)
        return tag[:1] in _SAMPLE_AES or _share(_transport(file, stream.id)) > _MOST_SCRAMBLED
    if kind == "mpeg":
        return _share(_programme(file, pes)) > _MOST_SCRAMBLED
    return kind == "mxf" and any(_holds_triplet(window) for window in _windows(file))


def _share(marks: Iterator[bool]) -> float:
    found = list(marks)
    return sum(found) / len(found) if found else 0.0


def _windows(file: io.FileIO) -> Iterator[bytes]:
    """Parts of the file, evenly apart; all of a small one."""
    size = file.seek(0, io.SEEK_END)
    step = max(_WINDOW_BYTES, size // _WINDOWS)
    for start in range(0, size, step):
        file.seek(start)
        yield file.read(_WINDOW_BYTES) or b""


def _transport(file: io.FileIO, pid: int) -> Iterator[bool]:
    """For each packet of a stream whether it, or the PES packet that begins in it, is scrambled."""
    for window in _windows(file):
        size, first = _packets_in(window)
        for start in range(first, len(window) - size + 1, size):
            packet = window[start : start + 188]
            if packet[0] == _SYNC and ((packet[1] & 0x1F) << 8 | packet[2]) == pid and packet[3] & 0x10:
                yield bool(packet[3] & 0xC0) or _begins_scrambled(packet)


def _packets_in(window: bytes) -> tuple[int, int]:
    """The distance of transport packets, and where the first whole one begins."""
    for size in _PACKET_SIZES:
        for first in range(min(size, len(window))):
            if all(byte == _SYNC for byte in window[first : first + 16 * size : size]):
                return size, first
    return _PACKET_SIZES[0], len(window)


def _begins_scrambled(packet: bytes) -> bool:
    payload = packet[5 + packet[4] :] if packet[3] & 0x20 else packet[4:]
    return bool(packet[1] & 0x40) and payload[:3] == b"\0\0\1" and _is_pes_scrambled(payload[:7])


def _programme(file: io.FileIO, pes: Container[int]) -> Iterator[bool]:
    """For each PES packet of these streams whether it is scrambled, as on a copied DVD."""
    for window in _windows(file):
        place = window.find(b"\0\0\1")
        while 0 <= place < len(window) - 7:
            if window[place + 3] in pes and window[place + 6] & 0xC0 == 0x80:
                yield _is_pes_scrambled(window[place : place + 7])
            place = window.find(b"\0\0\1", place + 3)


def _is_pes_scrambled(header: bytes) -> bool:
    return len(header) == 7 and header[6] & 0xC0 == 0x80 and bool(header[6] & 0x30)


def _holds_triplet(window: bytes) -> bool:
    place = window.find(_ENCRYPTED_TRIPLET)
    while place >= 0:
        if window[place + 8 : place + 15] == _TRIPLET_ITEM:
            return True
        place = window.find(_ENCRYPTED_TRIPLET, place + 1)
    return False
