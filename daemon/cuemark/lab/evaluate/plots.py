"""The look of the report's pictures, where they lie, and F1 over tIoU as curves.

Colours are those of Okabe and Ito, which differ for every kind of colour vision; whatever a colour says is also said
by a number, a line style or a word.  Matplotlib is used without its global state: no window system is asked for.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.analysis_options import PRESETS
from cuemark.lab.environment import require
from cuemark.lab.evaluate.localisation import THRESHOLDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Page
    from matplotlib.lines import Line2D

    from cuemark.lab.evaluate.evaluation import Figure, Row

CURVES = "f1_over_tiou.png"
MASKS, CAPTIONS = "masks", "captions"
#: Neighbours in this order differ most.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#882255", "#555555")
_KEYS = tuple(f"f1_{threshold * 100:.0f}" for threshold in THRESHOLDS)
_STYLES, _MARKS = ("-", "--", ":", "-."), "osD^vPX<"
_COLUMNS = 2
_WIDTH, _HEIGHT = 4.1, 3.1  # inches of one panel
INK, FAINT = "#222222", "#9a9a9a"
_DPI = 110
_STYLE = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same picture on every machine
    "font.size": 9,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "text.parse_math": False,  # a caption may hold a dollar sign
    "savefig.dpi": _DPI,
}


def mask_picture(video: str) -> str:
    """Where the masks of a video are drawn, below the report's folder."""
    return f"{MASKS}/{file_name(video)}.png"


def caption_picture(video: str) -> str:
    """Where the captions of a video are drawn, below the report's folder."""
    return f"{CAPTIONS}/{file_name(video)}.png"


def file_name(video: str) -> str:
    """A video's name as a file name on any system; names that differ stay different."""
    plain = re.sub(r"[^\w.-]", "_", video, flags=re.ASCII).lstrip(".") or "_"
    # What was replaced, or is too long, is told apart by the bytes of the name.
    return plain if plain == video and len(plain) < 120 else f"{plain[:100]}-{_short_hash(video)}"


def _short_hash(text: str) -> str:
    import hashlib

    return hashlib.blake2b(os.fsencode(text), digest_size=4).hexdigest()


@contextmanager
def style() -> Iterator[None]:
    """The look of all pictures, for as long as they are drawn."""
    matplotlib = require("matplotlib")
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        # A caption in a script that the font lacks comes out as boxes; that is no news to whoever wrote it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def lanes(heights: Sequence[float], width: float = 10.0, more: float = 0.9) -> tuple[Page, list[Axes]]:
    """A figure with axes below each other that share their x axis; heights in inches, `more` for title and labels."""
    from matplotlib.figure import Figure as Page

    figure = Page(figsize=(width, sum(heights) + more), layout="constrained")
    axes = figure.subplots(len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": list(heights)})
    return figure, list(axes[:, 0])


def colour(number: int) -> str:
    """The colour of the mask with this number (from 0)."""
    return COLOURS[number % len(COLOURS)]


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
