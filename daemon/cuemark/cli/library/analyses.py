"""`cuemark analyses`: the finished analyses in the library."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import guarded
from cuemark.cli.library.edit import edit
from cuemark.cli.library.find import AnalysisArgument, find
from cuemark.cli.options import JsonFlag, plain
from cuemark.core.model_notices import SAMPLE, SAMPLE_MODELS, is_by_sample
from cuemark.core.text import printable_path

app = typer.Typer(help="List, show, edit and remove finished analyses.", no_args_is_help=True)


@app.command("list")
@guarded
def list_analyses(
    path: Annotated[str | None, typer.Argument(metavar="PATH", help="Only those of this file.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, newest first.")] = 20,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Show the newest analyses."""
    from cuemark.cli.library.show import summary_notices, summary_object
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
    for each in found:
        for notice in summary_notices(each):
            if notice != SAMPLE_MODELS:
                output.warn(notice.message, notice.code)


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
def undo(analysis: AnalysisArgument, json_output: JsonFlag = False) -> None:
    """Take back the last edit of an analysis; again for the one before it."""
    _step(analysis, forward=False, json_output=json_output)


@app.command()
@guarded
def redo(analysis: AnalysisArgument, json_output: JsonFlag = False) -> None:
    """Do again what `undo` took back last, as long as nothing else was edited since."""
    _step(analysis, forward=True, json_output=json_output)


def _step(analysis: str, *, forward: bool, json_output: bool) -> None:
    from cuemark.cli.library.show import full_analysis_object, print_analysis
    from cuemark.cli.session import connect

    with connect() as client:
        found = find(client, analysis, brief=True)
        client.step_edits(found.id, forward=forward)
        edited = client.get_analysis(found.id, path=found.media.path, brief=not json_output)
        steps = client.edit_steps(found.id)
    if json_output:
        return output.say_json({**full_analysis_object(edited), "undo": steps.back, "redo": steps.forward})
    print_analysis(edited, ids=True)
    output.hint(f"{text.plural(steps.back, 'step')} can be undone, {steps.forward} done again.")


app.command()(edit)
