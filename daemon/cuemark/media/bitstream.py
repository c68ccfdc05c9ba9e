"""What codecs promise of their packets, and what a packet's own bits say: read without decoding any.

Three things decide what must be decoded for one picture: where decoding can begin (a random access point), whether
everything before it can be forgotten (an IDR picture), and which pictures no other refers to (non-reference pictures).

A container's keyframe mark alone is not enough: streams that refresh their pictures bit by bit mark pictures from which
a decoder needs many more to show the right one.  FFmpeg's own mark of non-reference pictures (a packet's
`is_disposable`) does not spare the reading either: it is set where a container keeps a table of them, which of all
the footage tried only HEVC in MP4 did.

Numbers are those of ITU-T H.264 table 7-1, H.265 table 7-1, H.262 table 6-1 and 6-12, and ISO/IEC 14496-2 table 6-3
and 6-20.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, SupportsBytes

if TYPE_CHECKING:
    from av.video.stream import VideoStream

_H264_IDR = 5
_H264_SEI = 6
_RECOVERY_POINT = 6
_HEVC_IDR = frozenset({19, 20})
_HEVC_RANDOM_ACCESS = frozenset({16, 17, 18, 19, 20, 21})
_HEVC_VPS = 32
_H264_REFERENCE = 0b0110_0000
_HEVC_NON_REFERENCE = frozenset({0, 2, 4, 6, 8, 10, 12, 14})
_MPEG2_PICTURE, _MPEG2_B = 0x00, 3
_MPEG4_PICTURE, _MPEG4_B = 0xB6, 2
_START = b"\x00\x00\x01"
_UNIT_HEAD = 64

# The deepest reordering H.264 and HEVC allow is 16 pictures; each may be stored as two fields.
_DEEPEST_REORDER = 33
_REORDERING = frozenset({"h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4"})
_RESTARTING = frozenset({"vp8", "vp9", "av1", "libdav1d", "ffv1"})
# Its packets do not say plainly whether a picture is referred to, and one that is not still teaches the decoder.
_SKIPPED_BY_DECODER = frozenset({"vp8"})
# Still pictures whose moving form builds on the picture before.
_NOT_ALONE = frozenset({"webp", "gif", "apng"})


@dataclass(frozen=True)
class CodecRules:
    """What is known of a codec.

    `reorder`: at most so many packets are stored before one that is shown earlier.  `intra`: every picture is coded
    alone.  `tells_references`: packets say whether another picture refers to theirs.  `decoder_skips`: the decoder can
    leave out non-reference pictures without a trace in those that follow.
    """

    reorder: int
    intra: bool
    tells_references: bool
    decoder_skips: bool

    @classmethod
    def of(cls, stream: VideoStream) -> CodecRules | None:
        """None for codecs of which too little is known to leave anything out."""
        name = stream.codec_context.name
        canonical = stream.codec_context.codec.canonical_name
        intra = stream.codec_context.codec.intra_only and canonical not in _NOT_ALONE
        if not intra and canonical not in _REORDERING | _RESTARTING and name not in _RESTARTING:
            return None
        layered = canonical == "hevc" and hevc_has_layers(stream.codec_context.extradata or b"")
        reorder = _DEEPEST_REORDER if canonical in _REORDERING and not intra else 1
        tells_references = canonical in _REORDERING and not layered and not intra
        return cls(reorder, intra, tells_references, canonical in _SKIPPED_BY_DECODER)


def length_size(codec: str, extradata: bytes) -> int:
    """How many bytes give the length of each unit; 0 where units are told apart by start codes."""
    if extradata[:1] != b"\x01":
        return 0
    if codec == "h264":
        return (extradata[4] & 3) + 1 if len(extradata) > 4 else 0
    return (extradata[21] & 3) + 1 if len(extradata) > 22 else 0


def random_access(codec: str, packet: SupportsBytes, lengths: int) -> tuple[bool, bool]:
    """(random access point, IDR picture) of a packet that its container marks as a keyframe.

    Decoding can begin at a random access point for all that is shown from its time on; at an IDR picture even without
    telling the decoder that packets are missing before it.
    """
    if codec == "h264":
        return _h264_random_access(bytes(packet), lengths)
    if codec == "hevc":
        return _hevc_random_access(bytes(packet), lengths)
    return True, True


def _h264_random_access(data: bytes, lengths: int) -> tuple[bool, bool]:
    """(random access point, IDR picture)."""
    recovers = False
    for unit in units(data, lengths):
        kind = unit[0] & 31
        if kind == _H264_IDR:
            return True, True
        if kind == _H264_SEI and _recovery_count(unit[1:]) == 0:
            recovers = True
    return recovers, False


def _hevc_random_access(data: bytes, lengths: int) -> tuple[bool, bool]:
    """(random access point, IDR picture)."""
    for unit in units(data, lengths):
        kind = unit[0] >> 1 & 63
        if kind < _HEVC_VPS:
            return kind in _HEVC_RANDOM_ACCESS, kind in _HEVC_IDR
    return False, False


def is_non_reference(codec: str, data: bytes, lengths: int) -> bool:
    """Whether no other picture refers to the one in a packet; False where that cannot be told."""
    if codec == "h264":
        pictures = [unit[0] for unit in units(data, lengths) if 1 <= unit[0] & 31 <= _H264_IDR]
        return bool(pictures) and all(head & _H264_REFERENCE == 0 for head in pictures)
    if codec == "hevc":
        kinds = [kind for unit in units(data, lengths) if (kind := unit[0] >> 1 & 63) < _HEVC_VPS]
        return bool(kinds) and all(kind in _HEVC_NON_REFERENCE for kind in kinds)
    if codec in {"mpeg1video", "mpeg2video"}:
        pictures = [unit[2] >> 3 & 7 for unit in units(data, 0) if unit[0] == _MPEG2_PICTURE and len(unit) > 2]
        return bool(pictures) and all(kind == _MPEG2_B for kind in pictures)
    if codec == "mpeg4":
        # Two pictures in one packet: the first of them may be a reference, and an empty packet stands for it later.
        pictures = [unit[1] >> 6 for unit in units(data, 0) if unit[0] == _MPEG4_PICTURE and len(unit) > 1]
        return pictures == [_MPEG4_B]
    return False


def hevc_has_layers(extradata: bytes) -> bool:
    """Whether the stream may hold temporal layers: then a picture nothing refers to in its own layer may still be
    needed by the layer above it.  True where the header does not say.
    """
    if extradata[:1] == b"\x01" and len(extradata) > 22:
        layers = extradata[21] >> 3 & 7
        if layers:
            return layers > 1
    for start in _starts(extradata):
        if len(extradata) > start + 3 and extradata[start] >> 1 & 63 == _HEVC_VPS:
            return bool(extradata[start + 3] >> 1 & 7)
    return True


def units(data: bytes, lengths: int) -> Iterator[bytes]:
    """The first bytes of each unit of a packet, its own header first."""
    if not lengths:
        for start in _starts(data):
            if start < len(data):
                yield data[start : start + _UNIT_HEAD]
        return
    place = 0
    while place + lengths < len(data):
        size = int.from_bytes(data[place : place + lengths], "big")
        place += lengths
        if size:
            yield data[place : place + min(size, _UNIT_HEAD)]
        place += size


def _starts(data: bytes) -> Iterator[int]:
    place = data.find(_START)
    while place >= 0:
        yield place + 3
        place = data.find(_START, place + 3)


def _recovery_count(message: bytes) -> int | None:
    """After how many frames the picture is right, by a recovery point message among those of an SEI unit."""
    message = message.replace(b"\x00\x00\x03", b"\x00\x00")
    place = 0
    while place + 2 < len(message):
        kind, place = _coded_number(message, place)
        size, place = _coded_number(message, place)
        if kind == _RECOVERY_POINT:
            return _exp_golomb(message[place : place + size])
        place += size
    return None


def _coded_number(message: bytes, place: int) -> tuple[int, int]:
    """A number of an SEI header (bytes of 255 add up), and where it ends."""
    value = 0
    while place < len(message):
        value += message[place]
        place += 1
        if message[place - 1] != 255:
            break
    return value, place


def _exp_golomb(data: bytes) -> int | None:
    bits = "".join(f"{byte:08b}" for byte in data[:8])
    zeros = bits.find("1")
    if zeros < 0 or len(bits) < 2 * zeros + 1:
        return None
    return int(bits[zeros : 2 * zeros + 1], 2) - 1
