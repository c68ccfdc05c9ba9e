"""JobsService: submit, watch, get, list, cancel, retry; and what can be set about an analysis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime, timezone
from typing import Any

from cuemark.analysis.options import settings_of
from cuemark.core.jobs import JobEvent, JobSpec
from cuemark.daemon.core import Core
from cuemark.rpc.contract.protocol import HEARTBEAT_S
from cuemark.rpc.contract.tables import JOB_STATES, from_message, to_message
from cuemark.rpc.v1 import jobs_pb2, jobs_pb2_grpc


class JobsService(jobs_pb2_grpc.JobsServiceServicer):
    """See jobs.proto."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._jobs = core.library.jobs

    async def SubmitJob(self, request: jobs_pb2.SubmitJobRequest, context: Any) -> jobs_pb2.SubmitJobResponse:
        job = self._core.submit(request.request_id, from_message(JobSpec, request.spec))
        return jobs_pb2.SubmitJobResponse(job=to_message(jobs_pb2.Job, job))

    async def WatchJob(
        self, request: jobs_pb2.WatchJobRequest, context: Any
    ) -> AsyncIterator[jobs_pb2.WatchJobResponse]:
        job_id = self._jobs.get(request.job_id).id
        changed = self._core.watch(job_id)
        last, spoken = request.after_sequence, time.monotonic()
        try:
            while True:
                self._core.refuse_when_stopping()
                changed.clear()
                # Read before the events: what ends the job meanwhile is then still told in the next round.
                ended = self._jobs.get(job_id).state.ended
                for event in self._jobs.events_after(job_id, last):
                    yield to_message(jobs_pb2.WatchJobResponse, event)
                    last, spoken = event.sequence, time.monotonic()
                if ended:
                    return
                if not await _woken(changed, spoken + HEARTBEAT_S - time.monotonic()):
                    yield to_message(jobs_pb2.WatchJobResponse, JobEvent(last, datetime.now(timezone.utc)))
                    spoken = time.monotonic()
        finally:
            self._core.unwatch(job_id, changed)

    async def GetJob(self, request: jobs_pb2.GetJobRequest, context: Any) -> jobs_pb2.GetJobResponse:
        return jobs_pb2.GetJobResponse(job=to_message(jobs_pb2.Job, self._jobs.get(request.job_id)))

    async def ListJobs(self, request: jobs_pb2.ListJobsRequest, context: Any) -> jobs_pb2.ListJobsResponse:
        states = [JOB_STATES.back(number) for number in request.states]
        jobs, token = self._jobs.page(states, request.page_size, request.page_token)
        return jobs_pb2.ListJobsResponse(jobs=[to_message(jobs_pb2.Job, job) for job in jobs], next_page_token=token)

    async def CancelJob(self, request: jobs_pb2.CancelJobRequest, context: Any) -> jobs_pb2.CancelJobResponse:
        job = await self._core.cancel(request.job_id)
        return jobs_pb2.CancelJobResponse(job=to_message(jobs_pb2.Job, job))

    async def RetryJob(self, request: jobs_pb2.RetryJobRequest, context: Any) -> jobs_pb2.RetryJobResponse:
        job = self._core.retry(request.job_id)
        return jobs_pb2.RetryJobResponse(job=to_message(jobs_pb2.Job, job))

    async def ListSettings(self, request: jobs_pb2.ListSettingsRequest, context: Any) -> jobs_pb2.ListSettingsResponse:
        found = settings_of(request.preset or None)
        return jobs_pb2.ListSettingsResponse(settings=[to_message(jobs_pb2.Setting, each) for each in found])


async def _woken(event: asyncio.Event, seconds: float) -> bool:
    """Waits for the event, at most so long; whether it came."""
    try:
        await asyncio.wait_for(event.wait(), max(0.0, seconds))
    except asyncio.TimeoutError:
        return False
    return True
