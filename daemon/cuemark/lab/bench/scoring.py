"""`cuemark bench scoring`: candidate sentences to CLIP vectors, beside encoding each of them at the full context."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from cuemark.core.progress import Progress
from cuemark.lab.bench.candidates import SENTENCE_TOKENS, Candidates, Step
from cuemark.lab.bench.comparison import BenchOptions, Comparison
from cuemark.lab.bench.pairs import alternate, timed
from cuemark.lab.bench.plain_scoring import encode_plainly
from cuemark.lab.bench.text_models import pair_of

if TYPE_CHECKING:
    from torch import Tensor

    from cuemark.models.clip.text_encoder import TextEncoder
    from cuemark.models.lm.lm import LanguageModel

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
        from cuemark.models.clip.continuations import Continuations

        self._text, self._lm = text, lm
        self._continuations = Continuations(text, lm)
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
    """The vectors once the device has finished them."""
    import torch

    if vectors.is_cuda:
        torch.cuda.synchronize(vectors.device)
    return vectors
