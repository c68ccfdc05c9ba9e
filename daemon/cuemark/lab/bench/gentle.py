"""`cuemark bench gentle`: how much an editor is slowed down by the work beside it, with `--gentle` and without.

The editor is a loop in processes of its own, on every core and on one; the work is a real job of a real worker, which
is stopped in its tracks while the loop runs alone.  A ratio of 1 means that the editor does not notice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction

from cuemark.core.errors import CuemarkError
from cuemark.core.jobs import Job
from cuemark.core.limits import usable_cores
from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import BenchOptions, Comparison, alternate
from cuemark.lab.bench.editor_loop import seconds_a_round
from cuemark.lab.bench.footage import long_footage
from cuemark.lab.bench.own_daemon import Home, OwnDaemon, own_daemon

GOAL = 1.1
"""An editor may be slowed down by so much beside a gentle worker (memory bandwidth is not ours to give)."""
LOOP_S = 3.0
_MINUTES = 180
_RATE = Fraction(20)  # so many frames that no measurement meets the end of the work
_UNDER_WAY = 16  # frames: the pipeline is full, the models are warm
_PATIENCE_S = 300.0


def compare(options: BenchOptions, progress: Progress) -> list[Comparison]:
    """The slowdown of a loop on each core and of one loop, beside a gentle worker and beside an ordinary one."""
    home = Home(options)
    asked = replace(home.asked(), sample_rate=_RATE)
    footage = long_footage(options.work, _MINUTES, options.seed)
    found: list[Comparison] = []
    with own_daemon(home.wipe(), progress) as daemon:
        for gentle in (False, True):  # a tower that must be exported first is not exported by a gentle worker
            daemon.client.prune_cache(0)
            job = daemon.client.submit_analyze(footage, replace(asked, gentle=gentle))
            with _under_way(daemon, job, progress) as work:
                loops = sorted({1, usable_cores()}, reverse=True)
                found += [_slowdown(work, count, gentle, options.pairs, progress) for count in loops]
    return found


@dataclass
class _Work:
    """A job under way, its worker, and how fast it was beside each loop: frames a second."""

    daemon: OwnDaemon
    job: Job
    speeds: list[float] = field(default_factory=list)

    def done(self) -> int:
        """Frames so far; raises what the job failed with, or CuemarkError `bench_too_fast` where it has no more."""
        now = self.daemon.client.get_job(self.job.id)
        if now.error is not None:
            raise now.error.error()
        if now.state.ended or now.progress is None or now.progress.stage != "features":
            message = "The worker was done before the loop was measured."
            raise CuemarkError("bench_too_fast", message, "Run it again with --real-size.")
        return now.progress.done

    def beside(self, loops: int) -> float:
        """Seconds a round of the loops while the work goes on."""
        before, start = self.done(), time.perf_counter()
        found = seconds_a_round(loops, LOOP_S)
        # By the clock: the loops' processes take a while to start, and work goes on meanwhile.
        self.speeds.append((self.done() - before) / (time.perf_counter() - start))
        return found

    def stopped(self, loops: int) -> float:
        """Seconds a round of the loops while the worker stands still, its memory kept."""
        import psutil

        worker = psutil.Process(self.daemon.worker_pid())
        worker.suspend()
        try:
            return seconds_a_round(loops, LOOP_S)
        finally:
            worker.resume()

    def undisturbed(self) -> float:
        """Frames a second while no loop runs."""
        before, start = self.done(), time.perf_counter()
        time.sleep(LOOP_S)
        return (self.done() - before) / (time.perf_counter() - start)


@contextmanager
def _under_way(daemon: OwnDaemon, job: Job, progress: Progress) -> Iterator[_Work]:
    """While the body runs, the worker computes features; after it the job is cancelled."""
    try:
        _wait(daemon, job, progress)
        yield _Work(daemon, job)
    finally:
        daemon.client.cancel_job(job.id)


def _wait(daemon: OwnDaemon, job: Job, progress: Progress) -> None:
    """Until the worker computes features.

    Raises CuemarkError `bench_machine_busy` where other programs leave a gentle worker so little that it never does.
    """
    deadline = time.monotonic() + _PATIENCE_S
    for event in daemon.client.watch_job(job.id):
        progress.check()
        now = event.progress
        if now is not None and now.stage == "features" and now.done >= _UNDER_WAY:
            return
        if time.monotonic() > deadline:
            message = f"The worker did not get as far as the features in {_PATIENCE_S:g} s."
            raise CuemarkError("bench_machine_busy", message, "Close other programs: they would be measured, too.")


def _slowdown(work: _Work, loops: int, gentle: bool, pairs: int, progress: Progress) -> Comparison:
    work.speeds.clear()
    ours, rival = alternate(lambda: work.beside(loops), lambda: work.stopped(loops), pairs, progress)
    worker = "a worker with --gentle" if gentle else "an ordinary worker"
    where = "in one process" if loops == 1 else f"in {loops} processes"
    return Comparison(
        name=f"gentle/{'gentle' if gentle else 'ordinary'}/{'one-core' if loops == 1 else 'all-cores'}",
        about=f"A busy loop {where} beside {worker} that computes features, and the same loop alone.",
        unit="s a round",
        kind="share",
        ours=ours,
        rival=rival,
        goal=GOAL if gentle else None,
        facts={
            "frames a second beside the loop": round(sum(work.speeds) / len(work.speeds), 2),
            "frames a second without it": round(work.undisturbed(), 2),
            "limits": work.daemon.client.status().worker_limits or "none",
        },
    )
