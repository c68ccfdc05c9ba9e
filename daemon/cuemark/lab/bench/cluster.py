"""`cuemark bench cluster`: files a scan indexes in a time, with one worker and with two, and beside the daemon's index.

All turns index the same files with the pair `pocket`, from an empty library and an empty cache.  What is compared is
the time a file takes once the workers are at work, as in a scan of hours; what starting costs stands beside it.  From
the rates of the last turn the sizes of large libraries are computed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cuemark.cluster.order import Places, ScanEnd, ScanOrder, ScanResult
from cuemark.cluster.ray_session import CORES_A_WORKER, require_ray
from cuemark.cluster.scan import scan
from cuemark.core import settings
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError
from cuemark.core.limits import usable_cores
from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import BenchOptions, Cell, Comparison, Table
from cuemark.lab.bench.footage import distinct_files
from cuemark.lab.bench.own_daemon import Home, own_daemon
from cuemark.lab.bench.run import Measured
from cuemark.media.sampling import DEFAULT_RATE, MAX_SAMPLES

GOAL = 1.10
"""A scan on one machine may take so much of the daemon's time, start of Ray aside."""
_FILES = 14
_SECONDS = 40
_GB = 1e9
_PACKED_SHARE = 1.5
"""Of the entries' vectors: a search has them once more, with a byte a number beside half precision."""
_WARM = 2
"""The first files of each worker, in whose time models are loaded, are not counted."""


@dataclass
class Turn:
    """One run over all files: `whole` seconds from asking to the last file, and when each file was done.

    `busy` are the seconds of processor time that all processes had spent by then, Ray's among them.
    """

    workers: int
    whole: float = 0.0
    started: float = 0.0
    ends: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    _spent: dict[int, float] = field(default_factory=dict)
    vectors: int = 0
    vector_bytes: int = 0
    entry_bytes: int = 0

    @property
    def seconds_a_file(self) -> float:
        """Once all workers are at work."""
        return self._each(self.ends)

    @property
    def processor_seconds_a_file(self) -> float:
        """The same in processor time, which other programs hardly disturb."""
        return self._each(self.busy[: -self.workers])  # Ray ends its workers before the last files are told

    def note(self, second: float, process: int) -> None:
        """One more file is done, by the processes below this one; what ended meanwhile counts as it was last seen."""
        self.ends.append(second)
        self._spent |= _spent(process)
        self.busy.append(sum(self._spent.values()))

    def _each(self, marks: Sequence[float]) -> float:
        first = _WARM * self.workers
        return (marks[-1] - marks[first - 1]) / (len(marks) - first)


def _spent(process: int) -> dict[int, float]:
    """Seconds of processor time of a process and of each below it, by process."""
    import psutil

    found = {}
    for one in [root := psutil.Process(process), *root.children(recursive=True)]:
        with suppress(psutil.Error):
            times = one.cpu_times()
            found[one.pid] = times.user + times.system
    return found


def measure(options: BenchOptions, progress: Progress) -> Measured:
    """One worker beside two, a scan of this machine beside the daemon, and what large libraries would take."""
    require_ray()
    files = distinct_files(options.work, _FILES, _SECONDS, options.seed)
    asked = AnalysisOptions(models={"clip": "pocket"}, speech="off", screen_text="off")
    home, own = Home(options), max(1, usable_cores() // CORES_A_WORKER)
    counts = sorted({1, 2, own})
    by_daemon: list[Turn] = []
    scans: dict[int, list[Turn]] = {count: [] for count in counts}
    turns = options.pairs * (1 + len(counts))
    for number in range(turns):
        progress.check()
        progress.update("measure", number, turns, "runs")
        place = number % (1 + len(counts))
        if place == 0:
            by_daemon.append(_by_daemon(home, files, asked, progress))
        else:
            count = counts[place - 1]
            scans[count].append(_scanned(home, files, asked, count, progress))
    progress.update("measure", turns, turns, "runs")
    about = "A scan of this machine beside the daemon's index"
    compared = (
        _compared("two workers", "A scan with two workers beside one with one.", scans[2], scans[1], None),
        _compared("daemon", f"{about}.", scans[own], by_daemon, GOAL),
        _in_processor_time("daemon, processor", f"{about}: all processes of each.", scans[own], by_daemon),
    )
    return Measured(compared, (sizes(scans[1][-1]),))


def sizes(turn: Turn) -> Table:
    """What libraries of 1,000 to 100,000 hours take, computed from one turn of one worker and the default sampling."""
    a_sample = turn.processor_seconds_a_file / (turn.vectors / len(turn.ends))
    a_vector = turn.vector_bytes / turn.vectors
    beside = (turn.entry_bytes - turn.vector_bytes) / (len(turn.ends) * _SECONDS / 3600)
    rows: list[tuple[Cell, ...]] = []
    for hours in (1_000, 10_000, 100_000):
        for minutes in (10, 60):
            samples = hours * 60 / minutes * min(MAX_SAMPLES, minutes * 60 * float(DEFAULT_RATE))
            entries = (samples * a_vector + hours * beside) / _GB
            packed = samples * a_vector * _PACKED_SHARE / _GB
            rows.append(
                (f"{hours:,} h in files of {minutes} min", samples / 1e6, entries, packed, samples * a_sample / 3600)
            )
    about = (
        "Computed, not measured: the processor time of a sample in this run, bytes of this run's entries, and 2.5 "
        "samples a second, at most 1,500 a file."
    )
    return Table(
        "cluster/sizes",
        about,
        ("footage", "vectors, million", "entries, GB", "search file, GB", "processor, h"),
        tuple(rows),
    )


def _compared(name: str, about: str, ours: Sequence[Turn], rival: Sequence[Turn], goal: float | None) -> Comparison:
    """Of throughput a ratio above 1 is better, of the daemon's time one below."""
    last, other = ours[-1], rival[-1]
    return Comparison(
        name=f"cluster/{name}",
        about=about,
        unit="s a file",
        kind="faster" if goal is None else "share",
        ours=tuple(turn.seconds_a_file for turn in ours),
        rival=tuple(turn.seconds_a_file for turn in rival),
        goal=goal,
        facts={
            "workers": last.workers,
            "files": len(last.ends),
            "start of Ray, s": round(last.started, 1),
            "whole run, s": round(last.whole, 1),
            "whole run of the rival, s": round(other.whole, 1),
            "whole run of the rival, of ours": round(other.whole / last.whole, 2),
        },
    )


def _in_processor_time(name: str, about: str, ours: Sequence[Turn], rival: Sequence[Turn]) -> Comparison:
    return Comparison(
        name=f"cluster/{name}",
        about=about,
        unit="s of processor time a file",
        kind="share",
        ours=tuple(turn.processor_seconds_a_file for turn in ours),
        rival=tuple(turn.processor_seconds_a_file for turn in rival),
        goal=GOAL,
    )


def _by_daemon(home: Home, files: Sequence[Path], asked: AnalysisOptions, progress: Progress) -> Turn:
    with own_daemon(home.wipe(), progress) as daemon:
        begun, turn = time.perf_counter(), Turn(1)
        jobs = [daemon.client.submit_index(path, asked) for path in files]
        for job in jobs:
            ended = daemon.client.wait_job(job.id, lambda event: progress.check())
            if ended.error is not None:
                raise ended.error.error()
            turn.note(time.perf_counter() - begun, daemon.client.endpoint.pid)
        turn.whole = turn.ends[-1]
        return turn


def _scanned(home: Home, files: Sequence[Path], asked: AnalysisOptions, workers: int, progress: Progress) -> Turn:
    known = settings.load({"CUEMARK_HOME": str(home.wipe())})
    heard = _Heard(Turn(workers), progress)
    end: ScanEnd = scan(ScanOrder(tuple(files), asked, known, Path(), workers=workers), heard)
    turn = heard.turn
    turn.whole, turn.started = time.perf_counter() - heard.begun, end.starting
    _weigh(turn, known.index)
    return turn


def _weigh(turn: Turn, index: Path) -> None:
    """How many vectors the entries of a run have, and how many bytes."""
    import numpy as np

    files = [path for path in index.rglob("*") if path.is_file()]
    turn.entry_bytes = sum(path.stat().st_size for path in files)
    for path in (path for path in files if path.suffix == ".npy"):
        turn.vectors += len(np.load(path, mmap_mode="r", allow_pickle=False))
        turn.vector_bytes += path.stat().st_size


class _Heard:
    """Notes when each file is done."""

    def __init__(self, turn: Turn, progress: Progress) -> None:
        self.turn, self._progress, self.begun = turn, progress, time.perf_counter()

    def ready(self, places: Places) -> None:
        """See `Listener`."""

    def rows(self, count: int) -> None:
        """See `Listener`."""

    def result(self, result: ScanResult) -> None:
        """See `Listener`."""
        if result.error is not None:
            error: CuemarkError = result.error.error()
            raise error
        self.turn.note(time.perf_counter() - self.begun, os.getpid())

    def check(self) -> None:
        """See `Listener`."""
        self._progress.check()
