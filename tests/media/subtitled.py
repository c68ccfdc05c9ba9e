"""Small films, with subtitle streams as their containers keep them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

MS = Fraction(1, 1000)


@dataclass(frozen=True)
class Subtitles:
    """A stream: its codec, (start ms, end ms, text as its packets hold it), its language, whether it is the default."""

    codec: str
    texts: Sequence[tuple[int, int, str]]
    language: str = "eng"
    default: bool = False


def film(path: Path, seconds: float = 4, rate: int = 25, streams: Sequence[Subtitles] = (), late: int = 0) -> Path:
    """Grey pictures of which the first is shown `late` frames behind the container's start."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=rate)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        made = [out.add_mux_stream(each.codec) for each in streams]
        for stream, each in zip(made, streams, strict=True):
            stream.time_base = MS
            stream.metadata["language"] = each.language
            if each.default:
                stream.disposition = av.stream.Disposition.default
        for number in range(int(seconds * rate)):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number % 200, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number + late, Fraction(1, rate)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for stream, each in zip(made, streams, strict=True):
            for start, end, text in each.texts:
                data = text.encode()
                packet = av.Packet(len(data).to_bytes(2, "big") + data if each.codec == "mov_text" else data)
                packet.stream, packet.time_base = stream, MS
                packet.pts = packet.dts = start
                packet.duration = end - start
                out.mux(packet)
    return path
