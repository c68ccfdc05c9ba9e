"""What is true of the videos of a dataset: events with captions, chapters, and the words of their slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

#: slot -> value -> the phrases that say it ("place" -> "beach" -> "on the beach", ...); matched as whole words.
SlotPhrases = Mapping[str, Mapping[str, tuple[str, ...]]]
#: The order in which slots are printed; a dataset may have some or none of them.
SLOTS = ("subject", "place", "attribute", "relation")


@dataclass(frozen=True)
class TrueEvent:
    """[start, end) in seconds, every caption known for it, and what it shows by slot (empty where nobody said)."""

    start: Fraction
    end: Fraction
    captions: tuple[str, ...]
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TrueChapter:
    """A true chapter, [start, end) in seconds.  Its title may be empty: a place where something begins, unnamed."""

    start: Fraction
    end: Fraction
    title: str = ""


@dataclass(frozen=True)
class TrueVideo:
    """One video.  `references` holds one list of events for each annotator (ActivityNet Captions has two)."""

    name: str
    path: Path
    references: tuple[tuple[TrueEvent, ...], ...]
    kind: str = ""
    chapters: tuple[TrueChapter, ...] = ()
    #: Seconds; None where the annotations do not say and the file must be asked.
    duration: Fraction | None = None

    @property
    def events(self) -> tuple[TrueEvent, ...]:
        """The events of the first annotator."""
        return self.references[0] if self.references else ()


@dataclass(frozen=True)
class Dataset:
    """Videos with their truth.  `missing` are annotated videos whose files are not there."""

    name: str
    videos: tuple[TrueVideo, ...]
    phrases: SlotPhrases = field(default_factory=dict)
    missing: tuple[str, ...] = ()
