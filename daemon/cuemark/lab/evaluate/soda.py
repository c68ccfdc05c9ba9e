"""SODA: matching in order of time, one to one, by tIoU times how well the words fit (Fujita et al., ECCV 2020).

Kept from its toolkit (fujiso/SODA): both sides sorted by start, the best sum over order-preserving pairs, an F measure
of that sum.  With several annotators the mean of the single results, as PDVC and VidChapters report it.
"""

from __future__ import annotations

from collections.abc import Sequence

from cuemark.lab.evaluate.localisation import Time, tiou

#: weights[i][j] of true event i and found moment j.
Weights = Sequence[Sequence[float]]


def soda(weights: Weights) -> float:
    """F of one video and one annotator, from tIoU x score of every pair; rows and columns in order of start.

    The greatest sum over pairs that keep the order, divided by the number of moments (precision) and of events
    (recall).  No moments or no events: 0.
    """
    events, moments = len(weights), len(weights[0]) if weights else 0
    if not events or not moments:
        return 0.0
    best = best_sum(weights)
    precision, recall = best / moments, best / events
    return 2 * precision * recall / (precision + recall) if best else 0.0


def best_sum(weights: Weights) -> float:
    """The greatest sum of weights over one-to-one pairs that keep the order of both sides; row after row."""
    before = [0.0] * (len(weights[0]) + 1)
    for row in weights:
        here = [0.0]
        for place, weight in enumerate(row):
            here.append(max(before[place + 1], here[place], before[place] + weight))
        before = here
    return before[-1]


def soda_d(found: Sequence[tuple[Time, Time]], references: Sequence[Sequence[tuple[Time, Time]]]) -> float:
    """Variant d: tIoU alone, no words; the mean over the annotators.  Nothing found is 0."""
    if not references:
        return 0.0
    ours = sorted(found)
    scores = [soda([[float(tiou(one, other)) for other in ours] for one in sorted(true)]) for true in references]
    return sum(scores) / len(scores)
