"""`cuemark bench library`: growth of time and memory, and what an analysis costs that was made before.

Four tables: growth with the footage, with its pictures (UHD and 8K), with the moments asked for, with the library.
Footage, moments and files go through a daemon and a worker of the benchmark's own; every row of the first
three tables is a worker of its own, whose peak is therefore that row's.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError
from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import BenchOptions, Cell, Comparison, GrowingTable, Table, number, peak_growth
from cuemark.lab.bench.footage import long_footage, tiny_files
from cuemark.lab.bench.large_pictures import FOOTAGE as LARGE
from cuemark.lab.bench.large_pictures import LargeFootage, large_pictures_growth, large_pictures_table
from cuemark.lab.bench.meters import MIB, current
from cuemark.lab.bench.own_daemon import Analysed, Home, OwnDaemon, own_daemon
from cuemark.lab.bench.report import facts_text
from cuemark.lab.bench.run import Measured

_FROM_MINUTES, _TO_MINUTES = 10, 180
_PEAK = "worker peak, MiB"
#: Columns of the first two tables, behind what is varied.
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


def measure(options: BenchOptions, progress: Progress, extent: Extent | None = None) -> Measured:
    """Four tables of growth, and three comparisons: memory over footage and large pictures, and an analysis made again.

    Raises CuemarkError bench_busy where another run works in the same folder.
    """
    from filelock import FileLock, Timeout

    try:
        with FileLock(options.work / "library.lock", timeout=0):
            return _measure(options, progress, extent or Extent.of(options))
    except Timeout as error:
        message = f"Another benchmark is at work in {options.work}."
        raise CuemarkError("bench_busy", message, "Wait for it, or name another folder with --work.") from error


def _measure(options: BenchOptions, progress: Progress, extent: Extent) -> Measured:
    home = Home(options)
    warm = warm_up(home, options, progress)
    footage = footage_table(home, extent, options, progress)
    large = large_pictures_table(home, extent.large, options.work, extent.preset, progress)
    found = [
        again(home, extent, options, progress),
        *memory_growth(footage, warm, home.asked()),
        *large_pictures_growth(large, weights_bytes(home.asked()) / MIB),
    ]
    for one in found:
        progress.note(f"{one.name}: ratio {number(one.ratio_median)}, {facts_text(one)}")
    moments = moments_table(home, extent, options, progress)
    files = files_table(home, extent, options, progress)  # what takes longest comes last
    return Measured(tuple(found), (footage, large, moments, files))


def compare(options: BenchOptions, progress: Progress) -> list[Comparison]:
    """The comparisons alone."""
    return list(measure(options, progress).comparisons)


def again(home: Home, extent: Extent, options: BenchOptions, progress: Progress) -> Comparison:
    """The features of one file, a second time: the counters of its job say that nothing was decoded or encoded."""
    file = long_footage(options.work, extent.minutes[0], options.seed)
    first: list[Analysed] = []
    second: list[Analysed] = []
    for _ in range(options.pairs):
        with own_daemon(home.wipe(), progress) as daemon:
            first.append(daemon.analyse(file, home.asked(preset="fast")))
            second.append(daemon.analyse(file, home.asked(preset="fast")))
    return Comparison(
        name="library/again",
        about="Ours is an analysis whose features are cached, the rival the same analysis the first time.",
        unit="s for the features",
        kind="share",
        ours=tuple(_features(done) for done in second),
        rival=tuple(_features(done) for done in first),
        facts={
            "frames decoded again": _most(second, "frames_decoded"),
            "frames encoded again": _most(second, "frames_encoded"),
            "samples from the cache": _most(second, "features_from_cache"),
            "frames decoded at first": _most(first, "frames_decoded"),
            "frames encoded at first": _most(first, "frames_encoded"),
        },
    )


def memory_growth(footage: Table, warm: Analysed, asked: AnalysisOptions) -> list[Comparison]:
    """The worker's peak for the longest footage beside that for ten minutes, less the models' weights in both."""
    peaks = dict(zip(footage.column("minutes"), footage.column(_PEAK), strict=True))
    short, long = peaks.get(_FROM_MINUTES), peaks.get(_TO_MINUTES)
    if not isinstance(short, float) or not isinstance(long, float):
        return []
    idle = warm.peak_bytes / MIB
    facts = {
        "peak for two seconds of footage, MiB": idle,
        f"more for {_FROM_MINUTES} min, MiB": short - idle,
        f"more for {_TO_MINUTES} min, MiB": long - idle,
    }
    most, least = (f"{_TO_MINUTES} min of footage", long), (str(_FROM_MINUTES), short)
    return [peak_growth("library/worker-memory", most, least, weights_bytes(asked) / MIB, facts)]


def weights_bytes(asked: AnalysisOptions) -> int:
    """Bytes of the two models' weights on the disk, which is what they take in memory at least."""
    from cuemark.core import settings
    from cuemark.models.store.store import ModelStore

    store = ModelStore(settings.load().models)
    folders = [store.folder(asked.models.get(role, "sample"), role) for role in ("clip", "lm")]
    return sum(file.stat().st_size for folder in folders for file in Path(folder).glob("*.safetensors"))


def _features(done: Analysed) -> float:
    return max(done.stages.get("features", 0.0), 1e-3)


def _most(runs: Sequence[Analysed], counter: str) -> int:
    return max(run.counters.get(counter, 0) for run in runs)


@dataclass(frozen=True)
class Extent:
    """The rows of each growth table: how much footage, of which pictures, how many moments and files."""

    minutes: tuple[int, ...] = (1, 10, 30, 60, 180)
    moments: tuple[int, ...] = (4, 8, 16, 32, 64)
    moments_in_minutes: int = 10
    files: tuple[int, ...] = (10, 100, 1000)
    large: tuple[LargeFootage, ...] = LARGE
    preset: str | None = None

    @classmethod
    def of(cls, options: BenchOptions) -> Extent:
        """All of it with the sample pair; fewer rows and preset `fast` with real sizes, which take hours on a CPU."""
        if not options.real_size:
            return cls()
        return cls(minutes=(1, 10, 180), moments=(4, 16), files=(10,), preset="fast")


def warm_up(home: Home, options: BenchOptions, progress: Progress) -> Analysed:
    """One tiny job, after which image towers are exported; then the same in a fresh worker: what is always there."""
    (tiny,) = tiny_files(options.work, 1, options.seed)
    for _ in range(2):
        with own_daemon(home.wipe(), progress) as daemon:
            done = daemon.analyse(tiny, home.asked(preset="fast"))
    return done


def footage_table(home: Home, extent: Extent, options: BenchOptions, progress: Progress) -> Table:
    """Minutes of footage: frames looked at, seconds of each part, peak memory of the worker."""
    about = "one analysis from nothing by a new worker; longer footage has longer scenes, not more of them"
    table = GrowingTable("footage", about, ("minutes", *_PARTS), progress)
    for minutes in extent.minutes:
        file = long_footage(options.work, minutes, options.seed)
        with own_daemon(home.wipe(), progress) as daemon:
            done = daemon.analyse(file, home.asked(preset=extent.preset))
        table.add(minutes, *_parts(done))
    return table.table()


def moments_table(home: Home, extent: Extent, options: BenchOptions, progress: Progress) -> Table:
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


def files_table(home: Home, extent: Extent, options: BenchOptions, progress: Progress) -> Table:
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
