"""Chapters of what is said: topics of the speech, the pictures' own chapters where nobody speaks, and their titles."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

from cuemark.chapters.options import ChapterOptions
from cuemark.chapters.spoken_titles import ChapterPart, TitleWriter
from cuemark.core.analysis import SEEN, Chapter, Moment
from cuemark.core.screen_text import ScreenText, ScreenTexts, TextKind
from cuemark.core.transcript import Transcript
from cuemark.segmentation.segments import Interval, uncovered
from cuemark.segmentation.topics import TopicLimits, expected_count, topic_borders

Titles = Callable[[Sequence[ChapterPart]], Sequence[str]]
"""A title for each part, none equal to another."""


def enough_said(transcript: Transcript, duration: Fraction, options: ChapterOptions) -> bool:
    """Whether what is said makes the chapters: enough sentences, over enough of the media (`options`)."""
    return (
        len(transcript.utterances) >= options.least_sentences
        and float(transcript.spoken) >= options.least_speech * float(duration)
        and duration >= 2 * options.min_length
    )


def spoken_chapters(
    transcript: Transcript,
    duration: Fraction,
    options: ChapterOptions | None = None,
    *,
    screen_text: ScreenTexts | None = None,
    moments: Sequence[Moment] = (),
    seen: Sequence[Chapter] = (),
    titles: Titles | None = None,
) -> tuple[Chapter, ...]:
    """A gapless partition of [0, duration) by what is said: the first begins at 0, none is under `min_length`.

    Headings in the pictures (`screen_text`) are strong borders.  Edges of `moments` are shot changes that borders of
    speech align with.  In silences of at least `options.silence` the borders are those of `seen`, the pictures' own
    chapters, and the silence's own ends.  `titles` writes the titles, our own writer where it is None.  ModelError
    `embedding_unavailable`.
    """
    chosen = options or ChapterOptions()
    borders = topic_starts(transcript, duration, chosen, screen_text, moments, seen)
    edges = [Fraction(0), *borders, duration]
    parts = [_part(start, end, transcript, screen_text, moments) for start, end in pairwise(edges)]
    write = titles or TitleWriter(transcript.language, limit=chosen.max_title).titles
    return tuple(
        Chapter(part.start, part.end, title, f"c{number}")
        for number, (part, title) in enumerate(zip(parts, write(parts), strict=True), 1)
    )


def topic_starts(
    transcript: Transcript,
    duration: Fraction,
    options: ChapterOptions,
    screen_text: ScreenTexts | None = None,
    moments: Sequence[Moment] = (),
    seen: Sequence[Chapter] = (),
) -> list[Fraction]:
    """Where chapters begin but for the first: see `spoken_chapters`."""
    from cuemark.models.embedding.sentences import open_encoder

    silences = _silences(transcript, duration, options.silence)
    read = screen_text.texts if screen_text else ()
    strong = {*(text.start for text in read if text.kind is TextKind.TITLE), *_inner(silences, duration)}
    shots = sorted({edge for one in moments if one.source == SEEN for edge in (one.start, one.end)})
    vectors = open_encoder().encode([one.text for one in transcript.utterances])
    limits = TopicLimits(options.min_length, options.max_count)
    slides = _slides(read, duration, options.min_length)
    usual = math.ceil(options.topics.surplus * expected_count(float(duration)))
    if slides and not options.count and len(slides) < usual:
        return slides
    count = options.count or (usual if slides else None)
    spoken = topic_borders(transcript, vectors, duration, options.topics, shots, count, sorted(strong), limits)
    if options.count:
        return spoken
    silent = [chapter.start for chapter in seen if any(start < chapter.start < end for start, end in silences)]
    return _apart(spoken, silent, duration, options)


def _slides(read: Sequence[ScreenText], duration: Fraction, min_length: Fraction) -> list[Fraction]:
    """Where the slides of a talk come on but for the first; none in any other footage.

    It is such a talk where headings stand over most of it.  A slide that is built up line by line keeps its heading.
    """
    headings = [text for text in read if text.kind is TextKind.TITLE]
    if 2 * sum(text.end - text.start for text in headings) < duration:
        return []
    starts = [Fraction(0)]
    for before, after in pairwise(headings):
        if before.text != after.text and min(after.start - starts[-1], duration - after.start) >= min_length:
            starts.append(after.start)
    return starts[1:]


def _silences(transcript: Transcript, duration: Fraction, at_least: Fraction) -> list[Interval]:
    """The stretches in which nobody speaks for so long."""
    spoken = [(one.start, min(one.end, duration)) for one in transcript.utterances if one.start < duration]
    return uncovered(spoken, duration, at_least)


def _inner(silences: Sequence[Interval], duration: Fraction) -> set[Fraction]:
    """Where silences begin and end, within the media."""
    return {edge for silence in silences for edge in silence if 0 < edge < duration}


def _apart(
    first: Sequence[Fraction], then: Sequence[Fraction], duration: Fraction, options: ChapterOptions
) -> list[Fraction]:
    """The borders that leave no chapter too short, and not more than there may be; `first` come before `then`."""
    kept: list[Fraction] = []
    for border in (*first, *then):
        clear = all(abs(border - other) >= options.min_length for other in (Fraction(0), duration, *kept))
        if clear and len(kept) < options.max_count - 1:
            kept.append(border)
    return sorted(kept)


def _part(
    start: Fraction,
    end: Fraction,
    transcript: Transcript,
    screen_text: ScreenTexts | None,
    moments: Sequence[Moment],
) -> ChapterPart:
    """What is known of a chapter: its sentences (by their middle), its headings, what its pictures show."""
    read = [
        text.text for text in (screen_text.within(start, end) if screen_text else ()) if text.kind is TextKind.TITLE
    ]
    seen = [
        one.caption
        for one in moments
        if one.caption and one.source == SEEN and start <= (one.start + one.end) / 2 < end
    ]
    said = tuple(one.text for one in transcript.within(start, end))
    return ChapterPart(start, end, said, tuple(dict.fromkeys(read)), tuple(dict.fromkeys(seen)))
