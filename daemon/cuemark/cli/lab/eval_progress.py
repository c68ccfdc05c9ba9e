"""Progress of work that is done in this very process, shown as that of a job is shown."""

from __future__ import annotations

import time
from datetime import datetime, timezone

from cuemark.cli.analyze.progress import JobView
from cuemark.core.jobs import JobEvent, JobProgress


class ViewedProgress:
    """A `Progress` that measures rate and time left and hands both to a view.  Ctrl-C is what cancels."""

    def __init__(self, view: JobView) -> None:
        self._view = view
        self._stage = ""
        self._began = 0.0
        self._first = self._sequence = 0

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        """See `Progress`."""
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._began, self._first = stage, now, done
        rate = (done - self._first) / (now - self._began) if now > self._began else 0.0
        left = (total - done) / rate if rate else None
        self._show(progress=JobProgress(stage, done, total, unit, rate, left))

    def count(self, name: str, amount: int = 1) -> None:
        """Counters are for jobs; nobody reads them here."""

    def note(self, message: str) -> None:
        """See `Progress`."""
        self._show(note=message)

    def check(self) -> None:
        """Nothing but Ctrl-C cancels."""

    def _show(self, progress: JobProgress | None = None, note: str | None = None) -> None:
        self._sequence += 1
        self._view.show(JobEvent(self._sequence, datetime.now(timezone.utc), progress=progress, note=note))
