"""`cuemark export`: an analysis as a file of another program."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli import output
from cuemark.cli.guard import guarded
from cuemark.cli.library.find import AnalysisArgument, find
from cuemark.cli.options import JsonFlag, plain, positive_rate
from cuemark.core.analysis_json import notice_object
from cuemark.core.errors import InputError, StoreError
from cuemark.core.export_formats import EXPORT_FORMATS
from cuemark.core.files import atomic_write
from cuemark.core.options import Range
from cuemark.core.sizes import size_text
from cuemark.core.text import printable_path, terminal_path

if TYPE_CHECKING:
    from cuemark.core.export_formats import ExportedFile

_FORMATS = Range(
    choices=tuple(f"{name} ({known.editor})" if known.editor else name for name, known in EXPORT_FORMATS.items())
)


@guarded
def export(
    analysis: AnalysisArgument,
    format_name: Annotated[str, typer.Option("--format", "-f", metavar="F", help=f"{_FORMATS}.")],
    out: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="A file, a folder, or - for stdout.",
            show_default="named after the video",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    fps: Annotated[
        str | None,
        typer.Option(
            metavar="R", help="Frame rate of your timeline: 25, 29.97, 30000/1001.", show_default="the video's"
        ),
    ] = None,
    drop_frame: Annotated[
        bool | None, typer.Option("--drop-frame/--non-drop-frame", help="How your timeline counts.", show_default=False)
    ] = None,
    start_tc: Annotated[
        str | None, typer.Option(metavar="TC", help="Timecode of your timeline's first frame: 01:00:00:00.")
    ] = None,
    transliterate: Annotated[bool, typer.Option("--transliterate", help="Write titles in ASCII letters.")] = False,
    tags: Annotated[bool, typer.Option("--tags", help="Write the tags of moments into the notes of markers.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Write an analysis as a file of another program."""
    from cuemark.cli.session import connect

    if json_output and out == "-":
        raise typer.BadParameter("The file itself goes to stdout with -o -; leave out --json.", param_hint="--json")
    rate = _rate(fps)
    with connect() as client:
        found = find(client, analysis, brief=True)
        file = client.export(
            found.id,
            plain(format_name, "--format"),
            path=found.media.path,
            rate=rate,
            drop_frame=drop_frame,
            start_timecode=None if start_tc is None else plain(start_tc, "--start-tc"),
            transliterate=transliterate,
            tags=tags,
        )
    for notice in file.warnings:
        output.warn(notice.message, notice.code)
    if out == "-":
        return output.say_bytes(file.data)
    path = destination(file, out)
    write(path, file.data, force=force)
    if json_output:
        warnings = list(map(notice_object, file.warnings))
        output.say_json(
            {"path": printable_path(path), "format": format_name, "bytes": len(file.data), "warnings": warnings}
        )
    else:
        output.say(f"Wrote {terminal_path(path)} ({size_text(len(file.data))}).")


def _rate(fps: str | None) -> Fraction | None:
    from cuemark.core.timebase import snap_rate

    value = positive_rate(fps, "--fps")
    return None if value is None else snap_rate(value)


def destination(file: ExportedFile, out: str | None) -> Path:
    """Where the file goes: `out`, or the name the daemon suggests in `out` when that is a folder, else here."""
    if out is None:
        return Path(file.name)
    if out.endswith(("/", os.sep)):
        _make(Path(out))
    if os.path.isdir(out):
        return Path(out) / file.name
    return Path(out)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_written(folder, error) from error


def write(path: Path, data: bytes, *, force: bool) -> None:
    """The whole file or none of it; a file that is there is left alone without `force`.

    Errors: InputError file_exists, StoreError file_not_written.
    """
    try:
        if path.exists() and (not force or path.is_dir()):
            raise _exists(path)
        atomic_write(path, data, exclusive=not force)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> StoreError:
    reason = error.strerror or str(error)
    message = f"{terminal_path(path)} could not be written: {reason}."
    return StoreError("file_not_written", message, "Choose another place with -o.")


def _exists(path: Path) -> InputError:
    if path.is_dir():
        return InputError("file_exists", f"{terminal_path(path)} is a folder.", "Name a file in it with -o.")
    return InputError(
        "file_exists",
        f"{terminal_path(path)} exists and was left as it is.",
        "Use --force to overwrite it, or -o for another name.",
    )
