"""Memory of a worker on UHD and 8K footage: as much for minutes as for seconds, whatever a picture weighs.

The footage is small on the disk and as large in memory as any of its size: flat pictures that change their brightness.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import Comparison, GrowingTable, Table, peak_growth
from cuemark.lab.bench.footage import appears, need_room
from cuemark.lab.bench.meters import MIB
from cuemark.lab.bench.own_daemon import Home, own_daemon

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_RATE = 5
_GROUP = 5


@dataclass(frozen=True)
class LargeFootage:
    """One file: its name for the table, its pictures, and how many seconds of them."""

    name: str
    width: int
    height: int
    pixels: str
    seconds: int

    def written(self, work: Path, progress: Progress) -> Path:
        """The file in `work`; made when it is not there yet.  StoreError disk_full."""
        import av

        target = work / f"large-{self.width}x{self.height}-{self.pixels}-{self.seconds}s.mp4"
        if target.is_file():
            return target
        work.mkdir(parents=True, exist_ok=True)
        need_room(work, 64 << 20)
        with appears(target) as fresh, av.open(str(fresh), "w") as container:
            stream: Any = container.add_stream("libx264", rate=_RATE)
            stream.width, stream.height, stream.pix_fmt, stream.gop_size = self.width, self.height, self.pixels, _GROUP
            stream.codec_context.options = {"preset": "ultrafast"}
            for number, frame in enumerate(self._frames()):
                progress.update(f"write {self.name}", number, self.seconds * _RATE, "frames")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return target

    def _frames(self) -> Iterator[VideoFrame]:
        import av

        bytes_a_level = 1 if self.pixels == "yuv420p" else 2
        for number in range(self.seconds * _RATE):
            frame = av.VideoFrame(self.width, self.height, self.pixels)
            level = ((60 + number % 100) << 2 * (bytes_a_level - 1)).to_bytes(bytes_a_level, "little")
            for plane in frame.planes:
                plane.update(level * (plane.buffer_size // bytes_a_level))
            frame.pts, frame.time_base = number, Fraction(1, _RATE)
            yield frame


SHORT, LONG = "UHD, 30 s", "UHD, 4 min"
FOOTAGE = (
    LargeFootage(SHORT, 3840, 2160, "yuv420p", 30),
    LargeFootage(LONG, 3840, 2160, "yuv420p", 240),
    LargeFootage("8K in 10 bits, 30 s", 7680, 4320, "yuv420p10le", 30),
)


def large_pictures_table(
    home: Home, footage: tuple[LargeFootage, ...], work: Path, preset: str | None, progress: Progress
) -> Table:
    """Peak memory of a new worker a row, with the pictures it decoded."""
    columns = ("footage", "a picture, MiB", "frames decoded", "features, s", "worker peak, MiB")
    table = GrowingTable("large pictures", "one analysis from nothing by a new worker a row", columns, progress)
    for one in footage:
        path = one.written(work, progress)
        with own_daemon(home.wipe(), progress) as daemon:
            done = daemon.analyse(path, home.asked(preset=preset))
        picture = one.width * one.height * (1.5 if one.pixels == "yuv420p" else 3) / MIB
        decoded = done.counters.get("frames_decoded", 0)
        table.add(one.name, picture, decoded, done.stages.get("features", 0.0), done.peak_bytes / MIB)
    return table.table()


def large_pictures_growth(table: Table, weights: float) -> list[Comparison]:
    """The worker's peak for the long UHD footage beside that for the short one, less the models' weights (MiB)."""
    rows = zip(table.column("footage"), table.column("worker peak, MiB"), strict=True)
    peaks = {str(name): peak for name, peak in rows if isinstance(peak, float)}
    if SHORT not in peaks or LONG not in peaks:
        return []
    facts = {f"peak, {name}": peak for name, peak in peaks.items()}
    long, short = (LONG, peaks[LONG]), (SHORT, peaks[SHORT])
    return [peak_growth("library/large-pictures", long, short, weights, facts)]
