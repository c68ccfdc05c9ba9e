"""An evaluation of talks: every row on every talk, the figures with their intervals over talks.

Figures are means over talks (the count error: a median); their 95 % intervals are Efron's percentile bootstrap over
talks, with the same draws for all rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cuemark.core.errors import OptionError
from cuemark.core.progress import Progress
from cuemark.lab.evaluate.border_scores import LONG_S, SHORT_S, BorderScore, score_borders
from cuemark.lab.evaluate.chapter_scores import f1
from cuemark.lab.evaluate.evaluation import Figure
from cuemark.lab.evaluate.measures import RESAMPLES
from cuemark.lab.evaluate.talk_rows import BLIND_ROWS, Chapters, TalkRow, told
from cuemark.lab.evaluate.talks import Talk, Talks
from cuemark.lab.evaluate.title_rows import FIRST_WORDS, Likeness, TitleRow, TitleScore, score_titles, tfidf_row

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

    from cuemark.lab.evaluate.given_title_scores import GivenTitles

STAGE = "evaluate"
#: The name by which the table of borders for given titles is asked for.
GIVEN_TITLES = "given-titles"
#: Talks of at most this mean length (seconds) are judged within 5 s, longer ones within 15 s.
SHORT_TALK_S = 600


@dataclass(frozen=True)
class TalkMeasure:
    """A figure of a table: key in JSON, heading, what it is, its value for one talk, and whether 0 is best.

    Values are in percent where `percent`; the figure is the mean over talks, or their `median`.
    """

    key: str
    heading: str
    about: str
    of: Callable[[TalkScore], float | None]
    lower: bool = False
    percent: bool = True
    median: bool = False


@dataclass(frozen=True)
class TalkScore:
    """One row on one talk: the mean over its draws, each a partition with its chapter F1."""

    f1: float
    borders: tuple[BorderScore, ...]
    chapters: float
    titles: TitleScore | None = None


def _mean_border(read: Callable[[BorderScore], float]) -> Callable[[TalkScore], float | None]:
    return lambda score: sum(map(read, score.borders)) / len(score.borders) if score.borders else None


def _title(read: Callable[[TitleScore], float | None]) -> Callable[[TalkScore], float | None]:
    return lambda score: None if score.titles is None else read(score.titles)


CHAPTER_MEASURES: tuple[TalkMeasure, ...] = (
    TalkMeasure("chapter_f1", "F1", "F1 of chapters as Chapter-Llama defines it: one is right at a tIoU of at least t,"
                " mean over t = 0.50, 0.55 ... 0.95", lambda score: score.f1),
    TalkMeasure("near_f1_5s", "near 5 s", "F1 of borders at most 5 s from a true one, one to one, without the one at 0",
                _mean_border(lambda one: one.near[0])),
    TalkMeasure("near_f1_15s", "near 15 s", "the same at most 15 s away", _mean_border(lambda one: one.near[1])),
    TalkMeasure("pk", "Pk", "error of Beeferman et al. on a grid of 1 s, window half the mean true chapter",
                _mean_border(lambda one: one.pk), lower=True),
    TalkMeasure("window_diff", "WindowDiff", "error of Pevzner and Hearst on the same grid and window",
                _mean_border(lambda one: one.window_diff), lower=True),
    TalkMeasure("count_error", "count off", "|chapters - true chapters| of the true ones, median over talks",
                _mean_border(lambda one: one.count_error), lower=True, median=True),
    TalkMeasure("chapters", "chapters", "chapters a talk, mean", lambda score: score.chapters, percent=False),
)  # fmt: skip
TITLE_MEASURES: tuple[TalkMeasure, ...] = (
    TalkMeasure("title_words", "words", "F1 of the content words of a title and of the one that people gave",
                _title(lambda one: one.words)),
    TalkMeasure("title_likeness", "meaning", "cosine of the two by our sentence embedding, in percent",
                _title(lambda one: one.likeness)),
    TalkMeasure("title_characters", "characters", "characters of a title, mean",
                _title(lambda one: one.characters), percent=False),
    TalkMeasure("titles_too_long", "over 60", "titles of more than 60 characters a talk",
                _title(lambda one: one.too_long), lower=True, percent=False),
    TalkMeasure("titles_repeated", "repeated", "titles a talk that an earlier chapter has",
                _title(lambda one: one.repeated), lower=True, percent=False),
    TalkMeasure("titles_broken_off", "broken off", "titles a talk after which something must follow (\"the\", \"of\")",
                _title(lambda one: one.broken_off), lower=True, percent=False),
)  # fmt: skip


@dataclass(frozen=True)
class JudgedRow:
    """A row with its scores (one a talk, in order), figures by key, and what it said of each talk."""

    name: str
    about: str
    ours: bool
    scores: tuple[TalkScore, ...]
    figures: dict[str, Figure]
    chapters: tuple[Chapters, ...] = ()
    titles: tuple[tuple[str, ...], ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Ahead:
    """By how much a row of ours is ahead of another by one measure, on the same talks, with its 95 % interval."""

    ours: str
    theirs: str
    measure: str
    figure: Figure


@dataclass(frozen=True)
class TalkEvaluation:
    """What is reported.  `near_s` is the distance that counts for talks of this length; `notes` are sentences."""

    data: Talks
    rows: tuple[JudgedRow, ...]
    title_rows: tuple[JudgedRow, ...]
    near_s: int
    command: str
    seed: int
    notes: tuple[str, ...] = field(default=())
    given: tuple[GivenTitles, ...] = ()


def evaluate_talks(
    data: Talks,
    ours: Sequence[TalkRow],
    our_titles: Sequence[TitleRow],
    progress: Progress,
    *,
    wanted: Sequence[str] = (),
    likeness: Likeness | None = None,
    command: str = "",
    seed: int = 0,
) -> TalkEvaluation:
    """Run the rows (those `wanted` by name, all without names) on every talk.  OptionError `eval_row_unknown`."""
    talks = data.talks
    near_s = near_for(talks)
    facts = told(talks, near_s, seed)
    cutters = _named((*ours, *BLIND_ROWS), wanted, (*our_titles, FIRST_WORDS))
    titlers = [row for row in (*our_titles, tfidf_row(talks), FIRST_WORDS) if not wanted or row.name in wanted]
    total, done = (len(cutters) + len(titlers)) * len(talks), 0
    judged, titled = [], []
    for row in cutters:
        answers, begun = [], time.monotonic()
        for talk in talks:
            progress.update(STAGE, done, total, "talks")
            answers.append(row.cut(talk, facts))
            done += 1
        judged.append(_judged(row, talks, answers, time.monotonic() - begun))
    for title_row in titlers:
        given, begun = [], time.monotonic()
        for talk in talks:
            progress.update(STAGE, done, total, "talks")
            given.append(tuple(title_row.titles(talk)))
            done += 1
        titled.append(_judged_titles(title_row, talks, given, likeness, time.monotonic() - begun))
    progress.update(STAGE, total, total, "talks")
    return TalkEvaluation(data, tuple(judged), tuple(titled), near_s, command, seed, tuple(_notes(data, facts.tiling)))


def near_for(talks: Sequence[Talk]) -> int:
    """The distance in seconds within which borders of talks of this length are judged."""
    mean = sum(talk.duration for talk in talks) / len(talks)
    return SHORT_S if mean <= SHORT_TALK_S else LONG_S


def ahead(evaluation: TalkEvaluation) -> list[Ahead]:
    """Each row of ours against each other one: chapters by the near F1 that counts, titles by the words in common."""
    near = next(one for one in CHAPTER_MEASURES if one.key == f"near_f1_{evaluation.near_s}s")
    words = next(one for one in TITLE_MEASURES if one.key == "title_words")
    sides = ((near, evaluation.rows), (words, evaluation.title_rows))
    return [
        Ahead(one.name, other.name, measure.key, _difference(measure, one, other))
        for measure, rows in sides
        for one in rows
        if one.ours
        for other in rows
        if not other.ours
    ]


def _difference(measure: TalkMeasure, one: JudgedRow, other: JudgedRow) -> Figure:
    """The mean difference over the talks of which both say something."""
    pairs = [(measure.of(ours), measure.of(theirs)) for ours, theirs in zip(one.scores, other.scores, strict=True)]
    known = [ours - theirs for ours, theirs in pairs if ours is not None and theirs is not None]
    return figure_of(known, 100.0, median=False) if known else Figure(None)


def _named(rows: Sequence[TalkRow], wanted: Sequence[str], titlers: Sequence[TitleRow]) -> list[TalkRow]:
    known = [*(row.name for row in rows), *(row.name for row in titlers), "tf-idf", GIVEN_TITLES]
    for name in wanted:
        if name not in known:
            message = f"There is no row {name!r} for talks."
            raise OptionError("eval_row_unknown", message, f"Use some of {', '.join(dict.fromkeys(known))}.")
    return [row for row in rows if not wanted or row.name in wanted]


def score_talk(draws: Sequence[Chapters], talk: Talk) -> TalkScore:
    """The scores of a row's answers to one talk; of several draws the mean."""
    borders = tuple(
        score_borders([chapter.start for chapter in draw[1:]], talk.borders, talk.duration) for draw in draws
    )
    return TalkScore(
        f1=sum(f1(draw, talk.chapters) for draw in draws) / len(draws),
        borders=borders,
        chapters=sum(map(len, draws)) / len(draws),
    )


def _judged(row: TalkRow, talks: Sequence[Talk], answers: Sequence[Sequence[Chapters]], seconds: float) -> JudgedRow:
    scores = tuple(score_talk(draws, talk) for draws, talk in zip(answers, talks, strict=True))
    figures = figures_of(CHAPTER_MEASURES, scores)
    firsts = tuple(draws[0] for draws in answers)
    return JudgedRow(row.name, row.about, row.ours, scores, figures, chapters=firsts, seconds=seconds)


def _judged_titles(
    row: TitleRow, talks: Sequence[Talk], given: Sequence[tuple[str, ...]], likeness: Likeness | None, seconds: float
) -> JudgedRow:
    scores = tuple(
        TalkScore(0.0, (), len(titles), score_titles(titles, talk, likeness))
        for titles, talk in zip(given, talks, strict=True)
    )
    figures = figures_of(TITLE_MEASURES, scores)
    return JudgedRow(row.name, row.about, row.ours, scores, figures, titles=tuple(given), seconds=seconds)


def figures_of(measures: Sequence[TalkMeasure], scores: Sequence[TalkScore]) -> dict[str, Figure]:
    """Each figure with its interval; measures of which no talk says anything are left out."""
    found = {}
    for measure in measures:
        values = [value for value in map(measure.of, scores) if value is not None]
        if values:
            found[measure.key] = figure_of(values, 100.0 if measure.percent else 1.0, median=measure.median)
    return found


def figure_of(values: Sequence[float], scale: float, *, median: bool) -> Figure:
    """The mean (or `median`) of at least one value times `scale`, with its interval where there are several."""
    import numpy as np

    middle = np.median if median else np.mean
    known = np.array(values) * scale
    if len(known) < 2:
        return Figure(float(middle(known)))
    low, high = np.percentile(middle(known[_draws(len(known))], axis=1), (2.5, 97.5))
    return Figure(float(middle(known)), float(low), float(high))


def _draws(talks: int) -> NDArray[int64]:
    """Which talks are in each resampled set: (resamples, talks); the same for every row."""
    import numpy as np

    return np.random.default_rng(0).integers(0, talks, (RESAMPLES, talks))


def _notes(data: Talks, window: int) -> list[str]:
    notes = [f"TextTiling's best window here is {window} sentences on each side."]
    if data.left_out:
        count = len(data.left_out)
        notes.append(
            f"{count} {'talk has' if count == 1 else 'talks have'} fewer than three chapters, or no sentence: left out."
        )
    if len(data.talks) < 10:
        notes.append("With fewer than 10 talks intervals are rough, and one border can move a figure.")
    return notes
