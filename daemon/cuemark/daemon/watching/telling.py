"""What a watch has to tell, and those who listen: each hears how everything stands, then every change."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cuemark.core.watches import WatchEvent, WatchState
from cuemark.library.watches import WatchedFile

_MOST_WAITING = 5_000
"""Of a listener that does not listen, only the last event of each file is kept from so many on."""


class _Listener:
    """The events that one listener has not heard yet."""

    def __init__(self) -> None:
        self.waiting: deque[WatchEvent] = deque()
        self.woken = asyncio.Event()

    def hear(self, event: WatchEvent) -> None:
        self.waiting.append(event)
        if len(self.waiting) >= _MOST_WAITING:
            last = {each.path: each for each in self.waiting}
            if len(last) <= len(self.waiting) // 2:
                self.waiting = deque(sorted(last.values(), key=lambda each: each.sequence))
        self.woken.set()


class Bulletin:
    """The events of one watch."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sequence = 0
        self._listeners: set[_Listener] = set()
        self._ended = False

    def tell(self, file: WatchedFile, moved_from: Path | None = None) -> None:
        """How it stands with a file now."""
        self._send(self._event(file, moved_from=moved_from))

    def tell_folder(self, path: Path, state: WatchState, **values: Any) -> None:
        """The same of the folder, or of one in it."""
        self._send(self._made(path, state, **values))

    def _send(self, event: WatchEvent) -> None:
        for listener in self._listeners:
            listener.hear(event)

    def _event(self, file: WatchedFile, **values: Any) -> WatchEvent:
        return self._made(
            file.path,
            file.state,
            error=file.error,
            note=file.note,
            job_id=file.job_id,
            analysis_id=file.analysis_id,
            **values,
        )

    def _made(self, path: Path, state: WatchState, **values: Any) -> WatchEvent:
        self._sequence += 1
        return WatchEvent(self._sequence, datetime.now(timezone.utc), self._folder, path, state, **values)

    def end(self) -> None:
        """The watch is no more."""
        self._ended = True
        for listener in self._listeners:
            listener.woken.set()

    async def follow(
        self, folder: WatchEvent, files: Iterable[WatchedFile], refuse: Callable[[], None]
    ) -> AsyncGenerator[WatchEvent, None]:
        """How the folder and its files stand, then each change until `end`; `refuse` raises where none may listen."""
        listener = _Listener()
        standing = [folder, *(replace(self._event(file), standing=True) for file in files)]
        self._listeners.add(listener)
        try:
            for event in standing:
                yield event
            while not self._ended or listener.waiting:
                refuse()
                listener.woken.clear()
                while listener.waiting:
                    yield listener.waiting.popleft()
                if not self._ended:
                    await listener.woken.wait()
        finally:
            self._listeners.discard(listener)

    def wake(self) -> None:
        """Has every listener look around."""
        for listener in self._listeners:
            listener.woken.set()

    def folder_event(self, state: WatchState, **values: Any) -> WatchEvent:
        """How the folder itself stands."""
        return self._made(self._folder, state, standing=True, **values)
