"""`cuemark bench library`: growth of time and memory, and what an analysis costs that was made before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cuemark.core.errors import CuemarkError
from cuemark.core.jobs import AnalyzeOptions
from cuemark.core.progress import Progress
from cuemark.lab.bench import growth
from cuemark.lab.bench.comparison import BenchOptions, Comparison
from cuemark.lab.bench.growth import Extent, Home
from cuemark.lab.bench.long_footage import long_footage
from cuemark.lab.bench.memory import MIB
from cuemark.lab.bench.own_daemon import Analysed, own_daemon
from cuemark.lab.bench.report import facts_text
from cuemark.lab.bench.run import Measured
from cuemark.lab.bench.table import Table, number

MOST_GROWTH = 1.10
"""Of the worker's peak memory from 10 minutes to 3 hours of footage, models aside."""
_FROM_MINUTES, _TO_MINUTES = 10, 180
_PEAK = "worker peak, MiB"


def measure(options: BenchOptions, progress: Progress, extent: Extent | None = None) -> Measured:
    """Four tables of growth, and two comparisons: memory over footage, and an analysis made again.

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
    warm = growth.warm_up(home, options, progress)
    footage = growth.footage(home, extent, options, progress)
    found = [again(home, extent, options, progress), *memory_growth(footage, warm, home.asked())]
    for one in found:
        progress.note(f"{one.name}: ratio {number(one.ratio_median)}, {facts_text(one)}")
    vectors = growth.vectors(extent, options, progress)
    moments = growth.moments(home, extent, options, progress)
    files = growth.files(home, extent, options, progress)  # what takes longest comes last
    return Measured(tuple(found), (footage, moments, files, vectors))


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


def memory_growth(footage: Table, warm: Analysed, asked: AnalyzeOptions) -> list[Comparison]:
    """The worker's peak for the longest footage beside that for ten minutes, less the models' weights in both."""
    peaks = dict(zip(footage.column("minutes"), footage.column(_PEAK), strict=True))
    short, long = peaks.get(_FROM_MINUTES), peaks.get(_TO_MINUTES)
    if not isinstance(short, float) or not isinstance(long, float):
        return []
    weights = weights_bytes(asked) / MIB
    idle = warm.peak_bytes / MIB
    return [
        Comparison(
            name="library/worker-memory",
            about=f"The worker's peak for {_TO_MINUTES} min of footage beside that for {_FROM_MINUTES}, weights aside.",
            unit="MiB",
            kind="share",
            ours=(long - weights,),
            rival=(short - weights,),
            goal=MOST_GROWTH,
            facts={
                "weights, MiB": weights,
                "peak for two seconds of footage, MiB": idle,
                f"more for {_FROM_MINUTES} min, MiB": short - idle,
                f"more for {_TO_MINUTES} min, MiB": long - idle,
            },
        )
    ]


def weights_bytes(asked: AnalyzeOptions) -> int:
    """Bytes of the two models' weights on the disk, which is what they take in memory at least."""
    from cuemark.core import settings
    from cuemark.models.store.store import ModelStore

    store = ModelStore(settings.load().models)
    folders = [store.clip_folder(asked.clip or "sample"), store.lm_folder(asked.lm or "sample")]
    return sum(file.stat().st_size for folder in folders for file in Path(folder).glob("*.safetensors"))


def _features(done: Analysed) -> float:
    return max(done.stages.get("features", 0.0), 1e-3)


def _most(runs: Sequence[Analysed], counter: str) -> int:
    return max(run.counters.get(counter, 0) for run in runs)
