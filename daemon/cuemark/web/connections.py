"""Connections of the page: who connects and asks nothing is dropped, and there are never more than files for them."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

SILENT_S = 10.0
"""So long a connection has for the whole head of its first request."""


class Connection(H11Protocol):
    """One connection.  uvicorn itself waits for ever for a first request."""

    most = 4096
    """So many at once; beyond that one is refused, since the page needs files for footage, too."""
    _silence: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """asyncio: somebody connected."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.close()
            return
        self._silence = self.loop.call_later(SILENT_S, self._drop_if_silent)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection has gone."""
        if self._silence is not None:
            self._silence.cancel()
        super().connection_lost(exc)

    def _drop_if_silent(self) -> None:
        if self.cycle is None:
            self.transport.close()
