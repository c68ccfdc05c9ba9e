"""Query dispatcher: short questions that somebody waits for, answered by a worker of their own beside the job queue.

A query never waits behind an analysis or a download, only behind other queries; it is not kept, and dies with who
asked.  The worker stays warm between queries, and is ended when none came for `worker_idle_s`.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from cuemark.core.errors import CuemarkError, DaemonError, WorkerError
from cuemark.core.jobs import JobError, QuerySpec
from cuemark.core.serialise import decode
from cuemark.core.settings import Settings
from cuemark.daemon.job_kinds import QUERIES, kind_of
from cuemark.daemon.worker_process import WORKER_COMMAND, WorkerGone, WorkerSlot

MOST_WAITING = 100
ATTEMPTS = 2
"""A worker that dies may have been killed for lack of memory; a query that kills two is the cause."""

log = logging.getLogger("cuemark.dispatcher")


@dataclass(frozen=True)
class _Query:
    """A question, and where its answer goes; cancelled when nobody waits any more."""

    id: str
    spec: QuerySpec
    answer: asyncio.Future[Any]


class QueryDispatcher:
    """Answers queries in the order they came until stopped."""

    def __init__(self, settings: Settings, command: Sequence[str] = WORKER_COMMAND) -> None:
        self._settings = settings
        self._waiting: deque[_Query] = deque()
        self._query: _Query | None = None
        self._wake = asyncio.Event()
        self._stopping = False
        self.slot = WorkerSlot(settings, command, QUERIES.name)

    async def ask(self, spec: QuerySpec) -> Any:
        """The answer, of the type its kind says.  Cancelling the wait cancels the query, within two seconds.

        Raises what the query fails with, WorkerError `worker_crashed`, DaemonError `daemon_busy`, `daemon_stopping`.
        """
        kind_of(spec).check(spec)
        if self._stopping:
            raise _stopping()
        if len(self._waiting) >= MOST_WAITING:
            raise DaemonError("daemon_busy", f"{len(self._waiting)} other queries wait.", "Try again in a moment.")
        query = _Query(secrets.token_hex(6), spec, asyncio.get_running_loop().create_future())
        self._waiting.append(query)
        self._wake.set()
        try:
            return await query.answer
        finally:
            if query.answer.cancelled() and self._query is query:
                await self.slot.interrupt(query.id)

    async def stop(self) -> None:
        """Refuses what waits and lets `run` return."""
        self._stopping = True
        self._wake.set()
        if self._query is not None:
            await self.slot.interrupt(self._query.id)

    async def run(self) -> None:
        """Works until `stop`; returns with the worker ended."""
        try:
            while not self._stopping:
                await self._step()
        finally:
            for query in self._waiting:
                _settle(query, _stopping())
            await self.slot.close()

    async def _step(self) -> None:
        self._wake.clear()
        if self._waiting:
            self._query = self._waiting.popleft()
            try:
                await self._answer(self._query)
            finally:
                _settle(self._query, _stopping())  # where nothing else has
                self._query = None
            return
        try:
            await asyncio.wait_for(self._wake.wait(), self._settings.worker_idle_s)
        except asyncio.TimeoutError:
            await self.slot.close()
            await self._wake.wait()

    async def _answer(self, query: _Query) -> None:
        how = ""
        for _ in range(ATTEMPTS):
            if not self._wanted(query):
                return
            try:
                return await self._attempt(query)
            except WorkerGone as gone:
                how = str(gone)
                if self._wanted(query):
                    log.error("query %s: its worker ended: %s", query.spec.kind, how)
            except WorkerError as error:
                return _settle(query, error)
        message = f"The worker ended unexpectedly {ATTEMPTS} times ({how})."
        return _settle(query, WorkerError("worker_crashed", message, f"Read {self._settings.log_file}."))

    async def _attempt(self, query: _Query) -> None:
        kind = kind_of(query.spec)
        limits = kind.limits(query.spec, self._settings)
        task = self.slot.run(query.id, kind.runner, query.spec, limits, lambda: self._wanted(query))
        async with aclosing(task) as messages:
            async for message in messages:
                if message["type"] == "done":
                    _settle(query, kind.decoded(message["result"]))
                elif message["type"] == "failed":
                    _settle(query, decode(JobError, message["error"]).error())

    def _wanted(self, query: _Query) -> bool:
        return not (self._stopping or query.answer.done())


def _settle(query: _Query, answer: Any) -> None:
    """Hands over the answer or the error, once."""
    if query.answer.done():
        return
    if isinstance(answer, CuemarkError):
        query.answer.set_exception(answer)
    else:
        query.answer.set_result(answer)


def _stopping() -> DaemonError:
    return DaemonError("daemon_stopping", "The daemon is stopping.", "Ask again: the next command starts a new one.")
