"""The daemon's handle on one worker process: starting it, its pipes, its last words, its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Sequence
from typing import Any

from cuemark.core.errors import WorkerError
from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.core.serialise import encode
from cuemark.core.settings import Settings

WORKER_COMMAND: tuple[str, ...] = (sys.executable, "-m", "cuemark.worker.main")
LINE_LIMIT = 64 * 1024 * 1024
"""The longest line a worker may send: the analysis of a long film with all its masks is a few megabytes."""
KILL_SIGNAL = getattr(signal, "SIGKILL", signal.SIGTERM)
"""What ends a process at once: where there is no SIGKILL (Windows), os.kill with SIGTERM does."""

log = logging.getLogger("cuemark.worker")


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
