"""A title for each chapter: taken from its moments' text, chosen by what CLIP sees in the chapter's frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from cuemark.captions.language.en import ENDING, INTERLUDE, NEUTRAL_TITLES, OPENING, WHOLE, titles
from cuemark.chapters.content import SWAP_MARGIN, Content
from cuemark.chapters.footage import Footage
from cuemark.chapters.spans import Span
from cuemark.segmentation.segments import Interval

# Logits a title must fit better by to be preferred to one that stands before it: the fuller, the better ranked.
_RANK = 0.25
_MOST_SPANS = 3
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


def title_choices(part: Part, contents: Sequence[Content], footage: Footage, limit: int) -> list[str]:
    """Titles for a part, the best first; at least one."""
    if part.content is None:
        return [_unmarked_title(part, contents, footage, limit)]
    candidates = _candidates(part, part.content, limit)
    if not candidates:
        return [_place_title(part, footage)]
    fit = footage.logit_scale * (footage.text_vectors(candidates) @ footage.mean(_own_time(part, part.content)))
    order = np.argsort(-(fit - _RANK * np.arange(len(candidates))), kind="stable")
    return [candidates[index] for index in order]


def _candidates(part: Part, content: Content, limit: int) -> list[str]:
    """Titles in order of trust: the moments that fill most of the part, their captions before the runners-up."""

    def filled(span: Span) -> Fraction:
        return min(span.end, part.end) - max(span.start, part.start)

    spans = sorted((span for span in content.spans if filled(span) > 0), key=filled, reverse=True)[:_MOST_SPANS]
    captions = [span.moment.caption for span in spans] or [content.text]
    captions += [other.caption for span in spans[:1] for other in span.moment.runners_up[:_MOST_RUNNERS_UP]]
    told = [titles(caption, limit) for caption in captions]
    ranked = [choices[0] for choices in told if choices] + [choice for choices in told for choice in choices[1:]]
    return list(dict.fromkeys(ranked))


def _own_time(part: Part, content: Content) -> list[Interval]:
    """The time in the part that the content's moments cover, or all of it."""
    cut = [(max(start, part.start), min(end, part.end)) for start, end in content.intervals]
    return [interval for interval in cut if interval[0] < interval[1]] or [(part.start, part.end)]


def _unmarked_title(part: Part, contents: Sequence[Content], footage: Footage, limit: int) -> str:
    """What the frames look like, where CLIP is sure of it; else where in the media it is."""
    neutral = footage.text_vectors([seen for seen, _ in NEUTRAL_TITLES])
    vectors = np.concatenate([neutral, *(content.vector[None] for content in contents)])
    logits = footage.logit_scale * (vectors @ footage.mean([(part.start, part.end)]))
    likely = np.exp(logits - logits.max())
    best = int(likely.argmax())
    at_home = [footage.logit_scale * float(c.vector @ footage.mean(list(c.intervals))) for c in contents]
    if best >= len(NEUTRAL_TITLES):
        told = titles(contents[best - len(NEUTRAL_TITLES)].text, limit)
        # Closest of all is not close: it must fit nearly as well here as in its own moments.
        fits = logits[best] >= at_home[best - len(NEUTRAL_TITLES)] - SWAP_MARGIN
        return told[0] if told and fits else _place_title(part, footage)
    marked = footage.mean([interval for content in contents for interval in content.intervals])
    stands_out = logits[best] - footage.logit_scale * float(vectors[best] @ marked) >= _CONTRAST
    sure = likely[best] / likely.sum() >= _SURE and logits[best] >= np.mean(at_home) - _WORSE
    return NEUTRAL_TITLES[best][1] if sure and stands_out else _place_title(part, footage)


def _place_title(part: Part, footage: Footage) -> str:
    at_start, at_end = part.start == 0, float(part.end) >= footage.duration
    if at_start and at_end:
        return WHOLE
    return OPENING if at_start else ENDING if at_end else INTERLUDE
