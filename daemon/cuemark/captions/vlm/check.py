"""Our own CLIP as the judge of words that somebody else says of a moment's frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from cuemark.captions.language import en
from cuemark.captions.scorer import FrameTextScores, TextTower, weighted_means
from cuemark.captions.vlm.answer import Answer
from cuemark.core.analysis import Moment, Tag
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.segmentation.segments import interval_weights

#: Share of its agreement with the rest of the media that is taken off a text: what fits everywhere says nothing.
_CONTRAST = 0.15
#: Any picture fits these; who fits no better has said nothing.
_ANYTHING = (*en.EMPTY_TEXTS, "a picture", "something")
#: Of our own tags those that are held against a caption, where we have none ourselves.
_OWN_TAGS = 3
_SUREST, _EVEN = 0.99, 0.5
#: A moment has several things to name, and they share its pictures.
_WORD_TOLERANCE = 0.5


@dataclass(frozen=True)
class Measure:
    """What words about one moment are measured by, in logits of CLIP: our own words, and what fits any picture.

    `tolerance` is the share of what our own words are worth by which others may fall short of them.
    """

    own: float
    anything: float
    tolerance: float

    def passes(self, logit: float) -> bool:
        """Whether words that fit so well are believed."""
        short = self.tolerance * max(0.0, self.own - self.anything)
        return logit > self.anything and logit >= self.own - short

    def sureness(self, logit: float) -> float:
        """How near words come to our own, 0 to 0.99; even odds where ours say nothing to be measured by."""
        worth = self.own - self.anything
        return round(max(0.0, min(_SUREST, (logit - self.anything) / worth)), 4) if worth > 0 else _EVEN


@dataclass(frozen=True)
class Judged:
    """The answer that fits a moment best: how well its caption does, and what else of it is believed."""

    answer: Answer
    measure: Measure
    caption: float
    title: float | None
    tags: tuple[Tag, ...]

    @property
    def believed(self) -> bool:
        """Whether its caption takes the place of ours."""
        return self.measure.passes(self.caption)


class FrameJudge:
    """Judges answers by the frames of one media."""

    def __init__(self, evidence: EvidenceBundle, text: TextTower, tolerance: float) -> None:
        self._track, self._tolerance = evidence.frames, tolerance
        self._scores = FrameTextScores(torch.from_numpy(evidence.frames.vectors.copy()), text)

    def best(self, moment: Moment, answers: Sequence[Answer]) -> Judged:
        """The best of one or more answers."""
        anything = max(self._fits(moment, _ANYTHING))
        ours = self._fits(moment, [_pictured(tag.word) for tag in moment.tags[:_OWN_TAGS]])
        own = self._fits(moment, [moment.caption]) if moment.caption else ours
        measure = Measure(max(own, default=anything), anything, self._tolerance)
        fits = self._fits(moment, [answer.caption for answer in answers])
        number = max(range(len(answers)), key=fits.__getitem__)
        answer = answers[number]
        (title,) = self._fits(moment, [answer.title]) if answer.title else (None,)
        tags = self._tags(moment, answer.tags, ours, anything)
        return Judged(answer, measure, fits[number], title if measure.passes(title or anything) else None, tags)

    def _tags(self, moment: Moment, words: Sequence[str], ours: Sequence[float], anything: float) -> tuple[Tag, ...]:
        """Those of its words that fit half as well as the best word of either side, and how near they come to that.

        Words are measured by words: a sentence that says all fits much better than any of them.
        """
        fits = self._fits(moment, [_pictured(word) for word in words])
        measure = Measure(max((*fits, *ours), default=anything), anything, _WORD_TOLERANCE)
        return tuple(
            Tag(word, measure.sureness(fit)) for word, fit in zip(words, fits, strict=True) if measure.passes(fit)
        )

    def _fits(self, moment: Moment, texts: Sequence[str]) -> list[float]:
        """Mean logit of each text inside the moment, less a share of that outside."""
        if not texts:
            return []
        weights = interval_weights(self._track, [(moment.start, moment.end)])
        logits = self._scores.logits(texts)
        contrast = weighted_means(logits, weights) - _CONTRAST * weighted_means(logits, 1 - weights)
        fits: list[float] = contrast[0].tolist()
        return fits


def _pictured(word: str) -> str:
    """A single word as CLIP has seen most of them."""
    return f"a photo of {word}"
