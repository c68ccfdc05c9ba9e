"""Messages of the contract to and from our own types: jobs, their requests and their events."""

from __future__ import annotations

from cuemark.core import analysis_options, jobs
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import OptionError
from cuemark.core.options import Setting
from cuemark.core.text import printable
from cuemark.rpc.contract.convert import (
    notices_from,
    notices_to,
    path_from,
    path_to,
    stamp_from,
    stamp_to,
)
from cuemark.rpc.v1 import jobs_pb2

STATES: dict[jobs.JobState, jobs_pb2.JobState] = {
    jobs.JobState.QUEUED: jobs_pb2.JOB_STATE_QUEUED,
    jobs.JobState.RUNNING: jobs_pb2.JOB_STATE_RUNNING,
    jobs.JobState.SUCCEEDED: jobs_pb2.JOB_STATE_SUCCEEDED,
    jobs.JobState.FAILED: jobs_pb2.JOB_STATE_FAILED,
    jobs.JobState.CANCELLED: jobs_pb2.JOB_STATE_CANCELLED,
}


def state_from(value: jobs_pb2.JobState) -> jobs.JobState:
    """Raises OptionError `job_state` for a state this version does not know."""
    for state, number in STATES.items():
        if number == value:
            return state
    raise OptionError("job_state", f"{value} is not a job state.", "Use one of the JobState values of the contract.")


def options_to(options: AnalysisOptions) -> jobs_pb2.AnalysisOptions:
    return jobs_pb2.AnalysisOptions(
        values={name: printable(text) for name, text in analysis_options.to_texts(options).items()},
        models={role: path_to(name) for role, name in options.models.items()},
        settings={printable(name): printable(text) for name, text in options.settings.items()},
    )


def options_from(message: jobs_pb2.AnalysisOptions) -> AnalysisOptions:
    """Raises OptionError `option_unknown` for a name there is not, or the code of an option that is no such value."""
    models = {role: str(path_from(name)) for role, name in message.models.items()}
    return analysis_options.from_texts(message.values, models, message.settings)


def setting_to(setting: Setting) -> jobs_pb2.Setting:
    return jobs_pb2.Setting(
        name=setting.name, type=setting.type, range=setting.range, default=setting.default, help=setting.help
    )


def setting_from(message: jobs_pb2.Setting) -> Setting:
    return Setting(message.name, message.type, message.range, message.default, message.help)


def spec_to(spec: jobs.JobSpec) -> jobs_pb2.JobSpec:
    if isinstance(spec, jobs.PullSpec):
        pull = jobs_pb2.PullModelSpec(name=printable(spec.name), offline=spec.offline)
        return jobs_pb2.JobSpec(pull_model=pull)
    analyze = jobs_pb2.AnalyzeSpec(path=path_to(spec.path), options=options_to(spec.options))
    return jobs_pb2.JobSpec(analyze=analyze)


def spec_from(message: jobs_pb2.JobSpec) -> jobs.JobSpec:
    """Raises OptionError `job_spec` where nothing is asked for."""
    kind = message.WhichOneof("spec")
    if kind == "analyze":
        return jobs.AnalyzeSpec(path_from(message.analyze.path), options_from(message.analyze.options))
    if kind == "pull_model":
        return jobs.PullSpec(message.pull_model.name, message.pull_model.offline)
    raise OptionError("job_spec", "The job says neither analyze nor pull_model.", "Update the program that sent it.")


def progress_to(progress: jobs.JobProgress) -> jobs_pb2.JobProgress:
    return jobs_pb2.JobProgress(
        stage=progress.stage,
        done=progress.done,
        total=progress.total,
        unit=progress.unit,
        rate=progress.rate,
        seconds_left=progress.seconds_left,
    )


def progress_from(message: jobs_pb2.JobProgress) -> jobs.JobProgress:
    left = message.seconds_left if message.HasField("seconds_left") else None
    return jobs.JobProgress(message.stage, message.done, message.total, message.unit, message.rate, left)


def error_to(error: jobs.JobError) -> jobs_pb2.JobError:
    return jobs_pb2.JobError(
        code=error.code, message=printable(error.message), next_step=printable(error.next_step), kind=error.kind
    )


def error_from(message: jobs_pb2.JobError) -> jobs.JobError:
    return jobs.JobError(message.code, message.message, message.next_step, message.kind)


def job_to(job: jobs.Job) -> jobs_pb2.Job:
    error = job.error
    return jobs_pb2.Job(
        id=job.id,
        request_id=job.request_id,
        spec=spec_to(job.spec),
        state=STATES[job.state],
        attempt=job.attempt,
        progress=None if job.progress is None else progress_to(job.progress),
        error=None if error is None else error_to(error),
        counters=job.counters,
        analysis_id=job.analysis_id or "",
        created_at=stamp_to(job.created_at),
        started_at=None if job.started_at is None else stamp_to(job.started_at),
        finished_at=None if job.finished_at is None else stamp_to(job.finished_at),
        warnings=notices_to(job.warnings),
    )


def job_from(message: jobs_pb2.Job) -> jobs.Job:
    return jobs.Job(
        id=message.id,
        request_id=message.request_id,
        spec=spec_from(message.spec),
        state=state_from(message.state),
        attempt=message.attempt,
        created_at=stamp_from(message.created_at),
        started_at=stamp_from(message.started_at) if message.HasField("started_at") else None,
        finished_at=stamp_from(message.finished_at) if message.HasField("finished_at") else None,
        progress=progress_from(message.progress) if message.HasField("progress") else None,
        error=error_from(message.error) if message.HasField("error") else None,
        counters=dict(message.counters),
        warnings=notices_from(message.warnings),
        analysis_id=message.analysis_id or None,
    )


def event_to(event: jobs.JobEvent) -> jobs_pb2.WatchJobResponse:
    message = jobs_pb2.WatchJobResponse(sequence=event.sequence, at=stamp_to(event.at))
    if event.job is not None:
        message.job.CopyFrom(job_to(event.job))
    elif event.progress is not None:
        message.progress.CopyFrom(progress_to(event.progress))
    elif event.note is not None:
        message.note = printable(event.note)
    else:
        message.heartbeat.SetInParent()
    return message


def event_from(message: jobs_pb2.WatchJobResponse) -> jobs.JobEvent:
    kind = message.WhichOneof("event")
    return jobs.JobEvent(
        sequence=message.sequence,
        at=stamp_from(message.at),
        job=job_from(message.job) if kind == "job" else None,
        progress=progress_from(message.progress) if kind == "progress" else None,
        note=message.note if kind == "note" else None,
    )
