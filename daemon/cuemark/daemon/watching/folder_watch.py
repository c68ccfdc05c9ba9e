"""One watched folder: looks at it, decides what is ready, and has it indexed, one file at a time.

Two tasks share what is known (`Arrivals`): one looks, whenever the system tells of a change or something has not
settled yet; the other works off what is ready.  Whatever touches the disk runs in a thread of the watch's own, since a
network disk that is away holds it for as long as it likes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from cuemark.core.errors import CuemarkError, InputError, StoreError
from cuemark.core.files import unreadable
from cuemark.core.jobs import JobError
from cuemark.core.settings import Settings
from cuemark.core.text import printable_path
from cuemark.core.watches import WatchedFolder, WatchEvent, WatchState
from cuemark.daemon.watching.arrivals import ARRIVING, NO_FOOTAGE, POLITE_S, Arrivals
from cuemark.daemon.watching.events import FolderEvents, network_name
from cuemark.daemon.watching.scan import Scan, scan
from cuemark.daemon.watching.telling import Bulletin
from cuemark.daemon.watching.whole import Examined, examine, mark_of_transcript
from cuemark.daemon.watching.work import Desk, FolderWork
from cuemark.library.watches import WatchedFile, WatchRow

log = logging.getLogger("cuemark.watching")
Value = TypeVar("Value")

POLL_S = 5.0
"""So often a folder is looked at whose changes nobody tells of, and whether one that went away is back."""
RESCAN_S = 120.0
"""And so often one whose changes are told: should one have been lost, it is found then."""
_ROOT_S = 2.0
_LEAST_LOOK_S, _LOOKS_TO_SETTLE = 0.1, 8
_SHARE_OF_LOOKING = 5
"""A look at a large folder takes long: the next one comes after so many times that."""


class FolderWatch:
    """A watch at work, from `start` to `close`."""

    def __init__(self, row: WatchRow, desk: Desk, turn: asyncio.Semaphore) -> None:
        self.row, self.root = row, row.request.path
        self._desk = desk
        self._settle_s = desk.settings.watch_settle_s
        self.bulletin = Bulletin(self.root)
        self.arrivals = Arrivals(desk.library.watches.files(row.number), self._settle_s, self.bulletin.tell)
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="watch")
        self._work = FolderWork(row, desk, turn, self.arrivals, self._in_thread, self._settle_s)
        self._dirty = self._work.ended
        self.events = FolderEvents(self._dirty.set, "CUEMARK_WATCH_POLL is set" if desk.settings.watch_poll else "")
        self._tasks: list[asyncio.Task[None]] = []
        self._absent: CuemarkError | None = None
        self._refused: set[Path] = set()

    def start(self) -> None:
        """Begins to watch."""
        self._tasks = [asyncio.create_task(self._looking()), asyncio.create_task(self._work.run())]

    async def close(self) -> None:
        """Ends the watch's tasks; a job at work goes on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.events.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.bulletin.end()

    async def end(self) -> None:
        """Ends the watch's tasks, and cancels its job at work."""
        job_id = self._work.job_id
        await self.close()
        if job_id is not None:
            with contextlib.suppress(CuemarkError):
                await self._desk.cancel(job_id)

    def standing(self, *, known: bool = True) -> WatchedFolder:
        """How the watch stands."""
        counts: dict[str, int] = {}
        for file in self.arrivals.files.values():
            counts[file.state.value] = counts.get(file.state.value, 0) + 1
        return WatchedFolder(
            self.row.request,
            self.row.since,
            known,
            self._absent is None,
            self.events.polled,
            dict(sorted(counts.items())),
        )

    def follow(self) -> AsyncGenerator[WatchEvent, None]:
        """How everything stands, then each change."""
        absent = self._absent
        state = WatchState.WATCHING if absent is None else WatchState.GONE
        error = None if absent is None else JobError.of(absent)
        folder = self.bulletin.folder_event(state, error=error, note=self._polling_note())
        return self.bulletin.follow(folder, self.arrivals.told(), self._desk.refuse_when_stopping)

    def _polling_note(self) -> str:
        return f"It is looked at every {POLL_S:g} s: {self.events.polled}." if self.events.polled else ""

    async def _looking(self) -> None:
        kind = await self._in_thread(network_name, self.root)
        if kind and not self.events.polled:
            self.events.polled = f"it lies on a network disk ({kind}), which does not tell of changes"
        polled = ""
        while True:
            self._dirty.clear()
            begun = time.monotonic()
            try:
                await self._look()
                if self.events.polled != polled:
                    polled = self.events.polled
                    self.bulletin.tell_folder(self.root, WatchState.WATCHING, note=self._polling_note())
            except StoreError as error:
                log.warning("%s: what was seen cannot be written down, and is later: %s", self.root, error)
            except Exception:  # the edge of a watch: nothing that is wrong with one file ends it
                log.exception("a look at the watched folder %s failed", self.root)
            await self._pause(time.monotonic() - begun)

    async def _pause(self, took: float) -> None:
        """Until there is reason to look again."""
        rest = min(self._settle_s / _LOOKS_TO_SETTLE, 1.0)  # where something grows the system tells of it all the time
        await asyncio.sleep(max(_LEAST_LOOK_S, rest, took * _SHARE_OF_LOOKING))
        deadline = time.monotonic() + self._longest_pause()
        # The folder may have become quiet since the work was last told of a look, and nothing would tell it again.
        self._work.looked.set()
        while (left := deadline - time.monotonic()) > 0 and not self._dirty.is_set():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._dirty.wait(), min(left, _ROOT_S))
            if not await self._in_thread(os.path.isdir, self.root) and self._absent is None:
                return

    def _longest_pause(self) -> float:
        arrivals, work = self.arrivals, self._work
        if (
            arrivals.changed
            or work.later
            or not arrivals.is_settled(work.ready)
            or not arrivals.is_quiet(time.monotonic())
        ):
            return max(_LEAST_LOOK_S, min(self._settle_s / 4, 1.0))
        quickly = self._absent is not None or self.events.polled
        return min(POLL_S, max(_LEAST_LOOK_S, self._settle_s)) if quickly else RESCAN_S

    async def _look(self) -> None:
        try:
            found = await self._in_thread(scan, self.root, _own_folders(self._desk.settings))
        except OSError as error:
            return self._lose(error)
        if self._is_another_disk(found):
            return self._lose(FileNotFoundError(self.root))
        self._find_again()
        self.arrivals.take(found, time.monotonic())
        self._tell_refused(found)
        await self._work.stop_what_changed()
        await self._look_for_transcripts(found)
        await self._judge()
        await self._work.recordings.look(time.monotonic())
        self._work.save()
        self._work.looked.set()
        if await self.events.listen_to(found.folders):
            self._dirty.set()  # what came while nobody listened

    def _is_another_disk(self, found: Scan) -> bool:
        """Whether a disk was taken out whose place is still there, as an empty folder."""
        known = {file.mark.device for file in self.arrivals.files.values() if file.state is not WatchState.GONE}
        return found.is_empty and bool(known) and found.device not in known

    def _lose(self, error: OSError) -> None:
        """The folder is not there, or may not be read: told once, and nothing of its files is thought to be gone."""
        self._work.paused = True
        if self._absent is not None:
            return
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            step = "It is watched again when it is there (a disk or card that is away?)."
            self._absent = InputError("watch_folder_gone", f"{printable_path(self.root)} is not there.", step)
        else:
            self._absent = InputError("watch_unreadable", unreadable(self.root, error).message, "Let it be read.")
        self.bulletin.tell_folder(self.root, WatchState.GONE, error=JobError.of(self._absent))

    def _find_again(self) -> None:
        if self._absent is not None:
            self._absent, self._work.paused = None, False
            self.bulletin.tell_folder(self.root, WatchState.WATCHING, note="It is there again.")

    def _tell_refused(self, found: Scan) -> None:
        for path, error in found.refused.items():
            if path not in self._refused:
                told = JobError.of(unreadable(path, error))
                self.bulletin.tell_folder(path, WatchState.FAILED, error=told)
        self._refused = set(found.refused)

    async def _look_for_transcripts(self, found: Scan) -> None:
        """Has files indexed again beside which a transcript was laid, or was changed."""
        done = [file for file in self.arrivals.files.values() if file.state is WatchState.DONE]
        named = [file.path for file in done if _may_have_transcript(file.path, found)]
        marks = await self._in_thread(lambda: [mark_of_transcript(path) for path in named])
        for path, mark in zip(named, marks, strict=True):
            file = self.arrivals.files.get(path)
            if file is not None and file.state is WatchState.DONE and mark and mark != file.transcript:
                self._work.checked.pop(path, None)
                note = "There is a transcript beside it, which is new."
                self.arrivals.tell_state(path, WatchState.WAITING, note=note, transcript=mark)

    async def _judge(self) -> None:
        """Which of the files that stand still are ready, held by a program, or not whole."""
        now, work = time.monotonic(), self._work
        settled = [path for path in self.arrivals.settled(now) if work.later.get(path, 0.0) <= now]
        files = {path: self.arrivals.files[path] for path in settled}
        fresh = [path for path, file in files.items() if work.checked.get(path) != file.mark]
        found = await self._in_thread(examine, fresh)
        work.ready = {path: mark for path, mark in work.ready.items() if path in files}
        for path, file in files.items():
            if self.arrivals.files.get(path) == file:
                self._sort(file, found, now)

    def _sort(self, file: WatchedFile, found: Examined, now: float) -> None:
        path, work = file.path, self._work
        if path in found.held and now - self.arrivals.growth[path].still_since < POLITE_S:
            if file.state is WatchState.WAITING:
                self.arrivals.tell_state(path, WatchState.COPYING, note="A program has it open for writing.")
            return
        work.checked[path] = file.mark
        if (fault := found.faults.get(path)) is not None:
            self.arrivals.tell_state(path, WatchState.INCOMPLETE, error=JobError.of(fault), note="")
        elif path in found.other:
            self.arrivals.set(path, state=WatchState.PASSED_OVER, note=NO_FOOTAGE)
        else:
            if file.state in ARRIVING:
                self.arrivals.tell_state(path, WatchState.WAITING, note="")
            work.ready.setdefault(path, file.mark)

    async def _in_thread(self, function: Callable[..., Value], *values: Any) -> Value:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *values)


def _own_folders(settings: Settings) -> frozenset[str]:
    folders = (settings.data, settings.cache, settings.models, settings.runtime, settings.log)
    return frozenset({str(path) for path in folders} | {os.path.realpath(path) for path in folders})


def _may_have_transcript(path: Path, found: Scan) -> bool:
    names = found.transcripts.get(os.fspath(path.parent), ())
    return any(name.startswith(path.stem) for name in names)
