"""Sentences under way in a beam search: what may follow them, and which of their continuations go on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

#: An end is tried whenever the model gives it at least this probability.
_LEAST_END = 0.01
_FEWEST_TOKENS = 2


@dataclass(frozen=True)
class Beam:
    """The words behind the prompt, for one moment: their log-probability in nats, and what CLIP and that make."""

    moment: int
    ids: list[int]
    log_probability: float
    score: float


@dataclass(frozen=True)
class Options:
    """What may follow B beams: K tokens each with their log-probability (minus infinity: may not), and the end.

    `tokens` and `chances` [B, K]; `ends` the log-probability of the end for the rows `over`, where it is likely enough.
    """

    tokens: Tensor
    chances: Tensor
    over: list[int]
    ends: list[float]


def what_may_follow(beams: Sequence[Beam], log_p: Tensor, words: Tensor, end: Tensor, count: int) -> Options:
    """The likeliest `count` words behind each beam, and the ends.

    `log_p` [B, V] the language model's log-probabilities, `words` the same with minus infinity for all but words,
    `end` [V] which tokens end a sentence.
    """
    top = words.topk(min(count, words.shape[1]), dim=1)
    chances, tokens = top.values.double().cpu(), top.indices.cpu()
    for row, beam in enumerate(beams):
        chances[row, torch.isin(tokens[row], torch.tensor(stutters(beam.ids), dtype=torch.long))] = -math.inf
    # What may not follow is not worth a text of its own.
    tokens = torch.where(chances.isfinite(), tokens, tokens[:, :1])
    ends: list[float] = log_p[:, end].logsumexp(dim=1).tolist()
    long_enough = len(beams[0].ids) >= _FEWEST_TOKENS
    over = [row for row, chance in enumerate(ends) if long_enough and chance > math.log(_LEAST_END)]
    return Options(tokens, chances, over, [ends[row] for row in over])


def stutters(ids: Sequence[int]) -> list[int]:
    """Tokens that would repeat the last one, or complete a triple of tokens that stands already."""
    if len(ids) <= 3:
        return list(ids[-1:])
    pair = list(ids[-2:])
    return [ids[-1], *(ids[at + 2] for at in range(len(ids) - 2) if list(ids[at : at + 2]) == pair)]


def best_continuations(
    beams: Sequence[Beam], options: Options, clip: Tensor, fluency: float, most: int
) -> list[tuple[Beam, int]]:
    """The best `most` continuations of each moment with the row each continues, best first.

    `clip` [B, K] CLIP's logit of each; a score is that plus `fluency` times the mean log-probability of the words.
    Beams of one moment stand together.
    """
    before = torch.tensor([beam.log_probability for beam in beams], dtype=torch.double)
    log_p = before[:, None] + options.chances
    scores = clip.double().cpu() + fluency * log_p / (len(beams[0].ids) + 1)
    width = scores.shape[1]
    found = []
    for _, group in groupby(range(len(beams)), key=lambda row: beams[row].moment):
        rows = list(group)
        own = scores[rows[0] : rows[-1] + 1].flatten()
        for place in own.argsort(descending=True, stable=True)[:most].tolist():
            row, column = rows[0] + place // width, place % width
            chance = float(log_p[row, column])
            if math.isfinite(chance):
                ids = [*beams[row].ids, int(options.tokens[row, column])]
                found.append((Beam(beams[row].moment, ids, chance, float(own[place])), row))
    return found


def close(beam: Beam, end: float, clip: float, fluency: float) -> Beam:
    """A beam whose sentence ends here: `end` is the log-probability of that, `clip` the finished sentence's logit."""
    log_p = beam.log_probability + end
    return Beam(beam.moment, beam.ids, log_p, clip + fluency * log_p / (len(beam.ids) + 1))
