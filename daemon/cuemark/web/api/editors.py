"""Editors and files: what an analysis is sent to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cuemark.core.serialise import encode
from cuemark.core.timeline import HostState
from cuemark.web.answers import answer, attachment
from cuemark.web.api.asked import body_of, client_of, text_of


async def editors(request: Request) -> Response:
    """GET: the editors there are, each asked just now, and their open timelines."""
    return answer({"editors": [_told(each) for each in await client_of(request).list_hosts()]})


def _told(editor: HostState) -> dict[str, Any]:
    """An editor, and in words what is wrong with it."""
    problem = editor.problem
    said = {"message": problem.message, "next_step": problem.next_step} if problem else None
    return {**encode(replace(editor, problem=None)), "problem": said}


async def send(request: Request) -> Response:
    """POST {"editor": name, "analysis": id}: its markers onto the open timeline."""
    body = await body_of(request)
    made = await client_of(request).send_markers(text_of(body, "editor"), [text_of(body, "analysis")])
    counts = {"added": made.added, "changed": made.changed, "removed": made.removed, "unchanged": made.unchanged}
    left_out = [f"{each.item}: {each.reason}" for each in made.left_out]
    return answer({**counts, "left_out": left_out, "warnings": encode(made.warnings)})


async def take_back(request: Request) -> Response:
    """POST {"editor": name, "analysis": id}: its markers off the open timeline again."""
    body = await body_of(request)
    gone = await client_of(request).remove_markers(text_of(body, "editor"), text_of(body, "analysis"))
    return answer({"removed": len(gone.removed)})


async def formats(request: Request) -> Response:
    """GET: the files that an analysis can be written as."""
    return answer({"formats": encode(tuple(await client_of(request).export_formats()))})


async def export(request: Request) -> Response:
    """GET: an analysis as a file to save."""
    client, params = client_of(request), request.path_params
    return attachment(await client.export(params["analysis"], params["format"]))


ROUTES = [
    Route("/api/editors", editors, methods=["GET"]),
    Route("/api/editors/send", send, methods=["POST"]),
    Route("/api/editors/take-back", take_back, methods=["POST"]),
    Route("/api/formats", formats, methods=["GET"]),
    Route("/api/export/{analysis}/{format}", export, methods=["GET"]),
]
