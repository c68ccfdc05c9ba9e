"""What the commands of `cuemark resolve` share: options, and what is said while Resolve keeps one waiting."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from cuemark.cli import output
from cuemark.cli.options import plain
from cuemark.core.text import terminal_path

if TYPE_CHECKING:
    from cuemark.core.analysis import Analysis
    from cuemark.core.markers import MarkerOptions
    from cuemark.core.timeline import TimelineAddress

HOST = "resolve"
AFTER_S = 5.0

TimelineName = Annotated[
    str | None,
    typer.Option("--timeline", metavar="NAME", help="A timeline of the open project by its name.", show_default="open"),
]
InOut = Annotated[
    bool, typer.Option("--in-out", help="Only between the timeline's in and out points; what lies outside stays.")
]
MomentColor = Annotated[
    str | None, typer.Option("--moment-color", metavar="C", help="One of Resolve's 16.", show_default="Sky")
]
ChapterColor = Annotated[
    str | None, typer.Option("--chapter-color", metavar="C", help="Another of them.", show_default="Purple")
]
Moments = Annotated[bool, typer.Option("--moment-markers/--no-moment-markers", help="Mark moments, with their length.")]
Chapters = Annotated[bool, typer.Option("--chapter-markers/--no-chapter-markers", help="Mark where chapters begin.")]
ShotColor = Annotated[
    str | None, typer.Option("--shot-color", metavar="C", help="A third.", show_default="Sand, Cocoa or Cream")
]
Shots = Annotated[bool, typer.Option("--shots", help="Mark shots, too, of an analysis that has them.")]
Transliterate = Annotated[bool, typer.Option("--transliterate", help="Write names and notes in ASCII letters.")]
Tags = Annotated[bool, typer.Option("--tags", help="Write the tags of moments into the notes.")]
Said = Annotated[bool, typer.Option("--said", help="Write the words said in moments into the notes.")]
DiscardEdits = Annotated[
    bool, typer.Option("--discard-edits", help="Undo what you changed of Cuemark's markers in Resolve.")
]


def marker_options(
    moment_color: str | None,
    chapter_color: str | None,
    moments: bool,
    chapters: bool,
    transliterate: bool,
    tags: bool,
    said: bool,
    shot_color: str | None = None,
    shots: bool = False,
) -> MarkerOptions:
    """OptionError `marker_colour_unknown`, `marker_colours_equal`."""
    from cuemark.core.markers import MarkerColours, MarkerOptions

    colours = MarkerColours.named(moment_color, chapter_color, shot_color)
    return MarkerOptions(colours, moments, chapters, transliterate, tags, said, shots)


def warn_without_shots(analysis: Analysis, wanted: bool) -> None:
    """Says so where shots are to be marked of an analysis that has none."""
    if wanted and not analysis.shots:
        file = terminal_path(analysis.media.path)
        output.warn(
            f"This analysis has no shots; cuemark resolve analyze --shots finds them in {file}.", "shots_missing"
        )


def address(timeline: str | None) -> TimelineAddress:
    """The timeline of that name, or the open one."""
    from cuemark.core.timeline import TimelineAddress

    return TimelineAddress(name=plain(timeline or "", "--timeline"))


class Target(TypedDict, total=False):
    """Where `goto` goes, as the client takes it: exactly one of them."""

    marker: int
    frame: int
    timecode: str


def target(text: str) -> Target:
    """`3`: the third marker; `300f`: a frame from the timeline's start; `01:00:12:05`: a timecode."""
    text = text.strip()
    if ":" in text or ";" in text:
        return {"timecode": plain(text, "N")}
    # What travels as 32 and 64 bits; no timeline is so long.
    if re.fullmatch(r"\d{1,15}f", text):
        return {"frame": int(text[:-1])}
    if re.fullmatch(r"\d{1,9}", text):
        return {"marker": int(text)}
    raise typer.BadParameter(
        f"{text!r} is no marker's number (3), frame (300f) or timecode (01:00:12:05).", param_hint="N"
    )


@contextmanager
def waiting() -> Iterator[None]:
    """Says once, after some seconds, why it may take so long: with a dialog open, Resolve answers no script."""
    words = "Resolve has not answered yet. Close any dialog that is open in it; Ctrl-C gives up."
    timer = threading.Timer(AFTER_S, output.tell, [words])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
