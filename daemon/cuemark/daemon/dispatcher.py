"""Job dispatcher: claims the jobs of a lane from the library's queue, has the lane's worker run them one at a time, and
keeps what comes of them.

A crash, a hang or a kill of the worker costs the job an attempt, never the daemon anything.  A worker without work for
`worker_idle_s` is ended.

Nor does a library that cannot be written for a while (a full disk, a lock of another program).  Progress is then told
later, the result of a job is offered again for `PATIENCE_S`, and a job whose result cannot be kept fails and says why:
no job stays at work that nobody works on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
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
PATIENCE_S = 20.0
"""The result of a job is offered so long to a library that cannot be written: a backup program is done by then."""
_OFFER_EVERY_S = 0.2

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
        self._keeping = False
        self._unreported: Counter[str] = Counter()
        self.trouble = ""
        """Why nothing can be taken from the queue now, in words; "" while it can."""
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
            if not self._keeping:  # else its worker is done with it
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
            if self.trouble != str(error):
                log.error("the queue cannot be written: %s", error)
            self.trouble = str(error)
            await self._sleep(FULL_DISK_PAUSE_S)
            return
        self.trouble = ""
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
        self._unreported.clear()
        try:
            await self._attempt(job)
        except StoreError as error:
            self._not_kept(job, error)
        except Exception as error:  # the edge of a job: nothing that comes of one ends the work on the others
            log.exception("job %s: an internal error", job.id)
            message = f"Something went wrong in the daemon ({type(error).__name__}: {error})."
            step = f"This is a fault of ours; please report it with what {self._settings.log_file} says of {job.id}."
            await self.slot.close()
            self._end(job, JobState.FAILED, JobError.of(WorkerError("internal_error", message, step)))
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
                    await self._handle(job, message)
        except WorkerGone as gone:
            await self._worker_gone(job, str(gone))
        except WorkerError as error:
            self._end(job, JobState.FAILED, JobError.of(error))

    async def _handle(self, job: Job, message: dict[str, Any]) -> None:
        """Keeps what one message of the worker says."""
        what = message["type"]
        if what == "progress":
            progress = message["progress"]
            self._unreported.update(message.get("counters") or {})
            self._report(job, decode(JobProgress, progress) if progress else None)
        elif what == "note":
            self._note(job, message["text"])
        elif what == "done":
            keep, result = kind_of(job.spec).keep, message["result"]
            await self._kept(job, lambda: keep(self._library, job.id, self._owner, result))
            log.info("job %s %s", job.id, JobState.SUCCEEDED.value)
        elif what == "failed":
            self._end(job, JobState.FAILED, decode(JobError, message["error"]))
        elif what == "cancelled":
            self._interrupted(job)
        self._changed(job.id)

    def _report(self, job: Job, progress: JobProgress | None) -> None:
        """Keeps progress and counters; where that cannot be done now, the counters are added to those that follow."""
        if self._library.is_locked():
            return
        try:
            self._write_down(job, progress)
        except StoreError as error:
            log.warning("job %s goes on; its progress cannot be kept: %s", job.id, error)

    def _write_down(self, job: Job, progress: JobProgress | None) -> None:
        self._library.jobs.report(job.id, self._owner, progress, self._unreported)
        self._unreported.clear()

    def _note(self, job: Job, text: str) -> None:
        """Leaves a line in the job's events, or in the log where that cannot be done now."""
        try:
            self._library.jobs.note(job.id, self._owner, text)
        except StoreError as error:
            log.warning("job %s: %s (which cannot be kept: %s)", job.id, text, error)

    async def _kept(self, job: Job, write: Callable[[], object]) -> None:
        """Does a write that decides on the job, again and again while the library cannot be written.

        Raises StoreError after `PATIENCE_S`, at a cancel, and at once where waiting would not help.
        """
        deadline = time.monotonic() + PATIENCE_S
        self._keeping = True
        try:
            while True:
                try:
                    self._write_down(job, None)
                    write()
                    return
                except StoreError as error:
                    hopeless = error.code == "library_damaged" or time.monotonic() > deadline
                    if hopeless or self._cancelling or self._stopping:
                        raise
                await self._until_writable(deadline)
        finally:
            self._keeping = False

    async def _until_writable(self, deadline: float) -> None:
        while True:
            await asyncio.sleep(_OFFER_EVERY_S)
            given_up = self._cancelling or self._stopping or time.monotonic() > deadline
            if given_up or not self._library.is_locked():
                return

    async def _worker_gone(self, job: Job, how: str) -> None:
        if self._cancelling or self._stopping:
            self._interrupted(job)
            return
        log.error("job %s: its worker ended in attempt %d: %s", job.id, job.attempt, how)
        if job.attempt >= MAX_ATTEMPTS:
            step = f"Read {self._settings.log_file}; cuemark jobs retry {job.id} starts it once more."
            message = f"The worker ended unexpectedly {job.attempt} times ({how})."
            self._end(job, JobState.FAILED, JobError.of(WorkerError("worker_crashed", message, step)))
            return
        self._note(job, f"The worker ended unexpectedly ({how}); the job goes on.")
        await self._kept(job, lambda: self._library.jobs.requeue(job.id, self._owner, crashed=True))
        self._wake.set()

    def _not_kept(self, job: Job, error: StoreError) -> None:
        """What came of a job cannot be written."""
        if self._cancelling or self._stopping:
            self._interrupted(job)
            return
        step = f"{error.next_step} Then: cuemark jobs retry {job.id}"
        told = StoreError(error.code, f"The result cannot be kept. {error.message}", step.strip())
        self._end(job, JobState.FAILED, JobError.of(told))

    def _interrupted(self, job: Job) -> None:
        """A cancel ends the job, a stop puts it back at no cost."""
        if self._cancelling:
            self._end(job, JobState.CANCELLED)
            return
        try:
            self._library.jobs.requeue(job.id, self._owner, crashed=False)
        except StoreError as error:
            log.error("job %s stays marked as running, the next daemon takes it up: %s", job.id, error)

    def _end(self, job: Job, state: JobState, error: JobError | None = None) -> None:
        self._report(job, None)
        self._library.jobs.end(job.id, self._owner, state, error)
        code = "" if error is None else f" ({error.code})"
        log.info("job %s %s%s", job.id, state.value, code)
