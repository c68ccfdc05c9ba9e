"""Chapters: an exact search for the best gapless partition over the edges of moments, and a title for each part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from cuemark.captions.language.en import WHOLE
from cuemark.captions.protocols import Scorer
from cuemark.captions.scorer import TextTower
from cuemark.chapters.content import ClippedMoment, Content, TimeScores, clipped, contents_of
from cuemark.chapters.gains import Candidates, content_terms, gains, stretch_terms
from cuemark.chapters.options import ChapterOptions
from cuemark.chapters.spoken import Titles, enough_said, spoken_chapters
from cuemark.chapters.titles import Part, Titling, title_choices
from cuemark.core.analysis import SEEN, Chapter, Moment
from cuemark.core.options import check
from cuemark.segmentation.partition import NEVER, allowed, best_partition
from cuemark.segmentation.segments import Interval, uncovered

if TYPE_CHECKING:
    from cuemark.evidence.bundle import EvidenceBundle

# More edges than this are thinned out: the search takes their square, and nobody reads so many chapters.
_MOST_EDGES = 600


def build_chapters(
    evidence: EvidenceBundle,
    moments: Sequence[Moment],
    text: TextTower,
    duration: Fraction,
    options: ChapterOptions | None = None,
    beside: Scorer | None = None,
    titles: Titles | None = None,
) -> tuple[Chapter, ...]:
    """A gapless partition of [0, duration) with short titles; no two neighbours with the same title.

    Chapters begin and end at edges of moments, are at least `options.min_length` long and at most
    `options.max_count`; media shorter than the minimum, or without moments, is one chapter.  `duration` > 0 in
    seconds.  `beside` scores texts by what else is known than the frames.  Where enough is said, chapters are those of
    what is said (`chapters/spoken.py`) with titles by `titles`, and these here those of its silences.  Raises
    OptionError `option_chapters`.
    """
    chosen = check(options or ChapterOptions(), "chapters")
    # Where pictures show nothing, the little that is said decides.
    shown = any(one.source == SEEN for one in moments)
    if evidence.transcript and (not shown or enough_said(evidence.transcript, duration, chosen)):
        seen = _seen_chapters(evidence, moments, text, duration, replace(chosen, count=None), beside)
        return spoken_chapters(
            evidence.transcript,
            duration,
            chosen,
            screen_text=evidence.screen_text,
            moments=moments,
            seen=seen,
            titles=titles,
        )
    return _seen_chapters(evidence, moments, text, duration, chosen, beside)


def _seen_chapters(
    evidence: EvidenceBundle,
    moments: Sequence[Moment],
    text: TextTower,
    duration: Fraction,
    chosen: ChapterOptions,
    beside: Scorer | None,
) -> tuple[Chapter, ...]:
    """The chapters of what the pictures show."""
    found = clipped(moments, duration)
    scores = TimeScores(evidence, text, duration, beside)
    contents = contents_of(found, scores)
    if not contents:
        return (Chapter(Fraction(0), duration, WHOLE, "c1"),)
    marking = [one for content in contents for one in content.moments]
    parts = _parts(marking, contents, scores, duration, chosen)
    titled = _titled(parts, Titling(contents, scores, chosen.max_title))
    return tuple(Chapter(part.start, part.end, title, f"c{n}") for n, (part, title) in enumerate(titled, 1))


def _parts(
    moments: Sequence[ClippedMoment],
    contents: Sequence[Content],
    scores: TimeScores,
    duration: Fraction,
    options: ChapterOptions,
) -> list[Part]:
    gaps = uncovered([one.interval for one in moments], duration, max(options.gap_length, options.min_length))
    edges = _edges(moments, gaps, duration)
    terms = content_terms(options), stretch_terms(options)
    worth, label = gains(Candidates(edges, contents, gaps), scores, *terms)
    possible = allowed(edges, min(options.min_length, duration))
    spans = best_partition(
        np.where(possible, worth, NEVER),
        options.count or options.max_count,
        options.switch * float(options.min_length),
        options.count or 1,
    )
    speaking: list[Content | None] = [*contents, *(None for _ in gaps)]
    return _joined([Part(edges[begin], edges[end], speaking[int(label[begin, end])]) for begin, end in spans])


def _edges(moments: Sequence[ClippedMoment], gaps: Sequence[Interval], duration: Fraction) -> list[Fraction]:
    """Where a chapter may begin or end."""
    inner = sorted({edge for one in moments for edge in one.interval} - {Fraction(0), duration})
    if len(inner) > _MOST_EDGES:
        inner = sorted({one.start for one in moments} - {Fraction(0), duration})
        inner = inner[:: -(-len(inner) // _MOST_EDGES)]
    kept = {*inner, *(edge for gap in gaps for edge in gap)}
    return sorted({Fraction(0), *kept, duration})


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Neighbours with the same content as one."""
    joined: list[Part] = []
    for part in parts:
        if joined and part.content is not None and part.content is joined[-1].content:
            joined[-1] = replace(joined[-1], end=part.end)
        else:
            joined.append(part)
    return joined


def _titled(parts: Sequence[Part], titling: Titling) -> list[tuple[Part, str]]:
    """Parts with their best title; one that can only be called what the part before it is called joins that part."""
    titled: list[tuple[Part, str]] = []
    for part in parts:
        choices = title_choices(part, titling)
        title = _other_than(titled[-1][1], choices) if titled else choices[0]
        if title is not None:
            titled.append((part, title))
        else:
            last, name = titled[-1]
            titled[-1] = (replace(last, end=part.end), name)
    return titled


def _other_than(before: str, choices: Sequence[str]) -> str | None:
    """The best title that differs from the one before; a second choice must say something else, not less or more."""
    if choices[0].casefold() != before.casefold():
        return choices[0]
    said = set(before.casefold().split())
    for choice in choices[1:]:
        words = set(choice.casefold().split())
        if not (words <= said or said <= words):
            return choice
    return None
