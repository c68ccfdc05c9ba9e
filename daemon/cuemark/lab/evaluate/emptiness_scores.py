"""Empty stretches of one video: which of them were kept as moments, and which events were lost for empty.

An *empty stretch* is a part of the video of at least a second in which the truth has no event.  It is *kept* when a
moment of its own lies on it: one that covers more than half of it, and of which more than half lies in no event.  An
event is *lost* when less than half of it lies in any moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from cuemark.lab.evaluate.localisation import span
from cuemark.lab.evaluate.outcome import Found
from cuemark.lab.evaluate.truth import TrueEvent

Interval = tuple[Fraction, Fraction]
#: Seconds; what is shorter is the rounding of borders.
SHORTEST = Fraction(1)


@dataclass(frozen=True)
class EmptinessScore:
    """Counts of one video: empty `stretches`, how many were `kept`; true `events`, how many are `lost`."""

    stretches: int
    kept: int
    events: int
    lost: int


def score_emptiness(events: Sequence[TrueEvent], moments: Sequence[Found], duration: Fraction | None) -> EmptinessScore:
    """Judge where the moments lie; without a duration nothing is known of what comes behind the last event."""
    true, found = [span(event) for event in events], [span(moment) for moment in moments]
    gaps = stretches(true, duration)
    kept = sum(any(_of_its_own(moment, gap, true) for moment in found) for gap in gaps)
    lost = sum(2 * covered(event, found) < event[1] - event[0] for event in true)
    return EmptinessScore(len(gaps), kept, len(true), lost)


def stretches(events: Sequence[Interval], duration: Fraction | None) -> list[Interval]:
    """The empty stretches of [0, `duration`), in order."""
    found, reached = [], Fraction(0)
    for start, end in sorted(events):
        found.append((reached, start))
        reached = max(reached, end)
    found += [] if duration is None else [(reached, duration)]
    return [(start, end) for start, end in found if end - start >= SHORTEST]


def _of_its_own(moment: Interval, gap: Interval, events: Sequence[Interval]) -> bool:
    inside = covered(gap, [moment])
    return 2 * inside > gap[1] - gap[0] and 2 * covered(moment, events) < moment[1] - moment[0]


def covered(whole: Interval, parts: Sequence[Interval]) -> Fraction:
    """Seconds of `whole` that lie in any of the parts."""
    total, reached = Fraction(0), whole[0]
    for start, end in sorted(parts):
        first, last = max(start, reached), min(end, whole[1])
        if last > first:
            total += last - first
            reached = last
    return total
