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
from cuemark.rpc.v1 import jobs_pb2 as pb
from cuemark.rpc.v1 import jobs_pb2_grpc


class JobsService(jobs_pb2_grpc.JobsServiceServicer):
    """See jobs.proto."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._jobs = core.library.jobs

    async def SubmitJob(self, request: pb.SubmitJobRequest, context: Any) -> pb.SubmitJobResponse:
        job = self._core.submit(request.request_id, from_message(JobSpec, request.spec))
        return pb.SubmitJobResponse(job=to_message(pb.Job, job))

    async def WatchJob(self, request: pb.WatchJobRequest, context: Any) -> AsyncIterator[pb.WatchJobResponse]:
        async with aclosing(self._core.events(request.job_id, request.after_sequence, HEARTBEAT_S)) as events:
            async for event in events:
                yield to_message(pb.WatchJobResponse, event)

    async def GetJob(self, request: pb.GetJobRequest, context: Any) -> pb.GetJobResponse:
        return pb.GetJobResponse(job=to_message(pb.Job, self._jobs.get(request.job_id)))

    async def ListJobs(self, request: pb.ListJobsRequest, context: Any) -> pb.ListJobsResponse:
        states = [JOB_STATES.back(number) for number in request.states]
        jobs, token = self._jobs.page(states, request.page_size, request.page_token)
        return pb.ListJobsResponse(jobs=[to_message(pb.Job, job) for job in jobs], next_page_token=token)

    async def CancelJob(self, request: pb.CancelJobRequest, context: Any) -> pb.CancelJobResponse:
        job = await self._core.cancel(request.job_id)
        return pb.CancelJobResponse(job=to_message(pb.Job, job))

    async def RetryJob(self, request: pb.RetryJobRequest, context: Any) -> pb.RetryJobResponse:
        job = self._core.retry(request.job_id)
        return pb.RetryJobResponse(job=to_message(pb.Job, job))

    async def ListSettings(self, request: pb.ListSettingsRequest, context: Any) -> pb.ListSettingsResponse:
        found = settings_of(request.preset or None)
        return pb.ListSettingsResponse(settings=[to_message(pb.Setting, each) for each in found])
