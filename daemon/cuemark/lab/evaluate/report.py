"""The report: its folder with `report.md`, `report.json` and pictures, and the content of `report.json`.

A report replaces an earlier one and nothing else.  `report.json` holds every figure, every interval, and what each row
said about each video.  Times in it are seconds as exact text ("15/2").  A figure that says nothing is left out, never
0.  Masks are not in it: they are in the pictures.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cuemark.core.errors import InputError, StoreError
from cuemark.core.progress import Progress
from cuemark.core.text import shown
from cuemark.lab.evaluate.evaluation import Comparison, Evaluation, Figure, Row
from cuemark.lab.evaluate.measures import MEASURES
from cuemark.lab.evaluate.outcome import Found, FoundChapter
from cuemark.lab.evaluate.plot_reliability import RELIABILITY, draw_reliability
from cuemark.lab.evaluate.plots import CAPTIONS, CURVES, MASKS, caption_picture, draw_curves, mask_picture, style
from cuemark.lab.evaluate.report_page import markdown
from cuemark.lab.evaluate.truth import Dataset, TrueVideo

SCHEMA = "cuemark-eval"
VERSION = 1
PAGE, DATA = "report.md", "report.json"
_FILES, _FOLDERS = (PAGE, DATA, CURVES, RELIABILITY), (MASKS, CAPTIONS)
_NEXT = "Name another folder with --output."


def prepared(folder: Path) -> Path:
    """The folder, made if need be.

    InputError `file_exists` where it holds anything but an earlier report; StoreError `file_not_written`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stranger = next(_strangers(folder), None)
    except FileExistsError as error:
        raise InputError("file_exists", f"{shown(folder)} is a file.", _NEXT) from error
    except OSError as error:
        raise _not_written(folder, error) from error
    if stranger is not None:
        message = f"The folder {shown(folder)} holds something that is no evaluation's: {shown(stranger)}."
        raise InputError("file_exists", message, _NEXT)
    return folder


def write_report(evaluation: Evaluation, folder: Path, progress: Progress) -> None:
    """Everything into `folder`; what is not finished never takes the place of what was.

    Errors: those of `prepared`, StoreError `file_not_written`, CuemarkError `eval_extra_missing`.
    """
    prepared(folder)
    try:
        fresh = Path(tempfile.mkdtemp(prefix=".drawing-", dir=folder))
        try:
            draw_all(evaluation, fresh, progress)
            (fresh / PAGE).write_text(markdown(evaluation), encoding="utf-8")
            text = json.dumps(report_object(evaluation), indent=1, ensure_ascii=False)
            (fresh / DATA).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
            _move(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise _not_written(folder, error) from error


def draw_all(evaluation: Evaluation, folder: Path, progress: Progress) -> None:
    """Draw every picture of the report below `folder`; stage "pictures" of progress."""
    from cuemark.lab.evaluate.plot_video import draw_captions, draw_masks

    videos = evaluation.dataset.videos
    for name in (MASKS, CAPTIONS):
        (folder / name).mkdir(exist_ok=True)
    with style():
        draw_curves(evaluation.rows, evaluation.facts.default_preset, folder / CURVES)
        draw_reliability(evaluation.rows, folder / RELIABILITY)
        for number, video in enumerate(videos):
            progress.update("pictures", number, len(videos), "videos")
            draw_masks(video, evaluation.rows, evaluation.facts.default_preset, folder / mask_picture(video.name))
            draw_captions(
                video,
                evaluation.rows,
                evaluation.dataset.phrases,
                evaluation.facts.default_preset,
                folder / caption_picture(video.name),
            )
    progress.update("pictures", len(videos), len(videos), "videos")


def _move(fresh: Path, folder: Path) -> None:
    """Names in the order in which they may be missed: the data that says a report is there comes last."""
    for name in (*_FOLDERS, CURVES, RELIABILITY, PAGE, DATA):
        if name == RELIABILITY and not (fresh / name).exists():
            (folder / name).unlink(missing_ok=True)
            continue
        if name in _FOLDERS and (folder / name).exists():
            shutil.rmtree(folder / name)
        os.replace(fresh / name, folder / name)


def _strangers(folder: Path) -> Iterator[Path]:
    """Files in the folder that do not belong to a report; hidden ones (a file manager's) do not count."""
    for path in sorted(folder.iterdir()):
        if path.name in _FOLDERS and path.is_dir() and not path.is_symlink():
            yield from (inner for inner in sorted(path.iterdir()) if inner.suffix != ".png" or inner.is_dir())
        elif not path.name.startswith(".") and (path.name not in _FILES or path.is_dir()):
            yield path
    if (folder / DATA).is_file() and not _is_ours(folder / DATA):
        yield folder / DATA
    elif not (folder / DATA).exists():
        # A page or pictures without data: not a whole report of ours, so perhaps somebody's.
        yield from (folder / name for name in (PAGE, CURVES, RELIABILITY, *_FOLDERS) if (folder / name).exists())


def _is_ours(path: Path) -> bool:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("schema") == SCHEMA


def _not_written(folder: Path, error: OSError) -> StoreError:
    message = f"The report cannot be written into {shown(folder)}: {error.strerror or error}."
    return StoreError("file_not_written", message, _NEXT)


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
        "reliability": [asdict(one) for one in row.reliability],
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


def _moment(one: Found) -> dict[str, Any]:
    said = {"start_s": str(one.start), "end_s": str(one.end), "caption": one.caption}
    return {**said, **({} if one.score is None else {"score": one.score}), **({"tags": one.tags} if one.tags else {})}


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
