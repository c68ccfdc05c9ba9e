"""The daemon's handles on worker processes: one process with its pipes, and the place for one that a lane has.

A worker that crashes, hangs or is killed costs its task, never the daemon anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

from cuemark.core.drafts import sweep
from cuemark.core.errors import WorkerError
from cuemark.core.jobs import WorkSpec
from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.core.own_process import handed_on, python_command, working_folder
from cuemark.core.serialise import decode, encode
from cuemark.core.settings import Settings
from cuemark.core.status import LoadedModels

WORKER_COMMAND: tuple[str, ...] = python_command("cuemark.worker.main")
KILL_AFTER_S = 1.2
"""A task that does not heed a cancel for so long has its worker killed; with that a cancel takes under two seconds."""
_GENTLE_PATIENCE = 8
"""A gentle worker may be silent for so many times longer: others may hold all the cores."""
LINE_LIMIT = 64 * 1024 * 1024
"""The longest line a worker may send: the analysis of a long film with all its masks is a few megabytes."""
KILL_SIGNAL = getattr(signal, "SIGKILL", signal.SIGTERM)
"""What ends a process at once: where there is no SIGKILL (Windows), os.kill with SIGTERM does."""

_ENDS = ("done", "failed", "cancelled")

log = logging.getLogger("cuemark.worker")


class WorkerGone(Exception):
    """The worker ended in the middle of a task; the text says how."""


class WorkerProcess:
    """A started worker.  `start` makes one; `receive` yields its messages, None once it has gone."""

    def __init__(self, process: asyncio.subprocess.Process, limits: ProcessLimits) -> None:
        self._process = process
        self.limits = limits
        self._words: deque[str] = deque(maxlen=5)
        self._errors = asyncio.create_task(self._read_errors())

    @classmethod
    async def start(
        cls, settings: Settings, command: Sequence[str], limits: ProcessLimits = UNLIMITED
    ) -> WorkerProcess:
        """Starts a worker, held back by `limits` for good, and greets it; raises WorkerError `worker_start_failed`."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=LINE_LIMIT,
                cwd=working_folder(),
                env=handed_on(),
                # Its own session: an interrupt typed at a daemon in the foreground is for the daemon alone.
                start_new_session=True,
            )
        except OSError as error:
            step = "Reinstall Cuemark, or check the memory and process limits of this account."
            raise WorkerError("worker_start_failed", f"The worker cannot be started: {error}.", step) from error
        worker = cls(process, limits)
        await worker.send({"type": "hello", "settings": encode(settings), "limits": encode(limits)})
        return worker

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.returncode is None

    async def send(self, message: dict[str, Any]) -> None:
        """Sends a message; a worker that has gone is noticed by `receive`."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode("ascii") + b"\n")
            await self._process.stdin.drain()
        except OSError:
            log.debug("worker %d took no message: it has gone", self.pid)

    async def receive(self) -> dict[str, Any] | None:
        """The next message; None when the worker has gone."""
        assert self._process.stdout is not None
        while True:
            try:
                line = await self._process.stdout.readline()
            except ValueError:
                log.error("worker %d sent a line over %d bytes; ending it", self.pid, LINE_LIMIT)
                self.kill()
                return None
            if not line.endswith(b"\n"):
                # The end, or a line the worker died in the middle of.
                return None
            try:
                message = json.loads(line)
            except ValueError:
                log.error("worker %d sent something that is no message: %r", self.pid, line[:200])
                continue
            if isinstance(message, dict):
                return message

    def kill(self) -> None:
        """Ends the process at once."""
        if not self.alive:
            return
        # Not Process.kill, which polls the child first: where that poll reaps one that has just died, asyncio is left
        # without its status and says 255 in place of the signal that ended it.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, KILL_SIGNAL)

    async def close(self, grace: float = 2.0) -> None:
        """Ends the process: politely by closing its input, after `grace` seconds at once."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), grace)
        except asyncio.TimeoutError:
            self.kill()
            await self._process.wait()
        await self._errors

    async def end(self) -> str:
        """Waits for the end and describes it: how it ended and what it last said."""
        self.kill()
        status = await self._process.wait()
        await self._errors
        how = f"exit status {status}"
        if status < 0:
            name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
            how = f"signal {name}" + (", perhaps for lack of memory" if -status == 9 else "")
        return how + (f"; last words: {self._words[-1]}" if self._words else "")

    async def _read_errors(self) -> None:
        assert self._process.stderr is not None
        while True:
            try:
                line = await self._process.stderr.readline()
            except ValueError:
                continue
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip()
            if text:
                self._words.append(text[:300])
                log.info("worker %d: %s", self.pid, text[:2000])


class WorkerSlot:
    """A lane's place for a worker: empty, or one process that runs one task at a time and keeps its models.

    The process is started for the first task, and replaced for one with other limits: it keeps its own for good.
    """

    def __init__(self, settings: Settings, command: Sequence[str], lane: str) -> None:
        self._settings = settings
        self._command = command
        self._lane = lane
        self._worker: WorkerProcess | None = None
        self._attained = ""
        self._killer: asyncio.TimerHandle | None = None
        self._silent_s: float | None = None
        """How long the worker had said nothing when it was ended for that."""
        self.models = LoadedModels()

    @property
    def pid(self) -> int | None:
        """The worker's process, None while there is none."""
        return self._worker.pid if self._worker is not None and self._worker.alive else None

    @property
    def limits_attained(self) -> str:
        """How the worker is held back, in its own words; "" where it is not, or there is none."""
        return self._attained if self.pid is not None else ""

    async def run(
        self, task_id: str, function: str, spec: WorkSpec, limits: ProcessLimits, wanted: Callable[[], bool]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The messages of a task, the last of which ends it.  `wanted` tells whether it still is, once a worker is up.

        Raises WorkerError `worker_start_failed`, and WorkerGone where the worker ended before the task.
        """
        self._call_off_kill()
        try:
            worker = await self._ready(limits)
            if wanted():
                await worker.send({"type": "run", "task_id": task_id, "function": function, "spec": encode(spec)})
            else:
                worker.kill()
            while message := await self._receive(worker):
                if message.get("task_id") not in (None, task_id):
                    continue
                self._note(message)
                yield message
                if message["type"] in _ENDS:
                    if message.get("spent"):
                        await self.close()
                    return
            raise WorkerGone(await self._gone(worker))
        finally:
            self._call_off_kill()

    async def interrupt(self, task_id: str) -> None:
        """Asks the worker to cancel the task, and kills it where it does not heed that."""
        worker = self._worker
        if worker is not None:
            self._killer = asyncio.get_running_loop().call_later(KILL_AFTER_S, worker.kill)
            await worker.send({"type": "cancel", "task_id": task_id})

    async def close(self) -> None:
        """Ends the worker, so that its memory (the GPU's above all) really returns to others."""
        if self._worker is not None:
            log.info("worker %d is ended", self._worker.pid)
            worker, self._worker = self._worker, None
            self.models = LoadedModels()
            await worker.close()

    async def _ready(self, limits: ProcessLimits) -> WorkerProcess:
        if self._worker is not None and not self._worker.alive:
            await self._worker.end()
            self._worker = None
        if self._worker is not None and self._worker.limits != limits:
            await self.close()
        if self._worker is None:
            self._attained = ""
            self._worker = await WorkerProcess.start(self._settings, self._command, limits)
            log.info("worker %d started for %s", self._worker.pid, self._lane)
        return self._worker

    async def _receive(self, worker: WorkerProcess) -> dict[str, Any] | None:
        """The next message; a worker that is silent for too long is taken as gone."""
        limit = self._settings.worker_hang_s * (_GENTLE_PATIENCE if worker.limits.gentle else 1) or None
        try:
            return await asyncio.wait_for(worker.receive(), limit)
        except asyncio.TimeoutError:
            log.error("worker %d has been silent for %s s; ending it", worker.pid, limit)
            self._silent_s = limit
            return None

    async def _gone(self, worker: WorkerProcess) -> str:
        how, silent_s = await worker.end(), self._silent_s
        await asyncio.to_thread(sweep, self._settings.cache)
        self._worker, self._silent_s = None, None
        self.models = LoadedModels()
        return how if silent_s is None else f"it said nothing for {silent_s:g} s and was ended"

    def _note(self, message: dict[str, Any]) -> None:
        """Takes what a message says of the worker itself."""
        if message["type"] == "ready":
            self._attained = message.get("limits", "")
        elif message["type"] == "models":
            self.models = decode(LoadedModels, message["models"])

    def _call_off_kill(self) -> None:
        if self._killer is not None:
            self._killer.cancel()
            self._killer = None
