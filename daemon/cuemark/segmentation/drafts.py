"""A segmentation under way: spans of samples that tile the track, each with its sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cuemark.captions.sentences import Sentence
from cuemark.segmentation.change_points import Span


@dataclass(frozen=True)
class Draft:
    """Samples [first, last) and what they are called for now."""

    span: Span
    sentence: Sentence

    @property
    def empty(self) -> bool:
        """Whether nothing is there, by its own words."""
        return self.sentence.empty


def span_weights(spans: Sequence[Span], count: int) -> Tensor:
    """Weights [N, T] that are 1 inside a span and 0 outside."""
    weights = torch.zeros(len(spans), count)
    for row, (first, last) in enumerate(spans):
        weights[row, first:last] = 1.0
    return weights


def fractions(spans: Sequence[Span], count: int) -> list[tuple[float, float]]:
    """Spans of samples as fractions of the media."""
    return [(first / count, last / count) for first, last in spans]


def spans_of(segments: Sequence[tuple[float, float]], count: int) -> list[Span]:
    """Fractions of the media as spans of at least one sample."""
    firsts = [min(count - 1, round(start * count)) for start, _ in segments]
    return [(first, max(first + 1, round(end * count))) for first, (_, end) in zip(firsts, segments, strict=True)]
