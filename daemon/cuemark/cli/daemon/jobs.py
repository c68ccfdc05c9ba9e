"""`cuemark jobs`: the daemon's queue, and how a job looks, to people and as JSON."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output, text
from cuemark.cli.analyze.progress import amount
from cuemark.cli.guard import error_object, exit_code_of, guarded
from cuemark.cli.options import JsonFlag, VerboseFlag, plain
from cuemark.core.analysis_json import notice_object
from cuemark.core.errors import ExitCode
from cuemark.core.jobs import JobState
from cuemark.core.text import printable_path

if TYPE_CHECKING:
    from cuemark.core.jobs import Job, JobEvent, JobProgress
    from cuemark.rpc.client.client import CuemarkClient

app = typer.Typer(help="List, watch, cancel and retry jobs.", no_args_is_help=True)

JobId = Annotated[str, typer.Argument(metavar="JOB", help="A job's id; its first characters are enough.")]


@app.command("list")
@guarded
def list_jobs(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, newest first.")] = 20,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Show the newest jobs."""
    from cuemark.cli.session import connect

    with connect() as client:
        jobs = client.list_jobs(limit=sys.maxsize if every else limit)
    if json_output:
        return output.say_json([job_object(job) for job in jobs])
    if not jobs:
        return output.hint("No jobs yet. `cuemark analyze FILE` makes one.")
    rows = [[job.id, _state(job), _how_far(job), text.ago(job.created_at), target_text(job)] for job in jobs]
    output.table(["job", "state", "how far", "made", "of"], rows)


def _state(job: Job) -> str:

    limits = limits_text(job)
    return f"{job.state.value} ({limits})" if limits else job.state.value


def _how_far(job: Job) -> str:
    if job.error is not None:
        return job.error.code
    if job.state.ended or job.progress is None:
        return ""
    progress = job.progress
    how_far = amount(progress) if progress.unit == "bytes" else f"{progress.done}/{progress.total}"
    return f"{progress.stage} {how_far}" if progress.total else progress.stage


@app.command()
@guarded
def watch(
    job_id: Annotated[
        str | None, typer.Argument(metavar="JOB", help="Default: the job that runs, or the next one.")
    ] = None,
    verbose: VerboseFlag = False,
    json_output: JsonFlag = False,
) -> None:
    """Follow a job to its end.  Ctrl-C leaves it running.  With --json: one object a line, from its first event."""
    from cuemark.cli.analyze.progress import Details, describe_end, follow
    from cuemark.cli.session import connect

    with connect() as client:
        job = _pick(client, job_id)
        if job is None:
            return output.say_json(None) if json_output else output.say("No job is running or waiting.")
        if json_output:
            for event in client.watch_job(job.id):
                if not event.heartbeat:
                    output.say_json_line(event_object(event))
            job = client.get_job(job.id)
        else:
            job = follow(client, job, job.spec.label, Details(verbose))
            describe_end(job)
            if job.analysis_id:
                output.hint(f"Done: cuemark analyses show {job.analysis_id}")
    if (code := exit_code_of(job)) is not ExitCode.OK:
        raise typer.Exit(int(code))


def _pick(client: CuemarkClient, job_id: str | None) -> Job | None:
    if job_id is not None:
        return client.get_job(plain(job_id, "JOB"))
    waiting = unfinished(client)
    running = [job for job in waiting if job.state is JobState.RUNNING]
    # The list is newest first; the oldest waiting job is the next to run.
    return next(iter(running or waiting[::-1]), None)


@app.command()
@guarded
def cancel(
    job_ids: Annotated[list[str] | None, typer.Argument(metavar="JOB...", help="Jobs to cancel.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every job that has not ended.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Cancel jobs.  What they computed is kept."""
    from cuemark.cli.session import connect

    if not job_ids and not every:
        raise typer.BadParameter("Name a job, or use --all.", param_hint="JOB")
    with connect() as client:
        chosen = unfinished(client) if every else [client.get_job(plain(each, "JOB")) for each in job_ids or ()]
        cancelled = [client.cancel_job(job.id) for job in chosen]
    if json_output:
        output.say_json([job_object(job) for job in cancelled])
    else:
        _say_cancelled(chosen, cancelled)
    if not all(job.state.ended for job in cancelled):
        raise typer.Exit(int(ExitCode.FAILED))


def _say_cancelled(chosen: list[Job], cancelled: list[Job]) -> None:
    """A line a job, by what it is now; `chosen` is how they were before."""
    for before, job in zip(chosen, cancelled, strict=True):
        output.say(f"{job.id}  {_what_came_of(before, job)}: {target_text(job)}")
    if not cancelled:
        output.say("No job is running or waiting.")


def _what_came_of(before: Job, job: Job) -> str:
    if not job.state.ended:
        return f"could not be cancelled and is still {job.state.value}; see cuemark daemon logs"
    if before.state.ended or job.state is not JobState.CANCELLED:
        return f"had already ended ({job.state.value})"
    return "cancelled"


@app.command()
@guarded
def retry(
    job_id: JobId,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for it.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Queue a failed or cancelled job again; what it had finished is not done twice."""
    from cuemark.cli.analyze.progress import describe_end, follow
    from cuemark.cli.session import connect

    with connect() as client:
        job = client.retry_job(client.get_job(plain(job_id, "JOB")).id)
        if not detach:
            job = follow(client, job, job.spec.label)
    if json_output:
        output.say_json(job_object(job))
    elif job.state.ended:
        describe_end(job)
        if job.analysis_id:
            output.hint(f"Done: cuemark analyses show {job.analysis_id}")
    else:
        output.say(f"Job {job.id} is {job.state.value}.")
    if (code := exit_code_of(job)) is not ExitCode.OK:
        raise typer.Exit(int(code))


def unfinished(client: CuemarkClient) -> list[Job]:
    """The jobs that run or wait, newest first."""
    return client.list_jobs((JobState.QUEUED, JobState.RUNNING), limit=sys.maxsize)


def job_object(job: Job) -> dict[str, Any]:
    """One job: what it works on, how far it is, how it ended, and its counters over all attempts."""
    return {
        "id": job.id,
        **_target(job),
        "state": job.state.value,
        "attempt": job.attempt,
        "progress": None if job.progress is None else progress_object(job.progress),
        "error": None if job.error is None else error_object(job.error),
        "warnings": list(map(notice_object, job.warnings)),
        "counters": dict(sorted(job.counters.items())),
        "analysis": job.analysis_id,
        "created_at": text.iso(job.created_at),
        "started_at": text.iso(job.started_at),
        "finished_at": text.iso(job.finished_at),
    }


def _target(job: Job) -> dict[str, Any]:
    return {name: printable_path(value) if isinstance(value, Path) else value for name, value in job.spec.facts.items()}


def target_text(job: Job) -> str:
    """What a job works on, for people: its whole path where it has one."""
    return str(_target(job).get("path") or job.spec.label)


def limits_text(job: Job) -> str:
    """How a job is held back, for people: "gentle, vram 2G"; "" where it is not."""
    limits = job.spec.limits
    return ", ".join((["gentle"] if limits.gentle else []) + ([f"vram {limits.vram}"] if limits.vram else []))


def progress_object(progress: JobProgress) -> dict[str, Any]:
    """How far a stage is."""
    return {
        "stage": progress.stage,
        "done": progress.done,
        "total": progress.total,
        "unit": progress.unit,
        "rate": progress.rate,
        "seconds_left": progress.seconds_left,
    }


def event_object(event: JobEvent) -> dict[str, Any]:
    """One event of a job, for `jobs watch --json` (one object a line)."""
    shown: dict[str, Any] = {"sequence": event.sequence, "at": text.iso(event.at)}
    if event.job is not None:
        shown["job"] = job_object(event.job)
    if event.progress is not None:
        shown["progress"] = progress_object(event.progress)
    if event.note is not None:
        shown["note"] = event.note
    return shown
