"""Chapter titles: whether what they name is true, how long they are, and whether one is given to different content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from cuemark.lab.evaluate.localisation import events_within
from cuemark.lab.evaluate.outcome import FoundChapter
from cuemark.lab.evaluate.slots import named
from cuemark.lab.evaluate.truth import SlotPhrases, TrueEvent

#: What an event shows, comparable: its slots, or its captions where nobody told the slots.
Content = tuple[object, ...]


@dataclass(frozen=True)
class TitleScore:
    """Counts of one video.

    Of the slot values that titles name: how many (`named`) and how many are true (`true`) of an event under their
    chapter; the titles that are not empty (`titled`) and their `characters`; `repeated`, pairs of chapters with equal
    titles over different content.
    """

    named: int
    true: int
    titled: int
    characters: int
    repeated: int


def score_titles(chapters: Sequence[FoundChapter], events: Sequence[TrueEvent], phrases: SlotPhrases) -> TitleScore:
    """Hold every title against the events of which at least half lies in its chapter."""
    under = [events_within(chapter, events) for chapter in chapters]
    pairs = [_true_of_named(chapter.title, held, phrases) for chapter, held in zip(chapters, under, strict=True)]
    titles = [key(chapter.title) for chapter in chapters]
    return TitleScore(
        named=sum(pair[1] for pair in pairs),
        true=sum(pair[0] for pair in pairs),
        titled=sum(bool(title) for title in titles),
        characters=sum(len(chapter.title.strip()) for chapter in chapters),
        repeated=sum(
            titles[one] == titles[other] and contents(under[one]) != contents(under[other])
            for one, other in combinations(range(len(chapters)), 2)
        ),
    )


def content(event: TrueEvent) -> Content:
    """What the event shows; equal for two events that one text describes."""
    return tuple(sorted(event.slots.items())) if event.slots else tuple(sorted(map(key, event.captions)))


def contents(events: Sequence[TrueEvent]) -> frozenset[Content]:
    """What these events show, whatever their order and number."""
    return frozenset(map(content, events))


def key(text: str) -> str:
    """A text as it is compared with others: without regard to case, spaces and a final period."""
    return " ".join(text.split()).rstrip(". ").casefold()


def _true_of_named(title: str, events: Sequence[TrueEvent], phrases: SlotPhrases) -> tuple[int, int]:
    true = said = 0
    for slot, ways in phrases.items():
        values = named(title, _with_names(ways))
        said += len(values)
        true += len(values & {event.slots.get(slot) for event in events})
    return true, said


def _with_names(ways: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    # A title has room for "Beach" where a caption says "on the beach".
    return {value: (*phrases, value) for value, phrases in ways.items()}
