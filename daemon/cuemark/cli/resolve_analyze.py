"""`cuemark resolve analyze`: from the open timeline to its footage, and back to the timeline with markers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output, text
from cuemark.cli.exit_codes import ExitCode
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag, Seed, moments, plain, positive_rate
from cuemark.cli.resolve_options import (
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
)
from cuemark.errors import HostError

if TYPE_CHECKING:
    from cuemark.cli.batch import Batch, Item
    from cuemark.hosts.bridge import HostTimeline
    from cuemark.hosts.mapping import LeftOut
    from cuemark.hosts.timeline import TimelineClip
    from cuemark.jobs import AnalyzeOptions
    from cuemark.results import Analysis
    from cuemark.rpc.client import CuemarkClient

STILLS = frozenset(
    [".bmp", ".cin", ".cr2", ".dng", ".dpx", ".exr", ".gif", ".heic", ".jpeg", ".jpg", ".png", ".psd", ".svg", ".tga",
     ".tif", ".tiff", ".webp"]
)  # fmt: skip
"""Pictures, and single pictures of a sequence: there is nothing to find in time."""


@guarded
def analyze(
    timeline: TimelineName = None,
    selected: Annotated[bool, typer.Option("--selected", help="Only the footage of the selected clips.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Analyse anew what was analysed already.")] = False,
    moments_text: Annotated[
        str, typer.Option("--moments", metavar="N|auto", help="Moments to find in each file.")
    ] = "auto",
    preset: Annotated[
        str | None, typer.Option(metavar="P", help="fast, balanced, thorough, joint or paper.", show_default="balanced")
    ] = None,
    clip: Annotated[
        str | None, typer.Option(metavar="X", help="Image model: sample, light, paper, or an open_clip folder.")
    ] = None,
    lm: Annotated[
        str | None, typer.Option(metavar="Y", help="Language model: sample, light, paper, or a Hugging Face folder.")
    ] = None,
    sample_fps: Annotated[
        str | None, typer.Option(metavar="R", help="Frames looked at a second.", show_default="by duration")
    ] = None,
    seed: Seed = None,
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
    from cuemark.cli.batch import Batch
    from cuemark.cli.session import connect
    from cuemark.jobs import AnalyzeOptions

    markers = marker_options(moment_color, chapter_color, moment_markers, chapter_markers, transliterate)
    options = AnalyzeOptions(
        moments=moments(moments_text),
        preset=None if preset is None else plain(preset, "--preset"),
        clip=clip,
        lm=lm,
        sample_rate=positive_rate(sample_fps, "--sample-fps"),
        seed=seed,
    )
    with connect() as client:
        found = client.describe_timeline(HOST, address(timeline)).timeline
        clips = _clips(found, selected=selected)
        files = _files(clips, found)
        batch = Batch(client)
        interrupted = _analyse(batch, client, files, options, again=again, quiet=json_output)
        ids = [item.analysis.id for item in batch.items if item.analysis is not None]
        done = None
        if ids and not interrupted:
            done = client.send_markers(HOST, ids, found.address, markers, keep_edits=not discard_edits)
    left_out = _left_out(clips, batch, () if done is None else done.left_out)
    _show(batch, found, done, left_out, json_output=json_output)
    code = ExitCode.INTERRUPTED if interrupted else batch.exit_code
    if code is not ExitCode.OK:
        raise typer.Exit(int(code))


def _clips(timeline: HostTimeline, *, selected: bool) -> list[TimelineClip]:
    """The clips meant; HostError where there are none."""
    told = timeline.description
    if not told.clips:
        message = f"The timeline {told.timeline!r} has no clips."
        raise HostError("resolve_timeline_empty", message, "Put footage on it, or name another with --timeline.")
    if not selected:
        return list(told.clips)
    if timeline.selected is None:
        message = f"{told.product} {told.version} does not tell which clips are selected."
        raise HostError("resolve_selection_unknown", message, "Leave --selected out; 21.1 and newer tell it.")
    chosen = [clip for clip in told.clips if (clip.track, clip.index) in timeline.selected]
    if not chosen:
        raise HostError("resolve_nothing_selected", "No clip is selected in Resolve.", "Select some on the Edit page.")
    return chosen


def _files(clips: list[TimelineClip], timeline: HostTimeline) -> list[Path]:
    """The footage behind the clips, in order of first use; HostError `resolve_no_footage` where there is none."""
    ordered = sorted(clips, key=lambda clip: (clip.start, clip.track))
    found = list(dict.fromkeys(clip.path for clip in ordered if clip.path is not None and not _reason(clip)))
    if not found:
        reasons = "; ".join(f"{clip.item}: {_reason(clip)}" for clip in ordered[:5])
        message = f"No clip of {timeline.description.timeline!r} can be analysed ({reasons})."
        raise HostError("resolve_no_footage", message, "Relink offline media in Resolve, or use other clips.")
    return found


def _reason(clip: TimelineClip) -> str:
    """Why the clip's footage is not analysed for it, "" where it is."""
    if clip.problem:
        return clip.problem
    if clip.path is None:
        return "no media file"
    if not clip.enabled:
        return "disabled"
    return "still image" if clip.path.suffix.lower() in STILLS else ""


def _analyse(
    batch: Batch, client: CuemarkClient, files: list[Path], options: AnalyzeOptions, *, again: bool, quiet: bool
) -> bool:
    """Every file's analysis, known or new, in the order of the files; whether Ctrl-C ended it."""
    from cuemark.cli.analyze import carry_out
    from cuemark.cli.batch import Item

    unknown = []
    for path in files:
        analysis = None if again else _known(client, path, options)
        if analysis is None:
            unknown.append(path)
        else:
            batch.items.append(Item(path, analysis=analysis))
    known = {item.path for item in batch.items}
    interrupted = carry_out(batch, [str(path) for path in unknown], options, lambda item: _tell(item, known, quiet))
    batch.items.sort(key=lambda item: files.index(item.path) if item.path in files else len(files))
    return interrupted


def _known(client: CuemarkClient, path: Path, options: AnalyzeOptions) -> Analysis | None:
    """The newest analysis of the file that was made as the user wants it now."""
    for summary in client.list_analyses(path, limit=20):
        analysis = client.get_analysis(summary.id, brief=True)
        if _fits(analysis, options):
            return analysis
    return None


def _fits(analysis: Analysis, options: AnalyzeOptions) -> bool:
    rate = options.sample_rate
    asked = {
        "preset": options.preset,
        "moments": None if options.moments is None else str(options.moments),
        "seed": None if options.seed is None else str(options.seed),
        "sample_rate": None if rate is None else f"{rate.numerator}/{rate.denominator}",
    }
    models = ((options.clip, analysis.clip.name), (options.lm, analysis.lm.name))
    return all(value in (None, analysis.options.get(name)) for name, value in asked.items()) and all(
        name is None or used in (name, str(Path(name).expanduser().absolute())) for name, used in models
    )


def _tell(item: Item, known: set[Path], quiet: bool) -> None:
    from cuemark.cli.batch import complain_about

    if item.analysis is None:
        complain_about(item)
    elif not quiet:
        count = f"{text.plural(len(item.analysis.moments), 'moment')}, "
        count += text.plural(len(item.analysis.chapters), "chapter")
        how = "known" if item.path in known else "new"
        output.tell(f"{text.path_text(item.path.name)}: {count} ({how} analysis {item.analysis.id})")


def _left_out(clips: Iterable[TimelineClip], batch: Batch, told: Iterable[LeftOut]) -> list[LeftOut]:
    """Every clip that carries no marker because it cannot, each with one reason."""
    from cuemark.hosts.mapping import LeftOut

    failed = {item.path: item.error for item in batch.items if item.error is not None}
    found: list[LeftOut] = []
    for clip in sorted(clips, key=lambda clip: (clip.start, clip.track)):
        error = None if clip.path is None else failed.get(clip.path)
        reason = _reason(clip) or (f"not analysed: {error.message}" if error is not None else "")
        if reason:
            found.append(LeftOut(clip.item, reason))
    return list(dict.fromkeys([*found, *told]))


def _show(batch: Batch, timeline: HostTimeline, done: Any, left_out: list[LeftOut], *, json_output: bool) -> None:
    from cuemark.cli import resolve_views as views
    from cuemark.cli.batch import item_object

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
