"""Re-segmentation by captions: neighbours one caption serves are merged, and a Viterbi path says where each begins.

All of it works on logits [T, n] between frames and labels.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from cuemark.segmentation.segments import Label, LabelledSegment


def resegment(
    segments: Sequence[LabelledSegment[Label]],
    logits_of: Callable[[Sequence[Label]], Tensor],
    merge_margin: float,
    switch_cost: float,
) -> list[LabelledSegment[Label]]:
    """Merge neighbours that mean the same, then let the labels that are left say, frame by frame, where each belongs.

    `logits_of` gives the logits [T, n] of all frames for n labels.  The result tiles the track, in order; a label that
    is best nowhere is gone, and one may come again.
    """
    known = list(dict.fromkeys(segment.label for segment in segments))
    logits = logits_of(known)
    merged = merge_alike(
        [LabelledSegment(segment.span, known.index(segment.label)) for segment in segments], logits, merge_margin
    )
    left = sorted({segment.label for segment in merged})
    path = viterbi(logits[:, left], switch_cost)
    return [LabelledSegment(run.span, known[left[run.label]]) for run in runs(path)]


def merge_alike(segments: Sequence[LabelledSegment[int]], logits: Tensor, margin: float) -> list[LabelledSegment[int]]:
    """Agglomerative merging: join neighbours whose frames one of their two labels serves within `margin` logits.

    The closest pair first.  Labels are columns of `logits`.
    """
    segments = list(segments)
    while len(segments) > 1:
        losses = [_merge_loss(one, other, logits) for one, other in itertools.pairwise(segments)]
        number = min(range(len(losses)), key=lambda index: losses[index][0])
        loss, label = losses[number]
        if loss > margin:
            break
        joined = (segments[number].span[0], segments[number + 1].span[1])
        segments[number : number + 2] = [LabelledSegment(joined, label)]
    return segments


def _merge_loss(one: LabelledSegment[int], other: LabelledSegment[int], logits: Tensor) -> tuple[float, int]:
    """What the worse-off of two neighbours loses under the better common label, in logits a frame; and that label."""
    pair = (one, other)
    means = [logits[segment.span[0] : segment.span[1]].mean(dim=0) for segment in pair]
    losses = [
        max(float(mean[own.label] - mean[common.label]) for mean, own in zip(means, pair, strict=True))
        for common in pair
    ]
    return min(zip(losses, (one.label, other.label), strict=True))


def viterbi(logits: Tensor, switch_cost: float) -> list[int]:
    """The label of every frame: the best path through logits [T, n] when each change costs `switch_cost`."""
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


def runs(path: Sequence[int]) -> list[LabelledSegment[int]]:
    """Runs of equal values (run-length encoding)."""
    found: list[LabelledSegment[int]] = []
    for frame, value in enumerate(path):
        last = found[-1] if found else None
        if last is not None and last.label == value:
            found[-1] = LabelledSegment((last.span[0], frame + 1), value)
        else:
            found.append(LabelledSegment((frame, frame + 1), value))
    return found
