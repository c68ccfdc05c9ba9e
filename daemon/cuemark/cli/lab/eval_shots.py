"""`cuemark eval shots:drawn`: shot borders and camera moves, on drawn films of which both are known."""

from __future__ import annotations

from collections.abc import Mapping

import typer

from cuemark.cli import output, text
from cuemark.cli.analyze.progress import ViewedProgress, view_for
from cuemark.core.errors import ExitCode, OptionError

_FILMS = 14


def evaluate_shots(source: str, films: int | None, seed: int, json_output: bool) -> None:
    """Print the figures, or JSON.  OptionError `option_shots` for another source than drawn films."""
    from cuemark.lab.shots.evaluate import evaluate_shots, moves_table, report_object

    if source != "drawn":
        raise OptionError("option_shots", f"There are no shots called {source!r}.", "Say shots:drawn.")
    try:
        with view_for("shots:drawn") as view:
            scores = evaluate_shots(films or _FILMS, seed, ViewedProgress(view))
    except KeyboardInterrupt:
        output.tell("Interrupted.")
        raise typer.Exit(int(ExitCode.INTERRUPTED)) from None
    told = report_object(scores)
    if json_output:
        return output.say_json(told)
    output.heading(f"shots:drawn: {text.plural(scores.films, 'film')}, {text.plural(scores.shots, 'shot')}")
    output.say()
    output.say(f"Hard cuts found at their very frame: {scores.cuts_found} of {scores.cuts}.")
    off = told["gradual_median_offset_frames"]
    beside = "" if off is None else f", in the median {off:g} frames from their middle"
    output.say(f"Dissolves and fades found: {scores.gradual_found} of {scores.gradual}{beside}.")
    output.say(f"Borders where none is: {scores.extra} (precision {scores.precision:.1%}).")
    output.say(f"Camera told right: {scores.moves_right:.1%} of the shots.")
    output.say(f"Time: {told['time_to_decoding']:.1f} times that of decoding the films.")
    output.say()
    heads, rows = moves_table(scores)
    output.table(heads, rows, right=heads[1:])


def refuse_for_shots(options: Mapping[str, object]) -> None:
    """OptionError `option_shots` where an option was given that says nothing of drawn shots."""
    for name, value in options.items():
        if value:
            raise OptionError("option_shots", f"{name} says nothing of shots:drawn.", "Leave it out.")
