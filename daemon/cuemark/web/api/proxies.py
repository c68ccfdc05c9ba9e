"""Proxies: what is shown of footage that a browser does not play itself."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from cuemark.core.errors import NotFoundError
from cuemark.core.proxies import is_fingerprint, proxy_file
from cuemark.web.answers import answer
from cuemark.web.api.asked import client_of
from cuemark.web.api.jobs import told
from cuemark.web.places import readable


async def ask(request: Request) -> Response:
    """POST: {"ready": true} where the proxy is there, else the job that makes it."""
    client, media = client_of(request), _media(request)
    if proxy_file(request.app.state.settings, media).exists():
        return answer({"ready": True, "job": None})
    job = await client.submit_proxy(await readable(client, media), media)
    return answer({"ready": False, "job": told(job)})


async def show(request: Request) -> Response:
    """GET: the proxy, whole or a range."""
    path = proxy_file(request.app.state.settings, _media(request))
    if not path.exists():
        raise NotFoundError("proxy_none", "There is no proxy of this footage.", "Load the page again: it is made then.")
    return FileResponse(path, media_type="video/mp4", headers={"cache-control": "private, no-cache"})


def _media(request: Request) -> str:
    media: str = request.path_params["media"]
    if not is_fingerprint(media):
        raise NotFoundError("media_not_indexed", "There is no such footage in the library.", "Load the page again.")
    return media


ROUTES = [
    Route("/api/proxies/{media}", ask, methods=["POST"]),
    Route("/proxies/{media}", show, methods=["GET", "HEAD"]),
]
