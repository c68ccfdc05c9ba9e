"""Rows of an evaluation of talks: ways to cut one into chapters, and what each is told of the truth.

Rows that are told the true count of chapters are stronger than they could be in use; whoever is better without being
told is better.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from random import Random

from cuemark.lab.evaluate.border_scores import near_f1
from cuemark.lab.evaluate.outcome import FoundChapter
from cuemark.lab.evaluate.talks import Talk
from cuemark.lab.evaluate.text_tiling import WINDOWS, deepest, pauses, tiled

#: One answer to a talk: chapters that are a gapless partition of it.
Chapters = tuple[FoundChapter, ...]
#: How often a row that draws by chance is asked; its figures are the means.
_DRAWS = 20


@dataclass(frozen=True)
class Told:
    """What rows are told of a dataset beside the talk: the mean count of chapters, TextTiling's best windows, a seed.

    `tiling` is the window that is best with the true count, `tiling_alone` that with Hearst's own count.
    """

    mean_count: int
    tiling: int
    tiling_alone: int
    seed: int = 0


@dataclass(frozen=True)
class TalkRow:
    """A way to cut talks: its name, what it does, whether it is ours, and its answers to a talk (one, or several draws
    by chance)."""

    name: str
    about: str
    cut: Callable[[Talk, Told], Sequence[Chapters]]
    ours: bool = False


def told(talks: Sequence[Talk], distance: int, seed: int) -> Told:
    """What rows may know of these talks; TextTiling's windows are those of the best near F1 within `distance` s."""
    counts = [len(talk.chapters) for talk in talks]
    return Told(
        mean_count=max(1, round(Fraction(sum(counts), len(counts)))),
        tiling=_best_window(talks, distance, true_count=True),
        tiling_alone=_best_window(talks, distance, true_count=False),
        seed=seed,
    )


def _best_window(talks: Sequence[Talk], distance: int, *, true_count: bool) -> int:
    def quality(window: int) -> float:
        return sum(
            near_f1(_tiling(talk, window, true_count=true_count), talk.borders, Fraction(distance)) for talk in talks
        )

    return max(WINDOWS, key=quality)


def _tiling(talk: Talk, window: int, *, true_count: bool) -> tuple[Fraction, ...]:
    return tiled(talk.transcript.utterances, window, len(talk.chapters) if true_count else None)


def parted(talk: Talk, borders: Sequence[Fraction]) -> Chapters:
    """The chapters between borders; those outside of the talk are none."""
    inside = sorted({border for border in borders if 0 < border < talk.duration})
    edges = [Fraction(0), *inside, talk.duration]
    return tuple(FoundChapter(start, end) for start, end in pairwise(edges))


def _equal(talk: Talk, count: int) -> Sequence[Chapters]:
    return [parted(talk, [talk.duration * part / count for part in range(1, count)])]


def _longest_pauses(talk: Talk) -> Sequence[Chapters]:
    silence = pauses(talk.transcript.utterances)
    order = sorted(range(len(silence)), key=lambda gap: (-silence[gap], gap))
    starts = [one.start for one in talk.transcript.utterances[1:]]
    return [parted(talk, deepest(starts, order, len(talk.chapters) - 1))]


def _random_sentences(talk: Talk, seed: int) -> Sequence[Chapters]:
    starts = sorted({one.start for one in talk.transcript.utterances if one.start})
    wanted = min(len(talk.chapters) - 1, len(starts))
    return [parted(talk, Random(f"{seed} {talk.id} {draw}").sample(starts, wanted)) for draw in range(_DRAWS)]


TRUE_COUNT = "told the true count"
BLIND_ROWS: tuple[TalkRow, ...] = (
    TalkRow("equal", f"equal parts, {TRUE_COUNT}", lambda talk, _: _equal(talk, len(talk.chapters))),
    TalkRow("equal-mean", "equal parts, as many as the talks have on average",
            lambda talk, told: _equal(talk, told.mean_count)),
    TalkRow("random", f"sentences drawn by chance, mean of {_DRAWS} draws, {TRUE_COUNT}",
            lambda talk, told: _random_sentences(talk, told.seed)),
    TalkRow("pauses", f"the longest pauses between sentences, {TRUE_COUNT}", lambda talk, _: _longest_pauses(talk)),
    TalkRow("texttiling", f"Hearst's TextTiling at the window that is best here, {TRUE_COUNT}",
            lambda talk, told: [parted(talk, _tiling(talk, told.tiling, true_count=True))]),
    TalkRow("texttiling-own", "the same with TextTiling's own count",
            lambda talk, told: [parted(talk, _tiling(talk, told.tiling_alone, true_count=False))]),
)  # fmt: skip
