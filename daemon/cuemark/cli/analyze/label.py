"""`cuemark label`: where the user's own labels are to be seen in footage."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from cuemark.cli import output
from cuemark.cli.analyze.command import Batch, run
from cuemark.cli.analyze.progress import Details
from cuemark.cli.guard import guarded
from cuemark.cli.library import output_file
from cuemark.cli.models.offer import Offer, Pull
from cuemark.cli.options import JsonFlag, VerboseFlag, plain, takes_analysis_options
from cuemark.core import settings
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import ExitCode, OptionError
from cuemark.core.label_set import LabelSet, checked, example_of, threshold_of
from cuemark.core.text import one_line, terminal_path
from cuemark.core.typed_text import AUTO

Negatives = Annotated[
    str | None,
    typer.Option(metavar="WORDS", help='What is none of the labels, though it may look so: "a hug; an empty room".'),
]
Threshold = Annotated[
    str | None,
    typer.Option(
        metavar="auto|P", help="Least probability of a moment, such as 0.6; auto: told by the footage's own scores."
    ),
]
Example = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LABEL=FILE@TIME", help="A frame that shows a label, to learn from (may be repeated; three help)."
    ),
]
Save = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Also write the label set, with what was learned, into a file to share."),
]


@guarded
@takes_analysis_options("labels", "clip", "moments", "sample_rate", "min_confidence", "screen_text", "gentle", "vram")
def label(
    *,
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Video files, or folders of them (all levels).")
    ],
    options: AnalysisOptions,
    negatives: Negatives = None,
    threshold: Threshold = None,
    example: Example = None,
    save: Save = None,
    force: Annotated[bool, typer.Option("--force", help="With --save: write over a file that is there.")] = False,
    pull: Pull = None,
    verbose: VerboseFlag = False,
    json_output: JsonFlag = False,
) -> None:
    """Mark where your own labels are to be seen: --labels "kiss; car crash; hands, close", or a file of labels.

    Such a file has one label a line.  Lines below a label may say more of it: `also:` other words for it, `not:` what
    it is not, `example: FILE@TIME`, `threshold: 0.6`.  The result is an analysis: export, edit and send it as any
    other.
    """
    from cuemark.cli.session import connect

    labels = _asked(options.labels, negatives, threshold, example or ())
    target = None if save is None else _free(save, force=force)
    with connect() as client:
        offer = Offer(client, settings.load(), pull, may_ask=not json_output)
        batch = Batch(client, offer, Details(verbose))
        code = run(batch, paths, replace(options, labels=labels), detach=False, json_output=json_output)
        if target is not None:
            _keep(batch, labels, target, force=force)
    if code is not ExitCode.OK:
        raise typer.Exit(int(code))


def _asked(labels: LabelSet | None, negatives: str | None, threshold: str | None, examples: Sequence[str]) -> LabelSet:
    """The label set with what the command line says of it; OptionError `labels_missing`, and those of its parts."""
    if labels is None:
        problem = "It is not said which labels are looked for."
        raise OptionError("labels_missing", problem, 'Add --labels "kiss; car crash", or --labels FILE.')
    if negatives is not None:
        more = (one_line(text) for text in plain(negatives, "--negatives").split(";"))
        labels = replace(labels, negatives=(*labels.negatives, *(text for text in more if text)))
    if threshold is not None:
        asked = threshold_of(plain(threshold, "--threshold"))
        if asked is not None or threshold.strip().lower() == AUTO:  # the command line counts for all labels
            plainly = tuple(replace(label, threshold=None) for label in labels.labels)
            labels = replace(labels, threshold=asked, labels=plainly)
    for text in examples:
        name, equals, frame = plain(text, "--example").partition("=")
        if not equals:
            raise OptionError("labels_example", f"{text!r} says no label.", "Write --example LABEL=FILE@TIME.")
        labels = labels.taught(name, [example_of(frame, Path.cwd())])
    return checked(labels)


def _free(save: str, *, force: bool) -> Path:
    """Where the set goes; InputError `file_exists` before any work where something is there."""
    path = Path(os.path.abspath(os.path.expanduser(save)))
    output_file.check_free(path, force=force)
    return path


def _keep(batch: Batch, labels: LabelSet, path: Path, *, force: bool) -> None:
    """Write the set with the vectors of its examples, as the first file that was searched tells them."""
    told = (item.analysis.options.get("labels", "") for item in batch.items if item.analysis is not None)
    recorded = next((text for text in told if text), "")
    kept = LabelSet.parse(recorded) if recorded else labels
    output_file.write(path, kept.written(path.parent).encode(), force=force)
    output.tell(f"Label set: {terminal_path(path)}")
