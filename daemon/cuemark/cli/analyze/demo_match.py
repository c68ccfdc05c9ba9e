"""Found moments beside the true events of a sample video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.analysis import Moment
from cuemark.lab.evaluate.caption_scores import says
from cuemark.lab.evaluate.localisation import MATCHED_FROM, best_pairs, span


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
        return self.moment is not None and self.tiou >= MATCHED_FROM

    @property
    def subject(self) -> bool:
        """Whether the caption of a found event names its subject."""
        return self.found and self.moment is not None and says(self.moment.caption, self.truth.subject)

    @property
    def place(self) -> bool:
        """Whether the caption of a found event names its place."""
        return self.found and self.moment is not None and says(self.moment.caption, self.truth.place)


def match(events: Sequence[Truth], moments: Sequence[Moment]) -> list[Row]:
    """Each event with its moment: best pairs first, no moment used twice; a moment that touches no event stays out."""
    pairs = best_pairs([span(event) for event in events], [span(moment) for moment in moments])
    chosen = {i: (moments[j], overlap) for i, (j, overlap) in pairs.items()}
    return [Row(event, *chosen.get(i, (None, Fraction(0)))) for i, event in enumerate(events)]
