"""A title for each chapter, from a list of sources: its heading, its moments, what it looks like, where it lies.

Titles are words of a caption, chosen by what the evidence says of the chapter's own time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

from cuemark.captions.language import en
from cuemark.chapters.content import SWAP_MARGIN, ClippedMoment, Content, TimeScores
from cuemark.core.analysis import READ, SEEN
from cuemark.core.text import one_line, shorten
from cuemark.segmentation.segments import Interval

# Logits a title must fit better by to be preferred to one that stands before it: the fuller, the better ranked.
_RANK = 0.25
_MOST_MOMENTS = 3
_MOST_RUNNERS_UP = 2
# CLIP prefers some text for any picture, which is not yet a reason to say it.  A text that names an unmarked stretch
# must be this probable among the others, fit there this many logits better than it fits the moments, and not this
# many worse than captions fit their own moments.
_SURE = 0.7
_CONTRAST = 3.0
_WORSE = 6.0


@dataclass(frozen=True)
class Part:
    """A chapter in the making; `content` is None where no moment speaks for it."""

    start: Fraction
    end: Fraction
    content: Content | None


@dataclass(frozen=True)
class Titling:
    """What titles are found with: all contents of the media, what texts score, and the most characters of a title."""

    contents: Sequence[Content]
    scores: TimeScores
    limit: int


class TitleSource(Protocol):
    """One place titles come from."""

    def titles(self, part: Part, titling: Titling) -> list[str]:
        """Titles for a part, the best first; none where this source has nothing to say of it."""


class HeadingTitles:
    """The heading that is read in most of the part, as it is written: whoever wrote it meant it as a title."""

    def titles(self, part: Part, titling: Titling) -> list[str]:
        """See `TitleSource`; none where the moments that fill most of the part were not named by a heading."""
        there = [] if part.content is None else _there(part, part.content)
        if not there or there[0].moment.source != READ or 2 * _filled(part, there[0]) < part.end - part.start:
            return []
        return [shorten(one_line(there[0].moment.caption), titling.limit)]


class CaptionTitles:
    """The captions of the moments that fill most of the part, and runners-up, ranked by how they fit its time."""

    def titles(self, part: Part, titling: Titling) -> list[str]:
        """See `TitleSource`; none for a part that is unmarked, or whose moment has no caption."""
        if part.content is None or not part.content.text:
            return []
        candidates = self._candidates(part, part.content, titling.limit)
        if not candidates:
            return []
        (fit,) = titling.scores.fit(candidates, [_own_time(part, part.content)])
        order = np.argsort(-(fit - _RANK * np.arange(len(candidates))), kind="stable")
        return [candidates[index] for index in order]

    def _candidates(self, part: Part, content: Content, limit: int) -> list[str]:
        """Titles in order of trust: the moments that fill most of the part, their captions before the runners-up."""
        there = _there(part, content)[:_MOST_MOMENTS]
        captions = [one.moment.caption for one in there] or [content.text]
        leading = [one for one in there[:1] if one.moment.source == SEEN]  # else the pictures left it without words
        captions += [other.caption for one in leading for other in one.moment.runners_up[:_MOST_RUNNERS_UP]]
        told = [en.titles(caption, limit) for caption in captions]
        ranked = [choices[0] for choices in told if choices] + [choice for choices in told for choice in choices[1:]]
        return list(dict.fromkeys(ranked))


def _filled(part: Part, one: ClippedMoment) -> Fraction:
    """Seconds of the part that a moment fills."""
    return min(one.end, part.end) - max(one.start, part.start)


def _there(part: Part, content: Content) -> list[ClippedMoment]:
    """The content's moments in the part, those that fill most of it first."""
    there = (one for one in content.moments if _filled(part, one) > 0)
    return sorted(there, key=lambda one: _filled(part, one), reverse=True)


def _own_time(part: Part, content: Content) -> list[Interval]:
    """The time in the part that the content's moments cover, or all of it."""
    cut = [(max(start, part.start), min(end, part.end)) for start, end in content.intervals]
    return [interval for interval in cut if interval[0] < interval[1]] or [(part.start, part.end)]


class UnnamedTitles:
    """What people call a moment without a caption: nothing is claimed of it in a title either."""

    def titles(self, part: Part, titling: Titling) -> list[str]:
        """See `TitleSource`; none for a part that no such moment speaks for."""
        if part.content is None or part.content.text:
            return []
        return [one.name for one in part.content.moments if len(one.name) <= titling.limit]


class LookTitles:
    """What an unmarked part looks like: a neutral description or a content of the media, where CLIP is sure of it."""

    def titles(self, part: Part, titling: Titling) -> list[str]:
        """See `TitleSource`; none for a part that moments speak for."""
        if part.content is not None:
            return []
        contents, neutral = [content for content in titling.contents if content.text], en.NEUTRAL_TITLES
        if not contents:
            return []
        texts = [*(seen for seen, _ in neutral), *(content.text for content in contents)]
        homes = [list(content.intervals) for content in contents]
        marked = [interval for home in homes for interval in home]
        (here,) = titling.scores.fit(texts, [[(part.start, part.end)]])
        *elsewhere, on_marked = titling.scores.fit(texts, [*homes, marked])
        at_home = [float(fit[len(neutral) + number]) for number, fit in enumerate(elsewhere)]
        likely = np.exp(here - here.max())
        best = int(likely.argmax())
        if best >= len(neutral):
            # Closest of all is not close: it must fit nearly as well here as in its own moments.
            fits = here[best] >= at_home[best - len(neutral)] - SWAP_MARGIN
            return en.titles(texts[best], titling.limit)[:1] if fits else []
        stands_out = here[best] - on_marked[best] >= _CONTRAST
        sure = likely[best] / likely.sum() >= _SURE and here[best] >= np.mean(at_home) - _WORSE
        return [neutral[best][1]] if sure and stands_out else []


class PlaceTitles:
    """Where in the media a part lies; always has something to say."""

    def titles(self, part: Part, titling: Titling) -> list[str]:
        """See `TitleSource`."""
        at_start, at_end = part.start == 0, float(part.end) >= titling.scores.duration
        if at_start and at_end:
            return [en.WHOLE]
        return [en.OPENING if at_start else en.ENDING if at_end else en.INTERLUDE]


#: In order of trust; the first that has any titles for a part is heard.
SOURCES: tuple[TitleSource, ...] = (HeadingTitles(), CaptionTitles(), UnnamedTitles(), LookTitles(), PlaceTitles())


def title_choices(part: Part, titling: Titling, sources: Sequence[TitleSource] = SOURCES) -> list[str]:
    """Titles for a part, the best first; at least one."""
    return next(titles for source in sources if (titles := source.titles(part, titling)))
