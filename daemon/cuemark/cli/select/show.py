"""What was picked and why, and what was written, as an editor reads it."""

from __future__ import annotations

from fractions import Fraction

from cuemark.cli import output, text
from cuemark.core.media import MediaInfo
from cuemark.core.selection import Pick, Rendering, Selection
from cuemark.core.sizes import size_text
from cuemark.core.text import one_line, shorten, terminal_path, terminal_safe
from cuemark.core.timebase import clock

_CAPTION = 60


def print_selection(selection: Selection) -> None:
    """A row a pick, in the order in which they play."""
    files = len({pick.path for pick in selection.picks})
    count = text.plural(len(selection.picks), "pick")
    output.heading(f"{count} of {text.plural(files, 'file')}, {float(selection.seconds):.1f} s")
    columns = ["", "from", "to", "length", "file", "score", "sharp", "steady", "what", "why"]
    rows = [_row(number, pick, selection) for number, pick in enumerate(selection.picks, 1)]
    if files == 1:
        columns.remove("file")
        rows = [[*row[:4], *row[5:]] for row in rows]
    output.table(columns, rows, right=["", "length", "score", "sharp", "steady"])


def _row(number: int, pick: Pick, selection: Selection) -> list[str]:
    source = selection.of(pick)
    name = terminal_safe(pick.path.name) + (" (offline)" if source.offline else "")
    why = [*pick.why, *(["alike others"] if pick.difference is not None and pick.difference < 0.2 else [])]
    return [
        str(number),
        _time(pick.start, source.media),
        _time(pick.end, source.media),
        f"{float(pick.seconds):.2f} s",
        name,
        _share(pick.score),
        _share(pick.sharpness),
        _share(pick.stability),
        shorten(one_line(pick.caption), _CAPTION),
        output.Quiet(", ".join(why)),
    ]


def _time(seconds: Fraction, media: MediaInfo) -> str:
    """As a clock with the frame behind it: 0:01:15+07, the eighth frame of that second."""
    whole = int(seconds)
    frame = int((seconds - whole) * media.rate)
    return f"{clock(Fraction(whole))}+{frame:02}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def print_rendering(rendering: Rendering, name: str) -> None:
    """What was written, and whether the pictures were copied."""
    how = "pictures copied as they are" if rendering.copied == rendering.clips else f"encoded by {rendering.encoder}"
    if 0 < rendering.copied < rendering.clips:
        how = f"{rendering.copied} copied as they are, the others encoded by {rendering.encoder}"
    if not rendering.encoder and not rendering.copied:
        how = "sound alone"
    what = f"{size_text(rendering.size)}, {float(rendering.seconds):.1f} s, {how}"
    if name != "mp4":
        what = f"{text.plural(rendering.clips, 'clip')}, {what}"
    output.say(f"Wrote {terminal_path(rendering.path)} ({what}).")
