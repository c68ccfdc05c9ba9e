"""Segments by meaning: neighbours one caption serves become one, and the captions say where each begins.

Both work on logits [T, n] between frames and sentences.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cuemark.segmentation.change_points import Span


def merge_alike(
    spans: Sequence[Span], choices: Sequence[int], logits: Tensor, margin: float
) -> tuple[list[Span], list[int]]:
    """Join neighbours whose frames one of their two sentences serves within `margin` logits; the closest pair first.

    `choices` holds the column of `logits` each span goes by.
    """
    spans, choices = list(spans), list(choices)
    while len(spans) > 1:
        losses = [_merge_loss(spans, choices, logits, number) for number in range(len(spans) - 1)]
        number = min(range(len(losses)), key=lambda index: losses[index][0])
        loss, choice = losses[number]
        if loss > margin:
            break
        spans[number : number + 2] = [(spans[number][0], spans[number + 1][1])]
        choices[number : number + 2] = [choice]
    return spans, choices


def _merge_loss(spans: Sequence[Span], choices: Sequence[int], logits: Tensor, number: int) -> tuple[float, int]:
    """What the worse-off of two neighbours loses under the better common sentence, and that sentence."""
    pair, own = spans[number : number + 2], choices[number : number + 2]
    means = [logits[first:last].mean(dim=0) for first, last in pair]
    losses = [max(float(mean[mine] - mean[other]) for mean, mine in zip(means, own, strict=True)) for other in own]
    return min(zip(losses, own, strict=True))


def viterbi(logits: Tensor, switch_cost: float) -> list[int]:
    """The sentence of every frame: the best path through logits [T, n] when each change costs `switch_cost`."""
    count, states = logits.shape
    score = logits[0].clone()
    back = torch.zeros(count, states, dtype=torch.long)
    stay = torch.arange(states)
    for frame in range(1, count):
        best = int(score.argmax())
        switched = score[best] - switch_cost
        back[frame] = torch.where(score >= switched, stay, torch.tensor(best))
        score = torch.maximum(score, switched) + logits[frame]
    path = [int(score.argmax())]
    for frame in range(count - 1, 0, -1):
        path.append(int(back[frame, path[-1]]))
    return path[::-1]


def runs(path: Sequence[int]) -> tuple[list[Span], list[int]]:
    """Runs of equal values as spans, with their values."""
    spans: list[Span] = []
    values: list[int] = []
    for frame, value in enumerate(path):
        if values and values[-1] == value:
            spans[-1] = (spans[-1][0], frame + 1)
        else:
            spans.append((frame, frame + 1))
            values.append(value)
    return spans, values
