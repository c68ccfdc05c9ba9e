"""`cuemark export`: an analysis as a file of another program."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

import typer

from cuemark.cli import output
from cuemark.cli.guard import guarded
from cuemark.cli.library.find import AnalysisArgument, find
from cuemark.cli.library.output_file import destination, goes_to_stdout, write
from cuemark.cli.options import JsonFlag, plain, positive_rate
from cuemark.core.analysis_json import notice_object
from cuemark.core.export_formats import EXPORT_FORMATS
from cuemark.core.options import Range
from cuemark.core.sizes import size_text
from cuemark.core.text import printable_path, terminal_path

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
    said: Annotated[bool, typer.Option("--said", help="Write the words said in moments into them, too.")] = False,
    shots: Annotated[bool, typer.Option("--shots", help="Mark shots, too, of an analysis that has them.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Write an analysis as a file of another program."""
    from cuemark.cli.session import connect

    to_stdout = goes_to_stdout(out, json_output=json_output)
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
            said=said,
            shots=shots,
        )
    for notice in file.warnings:
        output.warn(notice.message, notice.code)
    if to_stdout:
        return output.say_bytes(file.data)
    path = destination(file.name, out)
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
