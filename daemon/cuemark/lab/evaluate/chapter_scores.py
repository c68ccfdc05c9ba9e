"""Scores of chapters and their titles on one video.

Chapters against true ones: F1 over tIoU 0.50 to 0.95 and mean tIoU as Chapter-Llama's evaluation computes them, and
starts that are near a true one, as VidChapters' does (its `distances`).  Titles: whether what they name is true, how
long they are, and whether one is given to different content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from cuemark.lab.evaluate.border_scores import BorderScore, score_borders
from cuemark.lab.evaluate.caption_scores import contents, key, named
from cuemark.lab.evaluate.content_words import mean, word_overlap
from cuemark.lab.evaluate.localisation import Timed, best_pairs, events_within, harmonic, span, tiou
from cuemark.lab.evaluate.outcome import FoundChapter
from cuemark.lab.evaluate.truth import SlotPhrases, TrueEvent

Span = tuple[Fraction, Fraction]
#: 0.50, 0.55 ... 0.95.
THRESHOLDS = tuple(Fraction(step, 20) for step in range(10, 20))
#: Seconds; a start is hit by one that is less than this away.
DISTANCES = (3, 5)


@dataclass(frozen=True)
class ChapterScore:
    """One video.  All in [0, 1]; `recalls` and `precisions` stand beside DISTANCES.

    `borders` holds the figures of `border_scores`; `title_words` the content words in common with the titles that
    people gave, None where they gave none.
    """

    f1: float
    tiou: float
    recalls: tuple[float, ...]
    precisions: tuple[float, ...]
    borders: BorderScore | None = None
    title_words: float | None = None


def score_chapters(found: Sequence[Timed], true: Sequence[Timed]) -> ChapterScore:
    """Hold chapters against true ones, of which there is at least one; none found is zero everywhere."""
    if not found:
        nothing = score_borders((), _borders(true), max(one.end for one in true))
        worst = (0.0,) * len(DISTANCES)
        return ChapterScore(0.0, 0.0, worst, worst, nothing, _title_words(found, true))
    starts, true_starts = [one.start for one in found], [one.start for one in true]
    return ChapterScore(
        f1=f1(found, true),
        tiou=mean_tiou(found, true),
        recalls=tuple(_share_near(true_starts, starts, distance) for distance in DISTANCES),
        precisions=tuple(_share_near(starts, true_starts, distance) for distance in DISTANCES),
        borders=score_borders(_borders(found), _borders(true), max(one.end for one in (*found, *true))),
        title_words=_title_words(found, true),
    )


def _borders(chapters: Sequence[Timed]) -> list[Fraction]:
    """Where chapters begin, but for the beginning of the video."""
    return sorted({one.start for one in chapters if one.start > 0})


def _title_words(found: Sequence[Timed], true: Sequence[Timed]) -> float | None:
    """The mean overlap of each true title with that of the chapter that shares most; 0 where none is left for it."""
    partners = best_pairs([span(one) for one in true], [span(one) for one in found])
    overlaps = []
    for place, one in enumerate(true):
        partner = found[partners[place][0]] if place in partners else None
        overlaps.append(word_overlap(getattr(partner, "title", ""), getattr(one, "title", "")))
    return mean(overlaps)


def f1(found: Sequence[Timed], true: Sequence[Timed]) -> float:
    """The mean over the thresholds of the F1 of chapters with a partner at a tIoU of at least the threshold."""
    ours, theirs = _from_zero(found), _from_zero(true)
    best = [max(tiou(one, other) for other in theirs) for one in ours]
    best_true = [max(tiou(one, other) for other in ours) for one in theirs]
    total = 0.0
    for threshold in THRESHOLDS:
        precision = sum(value >= threshold for value in best) / len(best)
        recall = sum(value >= threshold for value in best_true) / len(best_true)
        total += harmonic(precision, recall)
    return total / len(THRESHOLDS)


def mean_tiou(found: Sequence[Timed], true: Sequence[Timed]) -> float:
    """The mean tIoU of greedily matched pairs, one to one; chapters without a partner are not counted."""
    pairs = best_pairs(_from_zero(true), _from_zero(found))
    return float(sum(overlap for _, overlap in pairs.values()) / len(pairs)) if pairs else 0.0


def _from_zero(chapters: Sequence[Timed]) -> list[Span]:
    """The chapters, with what lies before the first of them as one more."""
    spans = sorted(span(chapter) for chapter in chapters)
    return [(Fraction(0), spans[0][0]), *spans] if spans[0][0] > 0 else spans


def _share_near(starts: Sequence[Fraction], others: Sequence[Fraction], distance: int) -> float:
    return sum(any(abs(one - other) < distance for other in others) for one in starts) / len(starts)


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
