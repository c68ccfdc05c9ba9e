"""A daemon of the benchmark's own, with its own home: jobs take the very path that a user's jobs take.

What its worker held at most is read from the system with every event of a job, and once more when it has ended.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cuemark.core.analysis import Analysis
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import JobCancelled
from cuemark.core.jobs import Job, JobEvent, JobState
from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import BenchOptions
from cuemark.lab.bench.meters import current, lifetime_peak
from cuemark.rpc.client.client import CuemarkClient

_WORKER = "cuemark.worker.main"


@dataclass(frozen=True)
class Analysed:
    """One job that went well: its analysis, seconds by stage and in all, its counters, and its worker's memory.

    `peak_bytes` is the most the worker ever held, in this job or one before it.
    """

    analysis: Analysis
    stages: Mapping[str, float]
    seconds: float
    counters: Mapping[str, int]
    peak_bytes: int


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
        """Its path, with whatever an earlier run left there."""
        return self._folder

    def asked(self, moments: int | None = None, preset: str | None = None) -> AnalysisOptions:
        """The options of an analysis: the sample pair, or random weights of real sizes."""
        clip, lm = "sample", "sample"
        if self._options.real_size:
            from cuemark.lab.bench import models

            clip = str(models.clip_folder(models.CLIP, self._options.work, self._options.seed))
            lm = str(models.lm_folder(models.LM, self._options.work, self._options.seed))
        return AnalysisOptions(moments=moments, preset=preset, models={"clip": clip, "lm": lm})


class OwnDaemon:
    """A client of the benchmark's own daemon that also reads the memory of its worker; `own_daemon` makes one."""

    def __init__(self, client: CuemarkClient, progress: Progress) -> None:
        self.client = client
        self._progress = progress

    def analyse(self, path: Path, options: AnalysisOptions, *, silent: bool = False) -> Analysed:
        """Analyses one file and waits; raises what the job failed with.  `silent`: its progress is not passed on."""
        clock = _StageClock(self._progress, silent)
        memory: list[int] = []

        def hear(event: JobEvent) -> None:
            clock.hear(event)
            memory.append(self.worker_memory())

        start = time.perf_counter()
        job = self.client.submit_analyze(path, options)
        try:
            job = self.client.wait_job(job.id, hear)
        except BaseException:
            self.client.cancel_job(job.id)
            raise
        seconds = time.perf_counter() - start
        _check(job)
        memory.append(self.worker_memory())
        analysis = self.client.get_analysis(job.analysis_id or "")
        return Analysed(analysis, clock.ended(), seconds, dict(job.counters), max(memory))

    def worker_memory(self) -> int:
        """The most the worker ever held, exactly where the system keeps it, else what it holds now; 0 without one."""
        pid = self.worker_pid()
        return 0 if pid is None else lifetime_peak(pid) or current(pid)

    def worker_pid(self) -> int | None:
        """The process that analyses, None while there is none."""
        import psutil

        for child in psutil.Process(self.client.endpoint.pid).children():
            try:
                if _WORKER in child.cmdline():
                    return child.pid
            except psutil.Error:
                continue
        return None


@contextmanager
def own_daemon(home: Path, progress: Progress) -> Iterator[OwnDaemon]:
    """A daemon whose home is `home`, started now and stopped at the end whatever happens.

    What `home` keeps from before (features, library) is there again; wipe it for a fresh start.
    """
    from cuemark.core import settings
    from cuemark.rpc.client.client import stop_daemon

    before = os.environ.get("CUEMARK_HOME")
    os.environ["CUEMARK_HOME"] = str(home)  # what the daemon inherits, and tells its worker
    known = settings.load()
    try:
        stop_daemon(known)  # of a run that was killed
        with CuemarkClient.connect(known) as client:
            yield OwnDaemon(client, progress)
    finally:
        try:
            stop_daemon(known)
        finally:
            if before is None:
                del os.environ["CUEMARK_HOME"]
            else:
                os.environ["CUEMARK_HOME"] = before


class _StageClock:
    """Hears a job's events, passes its progress on, and keeps how long each stage took."""

    def __init__(self, progress: Progress, silent: bool) -> None:
        self._progress, self._silent = progress, silent
        self._stages: dict[str, float] = {}
        self._stage, self._since = "queue", time.perf_counter()

    def hear(self, event: JobEvent) -> None:
        """One event of the job."""
        self._progress.check()
        if event.progress is not None:
            told = event.progress
            if told.stage != self._stage:
                self._turn(told.stage)
            if not self._silent:
                self._progress.update(told.stage, told.done, told.total, told.unit)

    def ended(self) -> dict[str, float]:
        """Seconds by stage, in the order the stages came."""
        self._turn("")
        return self._stages

    def _turn(self, stage: str) -> None:
        now = time.perf_counter()
        self._stages[self._stage] = self._stages.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = stage, now


def _check(job: Job) -> None:
    if job.state is JobState.CANCELLED:
        raise JobCancelled
    if job.error is not None:
        raise job.error.error()
