"""JobsService from the client's side: submit, watch, get, list, cancel, retry."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from cuemark.core.analysis_options import SWITCHED_OFF, AnalysisOptions, absolute_borders, absolute_transcript
from cuemark.core.errors import CuemarkError
from cuemark.core.jobs import (
    AnalyzeSpec,
    IndexSpec,
    Job,
    JobEvent,
    JobSpec,
    JobState,
    ProxySpec,
    PullSpec,
    RenderSpec,
    SelectSpec,
    TranscribeSpec,
)
from cuemark.core.options import Setting
from cuemark.core.selection import RenderKind, RenderOptions, Selection, SelectionOptions, SelectionSource
from cuemark.core.typed_text import AUTO
from cuemark.core.vision_language import absolute
from cuemark.rpc.client.connection import PAGE, pages
from cuemark.rpc.client.models import ModelsClient
from cuemark.rpc.contract.tables import JOB_STATES, from_message, to_message
from cuemark.rpc.v1 import jobs_pb2


class JobsClient(ModelsClient):
    """Long work.  A job goes on whatever becomes of its watchers; only a cancel ends it."""

    async def submit_analyze(
        self, path: Path, options: AnalysisOptions | None = None, *, request_id: str | None = None
    ) -> Job:
        """Queues the analysis of one video file; the same `request_id` gives the same job.

        Relative paths are taken from the current folder.  Models of the options may be a registry name or a folder.
        Raises OptionError for options that cannot be; a bad file fails the job, not this call.
        """
        wanted = await self._whole(options or AnalysisOptions())
        return await self._submit(AnalyzeSpec(Path(os.path.abspath(path)), wanted), request_id)

    async def submit_transcribe(
        self, path: Path, options: AnalysisOptions | None = None, *, request_id: str | None = None
    ) -> Job:
        """Queues the writing down of what is said in one media; `get_transcript` gives it when the job has ended.

        Of the options those of speech and the limits are read.  Raises as `submit_analyze`.
        """
        wanted = await self._whole(options or AnalysisOptions())
        return await self._submit(TranscribeSpec(Path(os.path.abspath(path)), wanted), request_id)

    async def submit_index(
        self, path: Path, options: AnalysisOptions | None = None, *, request_id: str | None = None
    ) -> Job:
        """Queues putting one media into the library; `get_media` tells of it when the job has ended.

        Of the options the image model, speech, screen text, sampling and the limits are read.  Raises as
        `submit_analyze`.
        """
        wanted = await self._whole(options or AnalysisOptions())
        return await self._submit(IndexSpec(Path(os.path.abspath(path)), wanted), request_id)

    async def submit_pull(self, name: str, *, offline: bool = False, request_id: str | None = None) -> Job:
        """Queues the download of a registry model; `offline` only verifies what is already here."""
        return await self._submit(PullSpec(name, offline), request_id)

    async def submit_select(
        self,
        sources: Iterable[SelectionSource],
        options: SelectionOptions | None = None,
        *,
        request_id: str | None = None,
    ) -> Job:
        """Queues the choice of the best stretches; `get_selection` gives them when the job has ended.

        Sources are made of analyses and hits by `core.selection`.  Raises OptionError for options that cannot be.
        """
        return await self._submit(SelectSpec(tuple(sources), options or SelectionOptions()), request_id)

    async def submit_render(
        self,
        selection: Selection,
        output: Path,
        render: RenderKind = RenderKind.MOVIE,
        options: RenderOptions | None = None,
        *,
        request_id: str | None = None,
    ) -> Job:
        """Queues the writing of a selection's pictures and sound; `get_rendering` says what was written.

        A relative path is taken from the current folder.  What is there already fails the job, unless the options say
        that it may be replaced.
        """
        whole = Path(os.path.abspath(output))
        return await self._submit(RenderSpec(selection, whole, render, options or RenderOptions()), request_id)

    async def submit_proxy(self, path: Path, fingerprint: str, *, request_id: str | None = None) -> Job:
        """Queues a small copy of a media of the library, that every browser plays."""
        return await self._submit(ProxySpec(Path(os.path.abspath(path)), fingerprint), request_id)

    async def watch_job(self, job_id: str, after_sequence: int = 0) -> AsyncGenerator[JobEvent, None]:
        """The events of a job after `after_sequence`, then live until it ends; heartbeats every 2 s of silence.

        Survives a crash of the daemon: it is started again and the stream taken up after the last event.  A daemon
        that was stopped on purpose ends the stream with DaemonError `daemon_stopping`; the job stays queued.
        """
        last, connection = after_sequence, self._connection
        while True:
            link = connection.link
            request = jobs_pb2.WatchJobRequest(job_id=job_id, after_sequence=last)
            try:
                async with aclosing(connection.stream(request, jobs_pb2.WatchJobResponse)) as stream:
                    async for message in stream:
                        last = max(last, message.sequence)
                        yield from_message(JobEvent, message)
                return
            except CuemarkError as error:
                await connection.redial(link, error)

    async def wait_job(self, job_id: str, on_event: Callable[[JobEvent], None] | None = None) -> Job:
        """Watches a job to its end and returns it as it ended (failed and cancelled jobs too: look at `state`)."""
        async with aclosing(self.watch_job(job_id)) as events:
            async for event in events:
                if on_event is not None:
                    on_event(event)
        return await self.get_job(job_id)

    async def get_job(self, job_id: str) -> Job:
        """Raises NotFoundError `job_not_found`.  Ids may be shortened to a prefix that only one job has."""
        request = jobs_pb2.GetJobRequest(job_id=job_id)
        return from_message(Job, (await self._connection.call(request, jobs_pb2.GetJobResponse)).job)

    async def list_jobs(self, states: Iterable[JobState] = (), limit: int = PAGE) -> list[Job]:
        """Newest first; all states when none is named."""
        wanted = [JOB_STATES.to(state) for state in states]

        async def page(size: int, token: str) -> tuple[list[jobs_pb2.Job], str]:
            request = jobs_pb2.ListJobsRequest(states=wanted, page_size=size, page_token=token)
            answer = await self._connection.call(request, jobs_pb2.ListJobsResponse)
            return list(answer.jobs), answer.next_page_token

        return [from_message(Job, message) for message in await pages(page, limit)]

    async def cancel_job(self, job_id: str) -> Job:
        """Cancels a queued or running job (within two seconds); an ended one is returned as it is."""
        request = jobs_pb2.CancelJobRequest(job_id=job_id)
        return from_message(Job, (await self._connection.call(request, jobs_pb2.CancelJobResponse)).job)

    async def retry_job(self, job_id: str) -> Job:
        """Queues a failed or cancelled job again; raises OptionError `job_not_retryable` for others."""
        request = jobs_pb2.RetryJobRequest(job_id=job_id)
        return from_message(Job, (await self._connection.call(request, jobs_pb2.RetryJobResponse)).job)

    async def list_settings(self, preset: str | None = None) -> list[Setting]:
        """What can be set about the search of an analysis, with the values of a preset as defaults.

        Raises OptionError `option_preset`.
        """
        request = jobs_pb2.ListSettingsRequest(preset=preset or "")
        answer = await self._connection.call(request, jobs_pb2.ListSettingsResponse)
        return [from_message(Setting, message) for message in answer.settings]

    async def whole_options(self, options: AnalysisOptions) -> AnalysisOptions:
        """The options as a process that works in another folder needs them: with whole paths."""
        return await self._whole(options)

    async def _whole(self, options: AnalysisOptions) -> AnalysisOptions:
        """The options with whole paths: the daemon runs in another folder."""
        models = {role: await self._model(name) for role, name in options.models.items() if name}
        speech = options.speech
        if speech and speech not in (AUTO, SWITCHED_OFF):
            speech = await self._model(speech)
        vlm = absolute(options.vlm) if options.vlm else None
        transcript = absolute_transcript(options.transcript) if options.transcript else None
        at = absolute_borders(options.chapters_at) if options.chapters_at else None
        titles = os.path.abspath(os.path.expanduser(options.chapter_titles)) if options.chapter_titles else None
        return replace(
            options, models=models, vlm=vlm, speech=speech, transcript=transcript, chapters_at=at, chapter_titles=titles
        )

    async def _submit(self, spec: JobSpec, request_id: str | None) -> Job:
        request_id = request_id or str(uuid.uuid4())
        request = jobs_pb2.SubmitJobRequest(request_id=request_id, spec=to_message(jobs_pb2.JobSpec, spec))
        return from_message(Job, (await self._connection.call(request, jobs_pb2.SubmitJobResponse)).job)
