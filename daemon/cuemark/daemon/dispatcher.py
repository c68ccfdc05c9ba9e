"""Job dispatcher: claims the jobs of a lane from the library's queue, has the lane's worker run them one at a time, and
keeps what comes of them.

A crash, a hang or a kill of the worker costs the job an attempt, never the daemon anything.  A worker without work for
`worker_idle_s` is ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any

from cuemark.core.errors import StoreError, WorkerError
from cuemark.core.jobs import Job, JobError, JobProgress, JobState
from cuemark.core.serialise import decode
from cuemark.core.settings import Settings
from cuemark.daemon.job_kinds import Lane, kind_of, names_in
from cuemark.daemon.worker_process import WORKER_COMMAND, WorkerGone, WorkerSlot
from cuemark.library.jobs import MAX_ATTEMPTS
from cuemark.library.store import Library

FULL_DISK_PAUSE_S = 5.0

log = logging.getLogger("cuemark.dispatcher")


class JobDispatcher:
    """Runs the jobs of one lane until stopped.  `changed(job_id)` is called after every event of a job."""

    def __init__(
        self,
        library: Library,
        settings: Settings,
        owner: str,
        lane: Lane,
        changed: Callable[[str], None],
        command: Sequence[str] = WORKER_COMMAND,
    ) -> None:
        self._library = library
        self._settings = settings
        self._owner = owner
        self._kinds = names_in(lane)
        self._changed = changed
        self._job: Job | None = None
        self._wake = asyncio.Event()
        self._stopping = False
        self._cancelling = False
        self.slot = WorkerSlot(settings, command, lane.name)

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
            await self.slot.interrupt(job_id)

    async def stop(self) -> None:
        """Has the job at work put back into the queue and lets `run` return."""
        self._stopping = True
        self._wake.set()
        if self._job is not None:
            await self.slot.interrupt(self._job.id)

    async def run(self) -> None:
        """Works until `stop`; returns with the worker ended."""
        try:
            while not self._stopping:
                await self._step()
        finally:
            await self.slot.close()

    async def _step(self) -> None:
        self._wake.clear()
        try:
            job = self._library.jobs.claim(self._kinds, self._owner)
        except StoreError as error:
            # Nothing can be written now (a full disk); the daemon stays and tries again.
            log.error("the queue cannot be written: %s", error)
            await self._sleep(FULL_DISK_PAUSE_S)
            return
        if job is None:
            if not await self._sleep(self._settings.worker_idle_s):
                await self.slot.close()
                await self._wake.wait()
            return
        self._changed(job.id)
        await self._work(job)

    async def _sleep(self, seconds: float) -> bool:
        """Sleeps until woken; whether that came before `seconds` had passed."""
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        return True

    async def _work(self, job: Job) -> None:
        self._job, self._cancelling = job, False
        try:
            await self._attempt(job)
        except StoreError as error:
            log.error("job %s: what came of it cannot be kept: %s", job.id, error)
            await self.slot.close()
            self._give_up(job, JobError.of(error))
        finally:
            self._job = None
            self._changed(job.id)

    async def _attempt(self, job: Job) -> None:
        kind = kind_of(job.spec)
        limits = kind.limits(job.spec, self._settings)
        task = self.slot.run(job.id, kind.runner, job.spec, limits, lambda: not (self._stopping or self._cancelling))
        try:
            async with aclosing(task) as messages:
                async for message in messages:
                    self._handle(job, message)
        except WorkerGone as gone:
            self._worker_gone(job, str(gone))
        except WorkerError as error:
            self._finish(job, JobState.FAILED, JobError.of(error))

    def _handle(self, job: Job, message: dict[str, Any]) -> None:
        """Keeps what one message of the worker says."""
        what = message["type"]
        jobs = self._library.jobs
        if what == "progress":
            progress = message["progress"]
            counters = message.get("counters")
            jobs.report(job.id, self._owner, decode(JobProgress, progress) if progress else None, counters)
        elif what == "note":
            jobs.note(job.id, self._owner, message["text"])
        elif what == "done":
            kind_of(job.spec).keep(self._library, job.id, self._owner, message["result"])
            log.info("job %s %s", job.id, JobState.SUCCEEDED.value)
        elif what == "failed":
            self._finish(job, JobState.FAILED, decode(JobError, message["error"]))
        elif what == "cancelled":
            self._interrupted(job)
        self._changed(job.id)

    def _worker_gone(self, job: Job, how: str) -> None:
        if self._cancelling or self._stopping:
            self._interrupted(job)
            return
        log.error("job %s: its worker ended in attempt %d: %s", job.id, job.attempt, how)
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
