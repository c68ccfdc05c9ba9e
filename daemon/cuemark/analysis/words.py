"""The stage behind the search in which moments get words from what is said and written in the footage.

A caption that the pictures gave stays, unless what they show is a heading: a title card, a slide.  Where they gave
none, or no other than to the moment before, the heading that stands in the picture names the moment, else what it is
about by what is said.  Every moment keeps the words said in it.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from cuemark.chapters.spoken import Titles
from cuemark.chapters.spoken_titles import ChapterPart
from cuemark.core.analysis import READ, SAID, Moment
from cuemark.core.screen_text import ScreenText, ScreenTexts, TextKind
from cuemark.core.text import is_unspaced, joined_text, one_line, shorten
from cuemark.core.transcript import Transcript, Utterance
from cuemark.segmentation.segments import Interval, uncovered

MOST_SAID = 500
"""Characters of what is said that a moment keeps; a marker's note has room for them in every editor."""
MOST_READ = 80
_LEAST_WORDS = 8
"""Who says less names nothing: greetings, "yes", "look at that"."""
_LEAST_SPOKEN_S = 8
"""Talk over black, or without pictures at all, is a moment from so many seconds on."""
_SILENCE_S = 10
"""Talk ends where nobody says anything for so many seconds."""
_LEAST_READ_S = 1
"""What nobody has the time to read is no name."""
_OFTEN = 2
"""A name put over the picture is shown again when its owner comes back; what is shown more often is a mark."""
_NAMING = (TextKind.TITLE, TextKind.SLATE, TextKind.LOWER_THIRD, TextKind.WINDOW)
"""Kinds of screen text that say what a moment is about, best first; signs and body text do not."""


@dataclass(frozen=True)
class WordEvidence:
    """What is said and written over a media, and who makes titles of it."""

    transcript: Transcript
    screen_text: ScreenTexts
    titles: Titles
    duration: Fraction

    def of(self, moments: Sequence[Moment]) -> tuple[Moment, ...]:
        """The moments with the words said in them, and with captions from words where their pictures give none."""
        told = [replace(moment, said=said_in(self.transcript, moment.start, moment.end)) for moment in moments]
        written = [self._heading(moment) for moment in told]
        spoken = self._titles(told, [self._telling(moment) for moment in told])
        found = []
        for number, moment in enumerate(told):
            heading = written[number]
            over_it = self._over_slides and heading is not None and _is_slide(heading, moment)
            wordless = not moment.caption or (number > 0 and told[number - 1].caption == moment.caption) or over_it
            found.append(_named(moment, heading, spoken[number]) if wordless else moment)
        return tuple(found)

    def unmarked(self, moments: Sequence[Moment]) -> list[Interval]:
        """Where no moment is, and room for one of talk: over black, or in all of a media without pictures."""
        taken = [(moment.start, moment.end) for moment in moments]
        return uncovered(taken, self.duration, Fraction(_LEAST_SPOKEN_S))

    def talk_in(self, stretches: Sequence[Interval], borders: Sequence[Fraction]) -> tuple[Moment, ...]:
        """Moments of talk in stretches that have none, parted at `borders`; they have no captions yet."""
        parts = (part for stretch in stretches for part in _parted(stretch, borders))
        return tuple(_spoken(part, talk) for part in parts for talk in _talks(self.transcript.within(*part)))

    def _heading(self, moment: Moment) -> ScreenText | None:
        """What names a moment in writing: it stands there for the most part, not all over the footage."""
        inside = [
            text
            for text in self.screen_text.within(moment.start, moment.end)
            if text.kind in _NAMING
            and text.end - text.start >= _LEAST_READ_S
            and 2 * _shared(text, moment) >= text.end - text.start
            and not self._is_mark(text)
        ]
        if not inside:
            return None
        return min(inside, key=lambda text: (_NAMING.index(text.kind), -_shared(text, moment), text.start))

    @cached_property
    def _over_slides(self) -> bool:
        """Whether headings stand over most of the footage.  In other footage a large sign is a part of what is seen."""
        texts = self.screen_text.texts
        titled = sum((text.end - text.start for text in texts if text.kind is TextKind.TITLE), Fraction(0))
        return 2 * titled >= self.duration

    def _is_mark(self, text: ScreenText) -> bool:
        """Whether a text comes again and again: a channel's name, a copyright line."""
        return text.kind is not TextKind.TITLE and self._times_written[one_line(text.text).casefold()] > _OFTEN

    @cached_property
    def _times_written(self) -> Counter[str]:
        return Counter(one_line(text.text).casefold() for text in self.screen_text.texts)

    def _telling(self, moment: Moment) -> tuple[Utterance, ...]:
        inside = self.transcript.within(moment.start, moment.end)
        return inside if _tells(inside) else ()

    def _titles(self, moments: Sequence[Moment], said: Sequence[Sequence[Utterance]]) -> list[tuple[str, float]]:
        """A title from what is said in each moment, and how sure its words are; "" where too little is said."""
        parts = [
            ChapterPart(moment.start, moment.end, tuple(one.text for one in inside))
            for moment, inside in zip(moments, said, strict=True)
            if inside
        ]
        made = iter(self.titles(parts) if parts else ())
        return [(next(made), _sure(inside)) if inside else ("", 0.0) for inside in said]


def said_in(transcript: Transcript, start: Fraction, end: Fraction) -> str:
    """The words said in [start, end), in one line, cut at a word where they are many."""
    return shorten(one_line(joined_text(*(one.text for one in transcript.within(start, end)))), MOST_SAID)


def _talks(utterances: Sequence[Utterance]) -> Iterator[list[Utterance]]:
    """The runs of utterances without a long silence between them in which enough is said to be a moment."""
    talk: list[Utterance] = []
    for one in [*utterances, None]:
        if talk and (one is None or one.start - talk[-1].end >= _SILENCE_S):
            if sum(each.end - each.start for each in talk) >= _LEAST_SPOKEN_S and _tells(talk):
                yield talk
            talk = []
        talk += [one] if one is not None else []


def _spoken(part: Interval, talk: Sequence[Utterance]) -> Moment:
    start, end = max(part[0], talk[0].start), min(part[1], max(one.end for one in talk))
    identity = hashlib.blake2b(f"said/{start}/{end}".encode(), digest_size=6).hexdigest()
    return Moment(identity, start, end, "", 0.0, source=SAID)


def _named(moment: Moment, heading: ScreenText | None, spoken: tuple[str, float]) -> Moment:
    if heading is not None:
        text = shorten(one_line(heading.text), MOST_READ)
        return replace(moment, caption=text, score=round(heading.confidence, 4), source=READ)
    title, sure = spoken
    return replace(moment, caption=title, score=round(sure, 4), source=SAID) if title else moment


def _tells(utterances: Sequence[Utterance]) -> bool:
    """Whether enough is said to name anything; in scripts without spaces a few letters count as a word."""
    words = sum(max(len(one.text.split()), len(one.text) // (3 if is_unspaced(one.text) else 6)) for one in utterances)
    return words >= _LEAST_WORDS


def _sure(utterances: Sequence[Utterance]) -> float:
    """The mean probability of what was heard, by its length."""
    length = sum(len(one.text) for one in utterances)
    return sum(one.probability * len(one.text) for one in utterances) / max(1, length)


def _is_slide(text: ScreenText, moment: Moment) -> bool:
    """Whether a heading stands over most of a moment: then it is what the picture shows."""
    return text.kind is TextKind.TITLE and 2 * _shared(text, moment) > moment.end - moment.start


def _shared(text: ScreenText, moment: Moment) -> Fraction:
    return min(text.end, moment.end) - max(text.start, moment.start)


def _parted(stretch: Interval, borders: Sequence[Fraction]) -> list[Interval]:
    inner = [border for border in borders if stretch[0] < border < stretch[1]]
    edges = [stretch[0], *inner, stretch[1]]
    return list(itertools.pairwise(edges))
