"""`cuemark chapters`: titles for borders that are there, borders for titles that are there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli import text
from cuemark.cli.analyze.command import Batch, run
from cuemark.cli.analyze.progress import Details
from cuemark.cli.guard import guarded
from cuemark.cli.models.offer import Offer
from cuemark.cli.options import JsonFlag, plain, takes_analysis_options
from cuemark.core import settings
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import ExitCode, InputError, OptionError
from cuemark.core.text import terminal_path

if TYPE_CHECKING:
    from cuemark.core.timeline import TimelineClip, TimelineView
    from cuemark.rpc.client.client import CuemarkClient

ON_THE_TIMELINE = "timeline"

At = Annotated[
    str | None,
    typer.Option(
        metavar="WHERE",
        help="Write titles for chapters that begin at: times (0:00,1:30 or 0,90.5 or 0f,2160f), an EDL, an OTIO file,"
        " a list of times such as a video's description, file (the chapters the file has), timeline (the markers on"
        " it in Resolve).",
    ),
]
Titles = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Find where the titles in FILE happen, one a line; times in it are ignored."),
]
AnyOrder = Annotated[bool, typer.Option("--any-order", help="The titles may happen in another order than the file's.")]
Timeline = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="With --at timeline: a timeline of the open project.", show_default="open"),
]


@guarded
@takes_analysis_options("clip", "lm", "preset", "speech", "language", "transcript", "screen_text", "gentle")
def chapters(
    *,
    path: Annotated[str, typer.Argument(metavar="FILE", help="A video or sound file.")],
    at: At = None,
    titles: Titles = None,
    any_order: AnyOrder = False,
    timeline: Timeline = None,
    options: AnalysisOptions,
    json_output: JsonFlag = False,
) -> None:
    """Write titles for chapters whose borders are there (--at), or find where given titles happen (--titles).

    The result is an analysis: export, edit and send it as any other.
    """
    from cuemark.cli.session import connect

    _check(at, titles, any_order=any_order, timeline=timeline)
    wanted = replace(options, chapter_titles=titles, any_order=any_order or None)
    with connect() as client:
        if at is not None:
            where = plain(at, "--at").strip()
            on_timeline = where.lower() == ON_THE_TIMELINE
            wanted = replace(wanted, chapters_at=_marked(client, Path(path), timeline) if on_timeline else where)
        offer = Offer(client, settings.load(), None, may_ask=False)
        code = run(Batch(client, offer, Details(False)), [path], wanted, detach=False, json_output=json_output)
    if code is not ExitCode.OK:
        raise typer.Exit(int(code))


def _check(at: str | None, titles: str | None, *, any_order: bool, timeline: str | None) -> None:
    """OptionError for words that say nothing, or two things at once."""
    if at is None and titles is None:
        problem = "It is not said where the chapters begin, nor what they are called."
        raise OptionError(
            "chapters_not_given", problem, "Add --at TIMES or --titles FILE; `cuemark analyze` finds both."
        )
    if at is not None and titles is not None:
        problem = "Chapters have either given borders or given titles."
        raise OptionError("chapters_twice", problem, "Use --at to title borders, or --titles to find titles.")
    if any_order and titles is None:
        raise OptionError("option_any_order", "--any-order is for --titles.", "Leave it out.")
    if timeline is not None and (at or "").strip().lower() != ON_THE_TIMELINE:
        raise OptionError("option_timeline", "--timeline is for --at timeline.", "Leave it out.")


def _marked(client: CuemarkClient, path: Path, timeline: str | None) -> str:
    """The frames of the file at which the timeline has markers, as `--at` takes them; InputError `borders_none`."""
    from cuemark.cli.resolve.options import HOST, address

    view = client.describe_timeline(HOST, address(timeline))
    frames = sorted(set(marked_frames(view, path.absolute())))
    if frames:
        return ",".join(f"{frame}f" for frame in frames)
    told = view.timeline.description
    count = text.plural(view.other_markers + len(view.markers), "marker")
    message = f"No marker of the timeline {told.timeline!r} ({count}) lies on a clip of {terminal_path(path.name)}."
    raise InputError("borders_none", message, "Mark the clip, or name the timeline with --timeline.")


def marked_frames(view: TimelineView, path: Path) -> Iterator[Fraction]:
    """Where the markers of a timeline, everybody's, lie in a file: frames from its first, through each clip of it."""
    rate = view.timeline.description.rate
    for clip in view.timeline.description.clips:
        if clip.path != path or clip.obstacle or not clip.speed:
            continue
        for marker in (*view.markers, *view.theirs):
            if clip.start <= marker.frame < clip.end and (frame := _source_frame(clip, marker.frame, rate)) is not None:
                yield frame


def _source_frame(clip: TimelineClip, frame: int, rate: Fraction) -> Fraction | None:
    """The frame of the file that the timeline shows at `frame`; None where the clip does not tell."""
    start = clip.source_start if (clip.speed or 0) > 0 else clip.source_end
    if start is None or clip.speed is None:
        return None
    passed = (frame - clip.start) * clip.speed * (clip.clip_rate or rate) / rate
    found = start + passed
    return found if found >= 0 else None
