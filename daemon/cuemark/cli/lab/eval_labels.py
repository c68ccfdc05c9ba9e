"""`cuemark eval labels:DATASET`: moments of labels beside the truth."""

from __future__ import annotations

from collections.abc import Mapping

import typer

from cuemark.cli import output, text
from cuemark.cli.analyze.progress import ViewedProgress, view_for
from cuemark.core import settings
from cuemark.core.errors import ExitCode, OptionError


def evaluate_labels(source: str, clip: str | None, videos: int | None, json_output: bool) -> None:
    """Print the rows, or JSON."""
    from cuemark.lab.evaluate import label_evaluation

    try:
        with view_for(f"labels:{source}") as view:
            found = label_evaluation.evaluate_labels(source, clip, videos, settings.load(), ViewedProgress(view))
    except KeyboardInterrupt:
        output.tell("Interrupted.")
        raise typer.Exit(int(ExitCode.INTERRUPTED)) from None
    rows = [
        {"row": row.name, "f1": round(row.f1, 4), "right": row.right, "found": row.found, "true": row.true}
        for row in found.rows
    ]
    if json_output:
        return output.say_json({"dataset": found.dataset, "videos": found.videos, "labels": found.labels, "rows": rows})
    output.heading(f"{source}: {text.plural(found.videos, 'video')}, {text.plural(found.labels, 'label')}")
    output.say()
    heads = ["row", "F1", "right", "found", "true"]
    lines = [[row.name, f"{row.f1:.3f}", str(row.right), str(row.found), str(row.true)] for row in found.rows]
    output.table(heads, lines, right=heads[1:])
    output.say()
    output.say(f"Auto comes to {found.automatic.f1:.3f}; the best threshold for all videos ({found.best.name}, chosen")
    output.say(
        f"with the truth in hand) to {found.best.f1:.3f}. Three frames of other videos bring labels that no words"
    )
    output.say(f"can find from {found.named.f1:.3f} to {found.taught.f1:.3f}.")


def refuse_for_labels(options: Mapping[str, object]) -> None:
    """OptionError `option_labels` where an option was given that says nothing of labels."""
    for name, value in options.items():
        if value:
            raise OptionError("option_labels", f"{name} says nothing of labels:DATASET.", "Leave it out.")
