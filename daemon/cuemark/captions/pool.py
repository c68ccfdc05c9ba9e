"""The pool of captions: every sentence seen for one media, and their ranking for any moment of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from cuemark.captions.protocols import Scorer, Sentence
from cuemark.captions.scorer import PLAIN_STATEMENTS, BackgroundClass, weighted_means


class Ranker(Protocol):
    """What sentences of a moment are ranked by."""

    def score(self, sentence: Sentence, inside: float, outside: float) -> float:
        """`inside` and `outside` are a sentence's mean logits in its moment and in the rest of the media."""


@dataclass(frozen=True)
class Contrast:
    """Agreement with the moment's frames, less a share of that with all others, and fluency."""

    contrast: float
    fluency: float

    def score(self, sentence: Sentence, inside: float, outside: float) -> float:
        """See `Ranker`."""
        return inside - self.contrast * outside + self.fluency * sentence.fluency


@dataclass(frozen=True)
class Earned:
    """Agreement with the moment's frames, less a share of that with all others, and what the words themselves cost."""

    contrast: float

    def score(self, sentence: Sentence, inside: float, outside: float) -> float:
        """See `Ranker`."""
        return inside - self.contrast * outside + sentence.fluency


@dataclass(frozen=True)
class Fluency:
    """Fluency alone: what a language model would say without looking."""

    fluency: float

    def score(self, sentence: Sentence, inside: float, outside: float) -> float:
        """See `Ranker`."""
        return self.fluency * sentence.fluency


@dataclass(frozen=True)
class RankedSentence:
    """A sentence for one moment: its mean logit over the moment's frames, and the score it is ranked by."""

    sentence: Sentence
    logit: float
    score: float


class CaptionPool:
    """All sentences seen for one media, growing as the search goes on."""

    def __init__(self, scorer: Scorer, ranker: Ranker, background: BackgroundClass) -> None:
        self.scorer, self._ranker, self._background = scorer, ranker, background
        self.sentences: dict[str, Sentence] = {}

    def remember(self, sentence: Sentence) -> None:
        """Keep a sentence for ranking; of two with the same words the more fluent stays."""
        if not sentence.caption:
            return
        known = self.sentences.get(sentence.caption)
        if known is None or known.fluency < sentence.fluency:
            self.sentences[sentence.caption] = sentence

    def ranked(self, weights: Tensor) -> list[list[RankedSentence]]:
        """All sentences seen for each moment, given as weights of the samples [N, T]; best first."""
        return self._rank(list(self.sentences.values()), weights)

    def ranked_by_content(self, weights: Tensor) -> list[tuple[list[RankedSentence], list[RankedSentence]]]:
        """For each moment the sentences that name something, and the statements of emptiness that count for it.

        Plain statements are among the latter, so that there is always one.
        """
        seen = (*self.sentences.values(), *PLAIN_STATEMENTS)
        full = self._rank([one for one in seen if not one.empty], weights)
        statements = [one for one in seen if one.empty]
        counted = self._background.counts(statements, weights)
        empty = [
            [one for one in ranked if counts[one.sentence]]
            for ranked, row in zip(self._rank(statements, weights), counted, strict=True)
            for counts in (dict(zip(statements, row, strict=True)),)
        ]
        return list(zip(full, empty, strict=True))

    def background_logits(self) -> Tensor:
        """[T]: how well each frame fits the best statement that nothing is there, of those found and the plain ones."""
        return self._background.logits([one for one in (*self.sentences.values(), *PLAIN_STATEMENTS) if one.empty])

    def _rank(self, sentences: Sequence[Sentence], weights: Tensor) -> list[list[RankedSentence]]:
        logits = self.scorer.logits([one.text for one in sentences])
        weights = weights.cpu()
        inside, outside = weighted_means(logits, weights), weighted_means(logits, 1 - weights)
        result = []
        for own, others in zip(inside.tolist(), outside.tolist(), strict=True):
            ranked = [
                RankedSentence(sentence, logit, self._ranker.score(sentence, logit, other))
                for sentence, logit, other in zip(sentences, own, others, strict=True)
            ]
            result.append(sorted(ranked, key=lambda one: -one.score))
        return result
