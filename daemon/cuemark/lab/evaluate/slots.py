"""What captions name, against what is true: subject, place, attribute, relation, or any slots a dataset has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cuemark.lab.evaluate.localisation import MATCHED_FROM, best_pairs, span
from cuemark.lab.evaluate.outcome import Found
from cuemark.lab.evaluate.truth import SlotPhrases, TrueEvent


@dataclass(frozen=True)
class SlotScore:
    """Counts of one video.  Only events whose slots are known are counted.

    `events`, `matched` (with a moment) and `all_right` (every slot of it); by slot: `told`, how many matched events
    have it, and `right`, for how many of these the caption names its value and no other.
    """

    events: int
    matched: int
    all_right: int
    told: Mapping[str, int]
    right: Mapping[str, int]


def score_slots(events: Sequence[TrueEvent], moments: Sequence[Found], phrases: SlotPhrases) -> SlotScore | None:
    """Judge the captions of matched moments; None for a video whose events have no slots."""
    if not any(event.slots for event in events):
        return None
    told: dict[str, int] = {}
    right: dict[str, int] = {}
    matched = all_right = 0
    for event, moment in matched_moments(events, moments):
        if not event.slots:
            continue
        verdicts = {slot: slot_right(moment.caption, slot, value, phrases) for slot, value in event.slots.items()}
        matched += 1
        all_right += all(verdicts.values())
        for slot, verdict in verdicts.items():
            told[slot] = told.get(slot, 0) + 1
            right[slot] = right.get(slot, 0) + verdict
    return SlotScore(sum(bool(event.slots) for event in events), matched, all_right, told, right)


def matched_moments(events: Sequence[TrueEvent], moments: Sequence[Found]) -> list[tuple[TrueEvent, Found]]:
    """Events with their moments: one to one, the best tIoU first, from a tIoU of one half."""
    pairs = best_pairs([span(event) for event in events], [span(moment) for moment in moments])
    return [(events[i], moments[j]) for i, (j, overlap) in sorted(pairs.items()) if overlap >= MATCHED_FROM]


def slot_right(caption: str, slot: str, value: str, phrases: SlotPhrases) -> bool:
    """Whether the caption names this value of the slot and no other one."""
    return named(caption, {value: (value,), **phrases.get(slot, {})}) == {value}


def named(text: str, phrases: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """The values whose phrases occur in the text, as whole words in any case.

    Where two occurrences overlap the longer one is meant ("in the sea" within "deep in the sea").
    """
    occurrences = sorted(
        (place.start() - place.end(), place.start(), place.end(), value)
        for value, ways in phrases.items()
        for phrase in ways
        if phrase.strip()
        for place in _pattern(phrase).finditer(text)
    )
    meant: list[tuple[int, int, str]] = []
    for _, start, end, value in occurrences:
        same = (start, end)
        if all(end <= taken[0] or taken[1] <= start or taken[:2] == same for taken in meant):
            meant.append((start, end, value))
    return frozenset(value for _, _, value in meant)


def says(text: str, phrases: Sequence[str]) -> bool:
    """Whether the text holds one of the phrases, as whole words in any case."""
    return any(_pattern(phrase).search(text) for phrase in phrases if phrase.strip())


def _pattern(phrase: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word) for word in phrase.split())
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
