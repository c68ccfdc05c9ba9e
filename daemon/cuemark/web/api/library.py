"""The library: all footage, one media with what is said, written and shown in it, and the search."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cuemark.core.errors import NotFoundError
from cuemark.core.reasons import MediaEvidence
from cuemark.core.search import Ground, SearchQuery
from cuemark.core.serialise import encode
from cuemark.web.answers import answer
from cuemark.web.api.asked import client_of, wrong
from cuemark.web.places import analysed

MOST_HITS = 200
MOST_ANALYSES = MOST_MEDIA = 100_000


async def library(request: Request) -> Response:
    """GET: every media, newest first, and the analyses of each."""
    client = client_of(request)
    media, analyses = await client.list_media(MOST_MEDIA), await client.list_analyses(limit=MOST_ANALYSES)
    by_media: dict[str, list[Any]] = {}
    for each in analyses:
        by_media.setdefault(each.fingerprint, []).append(encode(each))
    told = [{**encode(each), "analyses": by_media.pop(each.media.fingerprint, [])} for each in media]
    return answer({"media": [*told, *map(_analysed_only, by_media.values())]})


def _analysed_only(analyses: list[Any]) -> dict[str, Any]:
    """Footage that was analysed, and is not in the index: analyses of before there was one."""
    newest = analyses[0]
    media = {name: newest[name] for name in ("fingerprint", "duration", "path")} | {"has_picture": True}
    return {"media": media, "paths": [newest["path"]], "offline": False, "thumbnails": [], "analyses": analyses}


async def media(request: Request) -> Response:
    """GET: one media with its shots and thumbnails' times; of one that was only analysed, what its analysis says."""
    client, wanted = client_of(request), request.path_params["media"]
    try:
        return answer(encode(await client.get_media(wanted)))
    except NotFoundError:
        found = await analysed(client, wanted)
        return answer({"media": encode(found), "paths": [str(found.path)], "shots": [], "thumbnails": [], "camera": ""})


async def analyses(request: Request) -> Response:
    """GET: the analyses of one media, newest first."""
    media = request.path_params["media"]
    found = await client_of(request).list_analyses(limit=MOST_ANALYSES, fingerprint=media)
    return answer({"analyses": encode(tuple(found))})


async def evidence(request: Request) -> Response:
    """GET: what is said and written in one media, and how much its pictures change; nothing where it is not indexed."""
    client, wanted = client_of(request), request.path_params["media"]
    try:
        return answer(encode(await client.get_evidence(wanted)))
    except NotFoundError:
        await analysed(client, wanted)
        return answer(encode(MediaEvidence()))


async def search(request: Request) -> Response:
    """GET ?q=...&by=seen&by=said&top=20."""
    params = request.query_params
    try:
        grounds = tuple(Ground(name) for name in params.getlist("by")) or tuple(Ground)
        top = min(MOST_HITS, int(params.get("top", "20")))
    except ValueError as error:
        raise wrong("it asks for what there is not") from error
    found = await client_of(request).search(SearchQuery(params.get("q", ""), grounds=grounds, top=top))
    return answer(encode(found))


ROUTES = [
    Route("/api/library", library, methods=["GET"]),
    Route("/api/media/{media}", media, methods=["GET"]),
    Route("/api/media/{media}/analyses", analyses, methods=["GET"]),
    Route("/api/media/{media}/evidence", evidence, methods=["GET"]),
    Route("/api/search", search, methods=["GET"]),
]
