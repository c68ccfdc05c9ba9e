"""`cuemark select`: pick the best stretches of analyses, or of a search, and write them."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output
from cuemark.cli.analyze.progress import follow
from cuemark.cli.guard import guarded
from cuemark.cli.library.output_file import check_free, destination, goes_to_stdout, write
from cuemark.cli.options import JsonFlag, plain, positive_rate
from cuemark.cli.select.show import print_rendering, print_selection
from cuemark.cli.select.sources import found_sources
from cuemark.cli.select.typed import SelectionFormat, format_of, length_of, size_of
from cuemark.core.errors import CuemarkError, ExitCode, JobCancelled
from cuemark.core.jobs import JobState
from cuemark.core.options import Range
from cuemark.core.selection import (
    DEFAULT_LENGTH,
    DEFAULT_PICK,
    PickOrder,
    RenderOptions,
    Selection,
    SelectionOptions,
    check_online,
    checked,
)
from cuemark.core.selection_json import rendering_object, selection_object
from cuemark.core.sizes import size_text
from cuemark.core.string_outs import STRING_OUT_FORMATS, StringOutOptions
from cuemark.core.text import printable_path, terminal_path
from cuemark.core.timebase import snap_rate

if TYPE_CHECKING:
    from cuemark.core.jobs import Job
    from cuemark.core.selection import Rendering
    from cuemark.rpc.client.client import CuemarkClient

_TIMELINES = tuple(f"{name} ({known.editor})" if known.editor else name for name, known in STRING_OUT_FORMATS.items())
_FORMATS = Range(choices=(*_TIMELINES, "mp4", "clips", "webdataset"))
_SEARCH, _TIMELINE, _RENDER = "Picks from a search", "Timelines", "Movies and clips"


@guarded
def select(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ANALYSIS...|WORDS]",
            help="Analyses by id, or the files or folders that were analysed; else words to search the library for.",
        ),
    ] = None,
    *,
    length: Annotated[
        str | None,
        typer.Option("--length", metavar="T", help="Of all picks: 60s, 2m, all.", show_default="60s; clips: all"),
    ] = None,
    per_moment: Annotated[
        str | None,
        typer.Option("--per-moment", metavar="T", help="The most of one moment: 4s, all.", show_default="4s"),
    ] = None,
    order: Annotated[PickOrder, typer.Option("--order", help="As it happened, or the best first.")] = PickOrder.TIME,
    format_name: Annotated[
        str | None,
        typer.Option("--format", "-f", metavar="F", help=f"{_FORMATS}.", show_default="as -o is named, else a list"),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="A file or folder, or - for stdout.",
            show_default="named after the footage",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    search: Annotated[
        str | None,
        typer.Option("--search", metavar="WORDS", help="Pick from what the library has.", rich_help_panel=_SEARCH),
    ] = None,
    top: Annotated[
        int, typer.Option("--top", metavar="N", min=1, max=1000, help="So many hits.", rich_help_panel=_SEARCH)
    ] = 50,
    within: Annotated[
        list[str] | None,
        typer.Option("--in", metavar="PATH", help="Only these files and folders.", rich_help_panel=_SEARCH),
    ] = None,
    fps: Annotated[
        str | None,
        typer.Option(
            metavar="R", help="25, 29.97, 30000/1001.", show_default="most footage's", rich_help_panel=_TIMELINE
        ),
    ] = None,
    drop_frame: Annotated[
        bool | None,
        typer.Option("--drop-frame/--non-drop-frame", help="How it counts.", rich_help_panel=_TIMELINE),
    ] = None,
    start_tc: Annotated[
        str | None, typer.Option(metavar="TC", help="Its first timecode: 01:00:00:00.", rich_help_panel=_TIMELINE)
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="TEXT", help="What it is called.", rich_help_panel=_TIMELINE)
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            "--size", metavar="WxH", help="1920x1080, 720p.", show_default="the footage's", rich_help_panel=_RENDER
        ),
    ] = None,
    keyframes: Annotated[
        bool,
        typer.Option(
            "--keyframes",
            help="Cut at keyframes only: pictures are copied, not encoded again.",
            rich_help_panel=_RENDER,
        ),
    ] = False,
    per_shard: Annotated[
        int,
        typer.Option(
            "--per-shard", metavar="N", min=1, max=100_000, help="Clips in one tar file.", rich_help_panel=_RENDER
        ),
    ] = 1000,
    json_output: JsonFlag = False,
) -> None:
    """Pick the best stretches: sure, sharp, steady, unlike each other, inside one shot, no sentence cut in two.

    They are listed, or written as a timeline for an editor, a movie, or clips with their captions.
    """
    from cuemark.cli.session import connect

    kind = format_of(format_name, out)
    to_stdout = goes_to_stdout(out, json_output=json_output)
    options = checked(
        SelectionOptions(
            length_of(length, "--length", None if kind.is_dataset else DEFAULT_LENGTH),
            length_of(per_moment, "--per-moment", DEFAULT_PICK),
            order,
            on_keyframes=keyframes,
        )
    )
    rate = positive_rate(fps, "--fps")
    timeline = StringOutOptions(
        None if rate is None else snap_rate(rate),
        drop_frame,
        None if start_tc is None else plain(start_tc, "--start-tc"),
        "" if name is None else plain(name, "--name"),
    )
    render = RenderOptions(timeline.rate, *size_of(size, "--size"), overwrite=force, per_shard=per_shard)
    if to_stdout and kind.render is not None:
        raise typer.BadParameter("Pictures go into a file; name one.", param_hint="--output")
    with connect() as client:
        sources = found_sources(client, names or [], search, within or [], top)
        first = sources[0].media.path
        target = None if to_stdout or not kind.name else destination(kind.file_name(first, len(sources)), out)
        if target is not None and kind.render is None:
            check_free(target, force=force)
        selection = _selected(client, sources, options, first.name)
        written = _written(client, selection, kind, target, timeline, render, force=force)
    _say(selection, written, kind, json_output=json_output, alone=to_stdout)


def _selected(client: CuemarkClient, sources: Any, options: SelectionOptions, label: str) -> Selection:
    job = _finished(client, client.submit_select(sources, options), label)
    return client.get_selection(job.id)


def _written(
    client: CuemarkClient,
    selection: Selection,
    kind: SelectionFormat,
    target: Path | None,
    timeline: StringOutOptions,
    render: RenderOptions,
    *,
    force: bool,
) -> Rendering | dict[str, Any] | None:
    """What was written; None where the picks are only listed."""
    if not kind.name:
        return None
    if kind.render is not None:
        assert target is not None
        check_online(selection)
        job = _finished(client, client.submit_render(selection, target, kind.render, render), target.name)
        rendering = client.get_rendering(job.id)
        _make_the_users(rendering)
        return replace(rendering, path=target)
    file = client.export_selection(selection, kind.name, timeline)
    for notice in file.warnings:
        output.warn(notice.message, notice.code)
    if target is None:
        output.say_bytes(file.data)
        return {}
    write(target, file.data, force=force)
    return {"path": printable_path(target), "format": kind.name, "bytes": len(file.data)}


def _make_the_users(rendering: Rendering) -> None:
    """What the daemon keeps is for nobody else; files for the user get the rights that the user's own files have."""
    mask = os.umask(0)
    os.umask(mask)
    for path in (rendering.path, *rendering.files):
        with contextlib.suppress(OSError):
            os.chmod(path, (0o777 if path.is_dir() else 0o666) & ~mask)


def _finished(client: CuemarkClient, job: Job, label: str) -> Job:
    """The job, once it has ended well; Ctrl-C cancels it."""
    try:
        job = follow(client, job, label)
    except KeyboardInterrupt:
        output.tell("Interrupted: asking the daemon to cancel.")
        try:
            client.cancel_job(job.id)
            output.tell("Cancelled. Nothing was written.")
        except CuemarkError as error:
            output.complain(str(error), error.code)
        raise typer.Exit(int(ExitCode.INTERRUPTED)) from None
    if job.error is not None:
        raise job.error.error()
    if job.state is JobState.CANCELLED:
        raise JobCancelled
    return job


def _say(
    selection: Selection,
    written: Rendering | dict[str, Any] | None,
    kind: SelectionFormat,
    *,
    json_output: bool,
    alone: bool,
) -> None:
    """What was picked and why, then what was written; nothing beside a file that itself went to stdout."""
    told = selection.notices if written is None or isinstance(written, dict) else (*selection.notices, *written.notices)
    for notice in told:
        output.warn(notice.message, notice.code)
    if alone:
        return
    if json_output:
        value = selection_object(selection)
        if written is not None:
            value["output"] = written if isinstance(written, dict) else rendering_object(written)
        return output.say_json(value)
    print_selection(selection)
    if isinstance(written, dict):
        output.say()
        output.say(f"Wrote {terminal_path(Path(written['path']))} ({size_text(written['bytes'])}).")
    elif written is not None:
        output.say()
        print_rendering(written, kind.name)
