"""The reliability diagram: of each bin of confidence, how often it was right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.lab.evaluate.calibration import BINS, Bin
from cuemark.lab.evaluate.plots import COLOURS, FAINT, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cuemark.lab.evaluate.evaluation import Row

RELIABILITY = "reliability.png"
_COLUMNS = 3
_SIDE = 2.9  # inches of one panel


def draw_reliability(rows: Sequence[Row], path: Path) -> None:
    """A panel for each row that states confidences: bars are the share that is right, the line is the ideal.

    Numbers on the bars say how many captions are in the bin.  No file where no row states any.
    """
    stating = [(row.name, row.reliability) for row in rows if row.reliability]
    if not stating:
        return
    from matplotlib.figure import Figure as Page

    columns = min(_COLUMNS, len(stating))
    deep = -(-len(stating) // columns)
    page = Page(figsize=(_SIDE * columns + 0.4, _SIDE * deep + 0.3), layout="constrained")
    panels = page.subplots(deep, columns, sharex=True, sharey=True, squeeze=False).flatten()
    for panel, (name, bins) in zip(panels, stating, strict=False):
        _panel(panel, name, bins)
    for panel in panels[len(stating) :]:
        panel.set_visible(False)
    page.savefig(path)


def _panel(panel: Axes, name: str, bins: Sequence[Bin]) -> None:
    panel.plot([0, 1], [0, 1], color=FAINT, linestyle="--", linewidth=1.0)
    panel.bar([one.low for one in bins], [one.right for one in bins], 0.96 / BINS, align="edge", color=COLOURS[4])
    panel.plot([one.confidence for one in bins], [one.right for one in bins], "o", color=INK, markersize=4)
    for one in bins:
        panel.annotate(str(one.count), ((one.low + one.high) / 2, one.right + 0.02), ha="center", fontsize=7)
    panel.set_title(name, loc="left", fontsize=10)
    panel.set_xlim(0, 1)
    panel.set_ylim(0, 1.1)
    panel.set_xlabel("confidence")
    panel.set_ylabel("subject right")
    panel.tick_params(labelbottom=True)
