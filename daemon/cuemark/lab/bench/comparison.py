"""What one comparison of speed found: ours beside a rival, pair by pair."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

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
