"""`cuemark index`: put footage into the library, where it can be searched; unchanged files are left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output, text
from cuemark.cli.analyze.progress import Details
from cuemark.cli.guard import error_object, exit_code_for, guarded
from cuemark.cli.library.many import follow_all
from cuemark.cli.models.offer import Offer, Pull
from cuemark.cli.options import JsonFlag, VerboseFlag, check_transcript, takes_analysis_options
from cuemark.core import settings
from cuemark.core.analysis_json import notice_object
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError, DaemonError, ExitCode, JobCancelled, Notice
from cuemark.core.jobs import JobState
from cuemark.core.text import first_few, printable_path, terminal_path, terminal_safe

if TYPE_CHECKING:
    from cuemark.core.jobs import Job
    from cuemark.rpc.client.client import CuemarkClient

_UNHEARD = "sound_unheard"
_MANY = 50
_MOST_NAMED, _MOST_ASKED = 6, 200


@guarded
@takes_analysis_options(
    "clip", "speech", "language", "sound_track", "transcript", "screen_text", "sample_rate", "vram", "gentle"
)
def index(
    *,
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Video and sound files, or folders of them (all levels).")
    ],
    options: AnalysisOptions,
    pull: Pull = None,
    again: Annotated[
        bool, typer.Option("--again", help="Look into files too that seem unchanged by their size and date.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Leave the work to the daemon.")] = False,
    verbose: VerboseFlag = False,
    json_output: JsonFlag = False,
) -> None:
    """Put footage into the library: its pictures, what is said, what is written. No search for moments.

    Files that have not changed are left alone. Ctrl-C cancels the work; what was computed is kept either way.
    """
    from cuemark.cli.session import connect

    with connect() as client:
        offer = Offer(client, settings.load(), pull, may_ask=not json_output)
        batch = Batch(client, offer, Details(verbose))
        code = batch.run(paths, options, again=again, detach=detach)
        output.say_json(batch.as_json()) if json_output else batch.tell()
    if code is not ExitCode.OK:
        raise typer.Exit(int(code))


@dataclass
class File:
    """A file and what became of it: left alone (`unchanged`), a job or (`scanned`) other means, or an error."""

    path: Path
    searched: bool = False
    unchanged: bool = False
    scanned: bool = False
    job: Job | None = None
    error: CuemarkError | None = None

    @property
    def passed_over(self) -> bool:
        """Whether it is sound that lay among the footage, and nothing tells what is said in it."""
        return self.searched and self.error is not None and self.error.code == _UNHEARD

    @property
    def indexed(self) -> bool:
        """Whether it went into the library now."""
        return self.scanned or (self.job is not None and self.job.state is JobState.SUCCEEDED)

    @property
    def known(self) -> bool:
        """Whether its content was in the library already, made as it is asked for: it was touched, moved or copied."""
        return self.indexed and self.job is not None and bool(self.job.counters.get("entries_known"))


class Batch:
    """The files of one call: found, asked for, followed, told."""

    def __init__(self, client: CuemarkClient, offer: Offer, details: Details) -> None:
        self._client, self._offer, self._details = client, offer, details
        self.files: list[File] = []
        self.passed_over: list[Path] = []
        self._detached = self._interrupted = False

    def run(self, paths: Sequence[str], options: AnalysisOptions, *, again: bool, detach: bool) -> ExitCode:
        """Index the files behind the paths; one that fails stops no other."""
        self._detached = detach
        try:
            self._submit(paths, options, again)
            if not detach:
                follow_all(self._client, self._waiting(), self._details, self._ended)
                self._tell_moved()
        except KeyboardInterrupt:
            self._cancel()
            return ExitCode.INTERRUPTED
        return self.exit_code

    def _submit(self, paths: Sequence[str], options: AnalysisOptions, again: bool) -> None:
        for path in paths:
            self._find(Path(path).absolute())
        good = [file for file in self.files if file.error is None]
        check_transcript(options, [file.path for file in good])
        if good:
            options = self._offer.settled(options, roles=("clip",))
        known = set() if again else self._client.find_unchanged([file.path for file in good], options)
        if len(good) >= _MANY:
            output.tell(f"{text.plural(len(good), 'file')}, {len(known)} of them unchanged.")
        for file in good:
            file.unchanged = file.path in known
            if not file.unchanged:
                self._ask_for(file, options)

    def _find(self, path: Path) -> None:
        have = {file.path for file in self.files}  # a folder and a file in it may both be named
        try:
            found = self._client.search_videos(path)
        except DaemonError:
            raise
        except CuemarkError as error:
            self.files.append(File(path, error=error))
            return
        self.passed_over += found.passed_over
        self.files += [File(each, searched=each != path) for each in found.videos if each not in have]

    def _ask_for(self, file: File, options: AnalysisOptions) -> None:
        try:
            file.job = self._client.submit_index(file.path, options)
        except DaemonError:
            raise
        except CuemarkError as error:
            file.error = error

    def _waiting(self) -> list[Job]:
        return [file.job for file in self.files if file.job is not None and file.error is None]

    def _ended(self, job: Job) -> None:
        file = next(file for file in self.files if file.job is not None and file.job.id == job.id)
        file.job = job
        if job.state is JobState.CANCELLED:
            file.error = JobCancelled()
        elif job.error is not None:
            file.error = job.error.error()

    def _tell_moved(self) -> None:
        """Where files that are known by their content were before, if they are not there any more."""
        moved = []
        for file in [file for file in self.files if file.known][:_MOST_ASKED]:
            try:
                paths = self._client.get_media(path=file.path).paths
            except CuemarkError:
                continue
            left = [path for path in paths if path != file.path and not path.exists()]
            moved += [f"{terminal_path(file.path)} was {terminal_path(left[0])}"] if left else []
        if moved:
            output.note(f"Found again elsewhere: {first_few(moved, _MOST_NAMED)}.", "media_moved")

    def _cancel(self) -> None:
        self._interrupted = True
        output.tell("Interrupted: asking the daemon to cancel.")
        waiting = [file for file in self.files if file.job is not None and not file.job.state.ended]
        for file in waiting:
            assert file.job is not None
            file.error = JobCancelled()
            try:
                self._client.cancel_job(file.job.id)
            except CuemarkError as error:
                return output.complain(str(error), error.code)
        kept = "What was computed is kept: the same command continues from there."
        output.tell(f"{text.plural(len(waiting), 'file')} cancelled. {kept}")

    @property
    def exit_code(self) -> ExitCode:
        """OK, or what every file failed with, or FAILED where some did."""
        counted = [file for file in self.files if not file.passed_over] or self.files
        codes = {ExitCode.OK if file.error is None else exit_code_for(file.error) for file in counted}
        if ExitCode.DAEMON in codes:
            return ExitCode.DAEMON
        return next(iter(codes), ExitCode.OK) if len(codes) <= 1 else ExitCode.FAILED

    def tell(self) -> None:
        """Say what was done, what was not and why; one line for each file that failed."""
        for file in self.files:
            if file.error is not None and not file.passed_over and not isinstance(file.error, JobCancelled):
                _complain(file)
        self._tell_passed_over()
        output.say(self._summary() + ".")
        if self._detached and self._waiting():
            output.tell("The daemon works on it. `cuemark jobs list` shows how far it is.")

    def _summary(self) -> str:
        counts = [
            (sum(file.indexed and not file.known for file in self.files), "indexed"),
            (sum(file.known for file in self.files), "known by its content"),
            (len(self._waiting()) if self._detached else 0, "queued"),
            (sum(file.unchanged for file in self.files), "unchanged"),
            (sum(file.passed_over for file in self.files), "passed over"),
            (sum(isinstance(file.error, JobCancelled) for file in self.files), "cancelled"),
            (sum(self._failed(file) for file in self.files), "failed"),
        ]
        told = [f"{count} {what}" for count, what in counts if count]
        return f"{text.plural(len(self.files), 'file')}: {', '.join(told) or 'nothing to do'}"

    @staticmethod
    def _failed(file: File) -> bool:
        return file.error is not None and not file.passed_over and not isinstance(file.error, JobCancelled)

    def _tell_passed_over(self) -> None:
        from cuemark.core.media import FoundVideos

        if self.passed_over:
            named = FoundVideos.names(self.passed_over)
            output.warn(
                f"Passed over, as footage of a kind that cannot be read here: {named}. Export it as ProRes or H.264 "
                "first.",
                "footage_passed_over",
            )
        unheard = [file.path for file in self.files if file.passed_over]
        if unheard:
            step = "A speech model (`cuemark models list`) or a transcript beside the file would."
            named = FoundVideos.names(unheard)
            output.note(f"Passed over, as sound alone of which nothing tells the words: {named}. {step}", _UNHEARD)

    def as_json(self) -> dict[str, Any]:
        """What `--json` says: each file with what became of it, and the counts."""
        return {
            "files": [_file_object(file) for file in self.files],
            "indexed": sum(file.indexed for file in self.files),
            "known": sum(file.known for file in self.files),
            "unchanged": sum(file.unchanged for file in self.files),
            "failed": sum(self._failed(file) for file in self.files),
            "passed_over": [printable_path(path) for path in self.passed_over],
            "warnings": [notice_object(notice) for notice in self._notices()],
        }

    def _notices(self) -> Sequence[Notice]:
        return self._offer.notices


def _file_object(file: File) -> dict[str, Any]:
    state = "unchanged" if file.unchanged else "failed" if file.error is not None else "queued"
    told: dict[str, Any] = {"path": printable_path(file.path), "state": "indexed" if file.indexed else state}
    if file.job is not None:
        told["job"] = file.job.id
        told["warnings"] = [notice_object(notice) for notice in file.job.warnings]
    if file.error is not None:
        told["error"] = error_object(file.error)
    return told


def _complain(file: File) -> None:
    """Why a file failed, in one line, its name first."""
    assert file.error is not None
    name = terminal_path(file.path.name)
    message = terminal_safe(f"{file.error.message} {file.error.next_step}".strip())
    output.complain(message if name in message else f"{name}: {message}", file.error.code)
