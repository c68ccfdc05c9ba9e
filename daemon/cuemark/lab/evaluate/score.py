"""All numbers of one system on one video: computed once, cheap to average and to resample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cuemark.lab.evaluate.caption_scores import (
    CaptionScore,
    SlotScore,
    TextScore,
    score_captions,
    score_slots,
    score_text,
    texts_of,
)
from cuemark.lab.evaluate.chapter_scores import ChapterScore, TitleScore, score_chapters, score_titles
from cuemark.lab.evaluate.emptiness_scores import EmptinessScore, score_emptiness
from cuemark.lab.evaluate.localisation import THRESHOLDS, Time, hits, soda_d, span
from cuemark.lab.evaluate.naming_scores import NamingScore, Nouns, score_naming
from cuemark.lab.evaluate.outcome import Outcome, System
from cuemark.lab.evaluate.truth import Dataset, SlotPhrases, TrueVideo

if TYPE_CHECKING:
    from cuemark.lab.evaluate.text_metrics import TextMetrics


@dataclass(frozen=True)
class VideoScore:
    """One system on one video.  A group that does not apply (no chapters, no captions, no slots) is None.

    `recalls` and `precisions` stand beside localisation.THRESHOLDS, each the best over the annotators.
    `count_error` is |moments - true events|, its mean over the annotators.  `seconds` is the search alone.
    """

    name: str
    kind: str
    moments: int
    count_error: float
    seconds: float
    recalls: tuple[float, ...]
    precisions: tuple[float, ...]
    soda_d: float
    text: TextScore | None = None
    captions: CaptionScore | None = None
    slots: SlotScore | None = None
    chapters: ChapterScore | None = None
    titles: TitleScore | None = None
    naming: NamingScore | None = None
    emptiness: EmptinessScore | None = None

    @property
    def recall(self) -> float:
        """Mean over the thresholds."""
        return sum(self.recalls) / len(self.recalls)

    @property
    def precision(self) -> float:
        """Mean over the thresholds."""
        return sum(self.precisions) / len(self.precisions)


def score_system(
    dataset: Dataset, system: System, text: TextMetrics, nouns: Nouns | None = None
) -> tuple[VideoScore, ...]:
    """Every video of the dataset in its order; one that the system says nothing about counts as empty, not as absent.

    Text is judged if the system describes anything anywhere, tags if it has any, chapters and titles alike.  Words that
    nothing supports are looked for where `nouns` are known.
    """
    outcomes = [system.outcomes.get(video.name, Outcome()) for video in dataset.videos]
    describes = any(moment.caption or moment.tags for outcome in outcomes for moment in outcome.moments)
    tags = any(moment.tags for outcome in outcomes for moment in outcome.moments)
    divides = any(outcome.chapters for outcome in outcomes)
    titles = any(chapter.title for outcome in outcomes for chapter in outcome.chapters)
    if describes:
        text.prepare(
            each for pair in zip(dataset.videos, outcomes, strict=True) for each in texts_of(pair[0], pair[1].moments)
        )
    return tuple(
        score_video(
            video,
            outcome,
            dataset.phrases,
            text,
            nouns,
            describes=describes,
            tags=tags,
            divides=divides,
            titles=titles,
        )
        for video, outcome in zip(dataset.videos, outcomes, strict=True)
    )


def score_video(
    video: TrueVideo,
    outcome: Outcome,
    phrases: SlotPhrases,
    text: TextMetrics,
    nouns: Nouns | None = None,
    *,
    describes: bool = True,
    tags: bool = False,
    divides: bool = True,
    titles: bool = True,
) -> VideoScore:
    """Hold one outcome against the truth; an empty outcome is zero everywhere.

    The flags say what the system does at all: a row without captions has no METEOR, rather than a METEOR of 0.
    """
    found = [span(moment) for moment in outcome.moments]
    references = [[span(event) for event in events] for events in video.references]
    at = [hits(found, references, threshold) for threshold in THRESHOLDS]
    return VideoScore(
        name=video.name,
        kind=video.kind,
        moments=len(found),
        count_error=_count_error(len(found), references),
        seconds=outcome.seconds,
        recalls=tuple(each.recall for each in at),
        precisions=tuple(each.precision for each in at),
        soda_d=soda_d(found, references),
        text=score_text(video, outcome.moments, text) if describes else None,
        captions=score_captions(video.events, outcome.moments, phrases) if describes else None,
        slots=score_slots(video.events, outcome.moments, phrases) if describes else None,
        chapters=score_chapters(outcome.chapters, video.chapters) if divides and video.chapters else None,
        titles=score_titles(outcome.chapters, video.events, phrases) if divides and titles else None,
        naming=score_naming(video.events, outcome.moments, phrases, nouns, has_tags=tags) if describes else None,
        emptiness=score_emptiness(video.events, outcome.moments, video.duration),
    )


def _count_error(found: int, references: Sequence[Sequence[tuple[Time, Time]]]) -> float:
    return sum(abs(found - len(events)) for events in references) / len(references) if references else float(found)
