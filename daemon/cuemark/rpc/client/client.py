"""The client: everything the CLI and other programs ask of the daemon, in plain types.

    with CuemarkClient.connect() as client:
        job = client.submit_analyze(Path("footage.mp4"))
        for event in client.watch_job(job.id): ...
        analysis = client.get_analysis(client.get_job(job.id).analysis_id)

Every method raises errors of cuemark.core.errors: those the daemon refused with, rebuilt with their reason code, and
DaemonError `daemon_lost`, `daemon_busy` or `daemon_stopping` when the daemon went away or is too slow.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import grpc

from cuemark.core.analysis import Analysis, AnalysisSummary, Chapter, Moment
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import NotFoundError
from cuemark.core.jobs import AnalyzeSpec, Job, JobEvent, JobSpec, JobState, PullSpec
from cuemark.core.markers import MarkerOptions
from cuemark.core.media import MediaInfo
from cuemark.core.options import Setting
from cuemark.core.settings import Settings, load
from cuemark.core.status import (
    CacheInfo,
    DaemonStatus,
    DaemonVersion,
    ExportedFile,
    ExportFormat,
    ModelInfo,
    PruneResult,
)
from cuemark.core.timeline import OPEN, Delivery, HostState, Removal, TimelineAddress, TimelineView, WentTo
from cuemark.rpc.client import connect as connecting
from cuemark.rpc.contract import convert, convert_hosts, convert_jobs, convert_system
from cuemark.rpc.contract.endpoint import Endpoint
from cuemark.rpc.contract.status import refusal_of
from cuemark.rpc.v1 import (
    analyses_pb2,
    analyses_pb2_grpc,
    export_pb2,
    export_pb2_grpc,
    hosts_pb2,
    hosts_pb2_grpc,
    jobs_pb2,
    jobs_pb2_grpc,
    media_pb2,
    media_pb2_grpc,
    models_pb2,
    models_pb2_grpc,
    system_pb2,
    system_pb2_grpc,
)

Ask = Callable[["CuemarkClient"], Callable[..., Any]]

CALL_S = 10.0
DISK_CALL_S = 120.0
"""Deadline of the calls that read footage, models or the cache from disk."""
HOST_CALL_S = 600.0
"""Deadline of the calls that wait for an editor, which may be busy with its own work."""
PAGE = 200


class CuemarkClient:
    """A connection to the daemon.  Safe to use from one thread at a time; close it or use it as a context."""

    def __init__(self, link: connecting.Link, reconnect: Callable[[], connecting.Link] | None = None) -> None:
        self._reconnect = reconnect
        self._attach(link)

    @classmethod
    def connect(
        cls,
        settings: Settings | None = None,
        *,
        start: bool = True,
        on_wait: Callable[[str], None] | None = None,
        daemon_command: Sequence[str] = connecting.DAEMON_COMMAND,
    ) -> CuemarkClient:
        """Connects to the running daemon, starting one where none runs and `start` allows it.

        `on_wait(text)` is called when the daemon has to be started.  Raises DaemonError: daemon_not_running,
        daemon_start_failed, daemon_not_answering, daemon_bad_token, daemon_protocol_mismatch.
        """
        settings = load() if settings is None else settings

        def dial() -> connecting.Link:
            return connecting.connect(settings, start=start, on_wait=on_wait, daemon_command=daemon_command)

        return cls(dial(), dial)

    @property
    def endpoint(self) -> Endpoint:
        """The daemon this client talks to."""
        return self._link.endpoint

    def close(self) -> None:
        """Closes the connection; jobs go on."""
        self._link.channel.close()

    def __enter__(self) -> CuemarkClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Jobs

    def submit_analyze(
        self, path: Path, options: AnalysisOptions | None = None, *, request_id: str | None = None
    ) -> Job:
        """Queues the analysis of one video file; the same `request_id` gives the same job.

        Relative paths are taken from the current folder.  Models of the options may be a registry name or a folder.
        Raises OptionError for options that cannot be; a bad file fails the job, not this call.
        """
        options = options or AnalysisOptions()
        models = {role: self._model(name) for role, name in options.models.items() if name}
        options = replace(options, models=models)
        return self._submit(AnalyzeSpec(Path(os.path.abspath(path)), options), request_id)

    def submit_pull(self, name: str, *, offline: bool = False, request_id: str | None = None) -> Job:
        """Queues the download of a registry model; `offline` only verifies what is already here."""
        return self._submit(PullSpec(name, offline), request_id)

    def watch_job(self, job_id: str, after_sequence: int = 0) -> Iterator[JobEvent]:
        """The events of a job after `after_sequence`, then live until it ends; heartbeats every 2 s of silence.

        Survives a crash of the daemon: it is started again and the stream taken up after the last event.  A daemon
        that was stopped on purpose ends the stream with DaemonError `daemon_stopping`; the job stays queued.
        """
        last = after_sequence
        while True:
            try:
                request = jobs_pb2.WatchJobRequest(job_id=job_id, after_sequence=last)
                for message in self._jobs.WatchJob(request, metadata=self._metadata):
                    last = max(last, message.sequence)
                    yield convert_jobs.event_from(message)
                return
            except grpc.RpcError as failure:
                error = refusal_of(failure)
                if error.code != "daemon_lost" or self._reconnect is None:
                    raise error from None
            self._attach(self._reconnect())

    def wait_job(self, job_id: str, on_event: Callable[[JobEvent], None] | None = None) -> Job:
        """Watches a job to its end and returns it as it ended (failed and cancelled jobs too: look at `state`)."""
        for event in self.watch_job(job_id):
            if on_event is not None:
                on_event(event)
        return self.get_job(job_id)

    def get_job(self, job_id: str) -> Job:
        """Raises NotFoundError `job_not_found`.  Ids may be shortened to a prefix that only one job has."""
        request = jobs_pb2.GetJobRequest(job_id=job_id)
        return convert_jobs.job_from(self._call(lambda c: c._jobs.GetJob, request).job)

    def list_jobs(self, states: Iterable[JobState] = (), limit: int = PAGE) -> list[Job]:
        """Newest first; all states when none is named."""
        wanted = [convert_jobs.STATES[state] for state in states]

        def page(size: int, token: str) -> tuple[list[Any], str]:
            request = jobs_pb2.ListJobsRequest(states=wanted, page_size=size, page_token=token)
            answer = self._call(lambda c: c._jobs.ListJobs, request)
            return list(answer.jobs), answer.next_page_token

        return [convert_jobs.job_from(message) for message in _pages(page, limit)]

    def cancel_job(self, job_id: str) -> Job:
        """Cancels a queued or running job (within two seconds); an ended one is returned as it is."""
        request = jobs_pb2.CancelJobRequest(job_id=job_id)
        return convert_jobs.job_from(self._call(lambda c: c._jobs.CancelJob, request).job)

    def retry_job(self, job_id: str) -> Job:
        """Queues a failed or cancelled job again; raises OptionError `job_not_retryable` for others."""
        request = jobs_pb2.RetryJobRequest(job_id=job_id)
        return convert_jobs.job_from(self._call(lambda c: c._jobs.RetryJob, request).job)

    def list_settings(self, preset: str | None = None) -> list[Setting]:
        """What can be set about the search of an analysis, with the values of a preset as defaults.

        Raises OptionError `option_preset`.
        """
        answer = self._call(lambda c: c._jobs.ListSettings, jobs_pb2.ListSettingsRequest(preset=preset or ""))
        return [convert_jobs.setting_from(message) for message in answer.settings]

    # Analyses

    def get_analysis(self, analysis_id: str, *, brief: bool = False) -> Analysis:
        """An analysis with the user's edits applied; `brief` leaves out masks and runners-up.

        Raises NotFoundError `analysis_not_found`.  Ids may be shortened to a prefix that only one analysis has.
        """
        request = analyses_pb2.GetAnalysisRequest(analysis_id=analysis_id, brief=brief)
        return convert.analysis_from(self._call(lambda c: c._analyses.GetAnalysis, request).analysis)

    def list_analyses(self, path: Path | None = None, limit: int = PAGE) -> list[AnalysisSummary]:
        """Newest first.  With `path`, those of that file's content, wherever it lay when it was analysed."""
        wanted = b"" if path is None else convert.path_to(os.path.abspath(path))

        def page(size: int, token: str) -> tuple[list[Any], str]:
            request = analyses_pb2.ListAnalysesRequest(path=wanted, page_size=size, page_token=token)
            answer = self._call(lambda c: c._analyses.ListAnalyses, request, DISK_CALL_S)
            return list(answer.analyses), answer.next_page_token

        return [convert.summary_from(message) for message in _pages(page, limit)]

    def find_analysis(self, target: str) -> Analysis:
        """The analysis with this id, or the newest one of the file with this path.

        Raises NotFoundError `analysis_not_found`.
        """
        try:
            return self.get_analysis(target)
        except NotFoundError:
            if not os.path.exists(target):
                raise
        found = self.list_analyses(Path(target), limit=1)
        if not found:
            step = "Analyse it first: cuemark analyze PATH"
            raise NotFoundError("analysis_not_found", f"{target} has not been analysed.", step)
        return self.get_analysis(found[0].id)

    def edit_moment(
        self,
        analysis_id: str,
        moment_id: str,
        *,
        caption: str | None = None,
        start: Fraction | None = None,
        end: Fraction | None = None,
    ) -> Moment:
        """Changes what is not None; raises NotFoundError, or OptionError `edit_*` where the result cannot be."""
        request = analyses_pb2.EditMomentRequest(
            analysis_id=analysis_id,
            moment_id=moment_id,
            caption=caption,
            start=None if start is None else convert.time_to(start),
            end=None if end is None else convert.time_to(end),
        )
        return convert.moment_from(self._call(lambda c: c._analyses.EditMoment, request).moment)

    def edit_chapter(
        self, analysis_id: str, chapter_id: str, *, title: str | None = None, start: Fraction | None = None
    ) -> list[Chapter]:
        """Changes a title or where a chapter starts (its neighbour then ends there); returns all chapters."""
        request = analyses_pb2.EditChapterRequest(
            analysis_id=analysis_id,
            chapter_id=chapter_id,
            title=title,
            start=None if start is None else convert.time_to(start),
        )
        answer = self._call(lambda c: c._analyses.EditChapter, request)
        return [convert.chapter_from(message) for message in answer.chapters]

    def delete_analysis(self, analysis_id: str) -> None:
        """Deletes an analysis and its edits; raises NotFoundError `analysis_not_found`."""
        self._call(lambda c: c._analyses.DeleteAnalysis, analyses_pb2.DeleteAnalysisRequest(analysis_id=analysis_id))

    # Media

    def find_videos(self, path: Path) -> list[Path]:
        """A file gives itself, a folder its video files (all levels, sorted).

        Raises MediaError `media_not_found`, `no_video_in_folder`, `media_unreadable`.
        """
        request = media_pb2.FindVideosRequest(path=convert.path_to(os.path.abspath(path)))
        answer = self._call(lambda c: c._media.FindVideos, request, DISK_CALL_S)
        return [convert.path_from(data) for data in answer.paths]

    def probe_media(self, path: Path) -> MediaInfo:
        """A file's facts without analysing it; raises MediaError."""
        request = media_pb2.ProbeMediaRequest(path=convert.path_to(os.path.abspath(path)))
        return convert.media_from(self._call(lambda c: c._media.ProbeMedia, request, DISK_CALL_S).media)

    # Models

    def list_models(self) -> list[ModelInfo]:
        """The registry, with what of it is on this machine."""
        answer = self._call(lambda c: c._models.ListModels, models_pb2.ListModelsRequest(), DISK_CALL_S)
        return [convert_system.model_from(message) for message in answer.models]

    def remove_model(self, name: str) -> int:
        """Removes a pulled model; returns the bytes freed.  Raises ModelError."""
        request = models_pb2.RemoveModelRequest(name=name)
        return int(self._call(lambda c: c._models.RemoveModel, request, DISK_CALL_S).bytes_freed)

    def models_path(self) -> Path:
        """The folder pulled models lie in."""
        return convert.path_from(self._call(lambda c: c._models.GetModelsPath, models_pb2.GetModelsPathRequest()).path)

    # Export

    def export_formats(self) -> list[ExportFormat]:
        """The formats `export` knows."""
        answer = self._call(lambda c: c._export.ListFormats, export_pb2.ListFormatsRequest())
        return [ExportFormat(message.name, message.suffix, message.description) for message in answer.formats]

    def export(
        self,
        analysis_id: str,
        format_name: str,
        *,
        rate: Fraction | None = None,
        drop_frame: bool | None = None,
        start_timecode: str | None = None,
        transliterate: bool = False,
    ) -> ExportedFile:
        """An analysis as a file of another program; raises OptionError `export_*`.

        `rate`, `drop_frame` and `start_timecode` describe the timeline, for formats that count its frames; None takes
        the media's own.
        """
        options = export_pb2.ExportOptions(
            rate=None if rate is None else convert.rate_to(rate),
            drop_frame=drop_frame,
            start_timecode=start_timecode,
            transliterate=transliterate,
        )
        request = export_pb2.ExportAnalysisRequest(analysis_id=analysis_id, format=format_name, options=options)
        try:
            parts = list(self._export.ExportAnalysis(request, timeout=DISK_CALL_S, metadata=self._metadata))
        except grpc.RpcError as failure:
            raise refusal_of(failure) from None
        data = b"".join(part.data for part in parts)
        return ExportedFile(parts[0].suggested_name, data, convert.notices_from(parts[0].warnings))

    # Editors

    def list_hosts(self) -> list[HostState]:
        """Every editor with a bridge, each asked just now; one that cannot be reached carries its `problem`."""
        answer = self._call(lambda c: c._hosts.ListHosts, hosts_pb2.ListHostsRequest(), HOST_CALL_S)
        return [convert_hosts.state_from(message) for message in answer.hosts]

    def describe_timeline(
        self, host: str, address: TimelineAddress = OPEN, *, with_footage: bool = False
    ) -> TimelineView:
        """A timeline with its clips and our markers on it, and the readable files of its clips; raises HostError."""
        request = hosts_pb2.DescribeTimelineRequest(
            timeline=convert_hosts.address_to(host, address), with_footage=with_footage
        )
        answer = self._call(lambda c: c._hosts.DescribeTimeline, request, HOST_CALL_S)
        markers = tuple(map(convert_hosts.marker_from, answer.markers))
        footage = tuple(map(convert_hosts.footage_from, answer.footage))
        return TimelineView(convert_hosts.timeline_from(answer.timeline), markers, answer.other_markers, footage)

    def send_markers(
        self,
        host: str,
        analysis_ids: Sequence[str],
        address: TimelineAddress = OPEN,
        options: MarkerOptions | None = None,
        *,
        keep_edits: bool = True,
    ) -> Delivery:
        """Puts the markers of analyses on a timeline; again, it changes nothing.

        What the user changed of our markers in the editor stays unless `keep_edits` is off.  Raises HostError,
        NotFoundError, OptionError `marker_colour*`.
        """
        request = hosts_pb2.SendMarkersRequest(
            timeline=convert_hosts.address_to(host, address),
            analysis_ids=analysis_ids,
            options=convert_hosts.options_to(options or MarkerOptions()),
            discard_edits=not keep_edits,
        )
        return convert_hosts.delivery_from(self._call(lambda c: c._hosts.SendMarkers, request, HOST_CALL_S))

    def remove_markers(self, host: str, analysis_id: str = "", address: TimelineAddress = OPEN) -> Removal:
        """Takes our markers off a timeline, all or those of one analysis; raises HostError, NotFoundError."""
        request = hosts_pb2.RemoveMarkersRequest(
            timeline=convert_hosts.address_to(host, address), analysis_id=analysis_id
        )
        return convert_hosts.removal_from(self._call(lambda c: c._hosts.RemoveMarkers, request, HOST_CALL_S))

    def go_to(
        self,
        host: str,
        *,
        marker: int | None = None,
        frame: int | None = None,
        timecode: str | None = None,
        address: TimelineAddress = OPEN,
    ) -> WentTo:
        """Moves the playhead to one of: our nth marker (from 1), a frame from the timeline's start, a timecode.

        Raises HostError, OptionError `host_marker_unknown`, `frame_outside`, `timecode_invalid`.
        """
        request = hosts_pb2.GoToRequest(
            timeline=convert_hosts.address_to(host, address), marker=marker, frame=frame, timecode=timecode
        )
        answer = self._call(lambda c: c._hosts.GoTo, request, HOST_CALL_S)
        found = convert_hosts.marker_from(answer.marker) if answer.HasField("marker") else None
        return WentTo(answer.frame, answer.timecode, found)

    def stop_script(self, host: str) -> bool:
        """Asks our script that runs in an editor to end; whether one did.  Waits a few seconds at most.

        Raises HostError, StoreError, DaemonError `daemon_busy` where others keep the editor busy for longer.
        """
        return bool(self._call(lambda c: c._hosts.StopScript, hosts_pb2.StopScriptRequest(host=host)).ended)

    # The daemon itself

    def version(self) -> DaemonVersion:
        """Which daemon answers."""
        answer = self._call(lambda c: c._system.GetVersion, system_pb2.GetVersionRequest())
        return DaemonVersion(answer.version, answer.protocol, answer.instance_id)

    def status(self) -> DaemonStatus:
        """The daemon as it is now: versions, folders, devices in use and why, queue."""
        return convert_system.status_from(self._call(lambda c: c._system.GetStatus, system_pb2.GetStatusRequest()))

    def cache_info(self) -> CacheInfo:
        """Where the feature cache lies and how big it is."""
        answer = self._call(lambda c: c._system.GetCache, system_pb2.GetCacheRequest(), DISK_CALL_S)
        return CacheInfo(convert.path_from(answer.path), answer.bytes, answer.tracks)

    def prune_cache(self, max_bytes: int | None = None) -> PruneResult:
        """Sweeps what no index row names; with `max_bytes` also the least recently used, down to that size."""
        request = system_pb2.PruneCacheRequest(max_bytes=max_bytes)
        answer = self._call(lambda c: c._system.PruneCache, request, DISK_CALL_S)
        return PruneResult(answer.bytes_freed, answer.files_removed)

    # Inside

    def _attach(self, link: connecting.Link) -> None:
        self._link = link
        self._metadata = connecting.token_metadata(link.endpoint)
        channel = link.channel
        self._jobs = jobs_pb2_grpc.JobsServiceStub(channel)
        self._analyses = analyses_pb2_grpc.AnalysesServiceStub(channel)
        self._media = media_pb2_grpc.MediaServiceStub(channel)
        self._models = models_pb2_grpc.ModelsServiceStub(channel)
        self._export = export_pb2_grpc.ExportServiceStub(channel)
        self._hosts = hosts_pb2_grpc.HostsServiceStub(channel)
        self._system = system_pb2_grpc.SystemServiceStub(channel)

    def _call(self, ask: Ask, request: Any, timeout: float = CALL_S) -> Any:
        """One call; where the daemon went away meanwhile, once more to the one that is there (or is started) now.

        `ask` picks the method, since a new connection has new ones.  Every call of ours may be made twice.
        """
        for last in (self._reconnect is None, True):
            try:
                return ask(self)(request, timeout=timeout, metadata=self._metadata)
            except grpc.RpcError as failure:
                error = refusal_of(failure)
                if last or error.code != "daemon_lost" or self._reconnect is None:
                    raise error from None
            self._attach(self._reconnect())
        raise AssertionError("the last attempt returns or raises")

    def _submit(self, spec: JobSpec, request_id: str | None) -> Job:
        request_id = request_id or str(uuid.uuid4())
        request = jobs_pb2.SubmitJobRequest(request_id=request_id, spec=convert_jobs.spec_to(spec))
        return convert_jobs.job_from(self._call(lambda c: c._jobs.SubmitJob, request).job)

    def _model(self, name: str) -> str:
        """A model as the daemon (which runs in another folder) must be told it: registry name or absolute folder."""
        looks_like_path = os.path.basename(name) != name or name in (".", "..") or name.startswith("~")
        if not looks_like_path and not os.path.isdir(name):
            return name
        if not looks_like_path and name in {model.name for model in self.list_models()}:
            return name
        return os.path.abspath(os.path.expanduser(name))


def _pages(page: Callable[[int, str], tuple[list[Any], str]], limit: int) -> Iterator[Any]:
    """Items over all pages, at most `limit`."""
    token = ""
    while limit > 0:
        items, token = page(min(limit, PAGE), token)
        yield from items[:limit]
        limit -= len(items)
        if not token:
            return
