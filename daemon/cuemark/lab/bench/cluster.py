"""`cuemark bench cluster`: files a scan indexes in a time, with one worker and with two, and beside the daemon's index.

All turns index the same files with the pair `pocket`, from an empty library and an empty cache.  What is compared is
the time a file takes once the workers are at work, as in a scan of hours; what starting costs stands beside it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
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
from cuemark.lab.bench.comparison import BenchOptions, Comparison
from cuemark.lab.bench.footage import distinct_files
from cuemark.lab.bench.own_daemon import Home, own_daemon

GOAL = 1.10
"""A scan on one machine may take so much of the daemon's time, start of Ray aside."""
_FILES = 14
_SECONDS = 40
_WARM = 2
"""The first files of each worker, in whose time models are loaded, are not counted."""


@dataclass
class Turn:
    """One run over all files: `whole` seconds from asking to the last file, and when each file was done."""

    workers: int
    whole: float = 0.0
    started: float = 0.0
    ends: list[float] = field(default_factory=list)

    @property
    def seconds_a_file(self) -> float:
        """Once all workers are at work."""
        first = _WARM * self.workers
        return (self.ends[-1] - self.ends[first - 1]) / (len(self.ends) - first)


def compare(options: BenchOptions, progress: Progress) -> list[Comparison]:
    """One worker beside two, and a scan of this machine beside the daemon."""
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
    return [
        _compared("two workers", "A scan with two workers beside one with one.", scans[2], scans[1], None),
        _compared("daemon", "A scan of this machine beside the daemon's index.", scans[own], by_daemon, GOAL),
    ]


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


def _by_daemon(home: Home, files: Sequence[Path], asked: AnalysisOptions, progress: Progress) -> Turn:
    with own_daemon(home.wipe(), progress) as daemon:
        begun, turn = time.perf_counter(), Turn(1)
        jobs = [daemon.client.submit_index(path, asked) for path in files]
        for job in jobs:
            ended = daemon.client.wait_job(job.id, lambda event: progress.check())
            if ended.error is not None:
                raise ended.error.error()
            turn.ends.append(time.perf_counter() - begun)
        turn.whole = turn.ends[-1]
        return turn


def _scanned(home: Home, files: Sequence[Path], asked: AnalysisOptions, workers: int, progress: Progress) -> Turn:
    known = settings.load({"CUEMARK_HOME": str(home.wipe())})
    heard = _Heard(Turn(workers), progress)
    end: ScanEnd = scan(ScanOrder(tuple(files), asked, known, Path(), workers=workers), heard)
    heard.turn.whole, heard.turn.started = time.perf_counter() - heard.begun, end.starting
    return heard.turn


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
        self.turn.ends.append(time.perf_counter() - self.begun)

    def check(self) -> None:
        """See `Listener`."""
        self._progress.check()
