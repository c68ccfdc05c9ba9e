"""`cuemark demo`: a drawn video with known events, compared with the truth, and a short real film beside it.

Both go through the real daemon: the drawn one with the models that know nothing else, the real one with `pocket`.
"""

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
from cuemark.core.files import atomic_write
from cuemark.core.model_notices import POCKET, SAMPLE
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
        str, typer.Argument(metavar="[FOLDER]", help="Where the videos and the exports go.")
    ] = "cuemark-demo",
    options: AnalysisOptions,
    json_output: JsonFlag = False,
) -> None:
    """See Cuemark at work on a video whose events are known, and on a real film.  Needs no footage and no download."""
    from cuemark.cli.analyze.demo_report import Shown, demo_object, match, print_demo, print_next, print_real, truths
    from cuemark.cli.session import connect

    target = prepared(Path(folder).absolute())
    output.tell(f"Drawing a sample video that was never trained on, into {terminal_path(target)} ...")
    clip = _render(target)
    with connect() as client:
        analysis, seconds = _analysed(client, clip.path, options, SAMPLE, json_output=json_output)
        drawn = Shown(analysis, match(truths(clip), analysis.moments), export_all(client, analysis.id, target), seconds)
        if not json_output:
            print_demo(drawn)
            output.tell("And a real film, with the models that come with Cuemark for footage of your own ...")
        real, seconds = _analysed(client, _real_film(target), options, POCKET, json_output=json_output)
    if json_output:
        return output.say_json(demo_object(drawn, real))
    print_real(real, seconds)
    print_next()


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


def _real_film(folder: Path) -> Path:
    """A copy of the film that comes with the package, beside the drawn one."""
    from cuemark.lab.pocket.film import FILM

    copy = folder / "cuemark-demo-real.mp4"
    atomic_write(copy, FILM.read_bytes())
    return copy


def _analysed(
    client: CuemarkClient, path: Path, options: AnalysisOptions, models: str, *, json_output: bool
) -> tuple[Analysis, float]:
    """The analysis by one pair of models and its seconds; what goes wrong is said and ends the command."""
    batch, began = Batch(client), time.monotonic()
    try:
        batch.submit([str(path)], replace(options, models=dict.fromkeys(MODEL_ROLES, models)))
        batch.wait(lambda item: None)
    except KeyboardInterrupt:
        batch.cancel()
        raise
    (item,) = batch.items
    if item.analysis is None:
        complain_about(item)
        if json_output:
            output.say_json(batch.as_json())
        raise typer.Exit(int(batch.exit_code))
    return item.analysis, time.monotonic() - began


def export_all(client: CuemarkClient, analysis_id: str, folder: Path) -> list[tuple[str, Path | None, str]]:
    """Every format the analysis fits: (format, file, description), or (format, None, why it does not fit)."""
    from cuemark.cli.library.output_file import destination, write

    written: list[tuple[str, Path | None, str]] = []
    for form in client.export_formats():
        try:
            file = client.export(analysis_id, form.name)
        except InputError as error:
            written.append((form.name, None, error.message))
            continue
        path = destination(file.name, str(folder))
        write(path, file.data, force=True)
        written.append((form.name, path, form.description))
    return written
