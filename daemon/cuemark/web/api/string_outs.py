"""String-outs: chosen moments as a timeline of another program."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cuemark.core.jobs import JobState
from cuemark.core.selection import SelectionOptions, SelectionSource, source_of
from cuemark.core.string_outs import STRING_OUT_FORMATS
from cuemark.rpc.client.aio import AsyncCuemarkClient
from cuemark.web.answers import answer, attachment
from cuemark.web.api.asked import body_of, client_of, text_of, wrong

MOST_PICKS = 1000


async def string_out(request: Request) -> Response:
    """POST {"picks": [{"analysis": id, "moment": id}, ...], "format": name}: a file to save, in the order of the picks'
    media."""
    client, body = client_of(request), await body_of(request)
    sources = await _sources(client, body.get("picks"))
    job = await client.wait_job((await client.submit_select(sources, SelectionOptions())).id)
    if job.error is not None:
        raise job.error.error()
    if job.state is not JobState.SUCCEEDED:
        raise wrong("its work was cancelled")
    return attachment(await client.export_selection(await client.get_selection(job.id), text_of(body, "format")))


async def _sources(client: AsyncCuemarkClient, picks: Any) -> tuple[SelectionSource, ...]:
    """The picked moments, by analysis in the order in which each was first picked."""
    if not isinstance(picks, list) or not 0 < len(picks) <= MOST_PICKS:
        raise wrong("it picks nothing, or too much")
    chosen: dict[str, set[str]] = {}
    for pick in picks:
        if not isinstance(pick, dict):
            raise wrong("a pick is no object")
        chosen.setdefault(text_of(pick, "analysis"), set()).add(text_of(pick, "moment"))
    return tuple([await _source(client, analysis, moments) for analysis, moments in chosen.items()])


async def _source(client: AsyncCuemarkClient, analysis_id: str, moments: set[str]) -> SelectionSource:
    analysis = await client.get_analysis(analysis_id, brief=True)
    return source_of(replace(analysis, moments=tuple(one for one in analysis.moments if one.id in moments)))


async def formats(request: Request) -> Response:
    """GET: the timelines there are, each with the editors it is for."""
    told = [{"name": name, "description": known.editor} for name, known in STRING_OUT_FORMATS.items()]
    return answer({"formats": told})


ROUTES = [
    Route("/api/string-outs", formats, methods=["GET"]),
    Route("/api/string-outs", string_out, methods=["POST"]),
]
