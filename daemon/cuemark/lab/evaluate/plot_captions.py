"""Captions beside the truth: for one video a page with a line for every event and every moment that meets none."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.lab.evaluate.localisation import MATCHED_FROM, best_pairs, span
from cuemark.lab.evaluate.outcome import Found
from cuemark.lab.evaluate.plots import COLOURS, FAINT, INK
from cuemark.lab.evaluate.slots import slot_right
from cuemark.lab.evaluate.truth import SlotPhrases, TrueEvent, TrueVideo

if TYPE_CHECKING:
    from cuemark.lab.evaluate.evaluation import Row

#: Longer pages are cut; report.json has everything.
_MOST_LINES = 60
_WRAP = 46  # characters of a caption on one line
_LINE, _GAP = 0.17, 0.16  # inches
_WIDTH = 10.0
_COLUMNS = (0.015, 0.43, 0.845)  # of the width
_BLUE, _ORANGE = COLOURS[0], COLOURS[1]


@dataclass(frozen=True)
class Line:
    """An event, the moment matched with it, and what is to be said of the two; `good` is None for no verdict."""

    event: TrueEvent | None
    moment: Found | None
    verdict: str
    good: bool | None


def draw_captions(video: TrueVideo, rows: Sequence[Row], phrases: SlotPhrases, default: str, path: Path) -> None:
    """One page of a video with what the default row said, or the first row that says anything."""
    from matplotlib.figure import Figure

    row = _described(video.name, rows, default)
    found = row.system.outcomes[video.name].moments if row else ()
    told = lines(video.events, found, phrases)
    texts = [(_text(line.event), _text(line.moment)) for line in told[:_MOST_LINES]]
    heights = [_LINE * max(left.count("\n") + 1, right.count("\n") + 1) + _GAP for left, right in texts]
    tall = sum(heights) + 1.05
    figure = Figure(figsize=(_WIDTH, tall))
    title = f"{video.name}{f' ({video.kind})' if video.kind else ''}"
    figure.text(_COLUMNS[0], 1 - 0.12 / tall, title, va="top", fontsize=11)
    heads = (_truth_head(video), f"found by {row.name}" if row else "nothing found", "verdict")
    for place, head in zip(_COLUMNS, heads, strict=True):
        figure.text(place, 1 - 0.48 / tall, head, va="top", fontweight="bold")
    y = tall - 0.75
    for line, text, height in zip(told, texts, heights, strict=False):
        _draw_line(figure, line, text, y / tall, tall)
        y -= height
    if len(told) > _MOST_LINES:
        figure.text(_COLUMNS[0], 0.1 / tall, f"{len(told) - _MOST_LINES} more in report.json", color=FAINT)
    figure.savefig(path)


def lines(events: Sequence[TrueEvent], moments: Sequence[Found], phrases: SlotPhrases) -> list[Line]:
    """Every event with its moment (one to one, tIoU at least one half), and the moments left over, by time."""
    pairs = best_pairs([span(event) for event in events], [span(moment) for moment in moments])
    matched = {i: (j, overlap) for i, (j, overlap) in pairs.items() if overlap >= MATCHED_FROM}
    used = {j for j, _ in matched.values()}
    found = [_judged(event, *_pair(matched.get(i), moments), phrases) for i, event in enumerate(events)]
    found += [Line(None, moment, "no such event", False) for j, moment in enumerate(moments) if j not in used]
    return sorted(found, key=lambda line: span(line.event or line.moment or Found(Fraction(0), Fraction(0))))


def clock(seconds: Fraction) -> str:
    """`0:09.5`."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def _pair(match: tuple[int, Fraction] | None, moments: Sequence[Found]) -> tuple[Found | None, Fraction]:
    return (moments[match[0]], match[1]) if match else (None, Fraction(0))


def _judged(event: TrueEvent, moment: Found | None, overlap: Fraction, phrases: SlotPhrases) -> Line:
    if moment is None:
        return Line(event, None, "not found", False)
    where = f"tIoU {float(overlap):.2f}"
    if not event.slots:
        return Line(event, moment, where, None)
    wrong = [slot for slot, value in event.slots.items() if not slot_right(moment.caption, slot, value, phrases)]
    return Line(event, moment, f"{where}\n" + ("wrong: " + ",\n".join(wrong) if wrong else "words right"), not wrong)


def _described(video: str, rows: Sequence[Row], default: str) -> Row | None:
    said = [row for row in rows if video in row.system.outcomes]
    first = [row for row in said if row.name == default]
    return next(iter([*first, *said]), None)


def _text(thing: TrueEvent | Found | None) -> str:
    if thing is None:
        return "–"
    caption = thing.caption if isinstance(thing, Found) else next(iter(thing.captions), "")
    shown = textwrap.wrap(caption, _WRAP, max_lines=4, placeholder=" …") or ["(no words)"]
    return "\n".join([f"{clock(thing.start)} – {clock(thing.end)}", *shown])


def _truth_head(video: TrueVideo) -> str:
    return "true event" if len(video.references) < 2 else f"true event (first of {len(video.references)} annotators)"


def _draw_line(figure: object, line: Line, text: tuple[str, str], y: float, tall: float) -> None:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    assert isinstance(figure, Figure)
    tint = INK if line.good is None else _BLUE if line.good else _ORANGE
    rule = Line2D([0.01, 0.99], [y + _GAP / 2.6 / tall] * 2, color="#dddddd", linewidth=0.7)
    figure.add_artist(rule)
    for place, said in zip(_COLUMNS, text, strict=False):
        figure.text(place, y, said, va="top", linespacing=1.25, color=FAINT if said == "–" else INK)
    figure.text(_COLUMNS[2], y, line.verdict, va="top", linespacing=1.25, color=tint)
