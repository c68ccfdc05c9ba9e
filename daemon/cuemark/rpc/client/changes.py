"""ChangesService from the client's side: what changes, as it does."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from google.protobuf.message import Message

from cuemark.core.changes import LibraryChange
from cuemark.core.errors import CuemarkError
from cuemark.core.jobs import Job
from cuemark.rpc.client.connection import Reply, Service
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
        async for answer in self._again_and_again(changes_pb2.WatchLibraryRequest(), changes_pb2.WatchLibraryResponse):
            yield tuple(from_message(LibraryChange, change) for change in answer.changes)

    async def watch_jobs(self) -> AsyncGenerator[tuple[Job, ...]]:
        """Jobs that changed, as they are now."""
        async for answer in self._again_and_again(changes_pb2.WatchJobsRequest(), changes_pb2.WatchJobsResponse):
            yield tuple(from_message(Job, job) for job in answer.jobs)

    async def _again_and_again(self, request: Message, reply: type[Reply]) -> AsyncGenerator[Reply]:
        """A stream that is begun anew with the next daemon where one is lost."""
        while True:
            link = self._connection.link
            try:
                async with aclosing(self._connection.stream(request, reply)) as stream:
                    async for answer in stream:
                        yield answer
                return
            except CuemarkError as error:
                await self._connection.redial(link, error)
