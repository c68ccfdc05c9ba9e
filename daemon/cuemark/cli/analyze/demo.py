"""`cuemark demo`: a drawn video with known events, analysed through the real daemon and compared with the truth."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag, takes_analysis_options
from cuemark.core import timebase
from cuemark.core.analysis_options import MODEL_ROLES, AnalysisOptions
from cuemark.core.errors import InputError, StoreError
from cuemark.core.text import printable_path, terminal_path, terminal_safe

if TYPE_CHECKING:
    from cuemark.cli.analyze.batch import Batch
    from cuemark.cli.analyze.demo_match import Row, Truth
    from cuemark.core.analysis import Analysis
    from cuemark.lab.sample.video import SampleClip
    from cuemark.rpc.client.client import CuemarkClient

_MODELS_NOTE = (
    "The sample models used here were trained on this small drawn world only; they do not understand real footage."
)


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
    from cuemark.cli.analyze.batch import Batch
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
    _show(analysis, truths(clip), files, seconds, json_output=json_output)


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
    from cuemark.cli.analyze.batch import complain_about

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


def truths(clip: SampleClip) -> list[Truth]:
    """The clip's events with every phrase the sample world has for their subjects and places."""
    from cuemark.cli.analyze.demo_match import Truth
    from cuemark.lab.sample.lexicon import Lexicon

    words = Lexicon()

    def phrases(slots: dict[str, str], slot: str) -> tuple[str, ...]:
        return (slots[slot], *words.phrases(slot, slots[slot])) if slot in slots else ()

    return [
        Truth(event.start, event.end, event.captions[0], phrases(slots, "subject"), phrases(slots, "place"))
        for event in clip.events
        for slots in (event.slots.as_dict(),)
    ]


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


def _show(
    analysis: Analysis,
    events: Sequence[Truth],
    files: list[tuple[str, Path | None, str]],
    seconds: float,
    *,
    json_output: bool,
) -> None:
    from cuemark.cli.analyze.demo_match import match

    rows = match(events, analysis.moments)
    if json_output:
        return output.say_json(demo_object(analysis, rows, files))
    for notice in analysis.warnings:
        output.warn(notice.message, notice.code)
    media = analysis.media
    shown = text.plural(len(events), "true event")
    output.heading(f"{media.path.name}  {_short(media.duration)} min, {shown}, analysed in {seconds:.0f} s")
    output.say()
    _print_rows(rows)
    output.say()
    output.say(summary(rows, analysis))
    output.say()
    _print_chapters(analysis, events)
    output.say()
    _print_files(analysis, files)


def _print_rows(rows: Sequence[Row]) -> None:
    cells = []
    for row in rows:
        moment = row.moment
        cells.append(
            [
                _span(row.truth.start, row.truth.end),
                row.truth.caption,
                _span(moment.start, moment.end) if moment else "-",
                moment.caption if moment else "(not found)",
                f"{float(row.tiou):.2f}",
                _verdict(row.found, row.subject),
                _verdict(row.found, row.place),
            ]
        )
    output.table(["true event", "what it shows", "found", "moment", "tIoU", "subject", "place"], cells, right=["tIoU"])


def _verdict(found: bool, right: bool) -> str:
    return "-" if not found else "right" if right else "WRONG"


def summary(rows: Sequence[Row], analysis: Analysis) -> str:
    """The outcome in one line."""
    found = sum(row.found for row in rows)
    both = sum(row.subject and row.place for row in rows)
    matched = {row.moment.id for row in rows if row.moment is not None and row.found}
    extra = sum(moment.id not in matched for moment in analysis.moments)
    line = (
        f"Found {found} of {text.plural(len(rows), 'event')} (tIoU >= 0.5); subject right in"
        f" {sum(row.subject for row in rows)}, place right in {sum(row.place for row in rows)}, both in {both}."
    )
    return line + (f" {text.plural(extra, 'moment')} without an event." if extra else "")


def _print_chapters(analysis: Analysis, events: Sequence[Truth]) -> None:
    from cuemark.lab.evaluate.localisation import events_within

    rows = [
        [
            _span(chapter.start, chapter.end),
            chapter.title,
            "; ".join(event.caption for event in events_within(chapter, events)) or "(no event)",
        ]
        for chapter in analysis.chapters
    ]
    output.table(["chapter", "title", "true events in it"], rows)


def _print_files(analysis: Analysis, files: list[tuple[str, Path | None, str]]) -> None:
    folder = next((path.parent for _, path, _ in files if path is not None), None)
    output.say(f"Files in {terminal_path(folder)}:" if folder else "No format fits.")
    output.table(
        ["format", "file", "for"],
        [[name, path.name if path else "(not written)", description] for name, path, description in files],
    )
    output.say()
    output.say(_MODELS_NOTE)
    output.say("Next, on footage of your own:")
    output.hint("  cuemark models pull light")
    output.hint("  cuemark analyze YOUR_VIDEO.mp4 --clip light --lm light")


def demo_object(analysis: Analysis, rows: Sequence[Row], files: list[tuple[str, Path | None, str]]) -> dict[str, Any]:
    """The demo as JSON: the analysis, the comparison, the files."""
    from cuemark.core.analysis_json import analysis_object

    compared = [
        {
            "start_s": float(row.truth.start),
            "end_s": float(row.truth.end),
            "caption": row.truth.caption,
            "moment": row.moment.id if row.moment else None,
            "tiou": float(row.tiou),
            "found": row.found,
            "subject_right": row.subject,
            "place_right": row.place,
        }
        for row in rows
    ]
    return {
        "note": _MODELS_NOTE,
        "analysis": analysis_object(analysis),
        "events": compared,
        "files": {name: printable_path(path) for name, path, _ in files if path is not None},
    }


def _short(seconds: Fraction) -> str:
    """`0:09.5`: tenths of a second, for a table."""
    tenths = timebase.round_half_up(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def _span(start: Fraction, end: Fraction) -> str:
    return f"{_short(start)}-{_short(end)}"
