"""ChangesService: the library and the jobs as they change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from cuemark.core.changes import Changed
from cuemark.core.errors import NotFoundError
from cuemark.daemon.core import Core
from cuemark.rpc.contract.protocol import HEARTBEAT_S
from cuemark.rpc.contract.tables import to_message
from cuemark.rpc.v1 import changes_pb2 as pb
from cuemark.rpc.v1 import changes_pb2_grpc, jobs_pb2

_LIBRARY = (Changed.ANALYSIS, Changed.MEDIA)


class ChangesService(changes_pb2_grpc.ChangesServiceServicer):
    """See changes.proto."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def WatchLibrary(
        self, request: pb.WatchLibraryRequest, context: Any
    ) -> AsyncIterator[pb.WatchLibraryResponse]:
        async with aclosing(self._core.changes.watch(_LIBRARY, HEARTBEAT_S)) as news:
            async for changes in news:
                yield pb.WatchLibraryResponse(changes=[to_message(pb.LibraryChange, change) for change in changes])
        self._core.refuse_when_stopping()

    async def WatchJobs(self, request: pb.WatchJobsRequest, context: Any) -> AsyncIterator[pb.WatchJobsResponse]:
        async with aclosing(self._core.changes.watch((Changed.JOB,), HEARTBEAT_S)) as news:
            async for changes in news:
                found = [job for change in changes if (job := self._job(change.id)) is not None]
                yield pb.WatchJobsResponse(jobs=found)
        self._core.refuse_when_stopping()

    def _job(self, job_id: str) -> jobs_pb2.Job | None:
        """A job as it is now; None where it went meanwhile."""
        try:
            return to_message(jobs_pb2.Job, self._core.library.jobs.get(job_id))
        except NotFoundError:
            return None
