"""The token-wise loop for all moments at once: a step of AdamW on masks and prefixes after every token.

What the plain loop does for one moment at a time is done here for N: one pass of the language model with N prefixes,
one pool of candidate texts, one product with the N moment vectors; what the language model says without a prefix is
kept by text, and no text is encoded twice.  The candidates' scores are those of the plain loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cuemark.captions.caches import Shared
from cuemark.captions.candidates import pool_candidates
from cuemark.captions.losses import language_loss, overlap_loss, vision_loss
from cuemark.captions.sentences import Sentence, clean
from cuemark.captions.vocabulary import CaptionVocabulary
from cuemark.core.errors import ModelError
from cuemark.core.progress import Progress
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel, PrefixOffsets
from cuemark.moments.options import MomentOptions
from cuemark.segmentation.masks import SoftMasks, pool

#: Moments in one pass of the language model with gradient: bounds what it keeps for the way back.
MOMENTS_AT_ONCE = 16
_DRAW_FROM = 3
_END_BONUS = 2.0


@dataclass(frozen=True)
class Learned:
    """What is optimised, and by what: N masks, N prefixes."""

    masks: SoftMasks
    prefix: PrefixOffsets
    optimiser: torch.optim.Optimizer

    @classmethod
    def start(cls, segments: Sequence[tuple[float, float]], lm: LanguageModel, options: MomentOptions) -> Learned:
        """Masks at `segments` (fractions of the media), prefixes at zero, one AdamW for both."""
        masks, prefix = SoftMasks(segments), lm.new_prefix(len(segments))
        words = {"lr": options.prefix.learning_rate, "weight_decay": options.prefix.weight_decay}
        optimiser = torch.optim.AdamW(
            [
                {"params": prefix.parameters(), **words},
                {"params": masks.parameters(), "lr": options.masks.learning_rate, "weight_decay": 0.0},
            ]
        )
        return cls(masks, prefix, optimiser)

    def add_gradient(self, loss: Tensor) -> None:
        """Like `loss.backward()`, but all or nothing: memory that runs out on the way leaves no part of it behind."""
        parameters = [*self.prefix.parameters(), *self.masks.parameters()]
        found = torch.autograd.grad(loss, parameters, allow_unused=True)
        for parameter, gradient in zip(parameters, found, strict=True):
            if gradient is not None:
                parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)


@dataclass(frozen=True)
class TokenStep:
    """One step: logits [A, V] with the prefix, log-probabilities [A, V] without, K candidates and CLIP's logits [A, K].

    A is how many moments took part, in the order asked for; all are as they were before the step.
    """

    logits: Tensor
    log_p0: Tensor
    tokens: Tensor
    scores: Tensor


@dataclass
class _UnderWay:
    """The sentence of one moment: ids with the lead, and the log-probability of each token behind it."""

    ids: list[int]
    chances: list[float]
    over: bool = False


class TokenLoop:
    """The loop, bound to one track and one pair of models."""

    def __init__(
        self,
        vectors: Tensor,
        text: TextEncoder,
        lm: LanguageModel,
        options: MomentOptions,
        progress: Progress,
        shared: Shared | None = None,
    ) -> None:
        """`vectors` [T, D] are the unit image vectors of the track."""
        self._vectors, self._text, self._lm = vectors, text, lm
        self._options, self._progress = options, progress
        self._shared = shared or Shared.of(text, lm)
        self._vocabulary = CaptionVocabulary(lm)
        self._batches = lm.runtime.batches("moments", MOMENTS_AT_ONCE, str(lm.device))

    def write(self, prompt: str, learned: Learned, sharpness: float) -> list[Sentence]:
        """One sentence a moment behind `prompt`; a moment takes no more steps when its sentence has ended."""
        lead = self._lm.encode(prompt)
        sentences = [_UnderWay(list(lead), []) for _ in range(learned.masks.centre_logit.shape[0])]
        most = self._vocabulary.room(len(lead), self._options.search.most_tokens)
        for length in range(most):
            self._progress.check()
            active = [number for number, one in enumerate(sentences) if not one.over]
            if not active:
                break
            rows = [sentences[number].ids for number in active]
            step = self.step(rows, learned, sharpness, active)
            drawn = self._draw(step.logits, rows, len(lead), length >= most // 2)
            for place, (number, token) in enumerate(zip(active, drawn, strict=True)):
                one = sentences[number]
                one.chances.append(float(step.log_p0[place, token]))
                one.ids.append(token)
                one.over = self._vocabulary.ends(token)
        return [self._finished(one, prompt) for one in sentences]

    def step(
        self, rows: Sequence[list[int]], learned: Learned, sharpness: float, moments: Sequence[int] | None = None
    ) -> TokenStep:
        """A step on masks and prefixes for the token behind each of `rows` (of one length).

        `moments` are the numbers of the moments that the rows belong to, all of them where it is None.
        """
        numbers = list(range(len(rows)) if moments is None else moments)
        learned.optimiser.zero_grad()

        def descend(part: slice) -> TokenStep:
            loss, step = self._part(rows[part], learned, sharpness, torch.tensor(numbers[part]))
            learned.add_gradient(loss * len(step.tokens) / len(rows))
            return step

        parts = self._batches.run(len(rows), descend)
        if self._options.masks.overlap:
            (self._options.masks.overlap * overlap_loss(self._values(learned.masks, sharpness))).backward()
        learned.optimiser.step()
        pieces = zip(*((one.logits, one.log_p0, one.tokens, one.scores) for one in parts), strict=True)
        return TokenStep(*(torch.cat(piece) for piece in pieces))

    def _part(
        self, rows: Sequence[list[int]], learned: Learned, sharpness: float, numbers: Tensor
    ) -> tuple[Tensor, TokenStep]:
        """The mean loss over moments that are run together, and what was seen on the way."""
        ids = torch.tensor(rows, device=self._lm.device)
        logits = self._lm.logits(ids, learned.prefix.select(numbers), last_only=True)[:, 0].float()
        log_q, log_p0 = torch.log_softmax(logits, dim=-1), self._shared.plain.log_probabilities(rows)
        tokens = self._vocabulary.top(log_q.detach(), self._options.prefix.candidates)
        scores = self._scores(rows, tokens, self._values(learned.masks, sharpness)[numbers])
        settings = self._options.prefix
        loss = settings.vision * vision_loss(log_q, scores.to(log_q), tokens)
        loss = loss + settings.language * language_loss(log_q, log_p0)
        return loss, TokenStep(logits.detach(), log_p0, tokens, scores.detach())

    def _values(self, masks: SoftMasks, sharpness: float) -> Tensor:
        return masks.values((torch.arange(len(self._vectors)) + 0.5) / len(self._vectors), sharpness)

    def _scores(self, rows: Sequence[list[int]], tokens: Tensor, values: Tensor) -> Tensor:
        """CLIP logits [A, K] of the candidates for moments given as masks [A, T]."""
        candidates = pool_candidates(self._shared.continuations, rows, tokens)
        moments = pool(values.to(self._vectors), self._vectors)
        if not self._options.masks.vision_gradient:
            moments = moments.detach()
        return candidates.scores(moments, self._text.logit_scale)

    def _draw(self, logits: Tensor, rows: list[list[int]], lead: int, late: bool) -> list[int]:
        """The next token of each row: one of the best three, after the adjustments of arXiv 2207.11100."""
        adjusted = self._vocabulary.adjusted(logits, rows, lead, _END_BONUS)
        top = adjusted.topk(min(_DRAW_FROM, adjusted.shape[1]), dim=1)
        stuck = ~top.values[:, 0].isfinite()
        if len(rows[0]) == lead and bool(stuck.any()):
            raise ModelError("lm_writes_nothing", "The language model wrote no usable sentence.", "Use another --lm.")
        top.values[stuck] = 0.0  # nothing more may follow: the sentence ends here
        top.indices[stuck] = self._vocabulary.best_end(logits)[stuck, None]
        if late:
            ending = self._vocabulary.best_end(adjusted)
            top.indices[:, -1] = ending
            top.values[:, -1] = adjusted.gather(1, ending[:, None])[:, 0]
        picks = torch.multinomial(torch.softmax(top.values, dim=1), 1)
        drawn: list[int] = top.indices.gather(1, picks)[:, 0].tolist()
        return drawn

    def _finished(self, one: _UnderWay, prompt: str) -> Sentence:
        text = self._lm.decode(one.ids).strip()
        return Sentence(text, clean(text, prompt), sum(one.chances) / max(1, len(one.chances)))
