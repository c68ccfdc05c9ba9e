"""A table of measured numbers, for reading and for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
