"""One worker's lane of the queue: claims jobs of its kinds, has them run, and keeps what comes of them.

A crash, a hang or a kill of the worker costs the job an attempt, never the daemon anything.  A worker without work for
`worker_idle_s` is ended, so that memory (the GPU's above all) really returns to the editor.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from cuemark.core.analysis import Analysis
from cuemark.core.errors import StoreError, WorkerError
from cuemark.core.jobs import Job, JobError, JobProgress, JobState, limits_of
from cuemark.core.limits import ProcessLimits
from cuemark.core.serialise import decode, encode
from cuemark.core.settings import Settings
from cuemark.daemon.worker_process import WORKER_COMMAND, WorkerProcess
from cuemark.library.jobs import MAX_ATTEMPTS
from cuemark.library.store import Library

KILL_AFTER_S = 1.2
"""A job that does not heed a cancel for so long has its worker killed; with that a cancel takes under two seconds."""

_GENTLE_PATIENCE = 8
"""A gentle worker may be silent for so many times longer: others may hold all the cores."""

log = logging.getLogger("cuemark.dispatcher")


class JobDispatcher:
    """Runs jobs one at a time until stopped.  `changed(job_id)` is called after every event of a job."""

    def __init__(
        self,
        library: Library,
        settings: Settings,
        owner: str,
        kinds: Sequence[str],
        changed: Callable[[str], None],
        command: Sequence[str] = WORKER_COMMAND,
    ) -> None:
        self._library = library
        self._settings = settings
        self._owner = owner
        self._kinds = tuple(kinds)
        self._changed = changed
        self._command = command
        self._worker: WorkerProcess | None = None
        self._job: Job | None = None
        self._wake = asyncio.Event()
        self._stopping = False
        self._cancelling = False
        self._killer: asyncio.TimerHandle | None = None
        self._attained = ""
        self.models: dict[str, Any] = {"devices": [], "loaded": []}

    @property
    def worker_pid(self) -> int | None:
        """The worker's process, None while there is none."""
        return self._worker.pid if self._worker is not None and self._worker.alive else None

    @property
    def worker_limits(self) -> str:
        """How the worker is held back, in its own words; "" where it is not, or there is none."""
        return self._attained if self.worker_pid is not None else ""

    @property
    def job_id(self) -> str | None:
        """The job at work."""
        return None if self._job is None else self._job.id

    def wake(self) -> None:
        """Says that there may be something in the queue."""
        self._wake.set()

    async def cancel(self, job_id: str) -> None:
        """Cancels the job if it is the one at work."""
        if self.job_id == job_id and not self._cancelling:
            self._cancelling = True
            await self._interrupt(job_id)

    async def stop(self) -> None:
        """Has the job at work put back into the queue and lets `run` return."""
        self._stopping = True
        self._wake.set()
        if self._job is not None:
            await self._interrupt(self._job.id)

    async def run(self) -> None:
        """Works until `stop`; returns with the worker ended."""
        try:
            while not self._stopping:
                await self._step()
        finally:
            await self._close_worker()

    async def _step(self) -> None:
        self._wake.clear()
        try:
            job = self._library.jobs.claim(self._kinds, self._owner)
        except StoreError as error:
            # Nothing can be written now (a full disk); the daemon stays and tries again.
            log.error("the queue cannot be written: %s", error)
            await self._sleep(5.0)
            return
        if job is None:
            if not await self._sleep(self._settings.worker_idle_s):
                await self._close_worker()
                await self._wake.wait()
            return
        self._changed(job.id)
        await self._work(job)

    async def _work(self, job: Job) -> None:
        self._job, self._cancelling = job, False
        try:
            await self._attempt(job)
        except StoreError as error:
            log.error("job %s: what came of it cannot be kept: %s", job.id, error)
            await self._close_worker()
            self._give_up(job, JobError.of(error))
        finally:
            if self._killer is not None:
                self._killer.cancel()
                self._killer = None
            self._job = None
            self._changed(job.id)

    async def _attempt(self, job: Job) -> None:
        try:
            worker = await self._ready_worker(limits_of(job.spec))
        except WorkerError as error:
            self._finish(job, JobState.FAILED, JobError.of(error))
            return
        if not (self._stopping or self._cancelling):
            message = {"type": "run", "job_id": job.id, "spec": encode(job.spec)}
            await worker.send(message)
        else:
            worker.kill()
        while True:
            message_or_none = await self._receive(worker)
            if message_or_none is None:
                await self._worker_gone(job, worker)
                return
            if message_or_none.get("job_id") in (None, job.id) and self._handle(job, message_or_none):
                if message_or_none.get("spent"):
                    await self._close_worker()
                return

    async def _receive(self, worker: WorkerProcess) -> dict[str, Any] | None:
        """The next message; a worker that is silent for too long is taken as gone."""
        limit = self._settings.worker_hang_s * (_GENTLE_PATIENCE if worker.limits.gentle else 1) or None
        try:
            return await asyncio.wait_for(worker.receive(), limit)
        except asyncio.TimeoutError:
            log.error("worker %d has been silent for %s s; ending it", worker.pid, limit)
            return None

    def _handle(self, job: Job, message: dict[str, Any]) -> bool:
        """Keeps one message; whether it ended the job."""
        kind = message.get("type")
        jobs = self._library.jobs
        if kind == "progress":
            progress = message["progress"]
            counters = message.get("counters")
            jobs.report(job.id, self._owner, decode(JobProgress, progress) if progress else None, counters)
        elif kind == "note":
            jobs.note(job.id, self._owner, message["text"])
        elif kind == "ready":
            self._attained = message.get("limits", "")
        elif kind == "models":
            self.models = {"devices": message["devices"], "loaded": message["loaded"]}
        elif kind in ("done", "failed", "cancelled"):
            self._end(job, kind, message)
            return True
        self._changed(job.id)
        return False

    def _end(self, job: Job, kind: str, message: dict[str, Any]) -> None:
        if kind == "cancelled":
            self._interrupted(job)
        elif kind == "failed":
            self._finish(job, JobState.FAILED, decode(JobError, message["error"]))
        elif message.get("analysis") is None:
            self._finish(job, JobState.SUCCEEDED)
        else:
            self._library.finish_analysis(job.id, self._owner, decode(Analysis, message["analysis"]))

    async def _worker_gone(self, job: Job, worker: WorkerProcess) -> None:
        how = await worker.end()
        self._worker = None
        self.models = {"devices": [], "loaded": []}
        if self._cancelling or self._stopping:
            self._interrupted(job)
            return
        log.error("job %s: worker %d ended in attempt %d: %s", job.id, worker.pid, job.attempt, how)
        if job.attempt >= MAX_ATTEMPTS:
            step = f"Read {self._settings.log_file}; cuemark jobs retry {job.id} starts it once more."
            message = f"The worker ended unexpectedly {job.attempt} times ({how})."
            self._finish(job, JobState.FAILED, JobError.of(WorkerError("worker_crashed", message, step)))
            return
        self._library.jobs.note(job.id, self._owner, f"The worker ended unexpectedly ({how}); the job goes on.")
        self._library.jobs.requeue(job.id, self._owner, crashed=True)
        self._wake.set()

    def _interrupted(self, job: Job) -> None:
        """A cancel ends the job, a stop puts it back at no cost."""
        if self._cancelling:
            self._finish(job, JobState.CANCELLED)
        else:
            self._library.jobs.requeue(job.id, self._owner, crashed=False)

    def _finish(self, job: Job, state: JobState, error: JobError | None = None) -> None:
        self._library.jobs.finish(job.id, self._owner, state, error=error)
        code = "" if error is None else f" ({error.code})"
        log.info("job %s %s%s", job.id, state.value, code)

    def _give_up(self, job: Job, error: JobError) -> None:
        try:
            self._finish(job, JobState.FAILED, error)
        except StoreError:
            log.error("job %s stays marked as running; the next daemon takes it up", job.id)

    async def _interrupt(self, job_id: str) -> None:
        worker = self._worker
        if worker is not None:
            self._killer = asyncio.get_running_loop().call_later(KILL_AFTER_S, worker.kill)
            await worker.send({"type": "cancel", "job_id": job_id})

    async def _ready_worker(self, limits: ProcessLimits) -> WorkerProcess:
        """A worker held back by just these limits; one with others is ended, since a process keeps its own for good."""
        if self._worker is not None and not self._worker.alive:
            await self._worker.end()
            self._worker = None
        if self._worker is not None and self._worker.limits != limits:
            await self._close_worker()
        if self._worker is None:
            self._attained = ""
            self._worker = await WorkerProcess.start(self._settings, self._command, limits)
            log.info("worker %d started for %s jobs", self._worker.pid, "/".join(self._kinds))
        return self._worker

    async def _close_worker(self) -> None:
        if self._worker is not None:
            log.info("worker %d is ended", self._worker.pid)
            worker, self._worker = self._worker, None
            self.models = {"devices": [], "loaded": []}
            await worker.close()

    async def _sleep(self, seconds: float) -> bool:
        """Sleeps until woken; whether that came before `seconds` had passed."""
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        return True
