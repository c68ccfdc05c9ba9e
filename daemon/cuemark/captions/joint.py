"""Masks and prefixes optimised together (arXiv 2307.02682), and the prefix steps the default may add to its search.

The language model's prefix is a set of offsets on the keys and values of its soft prompt; the masks decide which
frames a moment's words are compared with.  `run_token_wise` is the paper's mode as reconstructed: a step of AdamW on
both after every token, with the CLIP target carrying gradient into the masks.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from cuemark.captions.caches import Shared
from cuemark.captions.losses import language_loss, vision_loss
from cuemark.captions.pool import MOMENTS_AT_ONCE, Writer, tick_part
from cuemark.captions.sentences import Sentence
from cuemark.captions.token_loop import Learned, TokenLoop
from cuemark.captions.vocabulary import CaptionVocabulary
from cuemark.core.progress import Progress
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel, PrefixOffsets
from cuemark.moments.options import MomentOptions
from cuemark.segmentation.masks import SoftMasks, pool
from cuemark.segmentation.stability import Stability

#: Two-word hard prompts, one drawn for each sentence (arXiv 2207.11100).
HARD_PROMPTS = tuple(
    f"{medium} {verb}" for medium in ("Image", "Picture", "Photo", "Video") for verb in ("of", "shows", "showing")
)
_LAST_RATE_SHARE = 1 / 60
#: Sentences without a change after which the token-wise loop ends.
_QUIET_SENTENCES = 3


class JointOptimiser:
    """The gradient side of the search, bound to one track and one pair of models."""

    def __init__(
        self,
        vectors: Tensor,
        text: TextEncoder,
        lm: LanguageModel,
        options: MomentOptions,
        progress: Progress,
        shared: Shared | None = None,
    ) -> None:
        """`vectors` [T, D] are the unit image vectors of the track; `shared` is what other searches have, too."""
        self._vectors, self._text, self._lm = vectors, text, lm
        self._options, self._progress = options, progress
        self._shared = shared or Shared.of(text, lm)
        self._vocabulary = CaptionVocabulary(lm)

    def run_token_wise(self, segments: Sequence[tuple[float, float]], writer: Writer) -> SoftMasks:
        """Optimise masks and prefixes from `segments`; every sentence on the way is given to `writer`.

        Ends early when for three sentences no mask has moved by half a sample and no best caption has changed.
        """
        options, sentences = self._options, self._options.prefix.sentences
        learned = Learned.start(segments, self._lm, options)
        loop = TokenLoop(self._vectors, self._text, self._lm, options, self._progress, self._shared)
        schedule = torch.optim.lr_scheduler.LambdaLR(learned.optimiser, lambda step: _cosine(step, sentences))
        draw, stability = random.Random(options.seed), Stability(_QUIET_SENTENCES, 0.5 / len(self._vectors))
        first, last = options.masks.sharpness
        for number in range(sentences):
            self._progress.update("moments", 100 * number // sentences, 100, "steps")
            sharpness = first + (last - first) * number / max(1, sentences - 1)
            for sentence in loop.write(draw.choice(HARD_PROMPTS), learned, sharpness):
                writer.remember(sentence)
            schedule.step()
            if self._settled(learned.masks, sharpness, writer, stability):
                break
        return learned.masks

    def _settled(self, masks: SoftMasks, sharpness: float, writer: Writer, stability: Stability) -> bool:
        with torch.no_grad():
            values = masks.values((torch.arange(len(self._vectors)) + 0.5) / len(self._vectors), sharpness)
        best = [ranked[0].sentence.caption if ranked else "" for ranked in writer.ranked(values.to(self._vectors))]
        return stability.settled(masks.segments(), best)

    def write_with_prefix(self, weights: Tensor, writer: Writer, tick: Callable[[float], None]) -> None:
        """Tune fresh prefixes on the best sentences so far, then search again with the coloured language model.

        `weights` [N, T] are the frames of each moment; the masks themselves are moved elsewhere.
        """
        best = [ranked[0].sentence for ranked in writer.ranked(weights)]
        groups = range(0, len(best), MOMENTS_AT_ONCE)
        for start in groups:
            part = slice(start, start + MOMENTS_AT_ONCE)
            prefix = self._tuned_prefix(best[part], weights[part])
            writer.write(weights[part], prefix, partial(tick_part, tick, start // MOMENTS_AT_ONCE, len(groups)))

    def _tuned_prefix(self, sentences: Sequence[Sentence], weights: Tensor) -> PrefixOffsets:
        """Prefixes after the wanted steps of AdamW, one for each sentence."""
        rows = [self._lm.encode(sentence.text) for sentence in sentences]
        prefix = self._lm.new_prefix(len(rows))
        settings = self._options.prefix
        optimiser = torch.optim.AdamW(
            prefix.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        moments = pool(weights.to(self._vectors), self._vectors)
        ids, lengths = _padded(rows)
        lead = len(self._lm.encode(self._options.search.prompts[0]))
        for _ in range(settings.steps):
            self._progress.check()
            loss = self._sentence_loss(ids, lengths, lead, prefix, moments)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        return prefix

    def _sentence_loss(self, ids: Tensor, lengths: Tensor, lead: int, prefix: PrefixOffsets, moments: Tensor) -> Tensor:
        """Vision and language loss over all positions of all sentences, in one pass each."""
        log_q = torch.log_softmax(self._lm.logits(ids, prefix).float(), dim=-1)
        with torch.no_grad():
            log_p0 = torch.log_softmax(self._lm.logits(ids).float(), dim=-1)
        rows, columns = _positions(lengths.tolist(), lead)
        tokens = self._vocabulary.top(log_q.detach()[rows, columns], self._options.prefix.candidates)
        begun = [ids[row, : column + 1].tolist() for row, column in zip(rows, columns, strict=True)]
        vectors = self._shared.continuations.encode(begun, tokens).to(moments)
        scores = self._text.logit_scale * (vectors * moments[rows][:, None]).sum(dim=2)
        picked_q, picked_p0 = log_q[rows, columns], log_p0[rows, columns]
        settings = self._options.prefix
        vision = vision_loss(picked_q, scores.to(picked_q), tokens)
        return settings.vision * vision + settings.language * language_loss(picked_q, picked_p0)


def _cosine(step: int, steps: int) -> float:
    share = 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(1, steps))))
    return _LAST_RATE_SHARE + (1 - _LAST_RATE_SHARE) * share


def _positions(lengths: Sequence[int], lead: int) -> tuple[list[int], list[int]]:
    """Rows and columns of the tokens behind which a next one is asked for: from the end of the lead on."""
    pairs = [
        (row, column)
        for row, length in enumerate(lengths)
        for column in range(max(0, min(lead - 1, length - 2)), length - 1)
    ]
    return [row for row, _ in pairs], [column for _, column in pairs]


def _padded(rows: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(row) for row in rows])
    ids = torch.zeros(len(rows), int(lengths.max()), dtype=torch.long)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row)
    return ids, lengths
