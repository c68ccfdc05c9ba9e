"""Following many jobs as one piece of work: one line over all files, and the stage of the one at work."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from cuemark.cli import output, text
from cuemark.cli.analyze.progress import Details, amount
from cuemark.core.jobs import JobEvent
from cuemark.core.text import printable_path, terminal_safe

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from cuemark.core.jobs import Job
    from cuemark.rpc.client.client import CuemarkClient

_LINE_EVERY_S = 5.0
_NAME_WIDTH = 36


class ManyView(Protocol):
    """Something that shows how far many jobs are."""

    def move(self, done: int, name: str, event: JobEvent | None) -> None:
        """`done` files have ended; `name` is at work, and `event` is news of it."""

    def say(self, line: str) -> None:
        """One line without spoiling what is drawn."""

    def close(self) -> None:
        """Leave nothing half drawn."""


def follow_all(client: CuemarkClient, jobs: Sequence[Job], details: Details, ended: Callable[[Job], None]) -> None:
    """Show the work on all jobs, in their order, and call `ended` with each as it ended."""
    if not jobs:
        return
    view: ManyView = BarsView(len(jobs)) if output.is_terminal(sys.stderr) else LinesView(len(jobs))
    try:
        for done, job in enumerate(jobs):
            name = _name(job)

            def show(event: JobEvent, done: int = done, name: str = name) -> None:
                if event.note and details.shows(event.note):
                    view.say(f"{name}: {event.note}")
                view.move(done, name, event)

            ended(job if job.state.ended else client.wait_job(job.id, show))
            view.move(done + 1, name, None)
    finally:
        view.close()


def _name(job: Job) -> str:
    path = job.spec.facts.get("path")
    return job.spec.label if path is None else printable_path(path.name)


class _Pace:
    """How long the files that are left will take, by those that are done."""

    def __init__(self, total: int) -> None:
        self._total, self._begun = total, time.monotonic()

    def left(self, done: int) -> str:
        """`about 3 min 20 s left`; "" while that cannot be told."""
        if not 0 < done < self._total:
            return ""
        seconds = (time.monotonic() - self._begun) / done * (self._total - done)
        return f"about {text.duration(seconds)} left"


def _stage(event: JobEvent | None) -> str:
    if event is None or event.progress is None:
        return ""
    progress = event.progress
    return f"{progress.stage} {amount(progress)}" if progress.total != 1 else progress.stage


class LinesView:
    """A line every few seconds, however many files there are, and one at the end."""

    def __init__(self, total: int) -> None:
        self._total, self._pace = total, _Pace(total)
        self._last = 0.0

    def move(self, done: int, name: str, event: JobEvent | None) -> None:
        """See `ManyView`."""
        now = time.monotonic()
        finished = done == self._total
        if (event is None and not finished) or (not finished and now - self._last < _LINE_EVERY_S):
            return
        self._last = now
        told = [f"{done} of {text.plural(self._total, 'file')}", self._pace.left(done)]
        told += [] if finished else [f"{name}: {_stage(event) or 'starting'}"]
        self.say(", ".join(part for part in told if part))

    def say(self, line: str) -> None:
        """See `ManyView`."""
        output.tell(line)

    def close(self) -> None:
        """Nothing is drawn."""


class BarsView:
    """One bar for all files, with the stage of the one at work behind it."""

    def __init__(self, total: int) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        self._total, self._pace = total, _Pace(total)
        self._bars: Progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[detail]}", markup=False),
            console=output.console(sys.stderr),
            transient=True,
        )
        self._task: TaskID = self._bars.add_task("files", total=total, detail="")
        self._bars.start()

    def move(self, done: int, name: str, event: JobEvent | None) -> None:
        """See `ManyView`."""
        part = 0.0
        if event is not None and event.progress is not None and event.progress.total > 1:
            part = min(1.0, event.progress.done / event.progress.total)
        detail = [self._pace.left(done), _shortened(terminal_safe(name)), _stage(event)]
        self._bars.update(
            self._task,
            completed=min(self._total, done + part),
            description=f"{done}/{self._total} files",
            detail=", ".join(each for each in detail if each),
        )

    def say(self, line: str) -> None:
        """See `ManyView`."""
        self._bars.console.print(terminal_safe(line), style="dim", soft_wrap=True)

    def close(self) -> None:
        """Take the bar away: the result is printed next."""
        self._bars.stop()


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else "…" + name[1 - _NAME_WIDTH :]
