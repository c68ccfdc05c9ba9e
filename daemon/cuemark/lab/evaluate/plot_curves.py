"""F1 over tIoU: a line for each row that looks somewhere else, over all videos and over each kind of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.lab.evaluate.localisation import THRESHOLDS
from cuemark.lab.evaluate.plots import COLOURS, FAINT, INK
from cuemark.moments.options import PRESETS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from cuemark.lab.evaluate.evaluation import Figure, Row

_KEYS = tuple(f"f1_{threshold * 100:.0f}" for threshold in THRESHOLDS)
_STYLES, _MARKS = ("-", "--", ":", "-."), "osD^vPX<"
_COLUMNS = 2
_WIDTH, _HEIGHT = 4.1, 3.1  # inches of one panel


@dataclass(frozen=True)
class _Look:
    """How the line of a row is drawn; ours are thicker, the default is thickest."""

    tint: str
    dash: str
    mark: str
    width: float
    mark_size: float

    def give_to(self, line: Line2D) -> None:
        line.set(color=self.tint, linestyle=self.dash, linewidth=self.width)
        line.set(marker=self.mark, markersize=self.mark_size)


def draw_curves(rows: Sequence[Row], default: str, path: Path) -> None:
    """One panel for all videos, one for each kind; the legend beside them is in order of F1 over all videos."""
    from matplotlib.figure import Figure as Page

    shown = distinct(rows)
    looks = {name: _look(number, name, default) for number, name in enumerate(shown)}
    kinds = ["", *dict.fromkeys(kind for row in rows for kind in row.kinds)]
    columns = min(_COLUMNS, len(kinds))
    deep = -(-len(kinds) // columns)
    page = Page(figsize=(_WIDTH * columns + 2.6, _HEIGHT * deep + 0.3), layout="constrained")
    panels = page.subplots(deep, columns, sharex=True, sharey=True, squeeze=False).flatten()
    known = {row.name: row for row in rows}
    for panel, kind in zip(panels, kinds, strict=False):
        for name in shown:
            row = known[name]
            _line(panel, row.kinds.get(kind, {}) if kind else row.figures, looks[name])
        _dress(panel, kind or "all videos")
    for panel in panels[len(kinds) :]:
        panel.set_visible(False)
    handles = [_handle(f"{name}{_same(shown[name])}", looks[name]) for name in _by_f1(shown, known)]
    page.legend(handles=handles, loc="outside right upper", frameon=False, fontsize=8, handlelength=3.4)
    page.savefig(path)


def distinct(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Rows with a line of their own, each with the rows whose line is the very same (they differ in words only)."""
    found: dict[str, list[str]] = {}
    lines: dict[tuple[object, ...], str] = {}
    for row in rows:
        values = tuple(_values(figures) for figures in (row.figures, *row.kinds.values()))
        if any(value is None for value in values[0]):
            continue
        first = lines.setdefault(values, row.name)
        found.setdefault(first, [])
        if first != row.name:
            found[first].append(row.name)
    return found


def _values(figures: Mapping[str, Figure]) -> tuple[float | None, ...]:
    return tuple(figures[key].value if key in figures else None for key in _KEYS)


def _look(number: int, name: str, default: str) -> _Look:
    if name == default:
        return _Look(INK, "-", "o", 3.0, 6.0)
    tints = COLOURS[:-1]  # the last is a grey too near to the default's ink
    turn, place = divmod(number, len(tints))
    ours = name in PRESETS
    return _Look(tints[place], _STYLES[turn % 4], _MARKS[number % 8], 2.2 if ours else 1.1, 5.0 if ours else 3.5)


def _line(panel: Axes, figures: Mapping[str, Figure], look: _Look) -> None:
    values = [value if value is not None else float("nan") for value in _values(figures)]
    (line,) = panel.plot(THRESHOLDS, values, clip_on=False, zorder=1 + look.width)
    look.give_to(line)


def _dress(panel: Axes, title: str) -> None:
    panel.set_title(title, loc="left", fontsize=10, pad=9)
    panel.set_xticks(THRESHOLDS)
    panel.set_ylim(0, 1.0)
    panel.set_yticks([0, 0.25, 0.5, 0.75, 1])
    panel.grid(axis="y", color=FAINT, alpha=0.35, linewidth=0.6)
    panel.tick_params(labelbottom=True)
    panel.set_xlabel("tIoU above")
    panel.set_ylabel("F1")


def _handle(label: str, look: _Look) -> Line2D:
    from matplotlib.lines import Line2D

    line = Line2D([], [], label=label)
    look.give_to(line)
    return line


def _same(names: Sequence[str]) -> str:
    return f" (and {len(names)} with its segments)" if names else ""


def _by_f1(names: Mapping[str, object], rows: Mapping[str, Row]) -> list[str]:
    def height(name: str) -> float:
        figure = rows[name].figures.get("f1")
        return -(figure.value or 0.0) if figure else 0.0

    return sorted(names, key=height)
