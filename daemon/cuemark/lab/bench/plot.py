"""Growth as a picture: for each table that grows, seconds and memory over what was varied."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cuemark.core.errors import StoreError
from cuemark.lab.bench.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TIME, _MEMORY = "tab:blue", "tab:red"
_PANEL = (4.6, 3.2)  # inches
_HEADROOM = 1.4
Place = Literal["upper left", "upper right"]


def draw(tables: Sequence[Table], picture: Path) -> None:
    """Write the picture, one panel a table: columns whose unit is s on the left, MiB on the right, both from 0.

    The kind of picture is that of the file's name.  Raises StoreError where it cannot be written.
    """
    logging.getLogger("matplotlib").setLevel(logging.WARNING)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    across = min(2, max(1, len(tables)))
    down = max(1, -(-len(tables) // across))
    figure = Figure(figsize=(_PANEL[0] * across, _PANEL[1] * down), layout="constrained", dpi=150)
    FigureCanvasAgg(figure)
    for place, table in enumerate(tables, start=1):
        _panel(figure.add_subplot(down, across, place), table)
    try:
        figure.savefig(picture)
    except OSError as error:
        message = f"The plot {picture} cannot be written: {error.strerror}."
        raise StoreError("bench_plot_unwritable", message, "Name another file with --plot.") from error


def _panel(axes: Axes, table: Table) -> None:
    over = table.columns[0]
    axes.set_title(table.name, fontsize=10)
    axes.set_xscale("log")
    axes.set_xlabel(over)
    axes.grid(alpha=0.25)
    values = [cell for cell in table.column(over) if isinstance(cell, (int, float))]
    axes.set_xticks(values, [f"{value:,}" for value in values], fontsize=8)
    axes.minorticks_off()
    right = axes.twinx()
    _lines(axes, table, ", s", "seconds", _TIME, "upper left")
    _lines(right, table, ", MiB", "MiB", _MEMORY, "upper right")


def _lines(axes: Axes, table: Table, unit: str, label: str, colour: str, place: Place) -> None:
    """The columns of one unit, from 0, with room above them for the legend."""
    styles = ("-", "--", ":", "-.")
    columns = [column for column in table.columns[1:] if column.endswith(unit)]
    for style, column in zip(styles, columns, strict=False):
        points = _points(table, column)
        axes.plot(
            [x for x, _ in points], [y for _, y in points], style, color=colour, marker="o", markersize=3, label=column
        )
    if columns:
        axes.legend(fontsize=7, loc=place, frameon=False)
    axes.set_ylabel(label, color=colour)
    axes.set_ylim(0, axes.get_ylim()[1] * _HEADROOM)


def _points(table: Table, column: str) -> list[tuple[float, float]]:
    cells = zip(table.column(table.columns[0]), table.column(column), strict=True)
    return [(float(x), float(y)) for x, y in cells if isinstance(x, (int, float)) and isinstance(y, (int, float))]
