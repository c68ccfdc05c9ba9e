"""Prefix tuning at test time: the language model's soft prompt learns from a moment's frames, then colours the search.

A prefix is a set of offsets on the keys and values of the soft prompt.  Two losses move it (arXiv 2307.02682): the
vision loss towards what CLIP says of the candidate tokens, the language loss back to what the model says without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from cuemark.captions.beam import MOMENTS_AT_ONCE
from cuemark.captions.context import SearchContext
from cuemark.captions.options import PrefixOptions
from cuemark.captions.pool import CaptionPool
from cuemark.captions.protocols import Sentence, SoftSegments, Tick, part_of, silent
from cuemark.models.lm.lm import PrefixOffsets
from cuemark.segmentation.masks import moment_vectors


class Writer(Protocol):
    """A search for sentences that a prefix can colour."""

    def write(
        self, weights: Tensor, pool: CaptionPool, prefix: PrefixOffsets | None = None, tick: Tick = silent
    ) -> None:
        """Leave sentences for moments, given as weights of the samples [N, T], in `pool`."""


class PrefixTuned:
    """Captioner: a search, then the same again with a prefix tuned on the best sentence of each moment so far."""

    def __init__(self, context: SearchContext, options: PrefixOptions, beam: Writer, lead: str) -> None:
        """`lead` is the prompt that the sentences begin with: its own words are not learned."""
        self._context, self._options, self._beam = context, options, beam
        self._lead = len(context.lm.encode(lead))

    def caption(self, segments: SoftSegments, pool: CaptionPool, tick: Tick) -> SoftSegments:
        """See `Captioner`."""
        self._beam.write(segments.weights, pool, tick=part_of(tick, 0, 2))
        self._write_coloured(segments.weights, pool, part_of(tick, 1, 2))
        return segments

    def _write_coloured(self, weights: Tensor, pool: CaptionPool, tick: Tick) -> None:
        best = [ranked[0].sentence for ranked in pool.ranked(weights)]
        groups = range(0, len(best), MOMENTS_AT_ONCE)
        for start in groups:
            part = slice(start, start + MOMENTS_AT_ONCE)
            prefix = self.tuned(best[part], weights[part])
            self._beam.write(weights[part], pool, prefix, part_of(tick, start // MOMENTS_AT_ONCE, len(groups)))

    def tuned(self, sentences: Sequence[Sentence], weights: Tensor) -> PrefixOffsets:
        """Prefixes after the wanted steps of AdamW, one for each sentence and moment [N, T]."""
        context, options = self._context, self._options
        rows = [context.lm.encode(sentence.text) for sentence in sentences]
        prefix = context.lm.new_prefix(len(rows))
        optimiser = torch.optim.AdamW(prefix.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay)
        moments = moment_vectors(weights.to(context.vectors), context.vectors)
        for _ in range(options.steps):
            context.progress.check()
            loss = self.loss(rows, prefix, moments)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        return prefix

    def loss(self, rows: Sequence[list[int]], prefix: PrefixOffsets, moments: Tensor) -> Tensor:
        """Vision and language loss over all positions of all sentences, in one pass each.

        `rows` are the token ids of the sentences (teacher forcing), `moments` [N, D] unit vectors.
        """
        lm, options = self._context.lm, self._options
        ids, lengths = _padded(rows)
        log_q = torch.log_softmax(lm.logits(ids, prefix).float(), dim=-1)
        with torch.no_grad():
            log_p0 = torch.log_softmax(lm.logits(ids).float(), dim=-1)
        sentences, places = _positions(lengths, self._lead)
        log_q, log_p0 = log_q[sentences, places], log_p0[sentences, places]
        tokens = self._context.caches.vocabulary.top(log_q.detach(), options.candidates)
        begun = [ids[row, : place + 1].tolist() for row, place in zip(sentences, places, strict=True)]
        vectors = self._context.caches.continuations.encode(begun, tokens).to(moments)
        scores = self._context.text.logit_scale * (vectors * moments[sentences][:, None]).sum(dim=2)
        vision = vision_loss(log_q, scores.to(log_q), tokens)
        return options.vision * vision + options.language * language_loss(log_q, log_p0)


def vision_loss(log_q: Tensor, scores: Tensor, tokens: Tensor) -> Tensor:
    """Cross-entropy between what CLIP says of the candidate tokens and what the language model says.

    `log_q` [P, V] log-probabilities of the full vocabulary at P positions, `tokens` [P, K] candidate ids, `scores`
    [P, K] CLIP logits of the candidate texts.  Gradient reaches whatever `scores` was made from (the masks, in the
    paper's mode); detach it to keep the ancestor's behaviour.
    """
    target = torch.softmax(scores, dim=1)
    return -(target * log_q.gather(1, tokens)).sum(dim=1).mean()


def language_loss(log_q: Tensor, log_p0: Tensor) -> Tensor:
    """Cross-entropy of the language model with prefix against the one without, [P, V] each, mean over positions."""
    return -(log_p0.exp() * log_q).sum(dim=1).mean()


def _positions(lengths: Sequence[int], lead: int) -> tuple[list[int], list[int]]:
    """Rows and columns of the tokens behind which a next one is asked for: from the end of the lead on."""
    pairs = [
        (row, column)
        for row, length in enumerate(lengths)
        for column in range(max(0, min(lead - 1, length - 2)), length - 1)
    ]
    return [row for row, _ in pairs], [column for _, column in pairs]


def _padded(rows: Sequence[list[int]]) -> tuple[Tensor, list[int]]:
    """Token ids [N, longest], zeros behind the shorter ones, and the lengths."""
    lengths = [len(row) for row in rows]
    ids = torch.zeros(len(rows), max(lengths), dtype=torch.long)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row)
    return ids, lengths
