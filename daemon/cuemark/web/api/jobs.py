"""Jobs: those there are, one more, cancelled, tried again."""

from __future__ import annotations

import os
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cuemark.core.analysis_options import from_texts
from cuemark.core.jobs import Job
from cuemark.core.serialise import encode
from cuemark.web.answers import answer
from cuemark.web.api.asked import body_of, client_of, text_of, wrong
from cuemark.web.places import readable

MOST_JOBS = 100


def told(job: Job) -> dict[str, Any]:
    """A job as the page shows it."""
    return {**encode(job), "label": job.spec.label, "facts": encode({**job.spec.facts})}


async def jobs(request: Request) -> Response:
    """GET: the newest."""
    return answer({"jobs": [told(job) for job in await client_of(request).list_jobs(limit=MOST_JOBS)]})


async def analyse(request: Request) -> Response:
    """POST {"media": id, "options": {...}, "models": {...}, "settings": {...}}: footage of the library is analysed."""
    client, body = client_of(request), await body_of(request)
    parts = [body.get(name, {}) for name in ("options", "models", "settings")]
    if not all(isinstance(part, dict) and all(isinstance(each, str) for each in part.values()) for part in parts):
        raise wrong("its options are no texts by name")
    path = await readable(client, text_of(body, "media"))
    job = await client.submit_analyze(path, from_texts(*parts))
    return answer({"job": told(job)})


async def pull(request: Request) -> Response:
    """POST {"model": name}: a model is brought onto this machine."""
    body = await body_of(request)
    return answer({"job": told(await client_of(request).submit_pull(os.path.basename(text_of(body, "model"))))})


async def act(request: Request) -> Response:
    """POST to .../cancel or .../retry."""
    client, job_id = client_of(request), request.path_params["job"]
    acts = {"cancel": client.cancel_job, "retry": client.retry_job}
    chosen = acts.get(request.path_params["act"])
    if chosen is None:
        raise wrong("a job can be cancelled or tried again")
    return answer({"job": told(await chosen(job_id))})


ROUTES = [
    Route("/api/jobs", jobs, methods=["GET"]),
    Route("/api/jobs/analyse", analyse, methods=["POST"]),
    Route("/api/jobs/pull", pull, methods=["POST"]),
    Route("/api/jobs/{job}/{act}", act, methods=["POST"]),
]
