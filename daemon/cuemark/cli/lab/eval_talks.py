"""`cuemark eval talks:FILE`: chapters and titles from transcripts alone, beside what people wrote and rival rows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cuemark.cli import output
from cuemark.cli.analyze.progress import ViewedProgress, view_for
from cuemark.cli.library import output_file
from cuemark.core.errors import ExitCode, OptionError
from cuemark.core.text import terminal_path

if TYPE_CHECKING:
    from cuemark.lab.evaluate.talk_evaluation import TalkEvaluation
    from cuemark.lab.evaluate.talk_report import Table


def evaluate_talks(
    source: str, limit: int | None, rows: Sequence[str], seed: int, titles: bool, html: str | None, json_output: bool
) -> None:
    """Print the tables of `cuemark eval talks:SOURCE` (with `titles` all titles), or JSON; with `html` write a page."""
    from cuemark.lab.evaluate.talk_report import page, report_object
    from cuemark.lab.evaluate.talk_request import TalkRequest, run_talks

    request = TalkRequest(source, limit, tuple(rows), seed)
    try:
        with view_for(f"talks:{source}") as view:
            evaluation = run_talks(request, ViewedProgress(view))
    except KeyboardInterrupt:
        output.tell("Interrupted.")
        raise typer.Exit(int(ExitCode.INTERRUPTED)) from None
    if html is not None:
        output_file.write(
            Path(os.path.expanduser(html)), page(evaluation).encode("utf-8", "backslashreplace"), force=True
        )
    if json_output:
        return output.say_json(report_object(evaluation))
    _show(evaluation, titles=titles)
    if html is not None:
        output.say(f"Report: {terminal_path(html)}")


def _show(evaluation: TalkEvaluation, *, titles: bool) -> None:
    from cuemark.lab.evaluate.given_title_scores import ABOUT
    from cuemark.lab.evaluate.talk_report import (
        ahead_table,
        chapter_table,
        given_table,
        glossary,
        heading,
        title_lists,
        title_table,
    )

    output.heading(heading(evaluation))
    chapters, named = chapter_table(evaluation), title_table(evaluation)
    if evaluation.rows:
        output.say("Chapters, in percent; Pk, WindowDiff and count off are errors:")
        _table(chapters)
    if evaluation.title_rows:
        output.say("Titles of the true chapters, in percent:")
        _table(named)
    beside = ahead_table(evaluation)
    if beside[1]:
        output.say("Ours beside the others on the same talks, in points:")
        output.say()
        output.table(*beside, right=beside[0][3:])
        output.say()
    if evaluation.given:
        output.say(ABOUT)
        _table(given_table(evaluation))
    for row in (*evaluation.rows, *evaluation.title_rows):
        output.say(f"{row.name}: {row.about}")
    output.say()
    shown = {*chapters[0], *named[0]}
    for name, about in glossary(evaluation):
        if any(head.startswith(name) for head in shown):
            output.say(f"{name}: {about}")
    output.say()
    if titles:
        for name, table in title_lists(evaluation):
            output.heading(name)
            output.table(*table)
            output.say()
    for note in evaluation.notes:
        output.note(note)


def _table(table: Table) -> None:
    output.say()
    output.table(*table, right=table[0][1:])
    output.say()


def refuse_for_talks(options: Mapping[str, object]) -> None:
    """OptionError `option_talks` where an option was given that says nothing of talks."""
    for name, value in options.items():
        if value:
            raise OptionError("option_talks", f"{name} says nothing of talks: there are no pictures.", "Leave it out.")


def refuse_without_talks(options: Mapping[str, object]) -> None:
    """OptionError `option_talks` where an option was given that is of talks alone."""
    for name, value in options.items():
        if value:
            raise OptionError("option_talks", f"{name} is for talks.", "Leave it out, or name a dataset talks:FILE.")
