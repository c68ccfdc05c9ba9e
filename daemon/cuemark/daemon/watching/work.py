"""The work of one watched folder: has its files indexed or analysed, one at a time, and takes in what comes of it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from cuemark.core.errors import CuemarkError, NotFoundError, StoreError
from cuemark.core.jobs import AnalyzeSpec, IndexSpec, Job, JobError, JobSpec, JobState
from cuemark.core.settings import Settings
from cuemark.core.watches import WatchRequest, WatchState
from cuemark.daemon.watching.arrivals import Arrivals
from cuemark.daemon.watching.recordings import Recordings
from cuemark.daemon.watching.scan import mark_at
from cuemark.daemon.watching.whole import mark_of_transcript, written_now
from cuemark.library.store import Library
from cuemark.library.watches import FileMark, WatchedFile, WatchRow

log = logging.getLogger("cuemark.watching")
Value = TypeVar("Value")

_RETRY_S, _LONGEST_RETRY_S = 60.0, 3600.0
_PASSING = frozenset({"disk_full", "library_locked", "out_of_memory", "cache_unusable"})
"""Why a job may fail that has nothing to do with its file, and that passes."""
_NOT_WHOLE = frozenset({"media_is_empty", "media_truncated_unreadable"})
_NOTHING_IN_IT = frozenset({"sound_unheard"})
_CHANGED = frozenset({"media_changed", "media_vanished", "media_not_found"})
_CANCELLED = JobError("cancelled", "Its job was cancelled.", "`cuemark index FILE` takes it up.", "JobCancelled")


class Desk(Protocol):
    """What a watch needs of the daemon."""

    @property
    def library(self) -> Library:
        """The open library."""

    @property
    def settings(self) -> Settings:
        """The daemon's settings."""

    def submit(self, request_id: str, spec: JobSpec) -> Job:
        """Queues a job."""

    async def until_ended(self, job_id: str) -> Job:
        """The job when it has ended."""

    async def cancel(self, job_id: str) -> Job:
        """Cancels a job."""

    def refuse_when_stopping(self) -> None:
        """Raises DaemonError once the daemon is on its way out."""


class InThread(Protocol):
    """Runs what touches the watched disk, which may hold it for long."""

    async def __call__(self, function: Callable[..., Value], *values: Any) -> Value:
        """The function's result."""


class FolderWork:
    """Works off what is ready, while nothing is being copied into the folder.

    All watches share `turn`, so that a thousand files that arrive at once do not stand before what the user asks for:
    no more than one job of theirs is in the queue.
    """

    def __init__(
        self,
        row: WatchRow,
        desk: Desk,
        turn: asyncio.Semaphore,
        arrivals: Arrivals,
        in_thread: InThread,
        settle_s: float,
    ) -> None:
        self._row, self._desk, self._turn = row, desk, turn
        self._arrivals, self._in_thread = arrivals, in_thread
        self.recordings = Recordings(arrivals, settle_s)
        self.ready: dict[Path, FileMark] = {}
        """Files that were found whole, and their marks then; in the order in which they will be worked on."""
        self.checked: dict[Path, FileMark] = {}
        """Those that were looked into, and their marks then."""
        self.later: dict[Path, float] = {}
        """When to try those again that failed for what passes."""
        self.paused = False
        self.looked = asyncio.Event()
        """Is set after each look at the folder."""
        self.ended = asyncio.Event()
        """Is set after each job."""
        self.job_id: str | None = None
        """The job at work."""

    async def run(self) -> None:
        """Works until cancelled."""
        await self._guarded(self._resume)
        while True:
            await self.looked.wait()
            self.looked.clear()
            while (path := self._next()) is not None:
                if not await self._guarded(lambda path=path: self._index(path)):  # type: ignore[misc]
                    break

    async def _guarded(self, act: Callable[[], Awaitable[None]]) -> bool:
        """Does a part of the work; whether it could be done."""
        try:
            await act()
        except StoreError as error:
            log.warning("%s: the library cannot be used, which is tried again: %s", self._row.request.path, error)
            return False
        except Exception:  # the edge of a watch: nothing that is wrong with one file ends it
            log.exception("work on the watched folder %s failed", self._row.request.path)
            return False
        return True

    async def _resume(self) -> None:
        """Takes up what was at work when the daemon ended."""
        for file in [file for file in self._arrivals.files.values() if _at_work(file)]:
            if file.job_id is None:
                self._arrivals.tell_state(file.path, WatchState.WAITING)
                continue
            async with self._turn:
                await self._follow(file.job_id, file.path, file.mark)

    def _next(self) -> Path | None:
        """The next file to work on: of those that are ready, or of recordings, while nothing is being copied."""
        if self.paused or not self._arrivals.is_quiet(time.monotonic()):
            return None
        return next(iter(self.ready), None) or self.recordings.due()

    async def _index(self, path: Path) -> None:
        async with self._turn:
            grows = path not in self.ready
            wanted = self.ready.pop(path, None)
            file, now = self._arrivals.files.get(path), await self._in_thread(mark_at, path)
            held = not grows and bool(await self._in_thread(written_now, [path]))
            if file is None or now is None or held or not _is_due(file, wanted, now):
                self.checked.pop(path, None)
                self.ended.set()  # the next look tells what became of it
                return
            transcript = await self._in_thread(mark_of_transcript, path)
            job = self._submitted(replace(file, mark=now), transcript, grows=grows)
            if job is not None:
                await self._follow(job.id, path, now)

    def _submitted(self, file: WatchedFile, transcript: str, *, grows: bool) -> Job | None:
        """The job of a file, which is INDEXING then; None where it cannot be had."""
        path, tries = file.path, file.tries + 1
        try:
            job = self._desk.submit(_request_id(self._row, file, tries), self._spec(file, grows=grows))
        except StoreError:
            self.ready.setdefault(path, file.mark)
            raise
        except CuemarkError as error:
            self._arrivals.tell_state(path, WatchState.FAILED, error=JobError.of(error), tries=tries)
            return None
        if grows:
            self._arrivals.growing.add(path)
        values = {"job_id": job.id, "tries": tries, "transcript": transcript, "mark": file.mark}
        self._arrivals.tell_state(path, WatchState.INDEXING, error=None, note="", **values)
        self.save()
        return job

    def _spec(self, file: WatchedFile, *, grows: bool) -> JobSpec:
        spec = spec_of(self._row.request, file.path)
        return replace(spec, options=replace(spec.options, growing=True)) if grows else spec

    async def _follow(self, job_id: str, path: Path, mark: FileMark) -> None:
        """Waits for a job, and takes in what came of it."""
        self.job_id = job_id
        job: Job | None = None
        try:
            job = await self._desk.until_ended(job_id)
        except StoreError:
            raise
        except CuemarkError as error:  # a job that is not known any more
            log.info("the job %s of %s is gone: %s", job_id, path, error)
        finally:
            self.job_id = None
        grows = path in self._arrivals.growing
        self._arrivals.growing.discard(path)
        file = self._file_of(job_id)
        if file is not None:
            self._conclude(file, job, mark, grows=grows)
        self.save()
        self.ended.set()

    def _file_of(self, job_id: str) -> WatchedFile | None:
        """The file that a job works on, wherever it was moved meanwhile."""
        return next((file for file in self._arrivals.files.values() if _at_work(file) and file.job_id == job_id), None)

    def _conclude(self, file: WatchedFile, job: Job | None, mark: FileMark, *, grows: bool) -> None:
        tell, path = self._arrivals.tell_state, file.path
        error = None if job is None else job.error
        if job is None:
            tell(path, WatchState.WAITING, job_id=None)
        elif job.state is JobState.SUCCEEDED:
            self._take_result(file, job, mark, grows=grows)
        elif error is None:
            tell(path, WatchState.FAILED, error=_CANCELLED)
        elif error.code in _CHANGED:
            self.checked.pop(path, None)
            self._arrivals.set(path, state=WatchState.WAITING)  # the next look tells what became of it
        elif error.code in _PASSING:
            self.later[path] = time.monotonic() + min(_RETRY_S * 2 ** min(file.tries, 8), _LONGEST_RETRY_S)
            tell(path, WatchState.WAITING, error=error, note="It is tried again later.")
        elif error.code in _NOTHING_IN_IT:
            tell(path, WatchState.PASSED_OVER, error=error)
        else:
            tell(path, WatchState.INCOMPLETE if error.code in _NOT_WHOLE else WatchState.FAILED, error=error)

    def _take_result(self, file: WatchedFile, job: Job, mark: FileMark, *, grows: bool) -> None:
        """What was found of a recording as far as it was (`grows`) gives way to what is found of more of it."""
        self.later.pop(file.path, None)
        replaced = [old for old in file.replaces if not self._desk.library.analyses.was_edited(old)]
        replaces = (job.analysis_id,) if grows and job.analysis_id else ()
        values: dict[str, Any] = {"indexed": mark, "analysis_id": job.analysis_id, "error": None, "replaces": replaces}
        note = "As far as it was recorded then; again when it has grown." if grows else ""
        self._arrivals.tell_state(file.path, WatchState.RECORDING if grows else WatchState.DONE, note=note, **values)
        for old in replaced:
            with contextlib.suppress(NotFoundError):  # the user deleted it
                self._desk.library.analyses.delete(old)

    async def stop_what_changed(self) -> None:
        """Cancels the job whose file somebody writes, or that is gone: what it reads is not what will be there."""
        if self.job_id is not None and self._file_of(self.job_id) is None:
            await self.cancel_job()

    async def cancel_job(self) -> None:
        """Cancels the job at work, if there is one."""
        if self.job_id is not None:
            with contextlib.suppress(CuemarkError):
                await self._desk.cancel(self.job_id)

    def save(self) -> None:
        """Writes down what has changed; StoreError where that cannot be done now."""
        arrivals = self._arrivals
        if not arrivals.changed and not arrivals.forgotten:
            return
        files = [arrivals.files[path] for path in arrivals.changed if path in arrivals.files]
        library = self._desk.library
        for before, after in arrivals.moved:
            library.moved(before, after)
        arrivals.moved.clear()
        library.watches.save(self._row.number, files, arrivals.forgotten)
        arrivals.changed, arrivals.forgotten = set(), set()


def spec_of(request: WatchRequest, path: Path) -> AnalyzeSpec | IndexSpec:
    """What is asked for a file of a watched folder; an analysis indexes it, too."""
    return AnalyzeSpec(path, request.options) if request.analyze else IndexSpec(path, request.options)


def _is_due(file: WatchedFile, wanted: FileMark | None, now: FileMark) -> bool:
    """Whether a file is as it was found ready, or is a recording (`wanted` is None): much may happen in between."""
    if wanted is None:
        return file.state is WatchState.RECORDING
    return file.state is WatchState.WAITING and file.mark == wanted and wanted.same_content(now)


def _at_work(file: WatchedFile) -> bool:
    return file.state is WatchState.INDEXING


def _request_id(row: WatchRow, file: WatchedFile, tries: int) -> str:
    """The same for the same try, so that a daemon that was killed in between makes no second job."""
    name = hashlib.blake2b(os.fsencode(file.path), digest_size=8).hexdigest()
    return f"watch-{row.number}-{name}-{file.mark.size}-{file.mark.changed_ns}-{tries}"
