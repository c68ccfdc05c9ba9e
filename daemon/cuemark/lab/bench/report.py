"""What `cuemark bench` gives out: rows for people, one object for programs, and the growth curves as a picture."""

from __future__ import annotations

import logging
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cuemark.core.errors import StoreError
from cuemark.lab.bench.comparison import Comparison, Table, number
from cuemark.lab.bench.meters import MIB
from cuemark.lab.bench.run import BenchRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEADS = ("comparison", "ratio", "min", "max", "goal", "met", "ours", "rival", "unit")
_RATIO = {"faster": "rival / ours", "share": "ours / rival"}


def rows(runs: Sequence[BenchRun]) -> list[tuple[str, ...]]:
    """One line a comparison, under HEADS."""
    return [_row(comparison) for run in runs for comparison in run.found.comparisons]


def facts(runs: Sequence[BenchRun]) -> list[tuple[str, str]]:
    """(comparison, what it is and what else it showed), for the lines below the table."""
    comparisons = [comparison for run in runs for comparison in run.found.comparisons]
    return [(found.name, f"{found.about} {facts_text(found)}".strip()) for found in comparisons]


def facts_text(found: Comparison) -> str:
    """What else a comparison showed, in one line."""
    return ", ".join(f"{name} {number(value)}" for name, value in found.facts.items())


def peaks(runs: Sequence[BenchRun]) -> dict[str, str]:
    """The memory this process held at most during each sub-benchmark."""
    return {run.name: _memory(run) for run in runs if run.error is None}


def bench_object(
    command: str, runs: Sequence[BenchRun], machine: Mapping[str, str], device: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything as one JSON value."""
    return {
        "schema": "cuemark-bench",
        "command": command,
        "machine": dict(machine),
        "device": dict(device),
        "peak_memory_bytes": {run.name: run.peak_bytes for run in runs if run.error is None},
        "gpu_peak_memory_bytes": {run.name: run.gpu_peak_bytes for run in runs if run.gpu_peak_bytes is not None},
        "results": [_result(comparison) for run in runs for comparison in run.found.comparisons],
        "tables": [table.as_json() for run in runs for table in run.found.tables],
        "errors": [
            {"name": run.name, "code": run.error.code, "message": run.error.message, "next_step": run.error.next_step}
            for run in runs
            if run.error is not None
        ],
    }


def _row(found: Comparison) -> tuple[str, ...]:
    sign = "" if found.goal is None else (">= " if found.kind == "faster" else "<= ")
    return (
        found.name,
        number(found.ratio_median),
        number(found.ratio_min),
        number(found.ratio_max),
        sign + number(found.goal),
        {True: "yes", False: "NO", None: ""}[found.met],
        number(statistics.median(found.ours)),
        number(statistics.median(found.rival)),
        found.unit,
    )


def _result(found: Comparison) -> dict[str, Any]:
    return {
        "name": found.name,
        "ratio_median": found.ratio_median,
        "ratio_min": found.ratio_min,
        "ratio_max": found.ratio_max,
        "ratio_is": _RATIO[found.kind],
        "unit": found.unit,
        "ours": statistics.median(found.ours),
        "rival": statistics.median(found.rival),
        "pairs": [list(pair) for pair in zip(found.ours, found.rival, strict=True)],
        "goal": found.goal,
        "met": found.met,
        "about": found.about,
        "facts": dict(found.facts),
    }


def _memory(run: BenchRun) -> str:
    gpu = "" if run.gpu_peak_bytes is None else f", {run.gpu_peak_bytes / MIB:.0f} MiB of the GPU"
    return f"{run.peak_bytes / MIB:.0f} MiB{gpu}"


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
