"""`cuemark analyze`: hand files to the daemon, show the work, print moments and chapters.

The files of one call are a `Batch`; a file that fails does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output, text
from cuemark.cli.analyze.progress import Details, follow
from cuemark.cli.guard import error_object, exit_code_for, guarded
from cuemark.cli.models.offer import Offer, Pull
from cuemark.cli.options import JsonFlag, VerboseFlag, check_transcript, takes_analysis_options
from cuemark.core import settings
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError, DaemonError, ExitCode, JobCancelled, Notice
from cuemark.core.jobs import JobState
from cuemark.core.media import FoundVideos
from cuemark.core.text import printable_path, terminal_path, terminal_safe

if TYPE_CHECKING:
    from cuemark.core.analysis import Analysis
    from cuemark.core.jobs import Job
    from cuemark.rpc.client.client import CuemarkClient


@guarded
@takes_analysis_options()
def analyze(
    *,
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Video files, or folders of them (all levels).")
    ],
    options: AnalysisOptions,
    pull: Pull = None,
    detach: Annotated[bool, typer.Option("--detach", help="Print job ids and leave the work to the daemon.")] = False,
    verbose: VerboseFlag = False,
    json_output: JsonFlag = False,
) -> None:
    """Find the moments and chapters of video files.

    Ctrl-C cancels the work; closing the terminal does not. What was computed is kept either way.
    """
    from cuemark.cli.session import connect

    with connect() as client:
        offer = Offer(client, settings.load(), pull, may_ask=not json_output)
        code = run(Batch(client, offer, Details(verbose)), paths, options, detach=detach, json_output=json_output)
    if code is not ExitCode.OK:
        raise typer.Exit(int(code))


def run(batch: Batch, paths: list[str], options: AnalysisOptions, *, detach: bool, json_output: bool) -> ExitCode:
    """Analyse the files and print each result as it comes, or one JSON value at the end."""
    if detach:
        try:
            batch.submit(paths, options)
            _print_jobs(batch, json_output=json_output)
        except KeyboardInterrupt:
            _cancel(batch)
            return ExitCode.INTERRUPTED
        except DaemonError as error:
            _lost(batch, error)
        return batch.exit_code
    interrupted = carry_out(batch, paths, options, _nothing if json_output else lambda item: _print(item, batch.said))
    if json_output:
        output.say_json(batch.as_json())
    elif not interrupted:
        _print_next(batch)
    return ExitCode.INTERRUPTED if interrupted else batch.exit_code


def carry_out(batch: Batch, paths: list[str], options: AnalysisOptions, ended: Callable[[Item], None]) -> bool:
    """Analyse the files, calling `ended` with each; whether Ctrl-C ended it, which cancels what is left."""
    try:
        batch.submit(paths, options)
        batch.wait(ended)
    except KeyboardInterrupt:
        _cancel(batch)
        return True
    except DaemonError as error:
        _lost(batch, error)
    return False


def _print_next(batch: Batch) -> None:
    analysis = next((item.analysis for item in batch.items if item.analysis is not None), None)
    if analysis is not None:
        output.tell(f"Next: cuemark export {analysis.id} --format edl   (or youtube, ffmetadata, webvtt, otio, ...)")


def _nothing(item: Item) -> None:
    """JSON comes at the end, in one piece."""


def _print(item: Item, said: Container[str] = ()) -> None:
    from cuemark.cli.library.show import print_analysis

    if item.analysis is not None:
        print_analysis(item.analysis, said=said)
    else:
        complain_about(item)


def _cancel(batch: Batch) -> None:
    output.tell("Interrupted: asking the daemon to cancel.")
    try:
        count = batch.cancel()
    except CuemarkError as error:
        output.complain(str(error), error.code)
        return
    output.tell(
        f"{text.plural(count, 'job')} cancelled. What was computed is kept: the same command continues from there."
    )


def _lost(batch: Batch, error: DaemonError) -> None:
    if not any(item.job for item in batch.items):
        raise error
    batch.fail(error)
    output.complain(str(error), error.code)


def _print_jobs(batch: Batch, *, json_output: bool) -> None:
    if json_output:
        return output.say_json(batch.as_json())
    for item in batch.items:
        if item.job is not None:
            output.say(f"{item.job.id}  {terminal_path(item.path)}")
        else:
            _print(item)
    if batch.exit_code is ExitCode.OK:
        output.tell("The daemon works on it. `cuemark jobs watch` follows, `cuemark jobs cancel ID` stops it.")


_UNHEARD = "sound_unheard"
_NO_PICTURES = "labels_no_pictures"


@dataclass
class Item:
    """One file and what became of it so far: a job, then an analysis or an error; `searched` says that a folder was
    named, and the file only found in it."""

    path: Path
    searched: bool = False
    job: Job | None = None
    analysis: Analysis | None = None
    error: CuemarkError | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.analysis is not None or self.error is not None

    @property
    def passed_over(self) -> bool:
        """Whether it is music or a recording that lay among the footage, and nothing tells what is said in it."""
        return self.searched and self.error is not None and self.error.code in (_UNHEARD, _NO_PICTURES)


class Batch:
    """Hands files to the daemon and waits for them, in the order they were named.

    `offer` settles which models do the work, once it is known that there is any.  `transcripts` are those of single
    files, in the place of what the options say.
    """

    def __init__(
        self,
        client: CuemarkClient,
        offer: Offer | None = None,
        details: Details | None = None,
        transcripts: Mapping[Path, Path] | None = None,
    ) -> None:
        self._client = client
        self._details = details or Details()
        self._offer = offer
        self._transcripts = transcripts or {}
        self.items: list[Item] = []

    @property
    def said(self) -> Container[str]:
        """The codes of what was said before the work, and need not be said of each file again."""
        return () if self._offer is None else self._offer.said

    def submit(self, paths: list[str], options: AnalysisOptions) -> None:
        """One job for every video behind `paths`; a folder stands for its videos.  DaemonError is the caller's."""
        for path in paths:
            self.items += self._found(Path(path).absolute())
        check_transcript(options, [item.path for item in self.items])
        if self._offer is not None and not all(item.ended for item in self.items):
            options = self._offer.settled(options)
        for item in self.items:
            if not item.ended:
                self._submit(item, options)

    def wait(self, ended: Callable[[Item], None]) -> None:
        """Show each job's progress and call `ended` with its item when it has ended."""
        for item in self.items:
            if item.job is not None and not item.ended:
                self._wait(item)
            if not item.passed_over:
                ended(item)
        self._tell_passed_over([item for item in self.items if item.passed_over])

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
        counted = [item for item in self.items if not item.passed_over] or self.items
        codes = [ExitCode.OK if item.error is None else exit_code_for(item.error) for item in counted]
        if ExitCode.DAEMON in codes:
            return ExitCode.DAEMON
        return codes[0] if len(set(codes)) == 1 else ExitCode.FAILED

    def as_json(self) -> Any:
        """One object for one file, an array for several."""
        objects = self.objects()
        return objects[0] if len(objects) == 1 else objects

    def objects(self) -> list[dict[str, Any]]:
        """What `--json` says of each file; of one that was analysed now also what went wrong with the models before."""
        before = () if self._offer is None else self._offer.notices
        return [item_object(item, before if item.job is not None else ()) for item in self.items]

    def _found(self, path: Path) -> list[Item]:
        try:
            found = self._client.search_videos(path)
        except DaemonError:
            raise
        except CuemarkError as error:
            return [Item(path, error=error)]
        if found.passed_over:
            output.warn(
                f"Passed over in {terminal_path(path)}, as footage of a kind that cannot be read here: "
                f"{found.names(found.passed_over)}. Export it as ProRes or H.264 first.",
                "footage_passed_over",
            )
        return [Item(each, searched=each != path) for each in found.videos]

    def _tell_passed_over(self, items: Sequence[Item]) -> None:
        seen = [item.path for item in items if item.error is not None and item.error.code == _NO_PICTURES]
        if seen:
            output.note(f"Passed over, as sound without pictures: {FoundVideos.names(seen)}.", _NO_PICTURES)
        paths = [item.path for item in items if item.path not in seen]
        if paths:
            step = "A speech model (`cuemark models list`) or a transcript beside the file would."
            named = FoundVideos.names(paths)
            output.note(f"Passed over, as sound alone of which nothing tells the words: {named}. {step}", _UNHEARD)

    def _submit(self, item: Item, options: AnalysisOptions) -> None:
        try:
            named = self._transcripts.get(item.path)
            wanted = options if named is None else replace(options, transcript=str(named))
            item.job = self._client.submit_analyze(item.path, wanted)
        except DaemonError:
            raise
        except CuemarkError as error:
            item.error = error

    def _wait(self, item: Item) -> None:
        assert item.job is not None
        item.job = follow(self._client, item.job, item.path.name, self._details)
        if item.job.state is JobState.CANCELLED:
            item.error = JobCancelled()
        elif item.job.analysis_id:
            found = self._client.get_analysis(item.job.analysis_id, path=item.path, brief=True)
            item.analysis = _with_notices_of(item.job, found)
        elif item.job.error is not None:
            item.error = item.job.error.error()


def _with_notices_of(job: Job, analysis: Analysis) -> Analysis:
    """The analysis, its warnings with what is to be said of this run alone: what became of the user's edits."""
    own = (notice for notice in job.warnings if notice not in analysis.warnings)
    return replace(analysis, warnings=(*analysis.warnings, *own))


def item_object(item: Item, before: Sequence[Notice] = ()) -> dict[str, Any]:
    """What `--json` says of one file: its analysis with the notices of `before`, or `error` beside the path."""
    from cuemark.core.analysis_json import analysis_object

    if item.analysis is not None:
        return analysis_object(replace(item.analysis, warnings=(*before, *item.analysis.warnings)))
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
