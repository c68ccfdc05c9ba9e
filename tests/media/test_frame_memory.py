"""Memory of reading large pictures: as much for many samples as for few, whatever travels beside a frame."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

Film = Callable[..., Path]
_READS = """
import gc, sys
from fractions import Fraction
from pathlib import Path
import psutil
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe

gc.disable()  # a cycle of objects would then keep every picture
info = probe(Path(sys.argv[1]))
own = psutil.Process()
taken = []
for sample in VideoFrames(info).at([Fraction(k, 5) for k in range(int(info.duration * 5))], (320, 180)):
    taken.append(own.memory_info().rss >> 20)
print(taken[5], max(taken[-5:]))
"""


def _growth(path: Path) -> int:
    """MiB from the sixth sample to the last ones."""
    done = subprocess.run([sys.executable, "-c", _READS, str(path)], capture_output=True, text=True, check=True)
    early, late = map(int, done.stdout.split())
    return late - early


@pytest.mark.parametrize(
    ("size", "pix_fmt", "picture_mib"),
    [
        pytest.param((3840, 2160), "yuv420p", 12, id="UHD"),
        pytest.param((7680, 4320), "yuv420p10le", 95, id="8K in 10 bits", marks=pytest.mark.slow),
    ],
)
def test_samples_of_large_footage_do_not_pile_up(
    tmp_path: Path, size: tuple[int, int], pix_fmt: str, picture_mib: int
) -> None:
    path = _still_footage(tmp_path / "large.mp4", size, pix_fmt, seconds=6)
    assert path.stat().st_size < 6_000_000  # large when decoded only
    assert _growth(path) < 3 * picture_mib


def _still_footage(path: Path, size: tuple[int, int], pix_fmt: str, seconds: int) -> Path:
    """Flat pictures whose brightness changes: large to decode, small on the disk."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        stream.codec_context.options = {"preset": "ultrafast", "g": "5", "x264-params": "no-scenecut=1"}
        for number in range(seconds * 5):
            frame = av.VideoFrame(*size, pix_fmt)
            level = bytes([64 + number]) if pix_fmt == "yuv420p" else (256 + number).to_bytes(2, "little")
            for plane in frame.planes:
                plane.update(level * (plane.buffer_size // len(level)))
            frame.pts, frame.time_base = number, Fraction(1, 5)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
