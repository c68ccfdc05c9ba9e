"""The two pictures of one video: its masks over time, and its captions beside the truth.

Masks: the true events, and below them for some rows the masks before and after they were optimised.  They keep their
colour and number from before to after where there are as many of both; a thin line leads every true border through all
lanes, so that one look tells whether masks moved, and where to.  Captions: a page with a line for every event and every
moment that meets none.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.lab.evaluate.caption_scores import slot_right
from cuemark.lab.evaluate.localisation import MATCHED_FROM, best_pairs, harmonic, span
from cuemark.lab.evaluate.naming_scores import SUBJECT, TAGS, subject_right
from cuemark.lab.evaluate.outcome import Curve, Found, Outcome
from cuemark.lab.evaluate.plots import COLOURS, FAINT, INK, colour, lanes
from cuemark.lab.evaluate.truth import SlotPhrases, TrueEvent, TrueVideo

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cuemark.lab.evaluate.evaluation import Row

#: Rows whose masks are drawn beside the default's: those that start from nothing.
_ALSO = ("even-masks", "paper")
_MASK_LANE, _TRUTH_LANE = 0.85, 0.3  # inches
#: Numbers nearer to each other than this share of the video are written as one label.
_NEAR = 0.025
_NOTHING = 0.004
#: Longer pages are cut; report.json has everything.
_MOST_LINES = 60
_WRAP = 46  # characters of a caption on one line
_LINE, _GAP = 0.17, 0.16  # inches
_WIDTH = 10.0
_COLUMNS = (0.015, 0.43, 0.845)  # of the width
_BLUE, _ORANGE = COLOURS[0], COLOURS[1]


def draw_masks(video: TrueVideo, rows: Sequence[Row], default: str, path: Path) -> None:
    """One picture of a video.  Rows without masks are not in it; without any, only the truth is."""
    shown = _with_masks(video, rows, default)
    duration = duration_of(
        video, [row.system.outcomes[video.name] for row in rows if video.name in row.system.outcomes]
    )
    truths = [packed(events) for events in video.references]
    heights = [_TRUTH_LANE * max(1, len(one)) for one in truths] + [_MASK_LANE] * (2 * len(shown))
    figure, axes = lanes(heights)
    for number, (axis, subrows) in enumerate(zip(axes, truths, strict=False)):
        _draw_truth(axis, subrows, "truth" if len(truths) == 1 else f"truth {number + 1}")
    for place, row in enumerate(shown):
        before, after = axes[len(truths) + 2 * place : len(truths) + 2 * place + 2]
        _draw_row(row, row.system.outcomes[video.name], _f1(row, video.name), duration, (before, after))
    _finish(axes, video, duration)
    figure.suptitle(f"{video.name}{f' ({video.kind})' if video.kind else ''}", x=0.01, ha="left", fontsize=11)
    figure.savefig(path)


def duration_of(video: TrueVideo, outcomes: Sequence[Outcome]) -> float:
    """Seconds: what is annotated, else the end of whatever ends last (chapters reach to the end of the video)."""
    if video.duration is not None:
        return float(video.duration)
    ends = [event.end for events in video.references for event in events]
    ends += [one.end for outcome in outcomes for one in outcome.moments]
    ends += [one.end for outcome in outcomes for one in outcome.chapters]
    return float(max(ends, default=1))


def packed(events: Sequence[TrueEvent]) -> list[list[tuple[int, TrueEvent]]]:
    """Events (with their numbers from 1) in as few lanes as they need for not to lie on each other."""
    found: list[list[tuple[int, TrueEvent]]] = []
    for number, event in enumerate(sorted(events, key=span), 1):
        lane = next((lane for lane in found if lane[-1][1].end <= event.start), None)
        if lane is None:
            found.append(lane := [])
        lane.append((number, event))
    return found


def labels(places: Sequence[float], near: float) -> list[tuple[float, str]]:
    """Numbers from 1 at their places; those that would lie on each other become one label ("2,3")."""
    groups: list[list[tuple[float, int]]] = []
    for place, number in sorted((place, number) for number, place in enumerate(places, 1)):
        if groups and place - groups[-1][-1][0] < near:
            groups[-1].append((place, number))
        else:
            groups.append([(place, number)])
    return [
        (
            sum(place for place, _ in group) / len(group),
            ",".join(str(number) for _, number in sorted(group, key=lambda one: one[1])),
        )
        for group in groups
    ]


def middle(curve: Curve) -> float:
    """The centre of mass of a mask, in shares of the video."""
    whole = sum(curve.values)
    if not whole:
        return 0.5
    return sum((place + 0.5) * value for place, value in enumerate(curve.values)) / whole / len(curve.values)


def _with_masks(video: TrueVideo, rows: Sequence[Row], default: str) -> list[Row]:
    having = {
        row.name: row for row in rows if video.name in row.system.outcomes and row.system.outcomes[video.name].last
    }
    wanted = [having[name] for name in (default, *_ALSO) if name in having]
    return wanted or list(having.values())[:1]


def _draw_truth(axis: Axes, subrows: list[list[tuple[int, TrueEvent]]], label: str) -> None:
    for place, lane in enumerate(subrows):
        for number, event in lane:
            start, length = float(event.start), float(event.end - event.start)
            axis.barh(place, length, left=start, height=0.8, color="#d8d8d8", edgecolor=INK, linewidth=0.8)
            axis.text(start + length / 2, place, str(number), ha="center", va="center", fontsize=8)
    axis.set_ylim(max(1, len(subrows)) - 0.45, -0.55)
    _label(axis, label)


def _draw_row(row: Row, outcome: Outcome, f1: float, duration: float, axes: tuple[Axes, Axes]) -> None:
    before, after = axes
    kept = len(outcome.first) == len(outcome.last)
    for number, curve in enumerate(outcome.first):
        _curve(before, curve, colour(number) if kept else FAINT, duration, dashed=True)
    for number, curve in enumerate(outcome.last):
        _curve(after, curve, colour(number), duration, dashed=False)
    if kept:
        _numbers(before, outcome.first, duration)
    _numbers(after, outcome.last, duration)
    _segments(after, outcome.moments, len(outcome.last))
    _label(before, f"{row.name}\nbefore: {len(outcome.first)} masks")
    _label(after, f"{row.name}\nafter: {len(outcome.last)} masks\nF1 {f1:.2f}")


def _curve(axis: Axes, curve: Curve, tint: str, duration: float, *, dashed: bool) -> None:
    step = duration / len(curve.values)
    times = [(place + 0.5) * step for place in range(len(curve.values))]
    axis.fill_between(times, curve.values, color=tint, alpha=0.08 if dashed else 0.3, linewidth=0)
    # Where a mask is nothing its line would only underline the others; its edges go down to the ground.
    around = zip((0.0, *curve.values), curve.values, (*curve.values[1:], 0.0), strict=False)
    drawn = [here if max(before, here, after) > _NOTHING else float("nan") for before, here, after in around]
    axis.plot(times, drawn, color=tint, linewidth=1.0 if dashed else 1.7, linestyle="--" if dashed else "-")


def _numbers(axis: Axes, curves: Sequence[Curve], duration: float) -> None:
    for place, text in labels([middle(curve) * duration for curve in curves], _NEAR * duration):
        axis.text(place, 1.07, text, ha="center", va="bottom", fontsize=8)


def _segments(axis: Axes, moments: Sequence[Found], masks: int) -> None:
    """What was reported, as bars under the masks it was read from."""
    for number, moment in enumerate(moments):
        tint = colour(number) if len(moments) == masks else FAINT
        start, length = float(moment.start), float(moment.end - moment.start)
        axis.barh(-0.14, length, left=start, height=0.16, color=tint, edgecolor="white", linewidth=0.8)


def _finish(axes: Sequence[Axes], video: TrueVideo, duration: float) -> None:
    borders = sorted({float(edge) for event in video.events for edge in span(event)})
    for axis in axes:
        axis.set_xlim(0, duration)
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        axis.tick_params(axis="x", length=0 if axis is not axes[-1] else 3)
        for border in borders:
            axis.axvline(border, color=FAINT, linewidth=0.7, linestyle=":", zorder=0)
    for axis in axes[len(video.references) :]:
        axis.set_ylim(-0.25, 1.4)
    axes[-1].set_xlabel("seconds; bars under the masks are the reported moments")


def _label(axis: Axes, text: str) -> None:
    axis.set_ylabel(text, rotation=0, ha="right", va="center", fontsize=8)


def _f1(row: Row, video: str) -> float:
    score = next(score for score in row.scores if score.name == video)
    return harmonic(score.recall, score.precision)


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
    texts = [(in_words(line.event), in_words(line.moment)) for line in told[:_MOST_LINES]]
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
    if moment.tags and not moment.caption:
        return Line(event, moment, f"{where}\nnot named", None)
    wrong = [slot for slot, value in event.slots.items() if not _right(moment.caption, event, slot, value, phrases)]
    return Line(event, moment, f"{where}\n" + ("wrong: " + ",\n".join(wrong) if wrong else "words right"), not wrong)


def _right(caption: str, event: TrueEvent, slot: str, value: str, phrases: SlotPhrases) -> bool:
    return subject_right(caption, event, phrases) if slot == SUBJECT else slot_right(caption, slot, value, phrases)


def _described(video: str, rows: Sequence[Row], default: str) -> Row | None:
    said = [row for row in rows if video in row.system.outcomes]
    first = [row for row in said if row.name == default]
    return next(iter([*first, *said]), None)


def in_words(thing: TrueEvent | Found | None) -> str:
    """Times, caption and tags as the picture has them: lines of limited length; a dash for nothing."""
    if thing is None:
        return "–"
    caption = thing.caption if isinstance(thing, Found) else next(iter(thing.captions), "")
    shown = textwrap.wrap(caption, _WRAP, max_lines=4, placeholder=" …") or ["(no words)"]
    tags = ", ".join(thing.tags[:TAGS]) if isinstance(thing, Found) else ""
    below = textwrap.wrap(f"tags: {tags}", _WRAP, max_lines=2, placeholder=" …") if tags else []
    return "\n".join([f"{clock(thing.start)} – {clock(thing.end)}", *shown, *below])


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
