"""Analyses: one whole, with its steps; edits of it, back and forward; made anew; deleted."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cuemark.core.analysis import (
    AddEdit,
    Analysis,
    ChapterEdit,
    DeleteEdit,
    Edit,
    MergeEdit,
    MomentEdit,
    SplitEdit,
    named_moments,
)
from cuemark.core.errors import NotFoundError
from cuemark.core.media import MediaInfo
from cuemark.core.serialise import encode
from cuemark.core.timebase import frame_time, nearest_frame
from cuemark.rpc.client.aio import AsyncCuemarkClient
from cuemark.web.answers import answer
from cuemark.web.api.asked import body_of, client_of, text_of, time_of, wrong


async def show(request: Request) -> Response:
    """GET: an analysis with the user's edits, masks and runners-up."""
    client = client_of(request)
    analysis = await client.get_analysis(request.path_params["analysis"])
    return answer(await _told(client, analysis))


async def edit(request: Request) -> Response:
    """POST {"edit": {"kind": ..., ...}}: the analysis as it is then, without masks and runners-up."""
    client, body = client_of(request), await body_of(request)
    known = await client.get_analysis(request.path_params["analysis"], brief=True)
    edited = await client.edit_analysis(
        known.id, edit_of(body.get("edit"), known.media), request_id=text_of(body, "request") or None
    )
    return answer(await _told(client, edited))


async def step(request: Request) -> Response:
    """POST to .../undo or .../redo."""
    client, body = client_of(request), await body_of(request)
    forward, asked = request.path_params["step"] == "redo", text_of(body, "request") or None
    analysis = await client.step_edits(request.path_params["analysis"], forward=forward, request_id=asked)
    return answer(await _told(client, analysis))


async def borders(request: Request) -> Response:
    """GET: why each moment and chapter begins and ends where it does, by id."""
    try:
        found = await client_of(request).get_reasons(request.path_params["analysis"])
    except NotFoundError:  # it is not in the index
        found = []
    return answer({each.item_id: {"start": encode(each.start), "end": encode(each.end)} for each in found})


async def delete(request: Request) -> Response:
    """DELETE: the analysis with its edits; the page has asked before."""
    await client_of(request).delete_analysis(request.path_params["analysis"])
    return answer({})


async def _told(client: AsyncCuemarkClient, analysis: Analysis) -> dict[str, Any]:
    names = [named.name for named in sorted(named_moments(analysis.moments))]
    return {**encode(analysis), "names": names, "steps": encode(await client.edit_steps(analysis.id))}


def edit_of(told: Any, media: MediaInfo) -> Edit:
    """The edit a page describes, its times put onto frames; OptionError `web_request_wrong`, `time_invalid`."""
    if not isinstance(told, dict):
        raise wrong("it holds no edit")
    kind, item = text_of(told, "kind"), text_of(told, "id")
    named = (name for name in ("start", "end", "at") if told.get(name) is not None)
    times = {name: on_frame(text_of(told, name), media) for name in named}
    text = None if told.get("text") is None else text_of(told, "text")
    if kind == "moment":
        return MomentEdit(item, text, times.get("start"), times.get("end"))
    if kind == "chapter":
        return ChapterEdit(item, text, times.get("start"))
    if kind == "delete":
        return DeleteEdit(item)
    if kind == "merge":
        return MergeEdit(item, text_of(told, "other"))
    if kind == "split" and "at" in times:
        return SplitEdit(item, times["at"], text)
    if kind == "add" and "start" in times and item in ("moment", "chapter"):
        return AddEdit("moment" if item == "moment" else "chapter", times["start"], times.get("end"), text or "")
    raise wrong(f"{kind!r} is no edit")


def on_frame(text: str, media: MediaInfo) -> Fraction:
    """A time of the page on the frame that is nearest: a player's clock is not exact, and a border is a frame.

    Of footage of variable rate, and of sound alone, the time stays as it is.
    """
    time = time_of(text)
    if media.variable_rate or not media.has_picture:
        return min(time, media.duration)
    return min(frame_time(nearest_frame(time, media.rate), media.rate), media.duration)


ROUTES = [
    Route("/api/analyses/{analysis}", show, methods=["GET"]),
    Route("/api/analyses/{analysis}", delete, methods=["DELETE"]),
    Route("/api/analyses/{analysis}/borders", borders, methods=["GET"]),
    Route("/api/analyses/{analysis}/edit", edit, methods=["POST"]),
    Route("/api/analyses/{analysis}/{step}", step, methods=["POST"]),
]
