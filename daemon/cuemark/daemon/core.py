"""Core: what the services share: the open library, the dispatchers of work, and who waits for which job."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import shutil
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from cuemark import __version__
from cuemark.core.analysis import Analysis
from cuemark.core.changes import Changed, LibraryChange
from cuemark.core.errors import CuemarkError, DaemonError, StoreError
from cuemark.core.jobs import Job, JobEvent, JobSpec, JobState
from cuemark.core.settings import Settings
from cuemark.core.status import DaemonStatus
from cuemark.daemon.changes import ChangeFeed
from cuemark.daemon.dispatcher import JobDispatcher
from cuemark.daemon.job_kinds import ANALYSES, QUEUES, Lane, absolute, kind_of
from cuemark.daemon.oneshot import ask
from cuemark.daemon.queries import QueryDispatcher
from cuemark.daemon.searches import Searches
from cuemark.daemon.watching.watches import FolderWatches
from cuemark.daemon.worker_process import WORKER_COMMAND
from cuemark.hosts.bridge import Hosts, hosts_of
from cuemark.library.opening import open_library

CANCEL_S = 5.0
"""A cancel takes under two seconds; after so many the caller is told how the job stands."""
LOCK_PATIENCE_S = 5.0
"""So long a call that writes waits for another program's lock on the library; others are answered meanwhile."""
_LOCK_POLL_S = 0.05

log = logging.getLogger("cuemark.core")


class Core:
    """One running daemon, less its network.  Lives on one event loop."""

    def __init__(
        self,
        settings: Settings,
        worker_command: Sequence[str] = WORKER_COMMAND,
        hosts: Callable[[Settings], Hosts] = hosts_of,
    ) -> None:
        """Opens the library and takes up what a daemon of before left; raises StoreError.

        `notices` are what its user should know of the library.
        """
        self.settings = settings
        self.hosts = hosts(settings)
        self.instance_id = secrets.token_hex(8)
        self.started_at = datetime.now(timezone.utc)
        self.pid = os.getpid()
        self.library, self.notices = open_library(settings.library_file)
        self.taken_up = self.library.jobs.recover(self.instance_id)
        self.changes = ChangeFeed()
        self.library.told = self.changes.tell
        self.stop_asked = asyncio.Event()
        self.stopping = False
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._calls = 0
        self._last_active = time.monotonic()
        self.dispatchers: dict[Lane, JobDispatcher] = {
            lane: JobDispatcher(self.library, settings, self.instance_id, lane, self.changed, worker_command)
            for lane in QUEUES
        }
        self.queries = QueryDispatcher(settings, worker_command)
        self.searches = Searches(settings, self.library, self.queries)
        self.watches = FolderWatches(self)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begins to work on the queue, to answer queries, and to watch the folders that are watched."""
        self._tasks = [asyncio.create_task(each.run()) for each in self._at_work()]
        self.watches.start()

    async def stop_work(self) -> None:
        """Ends the watchers, puts running jobs back into the queue, ends the workers."""
        self.stopping = True
        self.wake_watchers()
        self.watches.wake()
        await self.watches.stop()
        self.changes.close()
        await asyncio.gather(*(each.stop() for each in self._at_work()))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _at_work(self) -> list[JobDispatcher | QueryDispatcher]:
        return [*self.dispatchers.values(), self.queries]

    def close(self) -> None:
        """Closes the library; to be called when no call is served any more."""
        self.searches.close()
        self.library.close()

    def failed_dispatchers(self) -> list[BaseException]:
        """What ended a dispatcher that should still be running."""
        ended = [task for task in self._tasks if task.done() and not task.cancelled()]
        return [error for task in ended if (error := task.exception()) is not None]

    def changed(self, job_id: str) -> None:
        """Wakes who watches this job, or all jobs."""
        self.changes.tell(LibraryChange(Changed.JOB, job_id))
        for event in self._waiting.get(job_id, ()):
            event.set()

    def wake_watchers(self) -> None:
        """Wakes everyone who watches anything."""
        for job_id in list(self._waiting):
            self.changed(job_id)

    async def events(self, job_id: str, after: int, heartbeat_s: float) -> AsyncGenerator[JobEvent, None]:
        """The events of a job after a sequence number, then live until it has ended; heartbeats where it is silent.

        Raises NotFoundError `job_not_found`, DaemonError `daemon_stopping`.
        """
        job_id = self.library.jobs.get(job_id).id
        last, spoken, trouble = after, time.monotonic(), ""
        with self._watched(job_id) as changed:
            while True:
                self.refuse_when_stopping()
                changed.clear()
                # Read before the events: what ends the job meanwhile is then still told in the next round.
                ended = self.library.jobs.get(job_id).state.ended
                found = self.library.jobs.events_after(job_id, last)
                for event in found:
                    yield event
                    last, spoken = event.sequence, time.monotonic()
                if found:
                    continue
                if ended:
                    return
                if not await _set_within(changed, spoken + heartbeat_s - time.monotonic()):
                    trouble, known = self._trouble_of(job_id), trouble
                    news = trouble if trouble != known else None
                    yield JobEvent(last, datetime.now(timezone.utc), note=news or None)
                    spoken = time.monotonic()

    def _trouble_of(self, job_id: str) -> str:
        """Why a job that waits is not begun, where that is not the work before it."""
        job = self.library.jobs.get(job_id)
        return self.dispatchers[kind_of(job.spec).lane].trouble if job.state is JobState.QUEUED else ""

    @contextmanager
    def _watched(self, job_id: str) -> Iterator[asyncio.Event]:
        """An event that is set at every change of the job."""
        event = asyncio.Event()
        self._waiting[job_id].add(event)
        try:
            yield event
        finally:
            self._waiting[job_id].discard(event)
            if not self._waiting[job_id]:
                del self._waiting[job_id]

    def submit(self, request_id: str, spec: JobSpec) -> Job:
        """Queues a job, or gives the one that this request made the first time; raises what its kind's check raises."""
        self.refuse_when_stopping()
        kind = kind_of(spec)
        kind.check(spec)
        return self._queued(self.library.jobs.submit(request_id, kind.complete(spec, self.settings)))

    def retry(self, job_id: str) -> Job:
        """Queues a failed or cancelled job again; raises OptionError `job_not_retryable` for others."""
        self.refuse_when_stopping()
        return self._queued(self.library.jobs.retry(job_id))

    def _queued(self, job: Job) -> Job:
        self.changed(job.id)
        self.dispatchers[kind_of(job.spec).lane].wake()
        return job

    async def cancel(self, job_id: str) -> Job:
        """Cancels a job and waits until it has ended."""
        try:
            job = self.library.jobs.get(job_id)
        except StoreError:  # a damaged page: what is at work is ended all the same
            await self._cancel_unseen(job_id)
            raise
        if self.library.jobs.cancel_queued(job.id):
            self.changed(job.id)
        with self._watched(job.id) as changed, suppress(asyncio.TimeoutError):
            await self.dispatchers[kind_of(job.spec).lane].cancel(job.id)
            await asyncio.wait_for(self._ended(job.id, changed), CANCEL_S)
        return self.library.jobs.get(job.id)

    async def until_ended(self, job_id: str) -> Job:
        """The job when it has ended, however long that takes; raises NotFoundError `job_not_found`."""
        job = self.library.jobs.get(job_id)
        with self._watched(job.id) as changed:
            await self._ended(job.id, changed)
        return self.library.jobs.get(job.id)

    async def _cancel_unseen(self, job_id: str) -> None:
        """Cancels the job at work whose id begins so."""
        for dispatcher in self.dispatchers.values():
            if job_id and dispatcher.job_id is not None and dispatcher.job_id.startswith(job_id):
                await dispatcher.cancel(dispatcher.job_id)

    async def _ended(self, job_id: str, changed: asyncio.Event) -> None:
        while not self.library.jobs.get(job_id).state.ended:
            await changed.wait()
            changed.clear()

    def status(self, protocol: int, endpoint: str) -> DaemonStatus:
        """The daemon as it is now, for who reaches it by this protocol at this address."""
        jobs, worker = self.library.jobs, self.dispatchers[ANALYSES].slot
        return DaemonStatus(
            version=__version__,
            protocol=protocol,
            instance_id=self.instance_id,
            pid=self.pid,
            started_at=self.started_at,
            endpoint=endpoint,
            data_path=self.settings.data,
            log_path=self.settings.log_file,
            disk_free=shutil.disk_usage(self.settings.data).free,
            devices=worker.models.devices,
            loaded_models=worker.models.names,
            jobs_queued=jobs.count(JobState.QUEUED),
            jobs_running=jobs.count(JobState.RUNNING),
            worker_pid=worker.pid,
            worker_limits=worker.limits_attained,
        )

    async def media_at(self, path: Path) -> list[str]:
        """Fingerprints of the media a path names: by its content now, or where it cannot be read what lay there."""
        try:
            return [await ask("fingerprint", path=path)]
        except CuemarkError:
            return self.library.analyses.fingerprints_at(path)

    async def analysis_of(self, analysis_id: str, named: bytes) -> Analysis:
        """An analysis with its edits, its media at the path the caller names, if any.

        Else where it was analysed, so that a copy analysed later does not take its place, or where the content was last
        seen once it is not there.  Raises NotFoundError `analysis_not_found`, OptionError `option_path`.
        """
        analysis, analysed = self.library.analyses.with_place(analysis_id)
        path = absolute(Path(os.fsdecode(named))) if named else analysed
        media = analysis.media
        # A thread may hang at a lost network disk; the event loop must not.
        if named or (path != media.path and await asyncio.to_thread(_has_size, path, media.size)):
            return replace(analysis, media=replace(media, path=path))
        return analysis

    async def writable(self) -> None:
        """Waits while another program has the library locked, at most `LOCK_PATIENCE_S`; what writes then says so."""
        deadline = time.monotonic() + LOCK_PATIENCE_S
        while self.library.is_locked() and time.monotonic() < deadline:
            await asyncio.sleep(_LOCK_POLL_S)

    def keep_house(self) -> None:
        """Writes the ends of jobs that could not be written when they came."""
        if not self.library.jobs.has_unwritten_ends or self.library.is_locked():
            return
        try:
            self.library.jobs.write_ends()
        except StoreError as error:
            log.debug("ends of jobs still cannot be written: %s", error)

    def call_counted(self, change: int) -> None:
        """Counts calls in progress; an open one keeps the daemon from going idle."""
        self._calls += change
        self._last_active = time.monotonic()

    def idle_s(self) -> float:
        """Seconds since there was anything to do; 0 while there is."""
        if self._calls or self.watches.any or self._has_jobs():
            self._last_active = time.monotonic()
        return time.monotonic() - self._last_active

    def _has_jobs(self) -> bool:
        """Whether any wait or run; not where the library cannot tell, which is no reason to stay for ever."""
        try:
            return any(self.library.jobs.count(state) for state in (JobState.QUEUED, JobState.RUNNING))
        except StoreError as error:
            log.debug("whether there is work cannot be told: %s", error)
            return False

    def refuse_when_stopping(self) -> None:
        """Raises DaemonError `daemon_stopping` once the daemon is on its way out."""
        if self.stopping:
            step = "Queued and running jobs are kept; the next command takes them up."
            raise DaemonError("daemon_stopping", "The daemon is stopping.", step)


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except (OSError, ValueError):
        return False


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    """Waits for an event, at most so long; whether it came."""
    try:
        await asyncio.wait_for(event.wait(), max(0.0, seconds))
    except asyncio.TimeoutError:
        return False
    return True
