"""The page as an ASGI application: its routes behind the guard."""

from __future__ import annotations

from importlib import resources

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from cuemark.core.errors import CuemarkError
from cuemark.core.settings import Settings
from cuemark.rpc.client.aio import AsyncCuemarkClient
from cuemark.web import files, live
from cuemark.web.answers import cuemark_error
from cuemark.web.api import analyses, editors, jobs, library, machine, proxies, string_outs
from cuemark.web.guard import Guard, Origin
from cuemark.web.live import Tabs
from cuemark.web.login import Login
from cuemark.web.running import PageSession


def application(
    settings: Settings, daemon: AsyncCuemarkClient, session: PageSession, control: str, tabs: Tabs
) -> Starlette:
    """The page, served at the session's port, which speaks to the daemon at the other end of `daemon`."""
    origin = Origin(session.port)
    login = Login(origin, session.cookie, control)
    static = resources.files("cuemark.web") / "static"
    page = str(static / "index.html")

    async def index(request: Request) -> Response:
        return FileResponse(page, headers={"cache-control": "no-cache"})

    routes = [
        Route("/", index, methods=["GET", "HEAD"]),
        Route("/login", login.enter, methods=["GET"]),
        Route("/control/link", login.link, methods=["POST"]),
        Mount("/static", StaticFiles(directory=str(static))),
        *library.ROUTES,
        *analyses.ROUTES,
        *jobs.ROUTES,
        *editors.ROUTES,
        *machine.ROUTES,
        *live.ROUTES,
        *files.ROUTES,
        *proxies.ROUTES,
        *string_outs.ROUTES,
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Guard, origin=origin, secret=session.cookie)],
        exception_handlers={CuemarkError: cuemark_error},
    )
    app.state.daemon, app.state.tabs, app.state.settings = daemon, tabs, settings
    return app
