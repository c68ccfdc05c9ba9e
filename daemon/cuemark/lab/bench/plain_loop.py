"""The loop that the method descends from, written down plainly: the rival of `cuemark bench optimise`.

A frozen language model and a frozen CLIP; what is optimised are offsets on the keys and values of a soft prompt, with
a step of AdamW after every token (Tewel et al., Zero-Shot Video Captioning with Evolving Pseudo-Tokens).  One moment
at a time, the language model reads the whole sentence anew for every token, every candidate is spelled out and encoded
at CLIP's full context, and nothing is remembered.  Logits are adjusted in the ancestor's order and one of the three
likeliest tokens is drawn; nothing of the vocabulary of the product is used.
"""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import BOS_POSITIONS, LanguageModel, PrefixOffsets

_END = "."
_REPETITION = 2.0
_RECENT = 16
_VARIANTS = 8
_EARLIEST_END = 10  # positions in all, the start mark and the prompt included
_STYLE = 2.0
_END_BONUS = 2.0
_DRAW_FROM = 3
_ALLOWED = re.compile(r"[a-zA-Z ,']*")


class PlainWords:
    """The tables of one language model, and the adjustments."""

    def __init__(self, lm: LanguageModel) -> None:
        """ValueError for a language model that has no full stop."""
        self._texts = lm.token_text
        self.end = self._texts.index(_END)
        banned = torch.tensor([not text or _ALLOWED.fullmatch(text) is None for text in self._texts])
        banned[self.end] = False
        self._banned = banned.to(lm.device)
        self._impure = torch.tensor([not text.strip().isalpha() for text in self._texts]).to(lm.device)
        self._upper = torch.tensor([text != text.lower() for text in self._texts]).to(lm.device)
        self._variants: dict[str, list[int]] = {}
        for token, text in enumerate(self._texts):
            self._variants.setdefault(text.strip().lower(), []).append(token)

    def adjusted(self, logits: Tensor, row: list[int], first: bool, late: bool) -> Tensor:
        """Logits [V] of the token behind `row`, in the ancestor's order of adjustments; everything it removes is -inf.

        `first` for the first token behind the prompt, `late` in the second half of the length a sentence may have.
        """
        result = logits.clone()
        self._damp(result, row)
        for start in range(len(row) - 2):
            if row[start : start + 2] == row[-2:]:
                result[row[start + 2]] = -math.inf
        if BOS_POSITIONS + len(row) < _EARLIEST_END:
            result[self.end] = -math.inf
        result[self._banned] = -math.inf
        result[self._impure if first else self._upper] -= _STYLE
        result[self.end] += _END_BONUS
        if late:
            kept = [*result.topk(_DRAW_FROM).indices.tolist(), self.end]
            only = torch.full_like(result, -math.inf)
            only[kept] = result[kept]
            return only
        return result

    def draw(self, adjusted: Tensor) -> int:
        """One of the three likeliest tokens, by its probability among them."""
        best = adjusted.topk(_DRAW_FROM)
        return int(best.indices[torch.multinomial(torch.softmax(best.values, dim=0), 1)])

    def _damp(self, logits: Tensor, row: list[int]) -> None:
        """The repetition penalty on what stands in the last tokens, in any case, with or without a space."""
        near = {other for token in row[-_RECENT:] for other in self._like(token)}
        chosen = torch.tensor(sorted(near), dtype=torch.long, device=logits.device)
        value = logits[chosen]
        logits[chosen] = torch.where(value > 0, value / _REPETITION, value * _REPETITION)

    def _like(self, token: int) -> list[int]:
        return [token, *self._variants[self._texts[token].strip().lower()][: _VARIANTS - 1]]


PROMPTS = tuple(
    f"{medium} {verb}" for medium in ("Image", "Picture", "Photo", "Video") for verb in ("of", "shows", "showing")
)
_NEW_GROUP = 0.9
_LAST_RATE = 1e-4


@dataclass(frozen=True)
class PlainOptions:
    """The ancestor's own values."""

    candidates: int = 512
    sentences: int = 30
    tokens: int = 20
    learning_rate: float = 0.006
    weight_decay: float = 0.0018
    vision: float = 1.0
    language: float = 0.8


@dataclass(frozen=True)
class PlainStep:
    """One token step: the language model's logits [V] before it, the candidate texts with CLIP's logit, the loss.

    A text's logit is its mean over the frames.
    """

    logits: Tensor
    scores: dict[str, float]
    loss: float


@dataclass(frozen=True)
class PlainSentence:
    """A sentence as CLIP reads it, its prompt included, and its mean CLIP logit over the frames."""

    text: str
    score: float


class PlainLoop:
    """Captions for one moment.  The offsets begin at zero and are never reset: they evolve from token to token."""

    def __init__(self, frames: Tensor, text: TextEncoder, lm: LanguageModel, options: PlainOptions) -> None:
        """`frames` [T, D], the unit image vectors of the moment; of alike neighbours the first is kept."""
        self._frames, self._text, self._lm, self._options = distinct(frames), text, lm, options
        self._words = PlainWords(lm)
        self.prefix: PrefixOffsets = lm.new_prefix(1)
        self._optimiser = torch.optim.AdamW(
            self.prefix.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay
        )

    def run(self, seed: int = 0) -> PlainSentence:
        """All sentences, each with a prompt of its own; the one that CLIP likes best."""
        torch.manual_seed(seed)
        prompts, rounds = random.Random(seed), self._options.sentences
        last = _LAST_RATE / self._options.learning_rate
        schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimiser, lambda done: last + (1 - last) * 0.5 * (1 + math.cos(math.pi * min(1.0, done / rounds)))
        )
        found = []
        for _ in range(rounds):
            found.append(self.sentence(prompts.choice(PROMPTS)))
            schedule.step()
        return max(found, key=lambda one: one.score)

    def sentence(self, prompt: str) -> PlainSentence:
        """One sentence behind `prompt`, token by token, with a step after each."""
        row = self._lm.encode(prompt)
        for length in range(self._options.tokens):
            logits = self.step(row).logits
            late = length >= self._options.tokens // 2
            row.append(self._words.draw(self._words.adjusted(logits, row, length == 0, late)))
            if row[-1] == self._words.end:
                break
        text = self._lm.decode(row).strip()
        return PlainSentence(text, float(self._clip([text]).mean()))

    def step(self, row: list[int]) -> PlainStep:
        """Optimise the prefix for the token behind `row`; the row stays as it is."""
        ids = torch.tensor([row], device=self._lm.device)
        with torch.no_grad():
            p0 = torch.softmax(self._lm.logits(ids, last_only=True)[0, 0].float(), dim=0)
        logits = self._lm.logits(ids, self.prefix, last_only=True)[0, 0].float()
        log_q = torch.log_softmax(logits, dim=0)
        tokens = log_q.detach().topk(min(self._options.candidates, len(log_q))).indices
        texts = [self._lm.decode([*row, token]).strip() for token in tokens.tolist()]
        clip = self._clip(texts)
        vision = -(torch.softmax(clip, dim=1) * log_q[tokens]).sum(dim=1).mean()
        loss = self._options.vision * vision - self._options.language * (p0 * log_q).sum()
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        means = clip.mean(dim=0).tolist()
        return PlainStep(logits.detach(), dict(zip(texts, means, strict=True)), loss.item())

    @torch.no_grad()
    def _clip(self, texts: list[str]) -> Tensor:
        """CLIP's logits [frames, texts]."""
        vectors = self._text.encode_plain(texts)
        return self._text.logit_scale * self._frames.to(vectors) @ vectors.T


def distinct(frames: Tensor) -> Tensor:
    """[n, D]: walking in order, the frames that differ from the last kept one (cosine at most 0.9)."""
    units = F.normalize(frames, dim=1)
    kept = [0]
    for number in range(1, len(units)):
        if float(units[number] @ units[kept[-1]]) <= _NEW_GROUP:
            kept.append(number)
    return units[kept]
