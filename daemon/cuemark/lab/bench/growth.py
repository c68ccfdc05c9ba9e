"""How time and memory grow with the footage, with the moments asked for, and with the library: four tables.

Footage, moments and files go through a daemon and a worker of the benchmark's own; every row of the first two tables
is a worker of its own, whose peak is therefore that row's.
"""

from __future__ import annotations

import math
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from cuemark.core.jobs import AnalyzeOptions
from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import BenchOptions
from cuemark.lab.bench.long_footage import long_footage, need_room, tiny_files
from cuemark.lab.bench.memory import MIB, current
from cuemark.lab.bench.own_daemon import Analysed, OwnDaemon, own_daemon
from cuemark.lab.bench.table import Cell, GrowingTable, Table
from cuemark.lab.bench.vector_search import BEST, search_apart, write_vectors

DIMENSION = 512  # of ViT-B/32
_QUERIES_AT_ONCE = 32


@dataclass(frozen=True)
class Extent:
    """How far each table goes."""

    minutes: tuple[int, ...] = (1, 10, 30, 60, 180)
    moments: tuple[int, ...] = (4, 8, 16, 32, 64)
    moments_in_minutes: int = 10
    files: tuple[int, ...] = (10, 100, 1000)
    vectors: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    preset: str | None = None

    @classmethod
    def of(cls, options: BenchOptions) -> Extent:
        """All of it with the sample pair; fewer rows and preset `fast` with real sizes, which take hours on a CPU."""
        if not options.real_size:
            return cls()
        return cls(minutes=(1, 10, 180), moments=(4, 16), files=(10,), preset="fast")


class Home:
    """The folder a daemon of the benchmark's own lives in, and the models its jobs run with."""

    def __init__(self, options: BenchOptions) -> None:
        self._folder = options.work / "home"
        self._options = options

    def wipe(self) -> Path:
        """An empty home, less the exported image towers, which take long and are no part of what is measured."""
        for name in ("data", "runtime", "log"):
            shutil.rmtree(self._folder / name, ignore_errors=True)
        for kept in (self._folder / "cache").glob("*"):
            if kept.name != "image-towers":
                shutil.rmtree(kept, ignore_errors=True)
        return self._folder

    @property
    def folder(self) -> Path:
        """The home as it is."""
        return self._folder

    def asked(self, moments: int | None = None, preset: str | None = None) -> AnalyzeOptions:
        """A job's options: the sample pair, or random weights of real sizes."""
        clip, lm = "sample", "sample"
        if self._options.real_size:
            from cuemark.lab.bench import real_size

            clip = str(real_size.clip_folder(real_size.CLIP, self._options.work, self._options.seed))
            lm = str(real_size.lm_folder(real_size.LM, self._options.work, self._options.seed))
        return AnalyzeOptions(moments=moments, preset=preset, clip=clip, lm=lm)


def warm_up(home: Home, options: BenchOptions, progress: Progress) -> Analysed:
    """One tiny job, after which image towers are exported; then the same in a fresh worker: what is always there."""
    (tiny,) = tiny_files(options.work, 1, options.seed)
    for _ in range(2):
        with own_daemon(home.wipe(), progress) as daemon:
            done = daemon.analyse(tiny, home.asked(preset="fast"))
    return done


def footage(home: Home, extent: Extent, options: BenchOptions, progress: Progress) -> Table:
    """Minutes of footage: frames looked at, seconds of each part, peak memory of the worker."""
    about = "one analysis from nothing by a new worker; longer footage has longer scenes, not more of them"
    table = GrowingTable("footage", about, ("minutes", *_PARTS), progress)
    for minutes in extent.minutes:
        file = long_footage(options.work, minutes, options.seed)
        with own_daemon(home.wipe(), progress) as daemon:
            done = daemon.analyse(file, home.asked(preset=extent.preset))
        table.add(minutes, *_parts(done))
    return table.table()


def moments(home: Home, extent: Extent, options: BenchOptions, progress: Progress) -> Table:
    """The same footage searched for more and more moments, its features from the cache."""
    file = long_footage(options.work, extent.moments_in_minutes, options.seed)
    with own_daemon(home.wipe(), progress) as daemon:
        daemon.analyse(file, home.asked(moments=1, preset="fast"))
    about = f"{extent.moments_in_minutes} min of footage with features from the cache, a new worker a row"
    table = GrowingTable("moments", about, ("moments asked for", *_PARTS), progress)
    for count in extent.moments:
        with own_daemon(home.folder, progress) as daemon:
            done = daemon.analyse(file, home.asked(moments=count, preset=extent.preset))
        table.add(count, *_parts(done))
    return table.table()


def files(home: Home, extent: Extent, options: BenchOptions, progress: Progress) -> Table:
    """A library that grows: seconds a file, memory of worker and daemon, the library's size, and listing it all."""
    all_files = tiny_files(options.work, extent.files[-1], options.seed)
    about = "tiny files analysed one after the other by one worker, preset fast, models loaded before"
    columns = ("files", "a file, s", "list all, s", "worker peak, MiB", "daemon, MiB", "library file, kB")
    table = GrowingTable("library", about, columns, progress)
    with own_daemon(home.wipe(), progress) as daemon:
        daemon.analyse(all_files[0], home.asked(preset="fast"))  # loads the models, which is not a file's cost
        done = 1
        for count in extent.files:
            start = time.perf_counter()
            peak = daemon.worker_memory()
            for number, file in enumerate(all_files[done:count], start=done):
                progress.update(f"library of {count}", number, count, "files")
                peak = daemon.analyse(file, home.asked(preset="fast"), silent=True).peak_bytes
            a_file = (time.perf_counter() - start) / max(1, count - done)
            done = max(done, count)
            table.add(count, a_file, _listing(daemon), *_sizes(daemon, home.folder, peak))
    return table.table()


def vectors(extent: Extent, options: BenchOptions, progress: Progress) -> Table:
    """Exact search among ever more vectors, streamed from a file by a process of its own."""
    most = extent.vectors[-1]
    file = options.work / f"vectors-{most}x{DIMENSION}-seed{options.seed}.f32"
    if not file.is_file():
        need_room(options.work, most * DIMENSION * 4 + (64 << 20))
        progress.note(f"writing {most} vectors")
        write_vectors(file, most, DIMENSION, options.seed)
    about = f"exact search for the {BEST} nearest of {DIMENSION} numbers each, read from a file in blocks"
    columns = ("vectors", "one query, s", f"{_QUERIES_AT_ONCE} queries, s", "peak, MiB")
    table = GrowingTable("vectors", about, columns, progress)
    for count in extent.vectors:
        progress.check()
        one = search_apart(file, count, DIMENSION, 1, options.seed)
        several = search_apart(file, count, DIMENSION, _QUERIES_AT_ONCE, options.seed)
        table.add(count, one.seconds, several.seconds, max(one.peak_bytes, several.peak_bytes) / MIB)
    return table.table()


_PARTS = (
    "frames decoded",
    "frames encoded",
    "features, s",
    "search, s",
    "everything, s",
    "worker peak, MiB",
    "moments found",
)
_SEARCH = ("moments", "chapters")


def _parts(done: Analysed) -> tuple[Cell, ...]:
    counters = done.counters
    return (
        counters.get("frames_decoded", 0),
        counters.get("frames_encoded", 0),
        done.stages.get("features", 0.0),
        math.fsum(seconds for stage, seconds in done.stages.items() if stage in _SEARCH),
        done.seconds,
        done.peak_bytes / MIB,
        len(done.analysis.moments),
    )


def _listing(daemon: OwnDaemon) -> float:
    start = time.perf_counter()
    daemon.client.list_analyses(limit=1_000_000)
    return time.perf_counter() - start


def _sizes(daemon: OwnDaemon, home: Path, worker_peak: int) -> tuple[Cell, ...]:
    size = sum(file.stat().st_size for file in (home / "data").glob("library.sqlite*"))
    return worker_peak / MIB, current(daemon.client.endpoint.pid) / MIB, round(size / 1000)
