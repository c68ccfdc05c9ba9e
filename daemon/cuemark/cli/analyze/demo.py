"""`cuemark demo`: a drawn video with known events, analysed through the real daemon and compared with the truth."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli import output
from cuemark.cli.analyze.command import Batch, complain_about
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag, takes_analysis_options
from cuemark.core.analysis_options import MODEL_ROLES, AnalysisOptions
from cuemark.core.errors import InputError, StoreError
from cuemark.core.text import terminal_path, terminal_safe

if TYPE_CHECKING:
    from cuemark.core.analysis import Analysis
    from cuemark.lab.sample.video import SampleClip
    from cuemark.rpc.client.client import CuemarkClient


@guarded
@takes_analysis_options("preset", "seed")
def demo(
    *,
    folder: Annotated[
        str, typer.Argument(metavar="[FOLDER]", help="Where the video and the exports go.")
    ] = "cuemark-demo",
    options: AnalysisOptions,
    json_output: JsonFlag = False,
) -> None:
    """See Cuemark at work on a video whose events are known.  Needs no footage and no download."""
    from cuemark.cli.session import connect

    target = prepared(Path(folder).absolute())
    output.tell(f"Drawing a sample video that was never trained on, into {terminal_path(target)} ...")
    clip = _render(target)
    options = replace(options, models=dict.fromkeys(MODEL_ROLES, "sample"))
    with connect() as client:
        batch = Batch(client)
        began = time.monotonic()
        analysis = _analysed(batch, clip.path, options)
        seconds = time.monotonic() - began
        files = export_all(client, analysis.id, target) if analysis is not None else []
    if analysis is None:
        if json_output:
            output.say_json(batch.as_json())
        raise typer.Exit(int(batch.exit_code))
    from cuemark.cli.analyze.demo_report import demo_object, match, print_demo, truths

    rows = match(truths(clip), analysis.moments)
    if json_output:
        return output.say_json(demo_object(analysis, rows, files))
    print_demo(analysis, rows, files, seconds)


def prepared(folder: Path) -> Path:
    """The folder, made if need be; one that holds something else than an earlier demo is left alone (file_exists)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = [name for name in os.listdir(folder) if not name.startswith(("cuemark-demo", "."))]
    except OSError as error:
        shown = terminal_path(folder)
        raise StoreError(
            "file_not_written", f"{shown} cannot be used: {error.strerror}.", "Name another folder: cuemark demo FOLDER"
        ) from error
    if strangers:
        message = f"{terminal_path(folder)} holds files that are not the demo's ({terminal_safe(strangers[0])})."
        raise InputError("file_exists", message, "Name another folder: cuemark demo FOLDER")
    return folder


def _render(folder: Path) -> SampleClip:
    from cuemark.lab.sample.video import render_demo

    return render_demo(folder)


def _analysed(batch: Batch, path: Path, options: AnalysisOptions) -> Analysis | None:
    """The analysis, or None after what went wrong has been said."""
    try:
        batch.submit([str(path)], options)
        batch.wait(lambda item: None)
    except KeyboardInterrupt:
        batch.cancel()
        raise
    (item,) = batch.items
    if item.analysis is None:
        complain_about(item)
    return item.analysis


def export_all(client: CuemarkClient, analysis_id: str, folder: Path) -> list[tuple[str, Path | None, str]]:
    """Every format the analysis fits: (format, file, description), or (format, None, why it does not fit)."""
    from cuemark.cli.library.export import write

    written: list[tuple[str, Path | None, str]] = []
    for form in client.export_formats():
        try:
            file = client.export(analysis_id, form.name)
        except InputError as error:
            written.append((form.name, None, error.message))
            continue
        write(folder / file.name, file.data, force=True)
        written.append((form.name, folder / file.name, form.description))
    return written
