"""`cuemark analyze`: hand files to the daemon, show the work, print moments and chapters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag, takes_analysis_options
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError, DaemonError, ExitCode
from cuemark.core.text import terminal_path

if TYPE_CHECKING:
    from cuemark.cli.analyze.batch import Batch, Item


@guarded
@takes_analysis_options()
def analyze(
    *,
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Video files, or folders of them (all levels).")
    ],
    options: AnalysisOptions,
    detach: Annotated[bool, typer.Option("--detach", help="Print job ids and leave the work to the daemon.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Find the moments and chapters of video files.

    Ctrl-C cancels the work; closing the terminal does not. What was computed is kept either way.
    """
    from cuemark.cli.analyze.batch import Batch
    from cuemark.cli.session import connect

    with connect() as client:
        code = run(Batch(client), paths, options, detach=detach, json_output=json_output)
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
    interrupted = carry_out(batch, paths, options, _nothing if json_output else _print)
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


def _print(item: Item) -> None:
    from cuemark.cli.analyze.batch import complain_about
    from cuemark.cli.library.show import print_analysis

    if item.analysis is not None:
        print_analysis(item.analysis)
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
