"""The token-wise joint optimisation of masks and prefixes (arXiv 2307.02682), as reconstructed.

A step of AdamW on both after every token, for all moments at once: one pass of the language model with N prefixes, one
batch of candidate texts, one product with the N moment vectors, and the CLIP target carries gradient into the masks.
What the language model says without a prefix is kept by text, and no text is encoded twice; the scores of the
candidates are those of the plain loop that does it for one moment at a time.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cuemark.captions.beam import MOMENTS_AT_ONCE
from cuemark.captions.context import SearchContext
from cuemark.captions.language import en
from cuemark.captions.options import JointOptions
from cuemark.captions.pool import CaptionPool
from cuemark.captions.prefix import language_loss, vision_loss
from cuemark.captions.protocols import Sentence, SoftSegments, Tick, clean
from cuemark.core.errors import ModelError
from cuemark.models.clip.continuations import ContinuationEncoder
from cuemark.models.lm.lm import LanguageModel, PrefixOffsets
from cuemark.segmentation.masks import SoftMasks, last_sharpness, moment_vectors, overlap_loss
from cuemark.segmentation.segments import Convergence, Extent

#: The cosine schedule of the learning rates ends at 1e-4 where the prefix began with 0.006 (arXiv 2207.11100).
_LAST_RATE_SHARE = 1 / 60
#: Sentences without a change after which the loop ends, and by how much of a sample a mask may move meanwhile.
_QUIET_SENTENCES, _STILL = 3, 0.5
#: The next token is drawn from the best three; an end is worth two logits more (arXiv 2207.11100).
_DRAW_FROM = 3
_END_BONUS = 2.0


class JointTokenWise:
    """Captioner of the paper: writes sentences token by token, and moves the masks of its segments as it writes."""

    def __init__(self, context: SearchContext, options: JointOptions) -> None:
        self._context, self._options = context, options

    def caption(self, segments: SoftSegments, pool: CaptionPool, tick: Tick) -> SoftSegments:
        """See `Captioner`; returns the segments as the moved masks have them.

        Ends early when for three sentences no mask has moved by half a sample and no best caption has changed.
        """
        context, options, sentences = self._context, self._options, self._options.prefix.sentences
        learned = JointParameters.start(segments.extents, context.lm, options)
        loop = TokenLoop(context, options)
        schedule = torch.optim.lr_scheduler.LambdaLR(learned.optimiser, lambda step: _cosine(step, sentences))
        draw = random.Random(options.seed)
        convergence = Convergence(_QUIET_SENTENCES, _STILL / context.samples)
        first, last = options.masks.sharpness
        for number in range(sentences):
            tick(number / sentences)
            sharpness = first + (last - first) * number / max(1, sentences - 1)
            for sentence in loop.write(draw.choice(en.HARD_PROMPTS), learned, sharpness):
                pool.remember(sentence)
            schedule.step()
            if self._converged(learned.masks, sharpness, pool, convergence):
                break
        return SoftSegments.of_masks(learned.masks, context.samples, last_sharpness(options.masks, context.samples))

    def _converged(self, masks: SoftMasks, sharpness: float, pool: CaptionPool, convergence: Convergence) -> bool:
        weights = masks.at_samples(self._context.samples, sharpness).detach().to(self._context.vectors)
        best = [ranked[0].sentence.caption if ranked else "" for ranked in pool.ranked(weights)]
        return convergence.reached(masks.extents(), best)


def _cosine(step: int, steps: int) -> float:
    share = 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(1, steps))))
    return _LAST_RATE_SHARE + (1 - _LAST_RATE_SHARE) * share


@dataclass(frozen=True)
class JointParameters:
    """What is optimised, and by what: N masks, N prefixes, one optimiser."""

    masks: SoftMasks
    prefix: PrefixOffsets
    optimiser: torch.optim.Optimizer

    @classmethod
    def start(cls, segments: Sequence[Extent], lm: LanguageModel, options: JointOptions) -> JointParameters:
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
class PartialCaption:
    """The sentence of one moment under way: ids with the lead, and the log-probability of each token behind it."""

    ids: list[int]
    log_p: list[float]
    over: bool = False


class TokenLoop:
    """The loop over tokens, bound to one search."""

    def __init__(self, context: SearchContext, options: JointOptions) -> None:
        self._context, self._options = context, options
        self._lm, self._vocabulary = context.lm, context.caches.vocabulary
        self._batches = context.lm.runtime.batches("moments", MOMENTS_AT_ONCE, str(context.lm.device))

    def write(self, prompt: str, learned: JointParameters, sharpness: float) -> list[Sentence]:
        """One sentence a moment behind `prompt`; a moment takes no more steps when its sentence has ended."""
        lead = self._lm.encode(prompt)
        captions = [PartialCaption(list(lead), []) for _ in range(learned.masks.centre_logit.shape[0])]
        most = self._vocabulary.room(len(lead), self._options.most_tokens)
        for length in range(most):
            self._context.progress.check()
            active = [number for number, one in enumerate(captions) if not one.over]
            if not active:
                break
            rows = [captions[number].ids for number in active]
            step = self.step(rows, learned, sharpness, active)
            drawn = self._draw(step.logits, rows, len(lead), length >= most // 2)
            for place, (number, token) in enumerate(zip(active, drawn, strict=True)):
                one = captions[number]
                one.log_p.append(float(step.log_p0[place, token]))
                one.ids.append(token)
                one.over = self._vocabulary.ends(token)
        return [self._finished(one, prompt) for one in captions]

    def step(
        self,
        rows: Sequence[list[int]],
        learned: JointParameters,
        sharpness: float,
        moments: Sequence[int] | None = None,
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
            masks = learned.masks.at_samples(self._context.samples, sharpness)
            (self._options.masks.overlap * overlap_loss(masks)).backward()
        learned.optimiser.step()
        pieces = zip(*((one.logits, one.log_p0, one.tokens, one.scores) for one in parts), strict=True)
        return TokenStep(*(torch.cat(piece) for piece in pieces))

    def _part(
        self, rows: Sequence[list[int]], learned: JointParameters, sharpness: float, numbers: Tensor
    ) -> tuple[Tensor, TokenStep]:
        """The mean loss over moments that are run together, and what was seen on the way."""
        options = self._options.prefix
        ids = torch.tensor(rows, device=self._lm.device)
        logits = self._lm.logits(ids, learned.prefix.select(numbers), last_only=True)[:, 0].float()
        log_q = torch.log_softmax(logits, dim=-1)
        log_p0 = self._context.caches.unprefixed.log_probabilities(rows)
        tokens = self._vocabulary.top(log_q.detach(), options.candidates)
        scores = self._scores(rows, tokens, learned.masks.at_samples(self._context.samples, sharpness)[numbers])
        loss = options.vision * vision_loss(log_q, scores.to(log_q), tokens)
        loss = loss + options.language * language_loss(log_q, log_p0)
        return loss, TokenStep(logits.detach(), log_p0, tokens, scores.detach())

    def _scores(self, rows: Sequence[list[int]], tokens: Tensor, masks: Tensor) -> Tensor:
        """CLIP logits [A, K] of the candidates for moments given as masks [A, T]."""
        candidates = batch_candidates(self._context.caches.continuations, rows, tokens)
        moments = moment_vectors(masks.to(self._context.vectors), self._context.vectors)
        if not self._options.masks.vision_gradient:
            moments = moments.detach()
        return candidates.scores(moments, self._context.text.logit_scale)

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

    def _finished(self, one: PartialCaption, prompt: str) -> Sentence:
        text = self._lm.decode(one.ids).strip()
        return Sentence(text, clean(text, prompt), sum(one.log_p) / max(1, len(one.log_p)))


@dataclass(frozen=True)
class CandidateBatch:
    """P candidate texts as unit vectors [P, D], and which of them are the K candidates of each moment: [N, K]."""

    vectors: Tensor
    places: Tensor

    def scores(self, moments: Tensor, scale: float) -> Tensor:
        """CLIP logits [N, K] of each moment's own candidates; differentiable in the moment vectors [N, D]."""
        return (scale * moments @ self.vectors.to(moments).T).gather(1, self.places.to(moments.device))


def batch_candidates(encoder: ContinuationEncoder, rows: Sequence[Sequence[int]], tokens: Tensor) -> CandidateBatch:
    """The union of the candidates of N sentences under way: `tokens` [N, K] may follow `rows`.

    Moments whose sentences are still the same share their candidates; in the first step behind a prompt all do.
    """
    places: dict[tuple[int, ...], dict[int, int]] = {}
    for row, follow in zip(rows, tokens.tolist(), strict=True):
        known = places.setdefault(tuple(row), {})
        for token in follow:
            known.setdefault(token, len(known))
    width = max(len(known) for known in places.values())
    # A shorter list is filled up with a token of its own: equal texts are computed once.
    table = torch.tensor([[*known, *[next(iter(known))] * (width - len(known))] for known in places.values()])
    vectors = encoder.encode(list(places), table).flatten(0, 1)
    first = {row: number * width for number, row in enumerate(places)}
    return CandidateBatch(
        vectors,
        torch.tensor(
            [
                [first[tuple(row)] + places[tuple(row)][token] for token in follow]
                for row, follow in zip(rows, tokens.tolist(), strict=True)
            ]
        ),
    )
