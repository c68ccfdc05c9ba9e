"""The machine: its models and devices, and what can be set."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cuemark.core.serialise import encode
from cuemark.web.answers import answer
from cuemark.web.api.asked import client_of


async def machine(request: Request) -> Response:
    """GET: the daemon as it is now, and what it has to say to everybody."""
    client = client_of(request)
    return answer({"status": encode(await client.status()), "notices": encode(client.notices)})


async def models(request: Request) -> Response:
    """GET: the registry, with what of it is here."""
    return answer({"models": encode(tuple(await client_of(request).list_models()))})


async def settings(request: Request) -> Response:
    """GET: what can be set about a search, with a preset's values."""
    found = await client_of(request).list_settings(request.query_params.get("preset"))
    return answer({"settings": encode(tuple(found))})


ROUTES = [
    Route("/api/machine", machine, methods=["GET"]),
    Route("/api/models", models, methods=["GET"]),
    Route("/api/settings", settings, methods=["GET"]),
]
