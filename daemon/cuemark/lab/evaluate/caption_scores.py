"""Scores of the captions of one video: how well they fit, what they name rightly, and their faults.

Fit is METEOR and CIDEr over pairs of a moment and the events it meets, as ActivityNet's captioning evaluation forms
them (2021 form), and SODA over the whole story.  Slots (subject, place, attribute, relation, or any that a dataset has)
are looked for by their phrases.  Faults are what no average shows: one caption for different content, an empty one, one
that breaks off.
"""

from __future__ import annotations

import random
import re
import string
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cuemark.lab.evaluate.localisation import MATCHED_FROM, THRESHOLDS, best_pairs, exact, soda, span, tiou
from cuemark.lab.evaluate.outcome import Found
from cuemark.lab.evaluate.text_metrics import Pair, TextMetrics
from cuemark.lab.evaluate.truth import SlotPhrases, TrueEvent, TrueVideo

#: What an event shows, comparable: its slots, or its captions where nobody told the slots.
Content = tuple[object, ...]
#: Words that no English sentence ends with, or hardly any; particles ("puts it down") are not among them.
_OPEN = frozenset(
    ("a", "an", "the", "this", "its", "his", "their", "my", "your", "our", "and", "or", "but", "nor", "of",
     "to", "from", "with", "at", "in", "on", "into", "onto", "under", "beneath", "among", "between", "beside",
     "toward", "towards", "during", "than", "because", "while", "whose", "is", "are", "was", "were", "be",
     "has")
)  # fmt: skip
_OPEN_MARKS = (",", ";", ":", "-", "–", "—", "(", "/", "&", "...", "…")

#: (candidate, reference) pairs -> the score of each.
_Scorer = Callable[[Sequence[Pair]], "list[float]"]


@dataclass(frozen=True)
class TextScore:
    """One video.  `meteor` and `soda_c` are in [0, 1], None without Java; `cider` and `soda_cider` in [0, 10]."""

    meteor: float | None
    cider: float
    soda_c: float | None
    soda_cider: float


def score_text(video: TrueVideo, moments: Sequence[Found], text: TextMetrics) -> TextScore | None:
    """Judge all captions of a video; None where the truth has no captions.  No moments: 0 everywhere."""
    if not any(event.captions for reference in video.references for event in reference):
        return None
    text.prepare(texts_of(video, moments))
    at = [tuple(pairs_at(video, moments, threshold)) for threshold in THRESHOLDS]
    # Neighbouring thresholds often pair the same captions.
    meteors, ciders = ({pairs: metric(pairs) for pairs in set(at)} for metric in (text.meteor, text.cider))
    return TextScore(
        meteor=_mean([meteors[pairs] for pairs in at]),
        cider=_mean([ciders[pairs] for pairs in at]) or 0.0,
        soda_c=_soda(video, moments, text.meteor_each) if text.has_meteor else None,
        soda_cider=_soda(video, moments, text.cider_each),
    )


def texts_of(video: TrueVideo, moments: Sequence[Found]) -> list[str]:
    """Every text that judging this video looks at: all of them can be tokenised in one go."""
    said = [moment.caption for moment in moments]
    true = [caption for reference in video.references for event in reference for caption in event.captions]
    return [*said, *true, *(junk(f"{video.name} {number}") for number in range(len(moments)))]


def _mean(scores: Sequence[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return sum(known) / len(scores) if known else None


def _soda(video: TrueVideo, moments: Sequence[Found], scorer: _Scorer) -> float:
    """The mean over the annotators of SODA with this scorer."""
    ordered = sorted(moments, key=span)
    told = [[event for event in reference if event.captions] for reference in video.references]
    scores = [
        soda([_weights(event, ordered, scorer) for event in sorted(events, key=span)]) for events in told if events
    ]
    return sum(scores) / len(scores)


def _weights(event: TrueEvent, moments: Sequence[Found], scorer: _Scorer) -> list[float]:
    """tIoU x score of one event with every moment; of several captions of the event the best fitting counts."""
    overlaps = [float(tiou(span(event), span(moment))) for moment in moments]
    if not any(overlaps):
        return overlaps
    # SODA's script puts the true caption in the candidate's place and the found one in the reference's: METEOR is not
    # symmetric, and CIDEr weighs words by the found captions, so published values are matched this way round only.
    scores = [scorer([Pair(caption, (moment.caption,)) for moment in moments]) for caption in event.captions]
    return [overlap * max(each) for overlap, each in zip(overlaps, zip(*scores, strict=True), strict=True)]


def pairs_at(video: TrueVideo, moments: Sequence[Found], threshold: float) -> list[Pair]:
    """For each moment a pair with every event of every annotator that it meets at a tIoU of at least `threshold`.

    A moment that meets none is held against random letters, so it scores nothing and still counts; they are the same
    in every run.  An event with several captions is one pair with several references.
    """
    events = [event for reference in video.references for event in reference if event.captions]
    pairs = []
    for number, moment in enumerate(moments):
        met = [event for event in events if tiou(span(moment), span(event)) >= exact(threshold)]
        pairs += [Pair(moment.caption, event.captions) for event in met]
        if not met:
            pairs.append(Pair(moment.caption, (junk(f"{video.name} {number}"),)))
    return pairs


def junk(seed: str) -> str:
    """Ten to twenty random lower-case letters."""
    rng = random.Random(seed)
    return "".join(rng.choices(string.ascii_lowercase, k=rng.randint(10, 20)))


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


@lru_cache(maxsize=16384)  # datasets have thousands of phrases, more than `re` itself remembers
def _pattern(phrase: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word) for word in phrase.split())
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)


@dataclass(frozen=True)
class CaptionScore:
    """Counts of one video: `captions`, how many are `unfinished`, how many texts `repeated`.

    A moment with tags alone is unnamed on purpose: it has no caption that could be unfinished.
    """

    captions: int
    unfinished: int
    repeated: int


def score_captions(events: Sequence[TrueEvent], moments: Sequence[Found], phrases: SlotPhrases) -> CaptionScore:
    """Look for faults in the captions of a video."""
    spoken = [moment for moment in moments if moment.caption or not moment.tags]
    return CaptionScore(
        captions=len(spoken),
        unfinished=sum(not finished(moment.caption, phrases) for moment in spoken),
        repeated=repeated(events, moments),
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


def repeated(events: Sequence[TrueEvent], moments: Sequence[Found]) -> int:
    """How many texts describe two or more moments whose matched events differ in content."""
    shown: dict[str, set[Content]] = defaultdict(set)
    for event, moment in matched_moments(events, moments):
        if moment.tags and not moment.caption:
            continue
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
