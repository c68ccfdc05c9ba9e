"""`cuemark analyses`: the finished analyses in the library, and edits of them."""

from __future__ import annotations

import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli import options, output, text
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag, plain
from cuemark.core.errors import NotFoundError, OptionError
from cuemark.core.model_notices import SAMPLE, SAMPLE_MODELS, is_by_sample
from cuemark.core.text import printable_path, shell_path, terminal_path, terminal_safe

if TYPE_CHECKING:
    from cuemark.core.analysis import Analysis, Chapter, Moment
    from cuemark.rpc.client.client import CuemarkClient

app = typer.Typer(help="List, show, edit and remove finished analyses.", no_args_is_help=True)

AnalysisArgument = Annotated[
    str,
    typer.Argument(
        metavar="ANALYSIS", help="An analysis' id (its first characters are enough), or a file: its newest."
    ),
]


@app.command("list")
@guarded
def list_analyses(
    path: Annotated[str | None, typer.Argument(metavar="PATH", help="Only those of this file.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, newest first.")] = 20,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Show the newest analyses."""
    from cuemark.cli.library.show import summary_object
    from cuemark.cli.session import connect

    with connect() as client:
        found = client.list_analyses(Path(path) if path else None, limit=sys.maxsize if every else limit)
    if json_output:
        return output.say_json([summary_object(each) for each in found])
    if not found:
        return output.hint(
            "No analyses yet. `cuemark analyze FILE` makes one." if path is None else "This file has not been analysed."
        )
    rows = [
        [
            each.id,
            text.clock(each.duration),
            str(each.moments),
            str(each.chapters),
            each.preset,
            " + ".join(dict.fromkeys(each.models.values())),
            text.ago(each.created_at),
            printable_path(each.path),
        ]
        for each in found
    ]
    output.table(
        ["analysis", "length", "moments", "chapters", "preset", "models", "made", "of"],
        rows,
        right=["moments", "chapters"],
    )
    if any(is_by_sample(each.models) for each in found):
        output.warn(f"Of those by `{SAMPLE}`: {SAMPLE_MODELS.message}", SAMPLE_MODELS.code)


@app.command()
@guarded
def show(analysis: AnalysisArgument, json_output: JsonFlag = False) -> None:
    """Show an analysis with its edits; --json adds scores, runner-up captions and ids."""
    from cuemark.cli.library.show import full_analysis_object, print_analysis
    from cuemark.cli.session import connect

    with connect() as client:
        found = find(client, analysis, brief=not json_output)
    if json_output:
        output.say_json(full_analysis_object(found))
    else:
        print_analysis(found, ids=True)


@app.command()
@guarded
def rm(
    analyses: Annotated[list[str], typer.Argument(metavar="ANALYSIS...", help="Ids of analyses (never files).")],
    json_output: JsonFlag = False,
) -> None:
    """Remove analyses and their edits from the library.  The videos are not touched."""
    from cuemark.cli.session import connect

    with connect() as client:
        ids = [client.get_analysis(plain(each, "ANALYSIS"), brief=True).id for each in analyses]
        for each in ids:
            client.delete_analysis(each)
    if json_output:
        return output.say_json({"removed": ids})
    for each in ids:
        output.say(f"Removed {each}.")


@app.command()
@guarded
def edit(
    analysis: AnalysisArgument,
    item: Annotated[
        str, typer.Argument(metavar="ID", help="A moment's or a chapter's id, as `analyses show` prints it.")
    ],
    title: Annotated[
        str | None,
        typer.Option("--title", "--caption", metavar="TEXT", help="A chapter's title or a moment's caption."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Where it begins: 75.2, 1:15.2 or 1880f (frame). Moves a neighbour chapter."),
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="Where a moment ends.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back all that was changed of it.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Change a title, a caption or a boundary.  The analysis itself is kept; edits lie beside it."""
    from cuemark.cli.library.show import full_analysis_object, print_analysis
    from cuemark.cli.session import connect

    changes = any(each is not None for each in (title, start, end))
    if not changes and not undo:
        raise typer.BadParameter("Say what to change: --title, --start, --end or --undo.", param_hint="--title")
    if changes and undo:
        raise typer.BadParameter("It takes back all that was changed; leave out the rest.", param_hint="--undo")
    title = None if title is None else plain(title, "--title")
    with connect() as client:
        found = find(client, analysis, brief=True)
        rate = found.media.rate
        if undo:
            client.undo_edits(found.id, plain(item, "ID"))
        else:
            _edit(client, found, item, title, _time(start, rate), _time(end, rate))
        edited = client.get_analysis(found.id, path=found.media.path, brief=not json_output)
    if json_output:
        output.say_json(full_analysis_object(edited))
    else:
        print_analysis(edited, ids=True)


def _time(value: str | None, rate: Fraction) -> Fraction | None:
    return None if value is None else options.time(value, rate)


def _edit(
    client: CuemarkClient, found: Analysis, item: str, title: str | None, start: Fraction | None, end: Fraction | None
) -> None:
    target = _item(found, item)
    if target == "moment":
        client.edit_moment(found.id, item, caption=title, start=start, end=end)
        return
    if end is not None:
        raise OptionError(
            "chapter_end", f"Chapter {item} ends where the next one begins.", "Move the start of the next chapter."
        )
    client.edit_chapter(found.id, item, title=title, start=start)


def _item(found: Analysis, item: str) -> str:
    """ "moment" or "chapter": which of the two has this id."""
    entries: list[Moment | Chapter] = [*found.moments, *found.chapters]
    if any(moment.id == item for moment in found.moments):
        return "moment"
    if any(chapter.id == item for chapter in found.chapters):
        return "chapter"
    known = ", ".join(entry.id for entry in entries[:12])
    raise NotFoundError("item_unknown", f"Analysis {found.id} has no moment or chapter {item!r}.", f"It has: {known}.")


def find(client: CuemarkClient, name: str, *, brief: bool) -> Analysis:
    """The newest analysis of the file of that name, or the analysis with that id or the start of one."""
    if os.path.exists(name):
        found = client.list_analyses(Path(name), limit=1)
        if not found:
            step = f"Run: cuemark analyze {shell_path(name)}"
            raise NotFoundError("analysis_not_found", f"{terminal_path(name)} has not been analysed yet.", step)
        return client.get_analysis(found[0].id, path=Path(name), brief=brief)
    try:
        return client.get_analysis(plain(name, "ANALYSIS"), brief=brief)
    except NotFoundError as error:
        if error.code != "analysis_not_found" or (os.sep not in name and not os.path.splitext(name)[1]):
            raise
        step = "Check the spelling; `cuemark analyses list` shows what there is."
        raise NotFoundError(
            "analysis_not_found", f"There is no file and no analysis {terminal_safe(name)}.", step
        ) from None
