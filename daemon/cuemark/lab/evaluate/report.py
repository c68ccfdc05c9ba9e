"""The report as data (`report.json`): every figure, every interval, and what each row said about each video.

Times in it are seconds as exact text ("15/2").  A figure that says nothing is left out, never 0.  Masks are not in it:
they are in the pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cuemark.lab.evaluate.evaluation import Comparison, Evaluation, Figure, Row
from cuemark.lab.evaluate.measures import MEASURES
from cuemark.lab.evaluate.outcome import Found, FoundChapter
from cuemark.lab.evaluate.truth import Dataset, TrueVideo

SCHEMA = "cuemark-eval"
VERSION = 1


def report_object(evaluation: Evaluation) -> dict[str, Any]:
    """The whole report as JSON can hold it."""
    facts = evaluation.facts
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "made": facts.made,
        "command": facts.command,
        "seed": facts.seed,
        "default_preset": facts.default_preset,
        "models": {role: dict(model) for role, model in facts.models.items()},
        "versions": dict(facts.versions),
        "machine": dict(facts.machine),
        "dataset": _dataset(evaluation.dataset),
        "measures": {each.key: {"about": each.about, "better": each.better} for each in MEASURES},
        "rows": [row_object(row) for row in evaluation.rows],
        "comparisons": [comparison_object(each) for each in evaluation.comparisons],
        "ablations": [row_object(row) for row in evaluation.ablations],
        "ablation_comparisons": [comparison_object(each) for each in evaluation.ablated],
        "notes": list(evaluation.notes),
    }


def without_videos(report: dict[str, Any]) -> dict[str, Any]:
    """The report's figures alone, for a terminal or a script: without what was said of each video."""
    short = {key: value for key, value in report.items() if key not in ("rows", "ablations")}
    for part in ("rows", "ablations"):
        short[part] = [{key: value for key, value in row.items() if key != "videos"} for row in report[part]]
    short["dataset"] = {key: value for key, value in report["dataset"].items() if key != "truth"}
    return short


def row_object(row: Row) -> dict[str, Any]:
    """One row; `seconds` is the mean time of its search."""
    seconds = row.figures.get("seconds")
    return {
        "name": row.name,
        "about": row.system.about,
        "seconds": None if seconds is None else seconds.value,
        "figures": _figures(row.figures),
        "kinds": {kind: _figures(figures) for kind, figures in row.kinds.items()},
        "videos": [_video(row, number) for number in range(len(row.scores))],
    }


def comparison_object(comparison: Comparison) -> dict[str, Any]:
    """One comparison; `kind` is null where all videos are meant."""
    return {**asdict(comparison), "kind": comparison.kind or None}


def _figures(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {key: asdict(figure) for key, figure in figures.items() if figure.value is not None}


def _video(row: Row, number: int) -> dict[str, Any]:
    score = row.scores[number]
    outcome = row.system.outcomes.get(score.name)
    return {
        "name": score.name,
        "kind": score.kind,
        "moments": [_moment(one) for one in outcome.moments] if outcome else [],
        "chapters": [_chapter(one) for one in outcome.chapters] if outcome else [],
        "seconds": score.seconds,
        "scores": {key: value for key, value in asdict(score).items() if key not in ("name", "kind", "seconds")},
    }


def _moment(one: Found) -> dict[str, str]:
    return {"start_s": str(one.start), "end_s": str(one.end), "caption": one.caption}


def _chapter(one: FoundChapter) -> dict[str, str]:
    return {"start_s": str(one.start), "end_s": str(one.end), "title": one.title}


def _dataset(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "videos": len(dataset.videos),
        "kinds": {kind: sum(video.kind == kind for video in dataset.videos) for kind in _kinds(dataset)},
        "missing": list(dataset.missing),
        "truth": {video.name: _truth(video) for video in dataset.videos},
    }


def _kinds(dataset: Dataset) -> list[str]:
    return list(dict.fromkeys(video.kind for video in dataset.videos if video.kind))


def _truth(video: TrueVideo) -> dict[str, Any]:
    return {
        "references": [
            [
                {
                    "start_s": str(event.start),
                    "end_s": str(event.end),
                    "captions": list(event.captions),
                    "slots": dict(event.slots),
                }
                for event in events
            ]
            for events in video.references
        ],
        "chapters": [{"start_s": str(one.start), "end_s": str(one.end), "title": one.title} for one in video.chapters],
    }
