"""The files of one `analyze` call, from names to results.  A file that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuemark.cli import output
from cuemark.cli.analyze.progress import follow
from cuemark.cli.guard import error_object, exit_code_for
from cuemark.core.errors import CuemarkError, DaemonError, ExitCode, JobCancelled
from cuemark.core.jobs import JobState
from cuemark.core.text import printable_path, terminal_path, terminal_safe

if TYPE_CHECKING:
    from cuemark.core.analysis import Analysis
    from cuemark.core.analysis_options import AnalysisOptions
    from cuemark.core.jobs import Job
    from cuemark.rpc.client.client import CuemarkClient


@dataclass
class Item:
    """One file and what became of it so far: a job, then an analysis or an error."""

    path: Path
    job: Job | None = None
    analysis: Analysis | None = None
    error: CuemarkError | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.analysis is not None or self.error is not None


class Batch:
    """Hands files to the daemon and waits for them, in the order they were named."""

    def __init__(self, client: CuemarkClient) -> None:
        self._client = client
        self.items: list[Item] = []

    def submit(self, paths: list[str], options: AnalysisOptions) -> None:
        """One job for every video behind `paths`; a folder stands for its videos.  DaemonError is the caller's."""
        for path in paths:
            self.items += self._found(Path(path).absolute())
        for item in self.items:
            if not item.ended:
                self._submit(item, options)

    def wait(self, ended: Callable[[Item], None]) -> None:
        """Show each job's progress and call `ended` with its item when it has ended."""
        for item in self.items:
            if item.job is not None and not item.ended:
                self._wait(item)
            ended(item)

    def cancel(self) -> int:
        """Ask the daemon to cancel the jobs that have not ended; how many those were."""
        waiting = [item for item in self.items if not item.ended]
        for item in waiting:
            item.error = JobCancelled()
            if item.job is not None:
                self._client.cancel_job(item.job.id)
        return len(waiting)

    def fail(self, error: CuemarkError) -> None:
        """Set down `error` for everything that has not ended."""
        for item in self.items:
            if not item.ended:
                item.error = error

    @property
    def exit_code(self) -> ExitCode:
        """DAEMON when it was lost, USAGE when every file was refused for an option's value, FAILED when any failed."""
        codes = [ExitCode.OK if item.error is None else exit_code_for(item.error) for item in self.items]
        if ExitCode.DAEMON in codes:
            return ExitCode.DAEMON
        return codes[0] if len(set(codes)) == 1 else ExitCode.FAILED

    def as_json(self) -> Any:
        """One object for one file, an array for several."""
        objects = [item_object(item) for item in self.items]
        return objects[0] if len(objects) == 1 else objects

    def _found(self, path: Path) -> list[Item]:
        try:
            return [Item(found) for found in self._client.find_videos(path)]
        except DaemonError:
            raise
        except CuemarkError as error:
            return [Item(path, error=error)]

    def _submit(self, item: Item, options: AnalysisOptions) -> None:
        try:
            item.job = self._client.submit_analyze(item.path, options)
        except DaemonError:
            raise
        except CuemarkError as error:
            item.error = error

    def _wait(self, item: Item) -> None:
        assert item.job is not None
        item.job = follow(self._client, item.job, item.path.name)
        if item.job.state is JobState.CANCELLED:
            item.error = JobCancelled()
        elif item.job.analysis_id:
            item.analysis = self._client.get_analysis(item.job.analysis_id, brief=True)
        elif item.job.error is not None:
            item.error = item.job.error.error()


def item_object(item: Item) -> dict[str, Any]:
    """What `--json` says of one file: its analysis, or `error` beside the path."""
    from cuemark.core.analysis_json import analysis_object

    if item.analysis is not None:
        return analysis_object(item.analysis)
    pending: dict[str, Any] = {"media": {"path": printable_path(item.path)}}
    if item.error is not None:
        pending["error"] = error_object(item.error)
    if item.job is not None:
        pending["job"] = item.job.id
    return pending


def complain_about(item: Item) -> None:
    """Say in one line why a file failed; its name leads, so that the failures of a batch can be told apart."""
    assert item.error is not None
    name = terminal_path(item.path.name)
    message = terminal_safe(f"{item.error.message} {item.error.next_step}".strip())
    output.complain(message if name in message else f"{name}: {message}", item.error.code)
