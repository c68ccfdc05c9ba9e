"""`cuemark eval`: how good the search is on footage of which the truth is known, beside everything it must beat.

It runs in this process and not in the daemon: it is a developer's tool, and may take hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output, text
from cuemark.cli.analyze.progress import ViewedProgress, view_for
from cuemark.cli.guard import guarded
from cuemark.cli.lab.eval_labels import evaluate_labels, refuse_for_labels
from cuemark.cli.lab.eval_search import evaluate_search, refuse_for_search
from cuemark.cli.lab.eval_shots import evaluate_shots, refuse_for_shots
from cuemark.cli.lab.eval_talks import evaluate_talks, refuse_for_talks, refuse_without_talks
from cuemark.cli.options import JsonFlag, plain, positive_rate
from cuemark.core.errors import ExitCode
from cuemark.core.text import printable_path, terminal_path

if TYPE_CHECKING:
    from cuemark.lab.evaluate.evaluation import Evaluation

_DATASET = "sample"  # lab.evaluate.request.DATASET, which help need not load
_OUTPUT = "cuemark-eval"
_SEARCH = "search"  # lab.evaluate.search_evaluation.SEARCH
_SHOTS = "shots"
_LABELS = "labels"
_TALKS = "talks"  # lab.evaluate.talk_request.TALKS


DatasetName = Annotated[
    str,
    typer.Argument(
        metavar="DATASET",
        help="sample (or dev, for choosing settings), sample:cuts, sample:single, sample:angles, a folder with a"
        " truth.json, footage:FOLDER (real clips whose labels come with Cuemark), activitynet:FILE, youcook2:FILE or"
        " vidchapters:FILE; talks:FILE (transcripts with chapters; also Chapter-Llama's talks:ASRS,CHAPTERS);"
        " search:FOLDER (a folder with a truth.json, as a library that is searched); labels:DATASET (moments of labels,"
        " by words and by example frames); or shots:drawn (films of known cuts and camera moves).",
    ),
]
Clip = Annotated[
    str | None, typer.Option(metavar="X", help="Image model: a name of `models list`, or an open_clip folder.")
]
Lm = Annotated[
    str | None, typer.Option(metavar="Y", help="Language model: a name of `models list`, or a Hugging Face folder.")
]
Presets = Annotated[
    list[str] | None,
    typer.Option(metavar="P", help="A preset to evaluate (may be repeated); the default's row is always there."),
]
Rows = Annotated[
    list[str] | None,
    typer.Option(metavar="R,...", help="all, ours (the presets alone), or names of rows.", show_default="all"),
]
Videos = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        help="Of the sample world so many videos of each kind, of others the first N.",
        show_default="12 of each kind, or all",
    ),
]
VideosFolder = Annotated[
    str | None, typer.Option("--videos-folder", metavar="DIR", help="Where the annotated videos are.")
]
Annotations = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="A further annotation file, e.g. of a second annotator (may be repeated)."),
]
Limit = Annotated[int | None, typer.Option(metavar="N", min=1, help="Of talks the first N.", show_default="all")]
Titles = Annotated[bool, typer.Option("--titles", help="Of talks also print all titles beside those that people gave.")]
Html = Annotated[str | None, typer.Option(metavar="FILE", help="Of talks also write the report as one HTML file.")]
Seed = Annotated[int, typer.Option(metavar="S", min=0, max=2**63 - 1, help="The same seed, the same result.")]
Ablate = Annotated[bool, typer.Option("--ablate", help="Also switch off one part of the search at a time.")]
SampleFps = Annotated[
    str | None,
    typer.Option(metavar="F", help="Frames looked at per second, e.g. 2 or 5/2.", show_default="by length"),
]
Output = Annotated[
    str, typer.Option("--output", "-o", metavar="DIR", help="Where the report goes; an earlier one is replaced.")
]
Work = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="Where videos and results are kept.", show_default="in Cuemark's cache"),
]


@guarded
def evaluate(
    dataset: DatasetName = _DATASET,
    clip: Clip = None,
    lm: Lm = None,
    preset: Presets = None,
    rows: Rows = None,
    videos: Videos = None,
    videos_folder: VideosFolder = None,
    annotations: Annotations = None,
    seed: Seed = 0,
    ablate: Ablate = False,
    sample_fps: SampleFps = None,
    folder: Output = _OUTPUT,
    work: Work = None,
    limit: Limit = None,
    titles: Titles = False,
    html: Html = None,
    json_output: JsonFlag = False,
) -> None:
    """Measure the search on footage whose events are known, beside rows that it must beat.

    Writes a report with tables and pictures.  After Ctrl-C the same command goes on where it was.
    """
    if dataset.partition(":")[0] == _TALKS:
        others = {"--preset": preset, "--videos-folder": videos_folder, "--annotations": annotations, "--clip": clip}
        refuse_for_talks({**others, "--lm": lm, "--ablate": ablate, "--sample-fps": sample_fps})
        named = dataset.partition(":")[2]
        return evaluate_talks(named, limit or videos, _listed(rows), seed, titles, html, json_output)
    if dataset.partition(":")[0] == _SEARCH:
        unused: dict[str, object] = {"--preset": preset, "--rows": rows, "--annotations": annotations, "--lm": lm}
        unused |= {"--ablate": ablate, "--videos-folder": videos_folder, "--sample-fps": sample_fps}
        refuse_for_search({**unused, "--limit": limit})
        return evaluate_search(dataset.partition(":")[2], clip, videos, work, json_output)
    if dataset.partition(":")[0] == _SHOTS:
        unfit: dict[str, object] = {
            "--preset": preset,
            "--rows": rows,
            "--videos-folder": videos_folder,
            "--annotations": annotations,
        }
        unfit |= {"--clip": clip, "--lm": lm, "--ablate": ablate, "--sample-fps": sample_fps, "--html": html}
        refuse_for_shots({**unfit, "--titles": titles})
        return evaluate_shots(dataset.partition(":")[2], limit or videos, seed, json_output)
    if dataset.partition(":")[0] == _LABELS:
        unread: dict[str, object] = {"--preset": preset, "--rows": rows, "--annotations": annotations, "--lm": lm}
        unread |= {"--ablate": ablate, "--videos-folder": videos_folder, "--sample-fps": sample_fps, "--limit": limit}
        refuse_for_labels({**unread, "--titles": titles, "--html": html, "--seed": seed})
        return evaluate_labels(dataset.partition(":")[2], clip, videos, json_output)
    refuse_without_talks({"--limit": limit, "--titles": titles, "--html": html})
    from cuemark.core import settings
    from cuemark.lab.evaluate.request import EvalRequest, Evaluator

    request = EvalRequest(
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
    evaluator = Evaluator(request, settings.load(), Path(folder), None if work is None else Path(work))
    try:
        with view_for(dataset) as view:
            evaluation = evaluator.run(ViewedProgress(view))
    except KeyboardInterrupt:
        output.tell("Interrupted. What was computed is kept: the same command goes on from there.")
        raise typer.Exit(int(ExitCode.INTERRUPTED)) from None
    if json_output:
        return output.say_json(_json(evaluation, folder))
    _show(evaluation, folder)


def _listed(rows: Sequence[str] | None) -> tuple[str, ...]:
    named = [name.strip() for each in rows or () for name in plain(each, "--rows").split(",")]
    return tuple(dict.fromkeys(name for name in named if name))


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
