"""ChangesService from the client's side: what changes, as it does."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from cuemark.core.changes import LibraryChange
from cuemark.core.errors import CuemarkError
from cuemark.core.jobs import Job
from cuemark.rpc.client.connection import Service
from cuemark.rpc.contract.tables import from_message
from cuemark.rpc.v1 import changes_pb2


class ChangesClient(Service):
    """The library and the jobs as they change.

    The first of a stream is empty: what changes from then on is told.  Later empty ones say that nothing happened for
    two seconds.  A lost daemon is found again, and the stream begins anew with an empty one: look at everything again.
    A daemon that was stopped on purpose ends it with DaemonError `daemon_stopping`.
    """

    async def watch_library(self) -> AsyncGenerator[tuple[LibraryChange, ...]]:
        """What changes of analyses and media."""
        while True:
            link = self._connection.link
            request = changes_pb2.WatchLibraryRequest()
            try:
                async with aclosing(self._connection.stream(request, changes_pb2.WatchLibraryResponse)) as stream:
                    async for answer in stream:
                        yield tuple(from_message(LibraryChange, change) for change in answer.changes)
                return
            except CuemarkError as error:
                await self._connection.redial(link, error)

    async def watch_jobs(self) -> AsyncGenerator[tuple[Job, ...]]:
        """Jobs that changed, as they are now."""
        while True:
            link = self._connection.link
            request = changes_pb2.WatchJobsRequest()
            try:
                async with aclosing(self._connection.stream(request, changes_pb2.WatchJobsResponse)) as stream:
                    async for answer in stream:
                        yield tuple(from_message(Job, job) for job in answer.jobs)
                return
            except CuemarkError as error:
                await self._connection.redial(link, error)
