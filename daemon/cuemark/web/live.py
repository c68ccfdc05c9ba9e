"""Live: every open tab hears what changes in the daemon, as server-sent events over one connection a tab.

The page watches the daemon once for all tabs.  A tab that is slow is told less often, never wrongly: of each thing only
that it changed waits for it.  How many tabs are open is known from this, too: the last one gone, the page may end.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from cuemark.core.errors import CuemarkError
from cuemark.core.serialise import encode
from cuemark.rpc.client.aio import AsyncCuemarkClient
from cuemark.web.answers import answer, plain
from cuemark.web.api.jobs import told

Watch = Callable[[AsyncCuemarkClient, "Tabs"], Coroutine[Any, Any, None]]
HEARTBEAT_S = 15.0
AGAIN_S = 1.0
"""So long after the daemon was lost it is looked for again."""


class Tabs:
    """The open tabs, and what each has not been told yet."""

    def __init__(self) -> None:
        self._tabs: set[_Tab] = set()
        self.last_seen = time.monotonic()

    def tell(self, event: str, key: str, data: Any) -> None:
        """Tells all tabs; of one `key` only the newest waits."""
        for tab in self._tabs:
            tab.add(event, key, data)

    @property
    def unseen_s(self) -> float:
        """Seconds since a tab was open; 0 while one is."""
        if self._tabs:
            self.last_seen = time.monotonic()
        return time.monotonic() - self.last_seen

    async def stream(self) -> AsyncIterator[bytes]:
        """What one tab is told, until it goes."""
        tab = _Tab()
        self._tabs.add(tab)
        tab.add("look", "look", {})
        try:
            while True:
                yield await tab.next()
        finally:
            self._tabs.discard(tab)
            self.last_seen = time.monotonic()


class _Tab:
    """What one tab has not been told yet."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, str], Any] = {}
        self._news = asyncio.Event()

    def add(self, event: str, key: str, data: Any) -> None:
        self._pending[event, key] = data
        self._news.set()

    async def next(self) -> bytes:
        try:
            await asyncio.wait_for(self._news.wait(), HEARTBEAT_S)
        except asyncio.TimeoutError:
            return b": still here\n\n"
        self._news.clear()
        pending, self._pending = self._pending, {}
        return b"".join(_line(event, data) for (event, _), data in pending.items())


def _line(event: str, data: Any) -> bytes:
    return f"event: {event}\ndata: {json.dumps(plain(data), allow_nan=False)}\n\n".encode("ascii")


async def events(request: Request) -> Response:
    """GET: the stream of a tab.  `look`: look at everything again; `library`, `job`, `daemon`: what changed."""
    tabs: Tabs = request.app.state.tabs
    return StreamingResponse(tabs.stream(), media_type="text/event-stream")


async def here(request: Request) -> Response:
    """GET: a tab that nobody sees is still open."""
    tabs: Tabs = request.app.state.tabs
    tabs.last_seen = time.monotonic()
    return answer({})


async def watch(client: AsyncCuemarkClient, tabs: Tabs) -> None:
    """Tells the tabs what changes in the daemon, until cancelled."""
    await asyncio.gather(_for_ever(_watch_library, client, tabs), _for_ever(_watch_jobs, client, tabs))


async def _for_ever(watch_once: Watch, client: AsyncCuemarkClient, tabs: Tabs) -> None:
    while True:
        try:
            await watch_once(client, tabs)
        except CuemarkError as error:
            tabs.tell("daemon", "daemon", {"there": False, "message": error.message, "next_step": error.next_step})
        await asyncio.sleep(AGAIN_S)


async def _watch_library(client: AsyncCuemarkClient, tabs: Tabs) -> None:
    async with aclosing(client.watch_library()) as stream:
        known = ""
        async for changes in stream:
            if client.endpoint.instance_id != known:  # another daemon: what happened between is not told
                known = client.endpoint.instance_id
                tabs.tell("daemon", "daemon", {"there": True})
                tabs.tell("look", "look", {})
            for change in changes:
                tabs.tell("library", f"{change.what.value} {change.id}", encode(change))


async def _watch_jobs(client: AsyncCuemarkClient, tabs: Tabs) -> None:
    async with aclosing(client.watch_jobs()) as stream:
        async for jobs in stream:
            for job in jobs:
                tabs.tell("job", job.id, told(job))


ROUTES = [
    Route("/api/events", events, methods=["GET"]),
    Route("/api/here", here, methods=["GET"]),
]
