"""`cuemark eval`: how good the search is on footage of which the truth is known, beside everything it must beat.

It runs in this process and not in the daemon: it is a developer's tool, and may take hours.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag, plain, positive_rate
from cuemark.core.errors import ExitCode
from cuemark.core.text import printable_path, terminal_path

if TYPE_CHECKING:
    from cuemark.core.progress import Progress
    from cuemark.core.settings import Settings
    from cuemark.lab.evaluate.evaluation import Evaluation
    from cuemark.lab.evaluate.run import EvalSettings
    from cuemark.lab.evaluate.truth import Dataset

_DATASET = "sample"
_OUTPUT = "cuemark-eval"
_ALL, _OURS = "all", "ours"
#: What is asked for before hours of work, and not after them.
_PACKAGES = ("matplotlib", "pycocoevalcap.cider.cider", "scenedetect")


@dataclass(frozen=True)
class Asked:
    """The command line, checked as far as it can be without looking at a file."""

    dataset: str = _DATASET
    clip: str | None = None
    lm: str | None = None
    presets: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    videos: int | None = None
    videos_folder: str | None = None
    annotations: tuple[str, ...] = ()
    seed: int = 0
    ablate: bool = False
    sample_rate: Fraction | None = None

    def command(self) -> str:
        """The command that does the same again; without folders for output, which change nothing."""
        words = ["cuemark", "eval", self.dataset]
        rate = self.sample_rate and str(self.sample_rate)
        single = {
            "--sample-fps": rate,
            "--clip": self.clip,
            "--lm": self.lm,
            "--videos": self.videos,
            "--videos-folder": self.videos_folder,
        }
        several = {"--preset": self.presets, "--annotations": self.annotations}
        several["--rows"] = (",".join(self.rows),) if self.rows else ()
        words += [word for flag, value in single.items() if value is not None for word in (flag, str(value))]
        words += [word for flag, values in several.items() for value in values for word in (flag, value)]
        words += ["--seed", str(self.seed)] if self.seed else []
        return shlex.join([*words, "--ablate"] if self.ablate else words)


@guarded
def evaluate(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="sample (or dev, for choosing settings), sample:cuts, sample:single, sample:angles, a folder with a"
            " truth.json, activitynet:FILE, youcook2:FILE or vidchapters:FILE.",
        ),
    ] = _DATASET,
    clip: Annotated[
        str | None, typer.Option(metavar="X", help="Image model: sample, light, paper, or an open_clip folder.")
    ] = None,
    lm: Annotated[
        str | None, typer.Option(metavar="Y", help="Language model: sample, light, paper, or a Hugging Face folder.")
    ] = None,
    preset: Annotated[
        list[str] | None,
        typer.Option(metavar="P", help="A preset to evaluate (may be repeated); the default's row is always there."),
    ] = None,
    rows: Annotated[
        list[str] | None,
        typer.Option(metavar="R,...", help="all, ours (the presets alone), or names of rows.", show_default="all"),
    ] = None,
    videos: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Of the sample world so many videos of each kind, of others the first N.",
            show_default="12 of each kind, or all",
        ),
    ] = None,
    videos_folder: Annotated[
        str | None, typer.Option("--videos-folder", metavar="DIR", help="Where the annotated videos are.")
    ] = None,
    annotations: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="A further annotation file, e.g. of a second annotator (may be repeated)."),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="S", min=0, max=2**63 - 1, help="The same seed, the same result.")] = 0,
    ablate: Annotated[bool, typer.Option("--ablate", help="Also switch off one part of the search at a time.")] = False,
    sample_fps: Annotated[
        str | None,
        typer.Option(metavar="F", help="Frames looked at per second, e.g. 2 or 5/2.", show_default="by length"),
    ] = None,
    folder: Annotated[
        str, typer.Option("--output", "-o", metavar="DIR", help="Where the report goes; an earlier one is replaced.")
    ] = _OUTPUT,
    work: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Where videos and results are kept.", show_default="in Cuemark's cache"),
    ] = None,
    json_output: JsonFlag = False,
) -> None:
    """Measure the search on footage whose events are known, beside rows that it must beat.

    Writes a report with tables and pictures.  After Ctrl-C the same command goes on where it was.
    """
    asked = Asked(
        dataset=dataset,
        clip=clip,
        lm=lm,
        presets=tuple(dict.fromkeys(plain(name, "--preset") for name in preset or ())),
        rows=_listed(rows),
        videos=videos,
        videos_folder=videos_folder,
        annotations=tuple(annotations or ()),
        seed=seed,
        ablate=ablate,
        sample_rate=positive_rate(sample_fps, "--sample-fps"),
    )
    try:
        evaluation = run(asked, Path(folder), None if work is None else Path(work))
    except KeyboardInterrupt:
        output.tell("Interrupted. What was computed is kept: the same command goes on from there.")
        raise typer.Exit(int(ExitCode.INTERRUPTED)) from None
    if json_output:
        return output.say_json(_json(evaluation, folder))
    _show(evaluation, folder)


def run(asked: Asked, folder: Path, work: Path | None) -> Evaluation:
    """Everything between the command line and the printed table; the report is in `folder` afterwards."""
    from cuemark.cli.analyze.progress import view_for
    from cuemark.cli.lab.eval_progress import ViewedProgress
    from cuemark.core import settings
    from cuemark.lab.environment import require
    from cuemark.lab.evaluate.report import prepared, write_report

    for package in _PACKAGES:
        require(package)
    known = settings.load()
    chosen = chosen_settings(asked, known)
    target = prepared(folder.expanduser().absolute())
    kept = (work or known.cache / "eval").expanduser().absolute()
    with view_for(asked.dataset) as view:
        progress = ViewedProgress(view)
        dataset = _dataset(asked, kept, progress)
        evaluation = _judged(asked, dataset, chosen, kept, progress)
        write_report(evaluation, target, progress)
    return evaluation


def chosen_settings(asked: Asked, known: Settings) -> EvalSettings:
    """Models, presets and rows, all known to exist.  OptionError, ModelError."""
    from cuemark.lab.evaluate import baselines
    from cuemark.lab.evaluate.run import EvalSettings, wanted
    from cuemark.lab.evaluate.systems import all_systems
    from cuemark.models.store.store import ModelStore
    from cuemark.moments.options import DEFAULT_PRESET, PRESETS, from_preset

    for name in asked.presets:
        from_preset(name)
    # Other rows are built on the default's: equal parts as many as it found, its segments with true captions.
    presets = tuple(name for name in PRESETS if not asked.presets or name in (*asked.presets, DEFAULT_PRESET))
    rows = None if _ALL in asked.rows or not asked.rows else tuple(_named(asked.rows, presets))
    wanted(all_systems(next(iter(baselines.RULES)), presets), rows)
    clip, lm = model_names(asked, known)
    store = ModelStore(known.models)
    return EvalSettings(
        store.folder(clip, "clip"), store.folder(lm, "lm"), presets, asked.seed, rows, asked.ablate, asked.sample_rate
    )


def model_names(asked: Asked, known: Settings) -> tuple[str, str]:
    """CLIP and language model: what was named, else the sample pair for its world, the usual default for others."""
    from cuemark.analysis.model_cache import FALLBACK, ModelCache

    default = FALLBACK if _is_sample(asked.dataset) else ModelCache(known).default_name()
    return asked.clip or default, asked.lm or default


def _listed(rows: Sequence[str] | None) -> tuple[str, ...]:
    named = [name.strip() for each in rows or () for name in plain(each, "--rows").split(",")]
    return tuple(dict.fromkeys(name for name in named if name))


def _named(rows: Sequence[str], presets: Sequence[str]) -> list[str]:
    return [name for row in rows for name in (presets if row == _OURS else (row,))]


def _is_sample(dataset: str) -> bool:
    from cuemark.lab.evaluate.datasets import SAMPLES

    return dataset.partition(":")[0] in SAMPLES


def _dataset(asked: Asked, work: Path, progress: Progress) -> Dataset:
    from cuemark.lab.evaluate.datasets import DatasetOptions, load_dataset

    options = DatasetOptions(
        videos_folder=None if asked.videos_folder is None else Path(asked.videos_folder).expanduser(),
        annotations=tuple(Path(file).expanduser() for file in asked.annotations),
        **_how_many(asked),
    )
    return load_dataset(asked.dataset, options, work / "videos", progress)


def _how_many(asked: Asked) -> dict[str, int]:
    if asked.videos is None:
        return {}
    return {"videos_per_kind" if _is_sample(asked.dataset) else "limit": asked.videos}


def _judged(asked: Asked, dataset: Dataset, chosen: EvalSettings, work: Path, progress: Progress) -> Evaluation:
    from cuemark.core import settings
    from cuemark.lab.evaluate.evaluation import gather, judge
    from cuemark.lab.evaluate.run import run_systems
    from cuemark.lab.evaluate.text_metrics import text_metrics

    results = run_systems(dataset, chosen, work, progress)
    clip, lm = (Path(name).name for name in model_names(asked, settings.load()))
    models = {"clip": {"name": clip, "id": results.clip_id}, "lm": {"name": lm, "id": results.lm_id}}
    facts = gather(asked.command(), asked.seed, models)
    with text_metrics() as metrics:
        return judge(dataset, results.systems, results.ablations, facts, metrics, progress)


def _show(evaluation: Evaluation, folder: str) -> None:
    from cuemark.lab.evaluate.report import PAGE
    from cuemark.lab.evaluate.report_page import summary

    heads, lines = summary(evaluation.rows)
    videos = text.plural(len(evaluation.dataset.videos), "video")
    output.heading(f"{evaluation.dataset.name}: {videos}, 95 % intervals over videos")
    output.say()
    output.table(heads, lines, right=heads[1:])
    output.say()
    for note in evaluation.notes:
        output.warn(note)
    output.say(f"Report: {terminal_path(Path(folder) / PAGE)}")


def _json(evaluation: Evaluation, folder: str) -> dict[str, Any]:
    from cuemark.lab.evaluate.report import report_object, without_videos

    return {"folder": printable_path(folder), **without_videos(report_object(evaluation))}
