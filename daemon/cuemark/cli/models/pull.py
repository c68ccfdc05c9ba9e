"""A pull that a command waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cuemark.cli import output
from cuemark.cli.analyze.progress import follow
from cuemark.core.errors import CuemarkError, JobCancelled

if TYPE_CHECKING:
    from cuemark.core.jobs import Job
    from cuemark.rpc.client.client import CuemarkClient


def followed(client: CuemarkClient, job: Job, name: str) -> Job:
    """The pull's job as it ended; Ctrl-C cancels it and goes on to the caller.

    A daemon that dies meanwhile is started again, and the pull goes on where it stopped.
    """
    try:
        return follow(client, job, f"model {name}")
    except KeyboardInterrupt:
        client.cancel_job(job.id)
        output.tell(f"Interrupted: the pull is cancelled; `cuemark models pull {name}` goes on where it stopped.")
        raise


def pulled(client: CuemarkClient, name: str) -> CuemarkError | None:
    """Pull a model and say when it is here; else why it is not."""
    job = followed(client, client.submit_pull(name), name)
    if job.error is not None:
        return job.error.error()
    if job.state != "succeeded":
        return JobCancelled()
    output.tell(f"Model {name} is ready.")
    return None
