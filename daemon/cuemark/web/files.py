"""Footage for the page's player: bytes of a media of the library, by its id and never by a path, and its thumbnails.

Ranges, If-Range, 416 and ETags are Starlette's (`FileResponse`).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from cuemark.core.errors import NotFoundError
from cuemark.web.api.asked import client_of, time_of
from cuemark.web.places import readable

KINDS = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/mp4",  # what browsers play of QuickTime they play as this
    ".webm": "video/webm",
    ".mkv": "video/webm",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
}
"""What a browser is told a file is; it may know better, and fail, whereupon the page asks for a proxy."""
_A_WEEK = "private, max-age=604800"


async def media(request: Request) -> Response:
    """GET: the original file, whole or a range."""
    path = await readable(client_of(request), request.path_params["media"])
    kind = KINDS.get(path.suffix.lower(), "application/octet-stream")
    return FileResponse(path, media_type=kind, headers={"cache-control": "private, no-cache"})


async def thumbnail(request: Request) -> Response:
    """GET: the thumbnail nearest to a time."""
    client, params = client_of(request), request.path_params
    try:
        jpeg = await client.get_thumbnail(params["media"], time_of(params["time"].removesuffix(".jpg")))
    except NotFoundError:  # sound, or nothing but black: the page shows a sign for it
        return Response(status_code=204)
    return Response(jpeg, media_type="image/jpeg", headers={"cache-control": _A_WEEK})


ROUTES = [
    Route("/media/{media}", media, methods=["GET", "HEAD"]),
    Route("/thumbnails/{media}/{time:path}", thumbnail, methods=["GET"]),
]
