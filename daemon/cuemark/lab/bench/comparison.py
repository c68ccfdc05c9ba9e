"""What a benchmark measures and finds: two things in turn (A B A B), the ratio of each pair, and tables of growth."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cuemark.core.progress import Progress

Kind = Literal["faster", "share"]


@dataclass(frozen=True)
class Comparison:
    """One product path beside one rival, measured in pairs that ran in turn.

    A ratio is formed within a pair, not between medians: what slows the machine for a minute slows both halves of
    the pairs of that minute.
    """

    name: str
    """What was compared: "scoring", "sampling/long-gop/pyav", ..."""
    about: str
    """One sentence: what ours is, what the rival is."""
    unit: str
    """Of `ours` and `rival`, such as "s a token step"."""
    kind: Kind
    """"faster": a ratio is rival / ours, larger is better; "share": ours / rival, smaller is better."""
    ours: tuple[float, ...]
    rival: tuple[float, ...]
    """One number a pair, as many as `ours`."""
    goal: float | None = None
    """What the median ratio must reach: at least (faster) or at most (share); None where nothing is asked."""
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    """What else the run showed: largest difference of cosines, counts, the device that was read back."""

    def __post_init__(self) -> None:
        if not self.ours or len(self.ours) != len(self.rival):
            raise ValueError(f"{self.name}: {len(self.ours)} numbers of ours beside {len(self.rival)} of the rival")
        if min(*self.ours, *self.rival) <= 0:
            raise ValueError(f"{self.name}: a ratio needs numbers above zero, not {self.ours} and {self.rival}")

    @property
    def ratios(self) -> tuple[float, ...]:
        """The ratio of each pair, in the order of the pairs."""
        pairs = zip(self.ours, self.rival, strict=True)
        return tuple(rival / ours if self.kind == "faster" else ours / rival for ours, rival in pairs)

    @property
    def ratio_median(self) -> float:
        return statistics.median(self.ratios)

    @property
    def ratio_min(self) -> float:
        return min(self.ratios)

    @property
    def ratio_max(self) -> float:
        return max(self.ratios)

    @property
    def met(self) -> bool | None:
        """Whether the median ratio reaches the goal; None without a goal."""
        if self.goal is None:
            return None
        return self.ratio_median >= self.goal if self.kind == "faster" else self.ratio_median <= self.goal


MOST_GROWTH = 1.10
"""Of a worker's peak memory with more footage, models aside: from 10 minutes to 3 hours, from half a minute of UHD to
four minutes."""
Peak = tuple[str, float]
"""Footage in words, and the worker's peak with it in MiB."""


def peak_growth(
    name: str, long: Peak, short: Peak, weights: float, facts: Mapping[str, str | int | float]
) -> Comparison:
    """The worker's peak for more footage beside that for less, without the models' weights (MiB) in both."""
    return Comparison(
        name=name,
        about=f"The worker's peak for {long[0]} beside that for {short[0]}, weights aside.",
        unit="MiB",
        kind="share",
        ours=(long[1] - weights,),
        rival=(short[1] - weights,),
        goal=MOST_GROWTH,
        facts={"weights, MiB": weights, **facts},
    )


@dataclass(frozen=True)
class BenchOptions:
    """What a user asked of a sub-benchmark; everything else is its own affair."""

    work: Path
    """Scratch folder for generated files; what lies there from an earlier run is used again."""
    real_size: bool = False
    """Randomly initialised models of exactly the sizes people use, instead of the sample pair."""
    pairs: int = 3
    """How often ours and the rival run in turn."""
    seed: int = 0
    vectors: int = 1_000_000
    """Of the set that is searched, each of `dimension` numbers."""
    dimension: int = 512


Run = Callable[[], float]


def timed(work: Callable[[], object]) -> float:
    """How many seconds of wall clock `work` takes, the garbage it makes included.

    What runs on a GPU must be waited for inside `work`.
    """
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def alternate(
    ours: Run, rival: Run, pairs: int, progress: Progress, *, warm: bool = True
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Run ours, rival, ours, rival ... and hand out the number each gave, as (ours, rivals), `pairs` of both.

    Each callable returns its own number, normally seconds it measured with `timed`.  With `warm` both run once
    before, unmeasured: pages are mapped, kernels chosen and files in the system's cache for both.

    Raises ValueError for less than one pair, and whatever `progress.check` raises when the user stops.
    """
    if pairs < 1:
        raise ValueError(f"at least one pair is needed, not {pairs}")
    runs = [ours, rival] * (pairs + int(warm))
    numbers: list[float] = []
    for done, run in enumerate(runs):
        progress.check()
        progress.update("measure", done, len(runs), "runs")
        numbers.append(run())
    progress.update("measure", len(runs), len(runs), "runs")
    kept = numbers[2 * int(warm) :]
    return tuple(kept[0::2]), tuple(kept[1::2])


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
