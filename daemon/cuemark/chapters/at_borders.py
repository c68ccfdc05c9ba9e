"""Chapters whose borders are given: a title for each, by what is said and written in it, else by what is seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from cuemark.captions.language import en
from cuemark.captions.scorer import TextTower
from cuemark.chapters.content import Content, TimeScores, clipped, contents_of
from cuemark.chapters.options import ChapterOptions
from cuemark.chapters.spoken_titles import LONGEST_TITLE, ChapterPart, TitleWriter
from cuemark.chapters.titles import Part, Titling, title_choices
from cuemark.core.analysis import Chapter, Moment
from cuemark.core.screen_text import ScreenTexts, TextKind
from cuemark.core.text import one_line, shorten
from cuemark.core.transcript import Transcript
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.segmentation.segments import Interval

_HEADINGS = (TextKind.TITLE, TextKind.WINDOW)

Seen = Callable[[Sequence[Interval]], "list[list[str]]"]
"""Titles for spans by what their pictures show, the best first; at least one each."""


@dataclass(frozen=True)
class Words:
    """What is said and written in a media of `duration` seconds; None where nobody listened or read."""

    duration: Fraction
    transcript: Transcript | None = None
    screen_text: ScreenTexts | None = None

    @property
    def language(self) -> str:
        """The language that is spoken, "" where it is not known."""
        return self.transcript.language if self.transcript else ""

    def said(self, start: Fraction, end: Fraction) -> tuple[str, ...]:
        """The sentences in [start, end)."""
        return tuple(one.text for one in self.transcript.within(start, end)) if self.transcript else ()

    def headings(self, start: Fraction, end: Fraction) -> tuple[str, ...]:
        """The headings that come on in [start, end), in order."""
        there = self.screen_text.within(start, end) if self.screen_text else ()
        return tuple(one_line(one.text) for one in there if start <= one.start and one.kind in _HEADINGS)


def chapters_at(borders: Sequence[Fraction], words: Words, seen: Seen) -> tuple[Chapter, ...]:
    """The chapters from border to border, which begin at 0 and rise; no two have the same title."""
    spans = [(start, end) for start, end in pairwise([*borders, words.duration]) if start < end]
    parts = [
        ChapterPart(start, end, words.said(start, end), words.headings(start, end), tuple(titles))
        for (start, end), titles in zip(spans, seen(spans), strict=True)
    ]
    worded = [part for part in parts if part.sentences or part.read]
    written = iter(TitleWriter(words.language).titles(worded))
    wanted = [next(written) if part.sentences or part.read else part.seen[0] for part in parts]
    titles = distinct(wanted)
    return renumbered([Chapter(part.start, part.end, title) for part, title in zip(parts, titles, strict=True)])


def seen_by_clip(evidence: EvidenceBundle, moments: Sequence[Moment], text: TextTower, options: ChapterOptions) -> Seen:
    """Titles by the moments and pictures of a media: of the content that most of a span shows."""

    def titles(spans: Sequence[Interval]) -> list[list[str]]:
        scores = TimeScores(evidence, text, evidence.duration)
        found = clipped(moments, evidence.duration)
        contents = contents_of(found, scores)
        titling = Titling(contents, scores, options.max_title)
        return [title_choices(Part(*span, _most(span, contents)), titling) for span in spans]

    return titles


def unseen(spans: Sequence[Interval]) -> list[list[str]]:
    """Titles of spans without pictures, where nothing is said either."""
    return [[en.LANGUAGE.numbered.format(number)] for number in range(1, len(spans) + 1)]


def _most(span: Interval, contents: Sequence[Content]) -> Content | None:
    """The content with the most time in a span; None where none has any."""

    def shared(content: Content) -> Fraction:
        return sum(
            (max(Fraction(0), min(end, span[1]) - max(start, span[0])) for start, end in content.intervals), Fraction(0)
        )

    best = max(contents, key=shared, default=None)
    return best if best is not None and shared(best) > 0 else None


def distinct(titles: Sequence[str]) -> list[str]:
    """The titles, with a number behind each that an earlier one equals: "Beach", "Beach 2"."""
    taken: set[str] = set()
    found = []
    for title in titles:
        name, number = title, 2
        while name.casefold() in taken:
            name, number = f"{shorten(title, LONGEST_TITLE - 4)} {number}", number + 1
        taken.add(name.casefold())
        found.append(name)
    return found


def renumbered(chapters: Sequence[Chapter]) -> tuple[Chapter, ...]:
    """The chapters with ids by their order."""
    return tuple(replace(chapter, id=f"c{number}") for number, chapter in enumerate(chapters, 1))
