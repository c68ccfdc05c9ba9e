"""A sentence that grows token by token, and at each step the tokens that a language model might put next.

Drawn with a seed, since models with random weights propose nothing sensible: common words that begin behind a space,
and a few pieces that go on with the last word.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cuemark.models.clip.text_encoder import TextEncoder
    from cuemark.models.lm.lm import LanguageModel

PROMPT = "Video of"
CANDIDATES = 512
SENTENCE_TOKENS = 15
# Assumed, to be rather too hard than too easy on ours: of the words in the vocabulary that `random_models` trains, 4 %
# take two of CLIP's tokens (counted), but that one was trained on CLIP's own words.
_GOES_ON = 0.1
_TWO_PIECES = 0.15
_WORD = re.compile(r" [a-z]+")
_ENDING = re.compile(r"[a-z]{1,4}")


@dataclass(frozen=True)
class Step:
    """A sentence under way and its candidates, as the language model's token ids."""

    row: list[int]
    tokens: list[int]


class Candidates:
    """What may follow a sentence, by how many of CLIP's tokens it takes."""

    def __init__(self, text: TextEncoder, lm: LanguageModel, seed: int = 0) -> None:
        self._text, self._lm, self._draw = text, lm, random.Random(seed)
        spelled = lm.token_text
        words = [token for token, added in enumerate(spelled) if _WORD.fullmatch(added)]
        self._one = [token for token in words if self._pieces(spelled[token]) == 1]
        self._two = [token for token in words if self._pieces(spelled[token]) == 2]
        self._endings = [token for token, added in enumerate(spelled) if _ENDING.fullmatch(added)]

    def sentence(self) -> list[Step]:
        """A step for each length from the prompt's to SENTENCE_TOKENS."""
        row = self._lm.encode(PROMPT)
        steps = []
        while len(row) <= SENTENCE_TOKENS:
            steps.append(Step(row, self._tokens(row)))
            row = [*row, self._draw.choice(self._one)]
        return steps

    def pieces(self, step: Step) -> list[int]:
        """For each candidate of a step how many of CLIP's tokens stand behind the last whole word before it."""
        last = self._lm.decode(step.row).split(" ")[-1]
        spelled = self._lm.token_text
        texts = (spelled[token] for token in step.tokens)
        return [self._pieces(added if added.startswith(" ") else last + added) for added in texts]

    def _tokens(self, row: list[int]) -> list[int]:
        last = self._lm.decode(row).split(" ")[-1]
        endings = [token for token in self._endings if self._pieces(last + self._lm.token_text[token]) <= 2]
        going_on = self._sample(endings, round(CANDIDATES * _GOES_ON))
        two = self._sample(self._two, round(CANDIDATES * _TWO_PIECES))
        one = self._sample(self._one, CANDIDATES - len(going_on) - len(two))
        tokens = one + two + going_on
        self._draw.shuffle(tokens)
        return tokens

    def _sample(self, tokens: list[int], count: int) -> list[int]:
        return self._draw.sample(tokens, min(count, len(tokens)))

    def _pieces(self, text: str) -> int:
        return len(self._text.pieces(text) or ())
