"""JobsService: submit, watch, get, list, cancel, retry; and what can be set about an analysis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from cuemark.analysis.options import settings_of
from cuemark.core.jobs import JobSpec
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
        async with aclosing(self._core.events(request.job_id, request.after_sequence, HEARTBEAT_S)) as events:
            async for event in events:
                yield to_message(jobs_pb2.WatchJobResponse, event)

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
