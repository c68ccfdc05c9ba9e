"""What captioning is spoken in: sentences, the soft segments they tell, and the seams Scorer and Captioner."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from torch import Tensor

from cuemark.captions.language import en
from cuemark.segmentation.masks import SoftMasks
from cuemark.segmentation.segments import Extent, Span, extents, span_weights

if TYPE_CHECKING:
    from cuemark.captions.pool import CaptionPool

SENTENCE_END = ".!?。！？"
"""Marks that end a sentence, in any script."""
Tick = Callable[[float], None]
"""Hears the finished share of a piece of work, 0 to 1."""


@dataclass(frozen=True)
class Sentence:
    """A finished sentence: as CLIP reads it (`text`, behind its prompt) and as people do (`caption`).

    `fluency` is the mean log-probability of its tokens in nats, or what else its words add to its score before anything
    is seen; the ranker of its pool knows.  `subject` is the word of the lexicon that it is about, "" where it has none.
    """

    text: str
    caption: str
    fluency: float
    subject: str = ""

    @property
    def empty(self) -> bool:
        """Whether the words themselves say that nobody and nothing is there."""
        return en.says_empty(self.caption)

    @property
    def without_negation(self) -> str | None:
        """The same text without its words of emptiness; None where it has none, or nothing is left to say."""
        if not self.empty or not en.without_negation(self.caption):
            return None
        return en.without_negation(self.text)


def clean(text: str, prompt: str) -> str:
    """`text` without its prompt, its end mark and doubled spaces, capitalised; "" when nothing is left."""
    body = text.strip()
    if body.lower().startswith(prompt.lower()):
        body = body[len(prompt) :]
    body = re.sub(r"\s+", " ", body).strip().rstrip(SENTENCE_END + ",;: ").strip()
    return body[:1].upper() + body[1:]


@dataclass(frozen=True)
class SoftSegments:
    """N segments to be captioned: as fractions of the media, and as weights [N, T] of the T samples."""

    extents: list[Extent]
    weights: Tensor
    masks: SoftMasks | None = None

    @classmethod
    def of_spans(cls, spans: Sequence[Span], count: int) -> SoftSegments:
        """Hard segments: runs of `count` samples."""
        return cls(extents(spans, count), span_weights(spans, count))

    @classmethod
    def of_masks(cls, masks: SoftMasks, count: int, sharpness: float) -> SoftSegments:
        """Soft segments: masks over `count` samples."""
        return cls(masks.extents(), masks.at_samples(count, sharpness).detach(), masks)


class Scorer(Protocol):
    """How well texts fit the samples of one media, whatever is known of it: pictures, speech, screen text."""

    def logits(self, texts: Sequence[str]) -> Tensor:
        """[T, n]: the logit of each of n texts at each of T samples, on the CPU."""


class Captioner(Protocol):
    """Finds sentences for segments."""

    def caption(self, segments: SoftSegments, pool: CaptionPool, tick: Tick) -> SoftSegments:
        """Leave sentences for the segments in `pool`; returns the segments they are for.

        These are those given, unless the captioner moves them itself.  `tick` hears how far it is.  ModelError
        `lm_writes_nothing` where it finds no usable sentence at all.
        """


def part_of(tick: Tick, number: int, parts: int) -> Tick:
    """A tick for part `number` of `parts` equal ones of the work that `tick` hears of."""
    return lambda share: tick((number + share) / parts)


def silent(share: float) -> None:
    """A tick nobody hears."""
