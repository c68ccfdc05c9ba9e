"""The worker's side of progress: coalesced, measured, and sent down the pipe."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from cuemark.core.errors import JobCancelled
from cuemark.core.jobs import JobProgress
from cuemark.core.serialise import encode

INTERVAL_S = 0.2
"""Progress goes out at most five times a second."""
WINDOW_S = 5.0
"""The rate is measured over so long."""
ALIVE_S = 2.0
"""Work that calls `check` but makes no progress still says so this often."""

Send = Callable[[dict[str, Any]], None]


class Reporter:
    """A `Progress` that sends what it hears, a few times a second; a thread sends what was held back.

    Use it as a context: leaving it sends the last of everything.
    """

    def __init__(self, send: Send, cancelled: threading.Event) -> None:
        self._send = send
        self._cancelled = cancelled
        self._lock = threading.Lock()
        self._stage = ""
        self._pending: JobProgress | None = None
        self._counters: Counter[str] = Counter()
        self._history: deque[tuple[float, int]] = deque()
        self._sent_at = 0.0
        self._seen = False
        self._closed = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)

    def __enter__(self) -> Reporter:
        self._ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._ticker.join()
        self._flush()

    @property
    def stage(self) -> str:
        """What is going on, by its last report."""
        return self._stage

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        """See `Progress`.  Within a stage `done` never falls, whatever is reported."""
        with self._lock:
            if stage != self._stage:
                self._send_pending()
                self._stage = stage
                self._history.clear()
                self._sent_at = 0.0
            elif self._pending is not None or self._history:
                done = max(done, self._history[-1][1])
            self._pending = self._measure(JobProgress(stage, done, total, unit))
            if time.monotonic() - self._sent_at >= INTERVAL_S:
                self._send_pending()
        self.check()

    def count(self, name: str, amount: int = 1) -> None:
        """See `Progress`."""
        with self._lock:
            self._counters[name] += amount
        self.check()

    def note(self, message: str) -> None:
        """See `Progress`."""
        with self._lock:
            self._send_pending()
            self._send({"type": "note", "text": message})
        self.check()

    def check(self) -> None:
        """See `Progress`."""
        self._seen = True
        if self._cancelled.is_set():
            raise JobCancelled

    def _measure(self, progress: JobProgress) -> JobProgress:
        now = time.monotonic()
        self._history.append((now, progress.done))
        while len(self._history) > 2 and now - self._history[1][0] > WINDOW_S:
            self._history.popleft()
        begun, first = self._history[0]
        rate = (progress.done - first) / (now - begun) if now - begun > INTERVAL_S else 0.0
        left = max(0, progress.total - progress.done) / rate if rate > 0 and progress.total > 0 else None
        return JobProgress(progress.stage, progress.done, progress.total, progress.unit, rate, left)

    def _send_pending(self) -> None:
        """Sends what is held back; the lock is held."""
        if self._pending is None and not self._counters:
            return
        progress = None if self._pending is None else encode(self._pending)
        self._send({"type": "progress", "progress": progress, "counters": dict(self._counters)})
        self._pending = None
        self._counters.clear()
        self._sent_at = time.monotonic()

    def _flush(self) -> None:
        with self._lock:
            self._send_pending()

    def _tick(self) -> None:
        quiet = 0.0
        while not self._closed.wait(INTERVAL_S):
            self._flush()
            quiet += INTERVAL_S
            if quiet >= ALIVE_S and self._seen:
                self._seen = False
                quiet = 0.0
                self._send({"type": "alive"})
