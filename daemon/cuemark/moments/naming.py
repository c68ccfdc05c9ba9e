"""What is said of a moment once it is found: its tags, how sure its caption is, and no caption where it is not sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from torch import Tensor

from cuemark.captions.options import LexiconOptions
from cuemark.captions.word_scores import MomentWords, WordScores
from cuemark.core.analysis import Moment, Tag


@dataclass(frozen=True)
class MomentNaming:
    """Tags and confidence for the moments of one media."""

    scores: WordScores
    options: LexiconOptions
    #: Least confidence of a caption as the user asked for it, None for the usual one.
    least: Fraction | None = None

    def named(self, moments: Sequence[Moment], weights: Tensor, subjects: Sequence[str]) -> tuple[Moment, ...]:
        """The moments with tags and confidence; `weights` [N, T] are their samples, `subjects` their main words."""
        if not moments:
            return ()
        words = self.scores.of(weights)
        return tuple(self._named(*one) for one in zip(moments, words, subjects, strict=True))

    def _named(self, moment: Moment, words: MomentWords, subject: str) -> Moment:
        sure = self.scores.words.calibration.probability
        chance = float(words.chances[words.lexicon.place[subject]]) if subject else 0.0
        confidence = sure(chance) if subject else 0.0
        tags = [
            Tag(one.name, round(sure(one.chance), 4)) for one in words.tags(self.options.tags, self.options.tag_chance)
        ]
        least = self.options.least_confidence if self.least is None else float(self.least)
        caption = moment.caption if confidence >= least else ""
        return replace(moment, caption=caption, score=round(confidence, 4), tags=tuple(tags))
