"""Following a job to its end, and how it looks: bars on a terminal, plain lines otherwise.  Both write to stderr."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timezone
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from cuemark.cli import output, text
from cuemark.core.jobs import JobEvent, JobProgress, JobState
from cuemark.core.progress import DECODED_ON
from cuemark.core.sizes import size_text
from cuemark.core.text import terminal_safe

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from cuemark.core.jobs import Job
    from cuemark.rpc.client.client import CuemarkClient

_LINE_EVERY_S = 5.0
_LABEL_WIDTH = 36


class JobView(Protocol):
    """Something that shows the events of one job while it is entered."""

    def __enter__(self) -> JobView: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, event: JobEvent) -> None:
        """Show one event."""

    def say(self, line: str) -> None:
        """Show one line without spoiling what is drawn."""


class Details:
    """Which notes are shown: news always, details of the machine (`DECODED_ON`) on request, and each one once."""

    def __init__(self, wanted: bool = False) -> None:
        self._wanted = wanted
        self._said: set[str] = set()

    def shows(self, note: str) -> bool:
        """Whether to show it now."""
        if not note.startswith(DECODED_ON):
            return True
        is_new = self._wanted and note not in self._said
        self._said.add(note)
        return is_new


def view_for(label: str, details: Details | None = None) -> JobView:
    """The view that fits stderr; `label` names the job's file or model."""
    return BarView(label, details) if output.is_terminal(sys.stderr) else PlainView(label, details)


def follow(client: CuemarkClient, job: Job, label: str, details: Details | None = None) -> Job:
    """Show a job's events until it has ended, and give the job as it ended.

    `details` are those of the whole command, which may follow several jobs.  A daemon that crashes meanwhile is started
    again by the client, and the job goes on where it stopped.
    """
    if job.state.ended:
        return job
    with view_for(label, details) as view:
        return client.wait_job(job.id, view.show)


def describe_end(job: Job) -> None:
    """Say how a job ended when it did not succeed."""
    if job.error is not None:
        output.complain(f"{job.error.message} {job.error.next_step}".rstrip(), job.error.code)
    elif job.state is JobState.CANCELLED:
        output.tell(f"Job {job.id} was cancelled.")


def retry_line(job: Job) -> str | None:
    """What to say of a job that is taken up once more."""
    if job.state is JobState.QUEUED and job.attempt > 1:
        return f"taken up again where it stopped (attempt {job.attempt})"
    return None


class PlainView:
    """A line at each new stage, at its end, and every few seconds between."""

    def __init__(self, label: str, details: Details | None = None) -> None:
        self._label = label
        self._details = details or Details()
        self._stage = ""
        self._finished = False
        self._last = 0.0
        self._waits = False

    def __enter__(self) -> PlainView:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def show(self, event: JobEvent) -> None:
        """Print the event if it is news."""
        if event.note:
            if self._details.shows(event.note):
                self.say(event.note)
        elif event.job is not None:
            self._waits = event.job.state is JobState.QUEUED
            if line := retry_line(event.job):
                self.say(line)
        elif event.heartbeat and self._waits:
            # Said only once it lasts: most jobs are queued for a moment.
            self._waits = False
            self.say("waiting for its turn")
        elif event.progress is not None and self._is_news(event.progress):
            self.say(progress_line(event.progress))

    def say(self, line: str) -> None:
        """One line with the label before it."""
        output.tell(f"{self._label}: {line}")

    def _is_news(self, progress: JobProgress) -> bool:
        finished = progress.total > 1 and progress.done >= progress.total
        changed = progress.stage != self._stage or finished != self._finished
        now = time.monotonic()
        if not changed and (finished or progress.total == 1 or now - self._last < _LINE_EVERY_S):
            return False
        self._stage, self._finished, self._last = progress.stage, finished, now
        return True


def progress_line(progress: JobProgress) -> str:
    """`features: 120/360 frames, 40 frames/s, about 6 s left`, or only `probe` for what is done in one go."""
    parts = [amount(progress)] if progress.total != 1 else []
    parts += pace(progress)
    return f"{progress.stage}: {', '.join(parts)}" if parts else progress.stage


def amount(progress: JobProgress) -> str:
    """How much is done, of how much."""
    if progress.unit == "bytes":
        return f"{size_text(progress.done)} of {size_text(progress.total)}"
    return (
        f"{progress.done}/{progress.total} {progress.unit}"
        if progress.total > 0
        else f"{progress.done} {progress.unit}"
    )


def pace(progress: JobProgress) -> list[str]:
    """The rate and the time left, as far as they are known."""
    parts: list[str] = []
    if progress.total == 1:
        return parts
    # Of a few long steps the rate says nothing; the time left does.
    if progress.rate >= 1:
        parts.append(_rate(progress))
    if progress.seconds_left and progress.done < progress.total:
        parts.append(f"about {text.duration(progress.seconds_left)} left")
    return parts


class BarView:
    """One bar a stage, removed when the job ends and its result is printed."""

    def __init__(self, label: str, details: Details | None = None) -> None:
        self._label = _shortened(terminal_safe(label))
        self._details = details or Details()
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> BarView:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[detail]}", markup=False),
            console=output.console(sys.stderr),
            transient=True,
        )
        self._bars.start()
        self._waiting("starting")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._bars is not None
        self._bars.stop()

    def show(self, event: JobEvent) -> None:
        """Move the bar of the event's stage."""
        if event.note:
            if self._details.shows(event.note):
                self.say(event.note)
        elif event.job is not None and event.job.state is JobState.QUEUED:
            self._waiting(retry_line(event.job) or "waiting for its turn")
        elif event.progress is not None:
            self._move(event.progress)

    def say(self, line: str) -> None:
        """One line above the bars."""
        assert self._bars is not None
        self._bars.console.print(f"{self._label}: {terminal_safe(line)}", style="dim", soft_wrap=True)

    def _waiting(self, detail: str) -> None:
        self._set("", total=None, done=0, detail=detail)

    def _move(self, progress: JobProgress) -> None:
        assert self._bars is not None
        if "" in self._tasks:
            self._bars.remove_task(self._tasks.pop(""))
        for stage, task in self._tasks.items():
            if stage != progress.stage:
                self._bars.stop_task(task)
        detail = terminal_safe(progress_line(progress).removeprefix(progress.stage).lstrip(": "))
        self._set(progress.stage, total=progress.total or None, done=progress.done, detail=detail)

    def _set(self, stage: str, *, total: int | None, done: int, detail: str) -> None:
        assert self._bars is not None
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(f"{self._label}  {stage}".rstrip(), total=total, detail=detail)
        self._bars.update(self._tasks[stage], total=total, completed=done, detail=detail)


def _shortened(label: str) -> str:
    """A long name keeps its end, where file names differ."""
    return label if len(label) <= _LABEL_WIDTH else "…" + label[1 - _LABEL_WIDTH :]


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


def _rate(progress: JobProgress) -> str:
    if progress.unit == "bytes":
        return f"{size_text(round(progress.rate))}/s"
    if progress.unit == "seconds":  # of footage
        return f"{progress.rate:.3g} times as fast as it plays"
    return f"{progress.rate:.3g} {progress.unit}/s"
