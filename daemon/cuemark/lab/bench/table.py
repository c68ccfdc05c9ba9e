"""A table of measured numbers, for reading and for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cuemark.core.progress import Progress

Cell = int | float | str | None


@dataclass(frozen=True)
class Table:
    """Rows of numbers over what was varied; the first column is what was varied.

    `columns` carry their unit ("peak, MiB"); a cell is None where nothing was measured.
    """

    name: str
    about: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"{self.name}: a row does not have {len(self.columns)} cells")

    def column(self, name: str) -> tuple[Cell, ...]:
        """The cells of one column, from the top."""
        place = self.columns.index(name)
        return tuple(row[place] for row in self.rows)

    def as_json(self) -> Mapping[str, Any]:
        """The table as an object: rows are objects by column."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"name": self.name, "about": self.about, "columns": list(self.columns), "rows": rows}


class GrowingTable:
    """A table under way; every row is told when it is measured, since the last one may be half an hour away."""

    def __init__(self, name: str, about: str, columns: tuple[str, ...], progress: Progress) -> None:
        self._name, self._about, self._columns = name, about, columns
        self._progress = progress
        self._rows: list[tuple[Cell, ...]] = []

    def add(self, *row: Cell) -> None:
        """One row more."""
        self._rows.append(row)
        told = ", ".join(f"{name} {number(cell)}" for name, cell in zip(self._columns, row, strict=True))
        self._progress.note(f"{self._name}: {told}")

    def table(self) -> Table:
        """The table as it is now."""
        return Table(self._name, self._about, self._columns, tuple(self._rows))


def number(value: Cell) -> str:
    """A measured number with four digits at most; whole numbers stay whole."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return str(value)
