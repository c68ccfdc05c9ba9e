"""The report as Markdown: what was found, for somebody who has not seen the code."""

from __future__ import annotations

from cuemark.lab.evaluate import table
from cuemark.lab.evaluate.evaluation import Evaluation
from cuemark.lab.evaluate.measures import MEASURES
from cuemark.lab.evaluate.plots import CURVES, caption_picture, mask_picture


def markdown(evaluation: Evaluation) -> str:
    """The whole report; one line for each line of a table, so that two reports can be compared line by line."""
    parts = [
        _head(evaluation),
        table.main(evaluation.rows, evaluation.facts.default_preset),
        table.names(evaluation.rows),
        table.intervals(evaluation.rows),
        table.section("Where: F1 at each overlap", evaluation.rows, table.WHERE),
        table.section("Words: slots and faults", evaluation.rows, table.FAULTS),
        table.section("Chapters and titles", evaluation.rows, table.CHAPTERS, first_with_interval=True),
        table.comparisons(evaluation.comparisons),
        table.ablations(evaluation),
        _pictures(evaluation),
        _notes(evaluation),
        _glossary(),
        _origin(evaluation),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(evaluation: Evaluation) -> str:
    videos, facts = evaluation.dataset.videos, evaluation.facts
    kinds = list(dict.fromkeys(video.kind for video in videos if video.kind))
    counted = ", ".join(f"{sum(video.kind == kind for video in videos)} {kind}" for kind in kinds)
    events = sum(len(video.events) for video in videos)
    models = ", ".join(f"{role} {model.get('name', '?')}" for role, model in facts.models.items())
    return (
        f"# Evaluation on {table.cell(evaluation.dataset.name)}\n\n"
        f"Videos: {len(videos)}{f' ({counted})' if len(kinds) > 1 else ''}, with {events} events; models:"
        f" {table.cell(models)}; seed {facts.seed}; default preset: {facts.default_preset}.\n\n"
        f"```\n{facts.command}\n```"
    )


def _pictures(evaluation: Evaluation) -> str:
    names = [video.name for video in evaluation.dataset.videos]
    lines = [
        f"- {table.cell(name)}: [masks](<{mask_picture(name)}>), [captions](<{caption_picture(name)}>)"
        for name in names
    ]
    return (
        f"## Pictures\n\n![F1 over tIoU]({CURVES})\n\n"
        "For each video the masks before and after they were optimised, and the captions beside the truth:\n\n"
        + "\n".join(lines)
    )


def _notes(evaluation: Evaluation) -> str:
    blind = ["`blind-rule` is the rule that is best on these very videos: no other row has that advantage."]
    lines = [
        "F1 is held against rows that never looked at the picture, because on some datasets those beat people.",
        *(blind if any(row.name == "blind-rule" for row in evaluation.rows) else []),
        "Intervals are percentiles of 2000 draws of the videos with replacement. They say nothing of other footage.",
        "A video without any moment counts as 0 everywhere. A figure that does not apply is a dash, not 0.",
        "CIDEr is computed within each video, as the toolkits of dense captioning do; it is not CIDEr of a corpus.",
        "Seconds are those of the search on this machine, with the features given; rows that build on another row's"
        " segments do not count that row's time.",
        *evaluation.notes,
    ]
    return "## How to read this, and its limits\n\n" + "\n".join(f"- {table.cell(line)}" for line in lines)


def _origin(evaluation: Evaluation) -> str:
    facts = evaluation.facts
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    machine = ", ".join(f"{name} {value}" for name, value in facts.machine.items())
    models = "\n".join(
        f"- {role}: {table.cell(model.get('name', '?'))}, content {model.get('id', '?')[:16]}"
        for role, model in facts.models.items()
    )
    return f"## Made with\n\n- {facts.made}\n- {table.cell(versions)}\n- {table.cell(machine)}\n{models}"


def _glossary() -> str:
    """What every figure is, in the order of report.json: some are explained by the one before them."""
    lines = [
        f"- **{table.cell(table.heading(each.key))}** (`{each.key}`): {table.cell(each.about)}" for each in MEASURES
    ]
    return "## What the figures are\n\n" + "\n".join(lines)
