"""`cuemark resolve analyze`: from the open timeline to its footage, and back to the timeline with markers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag, takes_analysis_options
from cuemark.cli.resolve.options import (
    HOST,
    ChapterColor,
    Chapters,
    DiscardEdits,
    MomentColor,
    Moments,
    TimelineName,
    Transliterate,
    address,
    marker_options,
    waiting,
)
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import ExitCode
from cuemark.core.text import terminal_path

if TYPE_CHECKING:
    from cuemark.cli.analyze.batch import Batch, Item
    from cuemark.cli.resolve.footage import Reel
    from cuemark.core.analysis import Analysis
    from cuemark.core.timeline import Delivery, HostTimeline, LeftOut


@guarded
@takes_analysis_options()
def analyze(
    *,
    timeline: TimelineName = None,
    selected: Annotated[bool, typer.Option("--selected", help="Only the footage of the selected clips.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Analyse anew what was analysed already.")] = False,
    options: AnalysisOptions,
    moment_color: MomentColor = None,
    chapter_color: ChapterColor = None,
    moment_markers: Moments = True,
    chapter_markers: Chapters = True,
    transliterate: Transliterate = False,
    discard_edits: DiscardEdits = False,
    json_output: JsonFlag = False,
) -> None:
    """Analyse the footage of the timeline that is not known yet, and mark its moments and chapters.

    Files are analysed whole, once, and marked through every clip that shows them. What was analysed with the options
    given here, or at all where none are given, is taken as it is.
    """
    from cuemark.cli.analyze.batch import Batch
    from cuemark.cli.resolve.footage import clips_meant, known_analyses, left_out_of, reels_of
    from cuemark.cli.session import connect

    markers = marker_options(moment_color, chapter_color, moment_markers, chapter_markers, transliterate)
    with connect() as client:
        with waiting():
            view = client.describe_timeline(HOST, address(timeline), with_footage=True)
        clips = clips_meant(view.timeline, selected=selected)
        reels = reels_of(clips, view)
        batch = Batch(client)
        known = {} if again else known_analyses(client, reels, options)
        interrupted = _analyse(batch, reels, known, options, quiet=json_output)
        ids = [item.analysis.id for item in batch.items if item.analysis is not None]
        done = None
        if ids and not interrupted:
            with waiting():
                done = client.send_markers(HOST, ids, view.timeline.address, markers, keep_edits=not discard_edits)
    left_out = left_out_of(clips, reels, batch, () if done is None else done.left_out)
    _show(batch, view.timeline, done, left_out, json_output=json_output)
    code = ExitCode.INTERRUPTED if interrupted else batch.exit_code
    if code is not ExitCode.OK:
        raise typer.Exit(int(code))


def _analyse(
    batch: Batch, reels: list[Reel], known: dict[Path, Analysis], options: AnalysisOptions, *, quiet: bool
) -> bool:
    """Every reel's analysis, known or new, in the order of the timeline; whether Ctrl-C ended it."""
    from cuemark.cli.analyze.batch import Item
    from cuemark.cli.analyze.command import carry_out

    paths = [reel.path for reel in reels]
    batch.items += [Item(path, analysis=analysis) for path, analysis in known.items()]
    unknown = [str(path) for path in paths if path not in known]
    interrupted = carry_out(batch, unknown, options, lambda item: _tell(item, item.path in known, quiet))
    batch.items.sort(key=lambda item: paths.index(item.path) if item.path in paths else len(paths))
    return interrupted


def _tell(item: Item, is_known: bool, quiet: bool) -> None:
    from cuemark.cli.analyze.batch import complain_about

    if item.analysis is None:
        complain_about(item)
    elif not quiet:
        count = f"{text.plural(len(item.analysis.moments), 'moment')}, "
        count += text.plural(len(item.analysis.chapters), "chapter")
        how = "known" if is_known else "new"
        for notice in item.analysis.warnings:
            output.warn(f"{terminal_path(item.path.name)}: {notice.message}", notice.code)
        output.tell(f"{terminal_path(item.path.name)}: {count} ({how} analysis {item.analysis.id})")


def _show(
    batch: Batch, timeline: HostTimeline, done: Delivery | None, left_out: list[LeftOut], *, json_output: bool
) -> None:
    from cuemark.cli.analyze.batch import item_object
    from cuemark.cli.resolve import views

    if not json_output:
        if done is not None:
            views.print_delivery(done, left_out)
        return
    marked = views.delivery_object(done, left_out) if done is not None else {
        "timeline": views.timeline_object(timeline),
        "markers": [],
        "left_out": [{"item": each.item, "reason": each.reason} for each in left_out],
    }  # fmt: skip
    output.say_json({"files": [item_object(item) for item in batch.items], **marked})
