"""`cuemark resolve`: markers on a timeline of DaVinci Resolve, on every edition."""

from __future__ import annotations

from typing import Annotated

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import error_object, guarded
from cuemark.cli.library.find import AnalysisArgument, find
from cuemark.cli.options import JsonFlag, plain, positive_rate
from cuemark.cli.resolve.analyze import analyze
from cuemark.cli.resolve.find import find as find_on_timeline
from cuemark.cli.resolve.install import install, uninstall
from cuemark.cli.resolve.options import (
    HOST,
    ChapterColor,
    Chapters,
    DiscardEdits,
    InOut,
    MomentColor,
    Moments,
    Said,
    ShotColor,
    Shots,
    Tags,
    TimelineName,
    Transliterate,
    address,
    marker_options,
    target,
    waiting,
    warn_without_shots,
)
from cuemark.core.analysis_json import notice_object
from cuemark.core.errors import ExitCode, HostError, NotFoundError
from cuemark.core.text import printable_path, terminal_path

app = typer.Typer(help="Put moments and chapters on a timeline of DaVinci Resolve.", no_args_is_help=True)
app.command()(analyze)
app.command("find")(find_on_timeline)
app.command()(install)
app.command()(uninstall)


@app.command()
@guarded
def status(timeline: TimelineName = None, json_output: JsonFlag = False) -> None:
    """Show which Resolve answers, how it is reached and why so, its timeline, and Cuemark's markers on it."""
    from cuemark.cli.resolve import views
    from cuemark.cli.session import connect

    view, error = None, None
    with connect() as client, waiting():
        state = next(state for state in client.list_hosts() if state.name == HOST)
        try:
            if state.problem is not None:
                raise state.problem
            view = client.describe_timeline(HOST, address(timeline))
        except HostError as problem:
            error = problem
    if json_output:
        shown = {"timeline": None, "markers": [], "other_markers": 0, "finds": []} if view is None else {
            "timeline": views.timeline_object(view.timeline),
            "markers": [views.marker_object(marker) for marker in view.markers],
            "other_markers": view.other_markers,
            "finds": [views.marker_object(marker) for marker in view.finds],
        }  # fmt: skip
        failed = {} if error is None else {"error": error_object(error)}
        output.say_json({**views.state_object(state), **shown, **failed})
    else:
        views.print_state(state)
        if view is not None:
            views.print_timeline(view)
    if error is not None:
        output.complain(str(error), error.code)
        raise typer.Exit(int(ExitCode.FAILED))


@app.command()
@guarded
def send(
    analysis: AnalysisArgument,
    timeline: TimelineName = None,
    in_out: InOut = False,
    moment_color: MomentColor = None,
    chapter_color: ChapterColor = None,
    moment_markers: Moments = True,
    chapter_markers: Chapters = True,
    transliterate: Transliterate = False,
    tags: Tags = False,
    said: Said = False,
    shots: Shots = False,
    shot_color: ShotColor = None,
    discard_edits: DiscardEdits = False,
    json_output: JsonFlag = False,
) -> None:
    """Put the markers of an analysis on the timeline, through every clip that shows its footage.

    Sent again, it changes nothing. Markers of an older analysis of the same footage are replaced; all others stay, and
    so does what you changed of Cuemark's markers.
    """
    from cuemark.cli.resolve import views
    from cuemark.cli.session import connect

    kinds = moment_markers, chapter_markers, transliterate, tags, said
    options = marker_options(moment_color, chapter_color, *kinds, shot_color, shots)
    with connect() as client:
        found = find(client, analysis, brief=True)
        warn_without_shots(found, shots)
        with waiting():
            done = client.send_markers(
                HOST, [found.id], address(timeline), options, keep_edits=not discard_edits, in_out=in_out
            )
    if json_output:
        output.say_json({"analysis": found.id, **views.delivery_object(done, done.left_out)})
    else:
        views.print_delivery(done, done.left_out)


@app.command()
@guarded
def undo(
    analysis: Annotated[
        str | None, typer.Argument(metavar="[ANALYSIS]", help="Only those of this analysis (an id, or a file).")
    ] = None,
    timeline: TimelineName = None,
    in_out: InOut = False,
    json_output: JsonFlag = False,
) -> None:
    """Take Cuemark's markers off the timeline, all of them or those of one analysis; no other is touched."""
    from cuemark.cli.resolve import views
    from cuemark.cli.session import connect

    with connect() as client:
        name = "" if analysis is None else plain(analysis, "ANALYSIS")
        try:
            name = find(client, name, brief=True).id if name else ""
        except NotFoundError as error:
            # Deleted from the library, it may still have markers there.
            if error.code != "analysis_not_found":
                raise
        with waiting():
            done = client.remove_markers(HOST, name, address(timeline), in_out=in_out)
    if json_output:
        return output.say_json(
            {
                "timeline": views.timeline_object(done.timeline),
                "removed": [views.marker_object(marker) for marker in done.removed],
                "left": done.left,
            }
        )
    where = done.timeline.description.timeline
    output.say(f"{where}: {text.plural(len(done.removed), 'marker')} removed, {done.left} left.")


@app.command()
@guarded
def goto(
    where: Annotated[
        str,
        typer.Argument(
            metavar="N", help="The number of a marker of Cuemark's; also a frame (300f) or a timecode (01:00:12:05)."
        ),
    ],
    timeline: TimelineName = None,
    json_output: JsonFlag = False,
) -> None:
    """Move Resolve's playhead to a marker of Cuemark's, numbered as `cuemark resolve status` lists them."""
    from cuemark.cli.resolve import views
    from cuemark.cli.session import connect

    place = target(where)
    with connect() as client, waiting():
        went = client.go_to(HOST, **place, address=address(timeline))
    if json_output:
        marker = None if went.marker is None else views.marker_object(went.marker)
        return output.say_json({"frame": went.frame, "timecode": went.timecode, "marker": marker})
    name = "" if went.marker is None else f"  {went.marker.name}"
    output.say(f"{went.timecode}{name}")


@app.command()
@guarded
def script(
    analysis: AnalysisArgument,
    out: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="A file, or - for stdout.", show_default="by the video"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Write the script that takes the markers off.")] = False,
    fps: Annotated[
        str | None, typer.Option(metavar="R", help="Frame rate of your timeline.", show_default="the video's")
    ] = None,
    moment_color: MomentColor = None,
    chapter_color: ChapterColor = None,
    moment_markers: Moments = True,
    chapter_markers: Chapters = True,
    transliterate: Transliterate = False,
    tags: Tags = False,
    said: Said = False,
    shots: Shots = False,
    shot_color: ShotColor = None,
    json_output: JsonFlag = False,
) -> None:
    """Write one Lua file with the markers in it, for a timeline that shows the whole video from its first frame.

    Put it into Resolve's Scripts/Utility folder and click it in Workspace > Scripts; it needs nothing else of Cuemark.
    """
    from cuemark.cli.library.output_file import destination, goes_to_stdout, write
    from cuemark.cli.session import connect

    to_stdout = goes_to_stdout(out, json_output=json_output)
    kinds = moment_markers, chapter_markers, transliterate, tags, said
    options = marker_options(moment_color, chapter_color, *kinds, shot_color, shots)
    with connect() as client:
        found = find(client, analysis, brief=True)
        warn_without_shots(found, shots)
        rate = positive_rate(fps, "--fps")
        made = client.marks_file(HOST, found.id, rate, options, path=found.media.path, remove=remove)
    for notice in made.warnings:
        output.warn(notice.message, notice.code)
    if to_stdout:
        output.say_bytes(made.data)
        return
    path = destination(made.name, out)
    write(path, made.data, force=force)
    if json_output:
        told = {"path": printable_path(path), "markers": made.count, "bytes": len(made.data)}
        return output.say_json({**told, "warnings": list(map(notice_object, made.warnings))})
    what = "takes the markers off" if remove else f"{text.plural(made.count, 'marker')} for {text.rate(made.rate)}"
    output.say(f"Wrote {terminal_path(path)} ({what}).")
