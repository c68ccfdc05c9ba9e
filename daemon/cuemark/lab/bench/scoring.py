"""`cuemark bench scoring`: candidate sentences to CLIP vectors, beside encoding each of them at the full context.

The sentence grows token by token; at each step come the tokens that a language model might put next.  They are drawn
with a seed, since models with random weights propose nothing sensible: common words that begin behind a space, and a
few pieces that go on with the last word.  The rival spells every sentence out, tokenises it and runs it at CLIP's full
context; nothing is shared between sentences and nothing is remembered.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import BenchOptions, Comparison, alternate, timed
from cuemark.lab.bench.models import pair_of

if TYPE_CHECKING:
    from torch import Tensor

    from cuemark.models.clip.text_encoder import TextEncoder
    from cuemark.models.lm.lm import LanguageModel

PROMPT = "Video of"
CANDIDATES = 512
SENTENCE_TOKENS = 15
# Assumed, to be rather too hard than too easy on ours: of the words in the vocabulary of `models.lm_tokenizer`,
# 4 % take two of CLIP's tokens (counted), but that one was trained on CLIP's own words.
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


def encode_plainly(text: TextEncoder, lm: LanguageModel, row: Sequence[int], tokens: Sequence[int]) -> Tensor:
    """Unit vectors [K, D] of the sentence `row` with each of K tokens behind it, by open_clip's own `encode_text`."""
    return text.encode_plain([lm.decode([*row, token]).strip() for token in tokens])


GOAL = 20.0
_WARM = 64
ABOUT = (
    "Ours: the candidates' own tokens alone, behind the keys and values of the sentence so far. "
    "Rival: every candidate sentence spelled out, tokenised and encoded at the full context."
)


def compare(options: BenchOptions, progress: Progress) -> list[Comparison]:
    """Seconds a token step, for a sentence that grows to 15 tokens with 512 candidates at each step.

    Ours runs the whole sentence from an empty memory and is divided by its steps.  The rival does one of the steps a
    pair, another one each time: its cost does not depend on the sentence's length.
    """
    text, lm = pair_of(options, progress)
    run = _Run(text, lm, options.seed)
    run.warm()
    ours, rival = alternate(run.ours, run.rival, options.pairs, progress, warm=False)
    facts = run.facts()
    goal = GOAL if options.real_size else None  # the sample pair's tower is too small to be worth saving
    return [Comparison("scoring", ABOUT, "s a token step", "faster", ours, rival, goal, facts)]


class _Run:
    """Both ways over one sentence, and how far their vectors differ."""

    def __init__(self, text: TextEncoder, lm: LanguageModel, seed: int) -> None:
        from cuemark.models.clip.continuations import ContinuationEncoder

        self._text, self._lm = text, lm
        self._continuations = ContinuationEncoder(text, lm)
        self._candidates = Candidates(text, lm, seed)
        self._steps = self._candidates.sentence()
        self._turn = itertools.count(len(self._steps) // 2, 3)
        self._difference = 0.0

    def warm(self) -> None:
        """Both ways once on a few candidates, unmeasured: the whole of the rival's step takes a minute."""
        step = self._steps[0]
        _done(self._encode(step))
        _done(encode_plainly(self._text, self._lm, step.row, step.tokens[:_WARM]))

    def ours(self) -> float:
        self._text.forget()
        return timed(self._whole_sentence) / len(self._steps)

    def rival(self) -> float:
        step = self._steps[next(self._turn) % len(self._steps)]
        made: list[Tensor] = []
        seconds = timed(lambda: made.append(_done(encode_plainly(self._text, self._lm, step.row, step.tokens))))
        # The norm of a difference of unit vectors bounds the difference of their cosines with any picture.
        difference = float((self._encode(step) - made[0]).norm(dim=1).max())
        self._difference = max(self._difference, difference)
        return seconds

    def facts(self) -> dict[str, str | int | float]:
        counts = [count for step in self._steps for count in self._candidates.pieces(step)]
        return {
            "largest difference of a cosine": self._difference,
            "candidates a step": len(self._steps[-1].tokens),
            "steps": len(self._steps),
            "tokens of the longest sentence": SENTENCE_TOKENS,
            "share of candidates of one CLIP token": round(counts.count(1) / len(counts), 3),
            "share of candidates of two CLIP tokens": round(counts.count(2) / len(counts), 3),
            "method": self._text.method,
            "precision": str(self._text.precision),
            "device": str(self._text.device),
        }

    def _whole_sentence(self) -> None:
        for step in self._steps:
            _done(self._encode(step))

    def _encode(self, step: Step) -> Tensor:
        import torch

        return self._continuations.encode([step.row], torch.tensor([step.tokens]))[0]


def _done(vectors: Tensor) -> Tensor:
    """The same vectors; waits until the device has finished them."""
    import torch

    if vectors.is_cuda:
        torch.cuda.synchronize(vectors.device)
    return vectors
