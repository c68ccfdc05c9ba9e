"""Watching one job to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cuemark.cli import output
from cuemark.cli.analyze.progress import view_for
from cuemark.core.jobs import JobState

if TYPE_CHECKING:
    from cuemark.core.jobs import Job
    from cuemark.rpc.client.client import CuemarkClient


def follow(client: CuemarkClient, job: Job, label: str) -> Job:
    """Show a job's events until it has ended, and give the job as it ended.

    A daemon that crashes meanwhile is started again by the client, and the job goes on where it stopped.
    """
    if job.state.ended:
        return job
    with view_for(label) as view:
        return client.wait_job(job.id, view.show)


def describe_end(job: Job) -> None:
    """Say how a job ended when it did not succeed."""
    if job.error is not None:
        output.complain(f"{job.error.message} {job.error.next_step}".rstrip(), job.error.code)
    elif job.state is JobState.CANCELLED:
        output.tell(f"Job {job.id} was cancelled.")
