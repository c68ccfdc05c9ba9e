"""The page's process: `python -m cuemark.web.server`, started by `cuemark open`.

It listens on loopback only, at the port of the page of before where that is free, so that an open tab goes on.  When no
tab has been open for a while, it ends; `cuemark open` starts it again.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import sys
from contextlib import suppress

import uvicorn

from cuemark import __version__
from cuemark.core.errors import CuemarkError
from cuemark.core.open_files import raised_file_limit
from cuemark.core.settings import Settings, load
from cuemark.rpc.client.aio import AsyncCuemarkClient
from cuemark.web.app import application
from cuemark.web.connections import Connection
from cuemark.web.live import Tabs, watch
from cuemark.web.running import PageSession, RunningPage, keep_session, kept_session, remove_page, write_page

HOST = "127.0.0.1"
_LOOK_S = 1.0


def main() -> int:
    """Serves the page until nobody looks at it; the exit status."""
    try:
        asyncio.run(serve(load()))
    except CuemarkError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def serve(settings: Settings) -> None:
    """Binds, says where, serves, and ends when no tab has been open for `page_idle_s`, or a signal says so."""
    Connection.most = raised_file_limit() // 2
    listening, session = _bound(kept_session(settings))
    keep_session(settings, session)
    control, tabs = secrets.token_urlsafe(32), Tabs()
    async with await AsyncCuemarkClient.connect(settings) as daemon:
        server = _server(application(settings, daemon, session, control, tabs))
        watching = asyncio.create_task(watch(daemon, tabs))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        write_page(settings, RunningPage(session.port, os.getpid(), __version__, control))
        try:
            while not serving.done() and tabs.unseen_s < settings.page_idle_s:
                await asyncio.wait([serving], timeout=_LOOK_S)
        finally:
            remove_page(settings, os.getpid())
            server.should_exit = server.force_exit = True
            watching.cancel()
            await asyncio.gather(serving, watching, return_exceptions=True)


def _server(app: object) -> uvicorn.Server:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=Connection,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def _bound(session: PageSession) -> tuple[socket.socket, PageSession]:
    """A listening socket at the session's port, or at another where that is taken, and the session with it."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, session.port))
    except OSError:
        listening.bind((HOST, 0))
    listening.listen(128)
    listening.setblocking(False)
    return listening, PageSession(listening.getsockname()[1], session.cookie)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        raise SystemExit(main())
