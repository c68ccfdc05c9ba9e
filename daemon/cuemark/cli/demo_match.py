"""Found moments beside the true events of a sample video."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from cuemark.results import Chapter, Moment

FOUND_FROM = Fraction(1, 2)
"""An event counts as found when a moment's temporal intersection over union with it is at least this."""


@dataclass(frozen=True)
class Truth:
    """A true event: [start, end) in seconds, one caption, and every way to say its subject and its place."""

    start: Fraction
    end: Fraction
    caption: str
    subject: tuple[str, ...]
    place: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """An event and the moment that fits it best, if any; `subject` and `place` say whether the caption names them."""

    truth: Truth
    moment: Moment | None
    tiou: Fraction

    @property
    def found(self) -> bool:
        """Whether the moment lies where the event lies."""
        return self.moment is not None and self.tiou >= FOUND_FROM

    @property
    def subject(self) -> bool:
        """Whether the caption of a found event names its subject."""
        return self.found and self.moment is not None and says(self.moment.caption, self.truth.subject)

    @property
    def place(self) -> bool:
        """Whether the caption of a found event names its place."""
        return self.found and self.moment is not None and says(self.moment.caption, self.truth.place)


def tiou(first: Moment | Truth | Chapter, second: Moment | Truth | Chapter) -> Fraction:
    """Temporal intersection over union of two segments, in [0, 1]."""
    shared = min(first.end, second.end) - max(first.start, second.start)
    union = max(first.end, second.end) - min(first.start, second.start)
    return max(Fraction(0), shared) / union if union > 0 else Fraction(0)


def match(events: Sequence[Truth], moments: Sequence[Moment]) -> list[Row]:
    """Each event with its moment: best pairs first, no moment used twice; a moment that touches no event stays out."""
    pairs = [(-tiou(event, moment), i, j) for i, event in enumerate(events) for j, moment in enumerate(moments)]
    chosen: dict[int, tuple[Moment, Fraction]] = {}
    used: set[int] = set()
    for negative, i, j in sorted(pairs):
        if negative < 0 and i not in chosen and j not in used:
            chosen[i] = (moments[j], -negative)
            used.add(j)
    return [Row(event, *chosen.get(i, (None, Fraction(0)))) for i, event in enumerate(events)]


def says(caption: str, phrases: Sequence[str]) -> bool:
    """Whether the caption holds one of the phrases, as whole words."""
    return any(re.search(rf"\b{re.escape(phrase)}\b", caption, re.IGNORECASE) for phrase in phrases)


def events_within(chapter: Chapter, events: Sequence[Truth]) -> list[Truth]:
    """The events of which at least half lies in the chapter."""
    return [
        event
        for event in events
        if 2 * (min(event.end, chapter.end) - max(event.start, chapter.start)) >= event.end - event.start
    ]
