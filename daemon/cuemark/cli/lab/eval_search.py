"""`cuemark eval search:FOLDER`: the right segments of a library by words, beside what the truth says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cuemark.cli import output, text
from cuemark.cli.analyze.progress import ViewedProgress, view_for
from cuemark.core import settings
from cuemark.core.errors import ExitCode, InputError, OptionError

if TYPE_CHECKING:
    from cuemark.lab.evaluate.search_evaluation import SearchEvaluation

_WORK = "eval-search"


def evaluate_search(folder: str, clip: str | None, limit: int | None, work: str | None, json_output: bool) -> None:
    """Print the figures of `cuemark eval search:FOLDER`, or JSON."""
    from cuemark.lab.evaluate.search_evaluation import SearchRequest
    from cuemark.lab.evaluate.search_evaluation import evaluate_search as evaluate

    if not folder:
        raise InputError("dataset_not_found", "No folder is named.", "Write search:FOLDER.")
    known = settings.load()
    request = SearchRequest(Path(os.path.expanduser(folder)).absolute(), clip, limit)
    place = known.cache / "eval" / _WORK if work is None else Path(os.path.expanduser(work)).absolute()
    place.mkdir(parents=True, exist_ok=True)
    try:
        with view_for(f"search:{folder}") as view:
            found = evaluate(request, known, place, ViewedProgress(view))
    except KeyboardInterrupt:
        output.tell("Interrupted. What was indexed is kept: the same command goes on from there.")
        raise typer.Exit(int(ExitCode.INTERRUPTED)) from None
    if json_output:
        return output.say_json(_object(found))
    _show(found)


def refuse_for_search(options: Mapping[str, object]) -> None:
    """OptionError `option_search` where an option was given that says nothing of a search."""
    for name, value in options.items():
        if value:
            raise OptionError("option_search", f"{name} says nothing of a search.", "Leave it out.")


def _show(found: SearchEvaluation) -> None:
    videos, events = text.plural(found.videos, "video"), text.plural(found.events, "event")
    output.heading(f"{found.dataset}: a library of {videos}, {events}; searched with {found.encoder}")
    queries = text.plural(len(found.present), "query", "queries")
    output.say(f"{queries}, each the name of a subject; right: any segment of it in any video, tIoU >= 0.5")
    output.say()
    rows = [("right segment first", *_shares(found, 1)), ("among the first five", *_shares(found, 5))]
    rows += [("overlap (tIoU) of those right", f"{found.overlap:.2f}", "")]
    rows += [("calibration error of all scores", f"{found.calibration_error:.3f}", "")]
    rows += [("best score, median", f"{found.best_score(found.present):.2f}", "")]
    if found.absent:
        name = f"best score of {len(found.absent)} subjects that are not there, median"
        rows += [(name, f"{found.best_score(found.absent):.2f}", "")]
    output.table(["", "figure", "95 % interval"], [list(row) for row in rows], right=["figure"])
    missed = [one.query for one in found.present if not one.right_within(5)]
    if missed:
        output.say()
        output.say(f"Not among the first five: {', '.join(missed)}")


def _shares(found: SearchEvaluation, places: int) -> tuple[str, str]:
    share, low, high = found.share_right(places)
    return f"{share:.3f}", f"[{low:.3f}, {high:.3f}]"


def _object(found: SearchEvaluation) -> dict[str, Any]:
    return {
        "command": found.command,
        "encoder": found.encoder,
        "videos": found.videos,
        "events": found.events,
        "queries": len(found.present),
        "first": found.share_right(1),
        "first_five": found.share_right(5),
        "overlap": found.overlap,
        "calibration_error": found.calibration_error,
        "best_score_present": found.best_score(found.present),
        "best_score_absent": found.best_score(found.absent),
        "asked": [
            {"query": one.query, "events": one.events, "overlaps": one.overlaps, "scores": one.scores}
            for one in found.asked
        ],
    }
