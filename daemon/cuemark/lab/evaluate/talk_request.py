"""`cuemark eval talks:FILE`, from the words of the command to the figures: which rows there are, and what runs them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cuemark.core.progress import Progress
from cuemark.lab.evaluate.given_title_scores import given_title_scores
from cuemark.lab.evaluate.talk_evaluation import GIVEN_TITLES, TalkEvaluation, evaluate_talks
from cuemark.lab.evaluate.talk_rows import Chapters, TalkRow, Told, parted
from cuemark.lab.evaluate.talks import Talk, load_talks
from cuemark.lab.evaluate.title_rows import Likeness, TitleRow, said_in

TALKS = "talks"


@dataclass(frozen=True)
class TalkRequest:
    """What is asked for: the name behind `talks:`, the first `limit` talks, names of rows (none: all), a seed."""

    source: str
    limit: int | None = None
    rows: tuple[str, ...] = ()
    seed: int = 0

    def command(self) -> str:
        """The command that does the same again."""
        words = ["cuemark", "eval", f"{TALKS}:{self.source}"]
        words += ["--limit", str(self.limit)] if self.limit else []
        words += ["--rows", ",".join(self.rows)] if self.rows else []
        return shlex.join([*words, *(["--seed", str(self.seed)] if self.seed else [])])


def run_talks(request: TalkRequest, progress: Progress) -> TalkEvaluation:
    """Read the talks and judge all rows on them.  InputError of `load_talks`, OptionError `eval_row_unknown`."""
    data = load_talks(request.source, request.limit)
    evaluation = evaluate_talks(
        data,
        _our_rows(),
        _our_title_rows(),
        progress,
        wanted=request.rows,
        likeness=_likeness(),
        command=request.command(),
        seed=request.seed,
    )
    if request.rows and GIVEN_TITLES not in request.rows:
        return evaluation
    progress.update(GIVEN_TITLES, 0, 1, "tables")
    given = given_title_scores(data.talks, evaluation.near_s, request.seed)
    progress.update(GIVEN_TITLES, 1, 1, "tables")
    return replace(evaluation, given=tuple(given))


def _our_rows() -> Sequence[TalkRow]:
    return (TalkRow("cuemark", "our chapters of what is said, automatic count", _our_chapters, ours=True),)


def _our_chapters(talk: Talk, _: Told) -> Sequence[Chapters]:
    """What an analysis makes of speech where pictures show nothing."""
    from cuemark.chapters.options import ChapterOptions
    from cuemark.chapters.spoken import topic_starts

    return [parted(talk, topic_starts(talk.transcript, talk.duration, ChapterOptions()))]


def _our_title_rows() -> Sequence[TitleRow]:
    return (TitleRow("cuemark", "our titles, from what is said in each chapter alone", _our_titles, ours=True),)


def _our_titles(talk: Talk) -> list[str]:
    from cuemark.chapters.spoken_titles import ChapterPart, TitleWriter

    parts = [
        ChapterPart(chapter.start, chapter.end, tuple(sentence.text for sentence in said_in(talk, place)))
        for place, chapter in enumerate(talk.chapters)
    ]
    return TitleWriter(talk.transcript.language).titles(parts)


def _likeness() -> Likeness:
    from cuemark.models.embedding.sentences import open_encoder

    def cosines(pairs: Sequence[tuple[str, str]]) -> list[float]:
        ones, others = (open_encoder().encode(texts) for texts in zip(*pairs, strict=True))
        return [float(cosine) for cosine in (ones * others).sum(axis=1)]

    return cosines
