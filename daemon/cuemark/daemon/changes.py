"""Change feed: everyone who watches the library is told what changed, as soon as it has.

A watcher that is slow misses nothing and holds nobody up: of each thing only that it changed is kept for it, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection

from cuemark.core.changes import Changed, LibraryChange

SETTLE_S = 0.05
"""Changes of one moment are told together."""


class ChangeFeed:
    """The watchers of one daemon.  Lives on one event loop."""

    def __init__(self) -> None:
        self._watchers: set[_Watcher] = set()
        self._closed = False

    def tell(self, change: LibraryChange) -> None:
        """Tells all watchers that want to know of such."""
        for watcher in self._watchers:
            watcher.add(change)

    def close(self) -> None:
        """Lets all watchers end."""
        self._closed = True
        for watcher in self._watchers:
            watcher.news.set()

    async def watch(self, wanted: Collection[Changed], heartbeat_s: float) -> AsyncGenerator[tuple[LibraryChange, ...]]:
        """What changes from now on, in order, each thing once at a time; () where nothing did for so long."""
        watcher = _Watcher(frozenset(wanted))
        self._watchers.add(watcher)
        try:
            yield ()
            while not self._closed:
                yield await watcher.next(heartbeat_s)
        finally:
            self._watchers.discard(watcher)


class _Watcher:
    """What one watcher was not told yet."""

    def __init__(self, wanted: frozenset[Changed]) -> None:
        self._wanted = wanted
        self._pending: dict[tuple[Changed, str], LibraryChange] = {}
        self.news = asyncio.Event()

    def add(self, change: LibraryChange) -> None:
        if change.what in self._wanted:
            self._pending.setdefault((change.what, change.id), change)
            self.news.set()

    async def next(self, heartbeat_s: float) -> tuple[LibraryChange, ...]:
        try:
            await asyncio.wait_for(self.news.wait(), heartbeat_s)
        except asyncio.TimeoutError:
            return ()
        await asyncio.sleep(SETTLE_S)
        self.news.clear()
        found, self._pending = tuple(self._pending.values()), {}
        return found
