"""Masks and prefixes optimised together (method.md 1.2), and the prefix steps the default may add to its search.

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

from cuemark.errors import ModelError
from cuemark.models.lm import LanguageModel, PrefixOffsets
from cuemark.models.text_encoder import TextEncoder
from cuemark.moments.losses import language_loss, overlap_loss, vision_loss
from cuemark.moments.masks import SoftMasks, pool
from cuemark.moments.options import MomentOptions
from cuemark.moments.sentences import Sentence, clean
from cuemark.moments.vocabulary import CaptionVocabulary
from cuemark.moments.writing import MOMENTS_AT_ONCE, Writer, tick_part
from cuemark.progress import Progress

#: Two-word hard prompts, one drawn for each sentence (method.md 2.1).
HARD_PROMPTS = tuple(
    f"{medium} {verb}" for medium in ("Image", "Picture", "Photo", "Video") for verb in ("of", "shows", "showing")
)
_LAST_RATE_SHARE = 1 / 60
_DRAW_FROM = 3
_END_BONUS = 2.0


class JointOptimiser:
    """The gradient side of the search, bound to one track and one pair of models."""

    def __init__(
        self, vectors: Tensor, text: TextEncoder, lm: LanguageModel, options: MomentOptions, progress: Progress
    ) -> None:
        """`vectors` [T, D] are the unit image vectors of the track."""
        self._vectors, self._text, self._lm = vectors, text, lm
        self._options, self._progress = options, progress
        self._vocabulary = CaptionVocabulary(lm)

    def run_token_wise(self, segments: Sequence[tuple[float, float]], writer: Writer) -> SoftMasks:
        """Optimise masks and prefixes from `segments`; every sentence on the way is given to `writer`."""
        options = self._options
        masks, prefix = SoftMasks(segments), self._lm.new_prefix(len(segments))
        optimiser = torch.optim.AdamW(
            [
                {
                    "params": prefix.parameters(),
                    "lr": options.prefix.learning_rate,
                    "weight_decay": options.prefix.weight_decay,
                },
                {"params": masks.parameters(), "lr": options.masks.learning_rate, "weight_decay": 0.0},
            ]
        )
        sentences = options.prefix.sentences
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _cosine(step, sentences))
        draw = random.Random(options.seed)
        first, last = options.masks.sharpness
        for number in range(sentences):
            self._progress.update("moments", 100 * number // sentences, 100, "steps")
            sharpness = first + (last - first) * number / max(1, sentences - 1)
            for sentence in self._write_sentence(draw.choice(HARD_PROMPTS), masks, prefix, sharpness, optimiser):
                writer.remember(sentence)
            schedule.step()
        return masks

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
        """Vision and language loss over all positions of all sentences, in one pass each (method.md 2.6 g)."""
        log_q = torch.log_softmax(self._lm.logits(ids, prefix).float(), dim=-1)
        with torch.no_grad():
            log_p0 = torch.log_softmax(self._lm.logits(ids).float(), dim=-1)
        rows, columns, texts, chosen = [], [], [], []
        tops = self._vocabulary.top(log_q.detach(), self._options.prefix.candidates)
        for row, length in enumerate(lengths.tolist()):
            for column in range(max(0, min(lead - 1, length - 2)), length - 1):
                rows.append(row)
                columns.append(column)
                tokens = tops[row, column].tolist()
                chosen.append(tokens)
                texts += [self._lm.decode([*ids[row, : column + 1].tolist(), token]).strip() for token in tokens]
        vectors = self._text.encode(texts).to(moments).view(len(rows), -1, moments.shape[1])
        scores = self._text.logit_scale * (vectors * moments[rows][:, None]).sum(dim=2)
        picked_q, picked_p0 = log_q[rows, columns], log_p0[rows, columns]
        settings = self._options.prefix
        vision = vision_loss(picked_q, scores.to(picked_q), torch.tensor(chosen, device=picked_q.device))
        return settings.vision * vision + settings.language * language_loss(picked_q, picked_p0)

    def _write_sentence(
        self, prompt: str, masks: SoftMasks, prefix: PrefixOffsets, sharpness: float, optimiser: torch.optim.Optimizer
    ) -> list[Sentence]:
        """One sentence a moment, token by token, with a step on masks and prefixes after each."""
        lead = self._lm.encode(prompt)
        count = masks.centre_logit.shape[0]
        rows = [list(lead) for _ in range(count)]
        chances: list[list[float]] = [[] for _ in range(count)]
        over = [False] * count
        most = self._vocabulary.room(len(lead), self._options.search.most_tokens)
        for length in range(most):
            self._progress.check()
            ids = torch.tensor(rows, device=self._lm.device)
            logits = self._lm.logits(ids, prefix, last_only=True)[:, 0].float()
            log_q = torch.log_softmax(logits, dim=-1)
            with torch.no_grad():
                log_p0 = torch.log_softmax(self._lm.logits(ids, last_only=True)[:, 0].float(), dim=-1)
            loss = self._token_loss(rows, log_q, log_p0, masks, sharpness)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            tokens = self._draw(logits.detach(), rows, len(lead), length >= most // 2)
            for row, token in enumerate(tokens):
                if not over[row]:
                    chances[row].append(float(log_p0[row, token]))
                    over[row] = self._vocabulary.ends(token)
                rows[row].append(token)
            if all(over):
                break
        return [self._finished(row, len(lead), prompt, chance) for row, chance in zip(rows, chances, strict=True)]

    def _token_loss(
        self, rows: list[list[int]], log_q: Tensor, log_p0: Tensor, masks: SoftMasks, sharpness: float
    ) -> Tensor:
        tokens = self._vocabulary.top(log_q.detach(), self._options.prefix.candidates)
        texts = [
            self._lm.decode([*row, token]).strip()
            for row, top in zip(rows, tokens.tolist(), strict=True)
            for token in top
        ]
        candidates = self._text.encode(texts).to(self._vectors).view(len(rows), -1, self._vectors.shape[1])
        positions = (torch.arange(len(self._vectors)) + 0.5) / len(self._vectors)
        values = masks.values(positions, sharpness)
        moments = pool(values.to(self._vectors), self._vectors)
        if not self._options.masks.vision_gradient:
            moments = moments.detach()
        scores = self._text.logit_scale * (candidates * moments[:, None]).sum(dim=2)
        settings = self._options.prefix
        loss = settings.vision * vision_loss(log_q, scores.to(log_q), tokens) + settings.language * language_loss(
            log_q, log_p0
        )
        return loss + self._options.masks.overlap * overlap_loss(values)

    def _draw(self, logits: Tensor, rows: list[list[int]], lead: int, late: bool) -> list[int]:
        """The next token of each row: one of the best three, after the adjustments of method.md 2.1."""
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

    def _finished(self, row: list[int], lead: int, prompt: str, chances: list[float]) -> Sentence:
        text = self._lm.decode(row[: lead + len(chances)]).strip()
        return Sentence(text, clean(text, prompt), sum(chances) / max(1, len(chances)))


def _cosine(step: int, steps: int) -> float:
    share = 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(1, steps))))
    return _LAST_RATE_SHARE + (1 - _LAST_RATE_SHARE) * share


def _padded(rows: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(row) for row in rows])
    ids = torch.zeros(len(rows), int(lengths.max()), dtype=torch.long)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row)
    return ids, lengths
