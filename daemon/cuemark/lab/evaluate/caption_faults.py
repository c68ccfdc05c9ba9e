"""Faults of captions that no average shows: given twice to different content, empty, or broken off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from cuemark.lab.evaluate.outcome import Found
from cuemark.lab.evaluate.slots import matched_moments
from cuemark.lab.evaluate.titles import Content, content, key
from cuemark.lab.evaluate.truth import SlotPhrases, TrueEvent

#: Words that no English sentence ends with, or hardly any; particles ("puts it down") are not among them.
_OPEN = frozenset(
    ("a", "an", "the", "this", "its", "his", "their", "my", "your", "our", "and", "or", "but", "nor", "of",
     "to", "from", "with", "at", "in", "on", "into", "onto", "under", "beneath", "among", "between", "beside",
     "toward", "towards", "during", "than", "because", "while", "whose", "is", "are", "was", "were", "be",
     "has")
)  # fmt: skip


_OPEN_MARKS = (",", ";", ":", "-", "–", "—", "(", "/", "&", "...", "…")


@dataclass(frozen=True)
class CaptionScore:
    """Counts of one video: `captions` (one for each moment), how many are `unfinished`, how many texts `repeated`."""

    captions: int
    unfinished: int
    repeated: int


def score_captions(events: Sequence[TrueEvent], moments: Sequence[Found], phrases: SlotPhrases) -> CaptionScore:
    """Look for faults in the captions of a video."""
    return CaptionScore(
        captions=len(moments),
        unfinished=sum(not finished(moment.caption, phrases) for moment in moments),
        repeated=repeated(events, moments),
    )


def repeated(events: Sequence[TrueEvent], moments: Sequence[Found]) -> int:
    """How many texts describe two or more moments whose matched events differ in content."""
    shown: dict[str, set[Content]] = defaultdict(set)
    for event, moment in matched_moments(events, moments):
        shown[key(moment.caption)].add(content(event))
    return sum(len(different) > 1 for different in shown.values())


def finished(caption: str, phrases: SlotPhrases) -> bool:
    """Whether the caption has words and, as far as text can tell, an end.

    It has none if it stops at a mark or a word that something must follow, or within one of the dataset's phrases
    ("... on top of a" of "on top of a crate").
    """
    text = caption.strip()
    words = key(text).split()
    if not words or text.endswith(_OPEN_MARKS) or words[-1] in _OPEN:
        return False
    return not _within_a_phrase(words, [way.casefold().split() for way in _all_phrases(phrases)])


def _all_phrases(phrases: SlotPhrases) -> list[str]:
    return [phrase for ways in phrases.values() for said in ways.values() for phrase in said]


def _within_a_phrase(words: list[str], phrases: list[list[str]]) -> bool:
    """Whether the last words are the beginning of a phrase, and not also the end of a whole one."""
    if any(phrase and words[-len(phrase) :] == phrase for phrase in phrases):
        return False
    return any(
        words[-length:] == phrase[:length]
        for phrase in phrases
        for length in range(1, len(phrase))
        if length <= len(words)
    )
