"""Soft moment masks: differentiable segments of the feature track (arXiv 2307.02682)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

_EDGE = 1e-3


class SoftMasks:
    """N masks with free centre and width, both in fractions of the media.

    m_i(t) = sigmoid(g (p_t - c_i + w_i / 2)) * sigmoid(g (c_i + w_i / 2 - p_t)), g the sharpness: smooth at the
    centre, and with a gradient for both edges everywhere.
    """

    def __init__(self, segments: Sequence[tuple[float, float]]) -> None:
        """`segments` are (start, end) in fractions of the media, start < end."""
        starts, ends = torch.tensor(segments, dtype=torch.float32).T
        self.centre_logit = torch.logit(((starts + ends) / 2).clamp(_EDGE, 1 - _EDGE)).requires_grad_()
        self.width_logit = torch.logit((ends - starts).clamp(_EDGE, 1 - _EDGE)).requires_grad_()

    @property
    def centres(self) -> Tensor:
        """[N], in (0, 1)."""
        return torch.sigmoid(self.centre_logit)

    @property
    def widths(self) -> Tensor:
        """[N], in (0, 1)."""
        return torch.sigmoid(self.width_logit)

    def parameters(self) -> list[Tensor]:
        """What an optimiser updates."""
        return [self.centre_logit, self.width_logit]

    def values(self, positions: Tensor, sharpness: float) -> Tensor:
        """m [N, T] at relative times `positions` [T]."""
        offset = positions[None] - self.centres[:, None]
        half = self.widths[:, None] / 2
        return torch.sigmoid(sharpness * (offset + half)) * torch.sigmoid(sharpness * (half - offset))

    def segments(self) -> list[tuple[float, float]]:
        """(start, end) of each mask in fractions of the media, cut to it."""
        centres, widths = self.centres.tolist(), self.widths.tolist()
        return [(max(0.0, c - w / 2), min(1.0, c + w / 2)) for c, w in zip(centres, widths, strict=True)]


def even_segments(count: int) -> list[tuple[float, float]]:
    """`count` equal parts of the media."""
    return [(number / count, (number + 1) / count) for number in range(count)]


def pool(masks: Tensor, vectors: Tensor) -> Tensor:
    """Unit moment vectors [N, D]: frames [T, D] weighted by masks [N, T]."""
    weighted = masks @ vectors / masks.sum(dim=1, keepdim=True).clamp(min=1e-6)
    return torch.nn.functional.normalize(weighted, dim=-1)


def sharpness_at(step: int, steps: int, first: float, last: float) -> float:
    """The schedule: geometric from `first` to `last`."""
    share = step / max(1, steps - 1)
    return float(first * (last / first) ** share)
