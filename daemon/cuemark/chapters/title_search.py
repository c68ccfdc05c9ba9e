"""Where given titles happen: in their order by dynamic programming, or in any order, with how sure each is.

In order the titles are a gapless partition of the media: the best sum of what lies inside of each, of how each begins,
and of lengths that are not too uneven.  In any order each title takes its best place, the surest first.  Which titles
happen at all is decided before: one of which neither words nor meaning occur is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from cuemark.chapters.title_evidence import Cell, TitleEvidence, logistic

#: What an e-fold of a chapter's length beside the mean costs, squared.
_UNEVEN = 2.0
#: A title that happens with less than this probability is left out.
HAPPENS = 0.5
#: In any order, a chapter is looked for in so many cells at most.
_LONGEST_LOOK = 12
#: Log-odds that a title that was placed is right within 15 s (5 s in media of a few minutes), in order and in any:
#: a constant, and for each of `right_features`.
_RIGHT_IN_ORDER, _RIGHT_ANYWHERE = (-3.46, 0.13, 0.83, 2.31), (-3.75, 0.08, 0.99, 2.03)


@dataclass(frozen=True)
class FoundTitle:
    """A given title with the start of its chapter in seconds, None where it does not happen; `sure` is the probability
    (0 to 1) that this is right."""

    title: str
    start: Fraction | None
    sure: float


def place_titles(
    titles: Sequence[str], cells: Sequence[Cell], evidence: TitleEvidence, *, any_order: bool = False
) -> list[FoundTitle]:
    """Each title in the order given, with where it begins: the start of a cell, no two of them the same."""
    happens = evidence.happens
    kept = [row for row in range(len(titles)) if happens[row] >= HAPPENS]
    # More titles than cells cannot all begin: those that speak least are left out.
    kept = sorted(sorted(kept, key=lambda row: -happens[row])[: len(cells)])
    if not kept:
        return [FoundTitle(title, None, float(1 - happens[row])) for row, title in enumerate(titles)]
    search = _apart if any_order else _in_order
    places = dict(zip(kept, search(evidence, kept, cells), strict=True))
    odds = _RIGHT_ANYWHERE if any_order else _RIGHT_IN_ORDER
    sure = {row: _right_at(odds, right_features(evidence, row, place, happens[row])) for row, place in places.items()}
    return [
        FoundTitle(title, cells[places[row]].start, sure[row])
        if row in places
        else FoundTitle(title, None, float(1 - happens[row]))
        for row, title in enumerate(titles)
    ]


def right_features(evidence: TitleEvidence, row: int, place: int, happens: float) -> tuple[float, ...]:
    """What tells whether a title is right at a place: its step there, its words there, and whether it happens."""
    return float(evidence.begins[row, place]), float(evidence.covered[row, place]), float(happens)


def _right_at(odds: Sequence[float], features: Sequence[float]) -> float:
    """The probability that a title begins at a place."""
    return float(logistic(np.array(odds[0] + float(np.dot(odds[1:], features)))))


def _in_order(evidence: TitleEvidence, rows: Sequence[int], cells: Sequence[Cell]) -> list[int]:
    """The cell that each title begins with, rising."""
    edges = np.array([float(cell.start) for cell in cells] + [float(cells[-1].end)])
    mean = (edges[-1] - edges[0]) / len(rows)
    count = len(cells)
    ends = np.arange(1, count + 1)
    lengths = np.maximum(edges[None, 1:] - edges[:-1, None], mean / 1000)
    uneven = _UNEVEN * np.log(lengths / mean) ** 2
    uneven[np.arange(count)[:, None] >= ends[None]] = np.inf  # a chapter ends behind its beginning
    reached = np.zeros(count + 1)
    origins = []
    for row in rows:
        sums = np.concatenate([[0.0], np.cumsum(evidence.inside[row])])
        through = (reached[:-1] + evidence.begins[row] - sums[:-1])[:, None] - uneven
        origins.append(through.argmax(axis=0))
        reached = np.concatenate([[-np.inf], through.max(axis=0) + sums[1:]])
    places = []
    end = count
    for origin in reversed(origins):
        end = int(origin[end - 1])
        places.append(end)
    return places[::-1]


def _apart(evidence: TitleEvidence, rows: Sequence[int], cells: Sequence[Cell]) -> list[int]:
    """The best cell of each title by itself; where two want one, it is whose it is more, and the other's next best."""
    look = max(1, min(_LONGEST_LOOK, len(cells) // len(rows)))
    sums = np.concatenate([np.zeros((len(evidence.inside), 1)), np.cumsum(evidence.inside, axis=1)], axis=1)
    here = np.arange(len(cells))
    worth = evidence.begins + sums[:, np.minimum(here + look, len(cells))] - sums[:, here]
    taken: dict[int, int] = {}
    free = np.ones(len(cells), dtype=bool)
    waiting = set(rows)
    while waiting:
        best = {row: int(np.where(free, worth[row], -np.inf).argmax()) for row in sorted(waiting)}
        row = max(best, key=lambda one: worth[one, best[one]])
        taken[row] = best[row]
        free[best[row]] = False
        waiting.remove(row)
    return [taken[row] for row in rows]
